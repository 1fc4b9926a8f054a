//! Discovery: version, groups and kinds, in the old form and in the aggregated one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::route::Root;
use crate::demo::resources::{ALL, Description, Scope};

/// A group that has only reviews.
const REVIEWS: (&str, &str) = ("authorization.k8s.io", "v1");

/// The version of the API that is imitated.
pub(super) fn version() -> Value {
    json!({"major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36", "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "35", "gitVersion": "v1.36.3", "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean", "buildDate": "2026-08-12T00:00:00Z", "goVersion": "go1.26.0", "compiler": "gc", "platform": "linux/amd64"})
}

/// The named groups and their versions.
fn named() -> BTreeSet<(&'static str, &'static str)> {
    let groups = ALL.iter().filter(|row| !row.group.is_empty()).map(|row| (row.group, row.version));
    groups.chain([REVIEWS]).collect()
}

/// `/api`, `/apis` or one group.
pub(super) fn groups(root: &Root) -> Option<Value> {
    let group = |(group, version): (&str, &str)| {
        let version = json!({"groupVersion": format!("{group}/{version}"), "version": version});
        json!({"name": group, "versions": [version], "preferredVersion": version})
    };
    match root {
        Root::Core => Some(json!({"kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}]})),
        Root::Named => {
            let all: Vec<_> = named().into_iter().map(group).collect();
            Some(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": all}))
        }
        Root::Group(wanted) => {
            let mut found = group(named().into_iter().find(|(name, _)| name == wanted)?);
            found["kind"] = Value::from("APIGroup");
            found["apiVersion"] = Value::from("v1");
            Some(found)
        }
    }
}

/// The kinds of one version.
pub(super) fn kinds(group: &str, version: &str) -> Option<Value> {
    let mut resources = Vec::new();
    for row in ALL.iter().filter(|row| row.group == group && row.version == version) {
        let namespaced = row.scope == Scope::Namespaced;
        resources.push(json!({"name": row.plural, "singularName": row.singular, "namespaced": namespaced, "kind": row.kind,
            "verbs": row.verbs(), "shortNames": row.short, "categories": row.categories}));
        for subresource in row.subresources {
            let (group, version, kind) = response_kind(row, subresource);
            let mut entry = json!({"name": format!("{}/{subresource}", row.plural), "singularName": "", "namespaced": namespaced,
                "kind": kind, "verbs": verbs_of(subresource)});
            if (group, version) != (row.group, row.version) {
                entry["group"] = Value::from(group);
                entry["version"] = Value::from(version);
            }
            resources.push(entry);
        }
    }
    if (group, version) == REVIEWS {
        for (plural, kind) in reviews() {
            resources.push(json!({"name": plural, "singularName": kind.to_lowercase(), "namespaced": false, "kind": kind, "verbs": ["create"]}));
        }
    }
    let whole = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let list =
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": whole, "resources": resources});
    (!resources.is_empty()).then_some(list)
}

fn reviews() -> [(&'static str, &'static str); 2] {
    [
        ("selfsubjectaccessreviews", "SelfSubjectAccessReview"),
        ("selfsubjectrulesreviews", "SelfSubjectRulesReview"),
    ]
}

fn verbs_of(subresource: &str) -> &'static [&'static str] {
    match subresource {
        "eviction" => &["create"],
        "log" => &["get"],
        _ => &["get", "patch", "update"],
    }
}

/// What a subresource speaks: group, version, kind.
fn response_kind(row: &Description, subresource: &str) -> (&'static str, &'static str, &'static str) {
    match subresource {
        "scale" => ("autoscaling", "v1", "Scale"),
        "eviction" => ("policy", "v1", "Eviction"),
        _ => (row.group, row.version, row.kind),
    }
}

/// `/api` or `/apis` with all kinds at once.
pub(super) fn aggregated(root: &Root) -> Option<Value> {
    let groups: Vec<(&str, &str)> = match root {
        Root::Core => vec![("", "v1")],
        Root::Named => named().into_iter().collect(),
        Root::Group(_) => return None,
    };
    let items = groups.into_iter().map(|(group, version)| {
        let mut metadata = json!({"creationTimestamp": null});
        if !group.is_empty() {
            metadata["name"] = Value::from(group);
        }
        json!({"metadata": metadata, "versions": [{"version": version, "freshness": "Current", "resources": resources(group, version)}]})
    });
    let items: Vec<_> = items.collect();
    Some(
        json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}),
    )
}

fn resources(group: &str, version: &str) -> Vec<Value> {
    let kind = |(group, version, kind): (&str, &str, &str)| json!({"group": group, "version": version, "kind": kind});
    let rows = ALL.iter().filter(|row| row.group == group && row.version == version);
    let mut all: Vec<_> = rows
        .map(|row| {
            let scope = if row.scope == Scope::Namespaced { "Namespaced" } else { "Cluster" };
            let parts = row.subresources.iter().map(|subresource| {
                json!({"subresource": subresource, "responseKind": kind(response_kind(row, subresource)), "verbs": verbs_of(subresource)})
            });
            json!({"resource": row.plural, "responseKind": kind((row.group, row.version, row.kind)), "scope": scope,
                "singularResource": row.singular, "verbs": row.verbs(), "shortNames": row.short, "categories": row.categories,
                "subresources": parts.collect::<Vec<_>>()})
        })
        .collect();
    if (group, version) == REVIEWS {
        all.extend(reviews().map(|(plural, name)| {
            json!({"resource": plural, "responseKind": kind((group, version, name)), "scope": "Cluster",
                "singularResource": name.to_lowercase(), "verbs": ["create"]})
        }));
    }
    all
}
