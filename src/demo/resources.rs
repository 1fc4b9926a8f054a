//! The kinds that the embedded server serves: one row each, from which routes, discovery and tables are made.
//! What the objects mean is the controllers' affair.

use serde_json::Value;

use super::json::text;

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Resource {
    Namespaces,
    Nodes,
    ConfigMaps,
    Leases,
    Deployments,
    StatefulSets,
    DaemonSets,
    ReplicaSets,
    Pods,
    PodDisruptionBudgets,
    HorizontalPodAutoscalers,
    Events,
    /// What is measured is computed when it is asked for, and stored nowhere.
    NodeMetrics,
    PodMetrics,
    /// What other projects add to a cluster; the simulation only keeps it.
    ScaledObjects,
    VerticalPodAutoscalers,
}

/// Whether objects of a kind live in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Cluster,
    Namespaced,
}

/// What the API says of one kind.
pub(crate) struct Description {
    pub(crate) resource: Resource,
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) singular: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) scope: Scope,
    pub(crate) short: &'static [&'static str],
    pub(crate) categories: &'static [&'static str],
    pub(crate) subresources: &'static [&'static str],
}

/// The group of what is measured.
const METRICS: &str = "metrics.k8s.io";
const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const WORKLOAD: &[&str] = &["scale", "status"];

/// Every kind served.
pub(crate) const ALL: &[Description] = &[
    row(Resource::Namespaces, ["", "v1", "namespaces", "namespace", "Namespace"], &["ns"], &["status"]),
    row(Resource::Nodes, ["", "v1", "nodes", "node", "Node"], &["no"], &["status"]),
    row(Resource::ConfigMaps, ["", "v1", "configmaps", "configmap", "ConfigMap"], &["cm"], &[]),
    row(Resource::Leases, ["coordination.k8s.io", "v1", "leases", "lease", "Lease"], &[], &[]),
    row(
        Resource::Deployments,
        ["apps", "v1", "deployments", "deployment", "Deployment"],
        &["deploy"],
        WORKLOAD,
    ),
    row(
        Resource::StatefulSets,
        ["apps", "v1", "statefulsets", "statefulset", "StatefulSet"],
        &["sts"],
        WORKLOAD,
    ),
    row(Resource::DaemonSets, ["apps", "v1", "daemonsets", "daemonset", "DaemonSet"], &["ds"], &["status"]),
    row(Resource::ReplicaSets, ["apps", "v1", "replicasets", "replicaset", "ReplicaSet"], &["rs"], WORKLOAD),
    row(Resource::Pods, ["", "v1", "pods", "pod", "Pod"], &["po"], &["eviction", "log", "status"]),
    row(
        Resource::PodDisruptionBudgets,
        ["policy", "v1", "poddisruptionbudgets", "poddisruptionbudget", "PodDisruptionBudget"],
        &["pdb"],
        &["status"],
    ),
    row(
        Resource::HorizontalPodAutoscalers,
        [
            "autoscaling",
            "v2",
            "horizontalpodautoscalers",
            "horizontalpodautoscaler",
            "HorizontalPodAutoscaler",
        ],
        &["hpa"],
        &["status"],
    ),
    row(Resource::Events, ["", "v1", "events", "event", "Event"], &["ev"], &[]),
    row(Resource::NodeMetrics, [METRICS, "v1beta1", "nodes", "", "NodeMetrics"], &[], &[]),
    row(Resource::PodMetrics, [METRICS, "v1beta1", "pods", "", "PodMetrics"], &[], &[]),
    row(
        Resource::ScaledObjects,
        ["keda.sh", "v1alpha1", "scaledobjects", "scaledobject", "ScaledObject"],
        &["so"],
        &["status"],
    ),
    row(
        Resource::VerticalPodAutoscalers,
        [
            "autoscaling.k8s.io",
            "v1",
            "verticalpodautoscalers",
            "verticalpodautoscaler",
            "VerticalPodAutoscaler",
        ],
        &["vpa"],
        &["status"],
    ),
];

const fn row(
    resource: Resource,
    [group, version, plural, singular, kind]: [&'static str; 5],
    short: &'static [&'static str],
    subresources: &'static [&'static str],
) -> Description {
    let scope = match resource {
        Resource::Namespaces | Resource::Nodes | Resource::NodeMetrics => Scope::Cluster,
        _ => Scope::Namespaced,
    };
    let categories: &[&str] = match resource {
        Resource::Deployments
        | Resource::StatefulSets
        | Resource::DaemonSets
        | Resource::ReplicaSets
        | Resource::Pods
        | Resource::HorizontalPodAutoscalers => &["all"],
        _ => &[],
    };
    Description { resource, group, version, plural, singular, kind, scope, short, categories, subresources }
}

impl Resource {
    /// The row of this kind.
    pub(crate) fn description(self) -> &'static Description {
        // Rows stand in the order of the enum; a test keeps it so.
        &ALL[self as usize]
    }

    /// The kind that a path names.
    pub(crate) fn find(group: &str, version: &str, plural: &str) -> Option<Self> {
        ALL.iter()
            .find(|row| row.group == group && row.version == version && row.plural == plural)
            .map(|row| row.resource)
    }

    /// The kind that an owner reference or a scale target names, whatever its version.
    pub(crate) fn of_kind(api_version: &str, kind: &str) -> Option<Self> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        ALL.iter().find(|row| row.group == group && row.kind == kind).map(|row| row.resource)
    }
}

impl Description {
    /// What can be done to objects of the kind.
    pub(crate) fn verbs(&self) -> &'static [&'static str] {
        if self.is_measured() { &["get", "list"] } else { VERBS }
    }

    /// Whether it is a measurement, which nobody stores.
    pub(crate) fn is_measured(&self) -> bool {
        self.group == METRICS
    }

    /// Whether a definition of a custom resource made the kind: such kinds have no protobuf.
    pub(crate) fn is_custom(&self) -> bool {
        matches!(self.resource, Resource::ScaledObjects | Resource::VerticalPodAutoscalers)
    }

    /// For example `v1` or `apps/v1`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The name under which requests are counted and struck: the plural, which only measurements share with others.
    pub(crate) fn known_as(&self) -> &'static str {
        match self.resource {
            Resource::NodeMetrics => "nodes.metrics.k8s.io",
            Resource::PodMetrics => "pods.metrics.k8s.io",
            _ => self.plural,
        }
    }

    /// The name that messages use, for example `pods` or `deployments.apps`.
    pub(crate) fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }
}

/// Where an object is: kind, namespace (empty for cluster scope), name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) resource: Resource,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Key {
    /// The place of a namespaced object.
    pub(crate) fn new(resource: Resource, namespace: &str, name: &str) -> Self {
        Self { resource, namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// The place of a node.
    pub(crate) fn node(name: &str) -> Self {
        Self::new(Resource::Nodes, "", name)
    }

    /// The place that an object's metadata names.
    pub(crate) fn of(resource: Resource, object: &Value) -> Self {
        Self::new(resource, text(object, "/metadata/namespace"), text(object, "/metadata/name"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_the_enum() {
        for (index, row) in ALL.iter().enumerate() {
            assert_eq!(row.resource as usize, index, "{}", row.plural);
        }
    }
}
