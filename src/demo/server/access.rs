//! Who may do what: three users with fixed tokens, and their rules. The tokens protect nothing; they make refusals
//! real.

use serde_json::{Value, json};

use super::refusal::{Answer, Refusal};
use super::route::ADAPTERS;
use crate::demo::resources::{ALL, Description, Key, Resource};

/// A user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: &'static str,
    pub(crate) token: &'static str,
    power: Power,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Power {
    Everything,
    ReadAll,
    ReadNodes,
}

/// The users, each with a context of the same name in the kubeconfig.
pub(crate) const USERS: [User; 3] = [
    User { name: "demo", token: "demo-admin", power: Power::Everything },
    User { name: "viewer", token: "demo-viewer", power: Power::ReadAll },
    User { name: "node-reader", token: "demo-node-reader", power: Power::ReadNodes },
];

/// What someone wants to do to objects of a kind.
#[derive(Clone, Debug)]
pub(crate) struct Wish<'a> {
    pub(crate) verb: &'a str,
    pub(crate) group: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) subresource: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

impl User {
    /// The user that a bearer token belongs to.
    ///
    /// # Errors
    /// When there is no token or it is nobody's.
    pub(crate) fn of(token: Option<&str>) -> Answer<Self> {
        USERS.into_iter().find(|user| Some(user.token) == token).ok_or_else(Refusal::unauthorized)
    }

    /// Whether the user may.
    pub(crate) fn may(self, wish: &Wish<'_>) -> bool {
        let adapter = ADAPTERS.iter().any(|(group, _)| *group == wish.group);
        let part = adapter || matches!(wish.subresource, "" | "scale" | "status");
        let reads = matches!(wish.verb, "get" | "list" | "watch") && part;
        let known = adapter || ALL.iter().any(|row| row.group == wish.group && row.plural == wish.resource);
        match self.power {
            Power::Everything => true,
            Power::ReadAll => reads && known,
            Power::ReadNodes => reads && wish.group.is_empty() && wish.resource == "nodes",
        }
    }

    /// Lets a wish pass or refuses it.
    ///
    /// # Errors
    /// With the words that the authorizer uses.
    pub(crate) fn check(self, resource: Resource, wish: &Wish<'_>) -> Answer<()> {
        if self.may(wish) {
            return Ok(());
        }
        Err(Refusal::forbidden(&Key::new(resource, wish.namespace, wish.name), &self.refusal(wish)))
    }

    /// How the authorizer says that the user may not.
    pub(crate) fn refusal(self, wish: &Wish<'_>) -> String {
        let mut what = wish.resource.to_owned();
        if !wish.subresource.is_empty() {
            what = format!("{what}/{}", wish.subresource);
        }
        let place = if wish.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace {:?}", wish.namespace)
        };
        format!(
            "User {:?} cannot {} resource {what:?} in API group {:?} {place}",
            self.name, wish.verb, wish.group
        )
    }

    /// The rules of the user as SelfSubjectRulesReview shows them.
    pub(crate) fn rules(self) -> Value {
        let reads = ["get", "list", "watch"];
        let mut rules = match self.power {
            Power::Everything => vec![json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]})],
            Power::ReadAll => {
                let parts = |row: &Description| {
                    let read = row.subresources.iter().filter(|part| matches!(**part, "scale" | "status"));
                    let parts = read.map(|part| format!("{}/{part}", row.plural));
                    std::iter::once(row.plural.to_owned()).chain(parts).collect::<Vec<_>>()
                };
                let rule = |row: &Description| json!({"verbs": reads, "apiGroups": [row.group], "resources": parts(row)});
                let adapters = ["custom.metrics.k8s.io", "external.metrics.k8s.io"];
                let adapters =
                    adapters.map(|group| json!({"verbs": reads, "apiGroups": [group], "resources": ["*"]}));
                ALL.iter().map(rule).chain(adapters).collect()
            }
            Power::ReadNodes => vec![json!({"verbs": reads, "apiGroups": [""], "resources": ["nodes"]})],
        };
        rules.push(json!({"verbs": ["create"], "apiGroups": ["authorization.k8s.io"],
            "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]}));
        Value::from(rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_and_words() {
        let wish =
            Wish { verb: "list", group: "", resource: "pods", subresource: "", namespace: "", name: "" };
        assert!(USERS[0].may(&wish) && USERS[1].may(&wish) && !USERS[2].may(&wish));
        let refusal = USERS[2].check(Resource::Pods, &wish).err().unwrap();
        assert_eq!(
            refusal.status["message"],
            "pods is forbidden: User \"node-reader\" cannot list resource \"pods\" in API group \"\" at the cluster scope"
        );
        assert!(!USERS[1].may(&Wish { verb: "create", subresource: "eviction", ..wish.clone() }));
        assert!(User::of(None).is_err() && User::of(Some("x")).is_err());
        assert_eq!(User::of(Some("demo-viewer")).unwrap(), USERS[1]);
    }
}
