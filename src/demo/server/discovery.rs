//! Discovery: version, groups and kinds, in the old form and in the aggregated one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::route::{ADAPTERS, Root};
use crate::demo::controllers::adapters::served;
use crate::demo::resources::{ALL, Description, Scope};
use crate::demo::scenario::Api;
use crate::demo::world::World;

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
    groups.chain([REVIEWS]).chain(ADAPTERS).collect()
}

/// The named groups, each with its versions, the preferred one first.
fn by_group() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (group, version) in named().into_iter().rev() {
        groups.entry(group).or_default().push(version);
    }
    groups
}

/// `/api`, `/apis` or one group.
pub(super) fn groups(root: &Root) -> Option<Value> {
    let group = |(group, versions): (&str, Vec<&str>)| {
        let version =
            |version: &str| json!({"groupVersion": format!("{group}/{version}"), "version": version});
        let versions: Vec<_> = versions.into_iter().map(version).collect();
        json!({"name": group, "preferredVersion": versions.first(), "versions": versions})
    };
    match root {
        Root::Core => Some(json!({"kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}]})),
        Root::Named => {
            let all: Vec<_> = by_group().into_iter().map(group).collect();
            Some(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": all}))
        }
        Root::Group(wanted) => {
            let mut found = group(by_group().into_iter().find(|(name, _)| name == wanted)?);
            found["kind"] = Value::from("APIGroup");
            found["apiVersion"] = Value::from("v1");
            Some(found)
        }
    }
}

/// The kinds of one version.
pub(super) fn kinds(world: &World, group: &str, version: &str) -> Option<Value> {
    let mut resources = adapters(world, group);
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
    (ADAPTERS.contains(&(group, version)) || !resources.is_empty()).then_some(list)
}

/// What the adapters of a group serve, as they list it.
fn adapters(world: &World, group: &str) -> Vec<Value> {
    let (api, kind) = match group {
        "custom.metrics.k8s.io" => (Api::Custom, "MetricValueList"),
        "external.metrics.k8s.io" => (Api::External, "ExternalMetricValueList"),
        _ => return Vec::new(),
    };
    let one = |(about, metric): (String, String)| {
        let name = if about.is_empty() { metric } else { format!("{about}/{metric}") };
        json!({"name": name, "singularName": "", "namespaced": true, "kind": kind, "verbs": ["get"]})
    };
    served(world, api).into_iter().map(one).collect()
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
    let groups = match root {
        Root::Core => BTreeMap::from([("", vec!["v1"])]),
        Root::Named => by_group(),
        Root::Group(_) => return None,
    };
    let items = groups.into_iter().map(|(group, versions)| {
        let mut metadata = json!({"creationTimestamp": null});
        if !group.is_empty() {
            metadata["name"] = Value::from(group);
        }
        let version = |version: &str| json!({"version": version, "freshness": "Current", "resources": resources(group, version)});
        json!({"metadata": metadata, "versions": versions.into_iter().map(version).collect::<Vec<_>>()})
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
