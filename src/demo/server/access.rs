//! Who may do what: three users with fixed tokens, and their rules. The tokens protect nothing; they make refusals
//! real.

use serde_json::{Value, json};

use super::refusal::{Answer, Refusal};
use crate::demo::resources::{ALL, Key, Resource};

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
        let reads = matches!(wish.verb, "get" | "list" | "watch") && wish.subresource.is_empty();
        let known = ALL.iter().any(|row| row.group == wish.group && row.plural == wish.resource);
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
        let mut what = wish.resource.to_owned();
        if !wish.subresource.is_empty() {
            what = format!("{what}/{}", wish.subresource);
        }
        let place = if wish.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace {:?}", wish.namespace)
        };
        let why = format!(
            "User {:?} cannot {} resource {what:?} in API group {:?} {place}",
            self.name, wish.verb, wish.group
        );
        Err(Refusal::forbidden(&Key::new(resource, wish.namespace, wish.name), &why))
    }

    /// The rules of the user as SelfSubjectRulesReview shows them.
    pub(crate) fn rules(self) -> Value {
        let reads = ["get", "list", "watch"];
        let mut rules = match self.power {
            Power::Everything => vec![json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]})],
            Power::ReadAll => ALL
                .iter()
                .map(|row| json!({"verbs": reads, "apiGroups": [row.group], "resources": [row.plural]}))
                .collect(),
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
