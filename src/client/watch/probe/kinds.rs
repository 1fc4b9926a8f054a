//! Where the objects of a kind are found: known for the common ones, asked of the server's discovery for the others. It
//! chooses as the controller's REST mapper does.

use std::sync::Arc;

use super::ask::{JSON, Refusal, clean, read};
use super::paths::{self, CUSTOM, Resource};
use super::round::Round;
use crate::wire::discovery::{ApiGroup, ApiResourceList};

/// What every cluster serves, as group, version, kind and plural.
const COMMON: [[&str; 4]; 6] = [
    ["apps", "v1", "Deployment", "deployments"],
    ["apps", "v1", "StatefulSet", "statefulsets"],
    ["apps", "v1", "ReplicaSet", "replicasets"],
    ["networking.k8s.io", "v1", "Ingress", "ingresses"],
    ["", "v1", "Service", "services"],
    ["", "v1", "Pod", "pods"],
];

/// The versions of custom.metrics.k8s.io that say the same in the fields that are read.
const VERSIONS: [&str; 2] = ["v1beta2", "v1beta1"];

/// Group and version of an API version; the core group has no name.
fn split(api_version: &str) -> (&str, &str) {
    match api_version.split_once('/') {
        Some(both) => both,
        None if api_version.is_empty() => ("", "v1"),
        None => ("", api_version),
    }
}

fn common(group: &str, kind: &str) -> Option<Resource> {
    let [group, version, _, plural] = COMMON.into_iter().find(|it| it[0] == group && it[2] == kind)?;
    Some(Resource { group: group.into(), version: version.into(), plural: plural.into() })
}

impl Round<'_> {
    /// Where the objects of a kind are found.
    pub(super) async fn resource(&self, api_version: &str, kind: &str) -> Result<Arc<Resource>, Refusal> {
        let (group, version) = split(api_version);
        let known = common(group, kind).map(Arc::new);
        if let Some(known) = known.or_else(|| self.memory.kind(api_version, kind)) {
            return Ok(known);
        }
        let name = format!("{kind} of {api_version}");
        if let Some(refusal) = self.refused(&name) {
            return Err(refusal);
        }
        let Some(found) = self.discover(group, version, kind).await? else {
            let words = format!("no matches for kind {kind:?} in group {group:?}");
            let refusal = Refusal::Missing(clean(&words));
            self.memory.refuse(&name, refusal.clone());
            return Err(refusal);
        };
        let found = Arc::new(found);
        self.memory.learn_kind(api_version, kind, &found);
        Ok(found)
    }

    /// Looks in the version that was named, and where the group does not have it, in the one that it prefers.
    async fn discover(&self, group: &str, version: &str, kind: &str) -> Result<Option<Resource>, Refusal> {
        let found = self.plural(group, version, kind).await?;
        if found.is_some() || group.is_empty() {
            return Ok(found);
        }
        let preferred = match self.group(group).await? {
            Some(it) => it.preferred_version.version,
            None => return Ok(None),
        };
        if preferred == version { Ok(None) } else { self.plural(group, &preferred, kind).await }
    }

    async fn plural(&self, group: &str, version: &str, kind: &str) -> Result<Option<Resource>, Refusal> {
        let Some(path) = paths::resources(group, version) else { return Ok(None) };
        let Some(body) = unless_missing(self.get(&path, JSON).await)? else { return Ok(None) };
        let list: ApiResourceList = read(&body)?;
        let found = list.resources.into_iter().find(|it| it.kind == kind && !it.name.contains('/'));
        let (group, version) = (group.to_owned(), version.to_owned());
        Ok(found.map(|it| Resource { group, version, plural: it.name }))
    }

    /// The versions of a group; `None` when the server has no such group.
    pub(super) async fn group(&self, group: &str) -> Result<Option<ApiGroup>, Refusal> {
        let Some(path) = paths::group(group) else { return Ok(None) };
        let body = unless_missing(self.get(&path, JSON).await)?;
        body.map(|body| read(&body)).transpose()
    }

    /// The version of custom.metrics.k8s.io to ask: the preferred one, else the first that is known.
    pub(super) async fn custom(&self) -> Result<String, Refusal> {
        if let Some(version) = self.memory.custom() {
            return Ok(version);
        }
        if let Some(refusal) = self.refused(CUSTOM) {
            return Err(refusal);
        }
        let version = match self.group(CUSTOM).await {
            Ok(Some(group)) => {
                let offered = group.versions.iter().map(|it| it.version.as_str());
                let mut all = std::iter::once(group.preferred_version.version.as_str()).chain(offered);
                all.find(|version| VERSIONS.contains(version)).map(str::to_owned)
            }
            Ok(None) => None,
            // Who may not look takes the newest.
            Err(Refusal::Forbidden(_)) => Some(VERSIONS[0].to_owned()),
            Err(refusal) => return Err(refusal),
        };
        let Some(version) = version else {
            let refusal = Refusal::Failed(format!("no custom metrics API ({CUSTOM}) registered"));
            self.memory.refuse(CUSTOM, refusal.clone());
            return Err(refusal);
        };
        self.memory.learn_custom(&version);
        Ok(version)
    }
}

fn unless_missing<T>(reply: Result<T, Refusal>) -> Result<Option<T>, Refusal> {
    match reply {
        Ok(body) => Ok(Some(body)),
        Err(Refusal::Missing(_)) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_versions_fall_into_group_and_version() {
        assert_eq!(split("apps/v1"), ("apps", "v1"));
        assert_eq!((split("v1"), split("")), (("", "v1"), ("", "v1")));
        assert_eq!(split("a/b/c"), ("a", "b/c"), "which no path takes");
        assert_eq!(common("apps", "Deployment").unwrap().plural, "deployments");
        assert_eq!((common("", "Deployment"), common("apps", "DaemonSet")), (None, None));
    }
}
