//! The kinds of objects that foretop watches, and where the API serves them. It does not say what they hold.

/// A watched kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// core/v1 Node.
    Node,
    /// coordination.k8s.io/v1 Lease in kube-node-lease: the kubelets' heartbeats.
    NodeLease,
    /// autoscaling/v2 HorizontalPodAutoscaler.
    HorizontalPodAutoscaler,
    /// apps/v1 Deployment.
    Deployment,
    /// apps/v1 ReplicaSet.
    ReplicaSet,
    /// apps/v1 StatefulSet.
    StatefulSet,
    /// apps/v1 DaemonSet.
    DaemonSet,
    /// policy/v1 PodDisruptionBudget.
    PodDisruptionBudget,
    /// The ConfigMap that configures the overlay network, for example `kube-flannel-cfg`.
    NetworkConfig,
    /// core/v1 Pod.
    Pod,
}

impl Kind {
    /// Every watched kind; cheap ones first, pods last, which is the order in which they are asked for.
    pub const ALL: [Self; 10] = [
        Self::Node,
        Self::NodeLease,
        Self::HorizontalPodAutoscaler,
        Self::NetworkConfig,
        Self::Deployment,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::PodDisruptionBudget,
        Self::ReplicaSet,
        Self::Pod,
    ];

    /// The position in [`Kind::ALL`], for arrays with one element per kind.
    pub fn index(self) -> usize {
        Self::ALL.iter().position(|kind| *kind == self).unwrap_or(0)
    }

    /// The API group, empty for the core group.
    pub fn group(self) -> &'static str {
        match self {
            Self::Node | Self::Pod | Self::NetworkConfig => "",
            Self::NodeLease => "coordination.k8s.io",
            Self::HorizontalPodAutoscaler => "autoscaling",
            Self::Deployment | Self::ReplicaSet | Self::StatefulSet | Self::DaemonSet => "apps",
            Self::PodDisruptionBudget => "policy",
        }
    }

    /// The version within the group.
    pub fn version(self) -> &'static str {
        if self == Self::HorizontalPodAutoscaler { "v2" } else { "v1" }
    }

    /// `group/version`, as objects carry it.
    pub fn api_version(self) -> String {
        if self.group().is_empty() {
            self.version().into()
        } else {
            format!("{}/{}", self.group(), self.version())
        }
    }

    /// The resource's name in paths and in RBAC rules.
    pub fn resource(self) -> &'static str {
        match self {
            Self::Node => "nodes",
            Self::NodeLease => "leases",
            Self::HorizontalPodAutoscaler => "horizontalpodautoscalers",
            Self::Deployment => "deployments",
            Self::ReplicaSet => "replicasets",
            Self::StatefulSet => "statefulsets",
            Self::DaemonSet => "daemonsets",
            Self::PodDisruptionBudget => "poddisruptionbudgets",
            Self::NetworkConfig => "configmaps",
            Self::Pod => "pods",
        }
    }

    /// The kind's name as the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Node => "Node",
            Self::NodeLease => "Lease",
            Self::HorizontalPodAutoscaler => "HorizontalPodAutoscaler",
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::PodDisruptionBudget => "PodDisruptionBudget",
            Self::NetworkConfig => "ConfigMap",
            Self::Pod => "Pod",
        }
    }

    /// The plural that users read, in lower case.
    pub fn plural(self) -> &'static str {
        match self {
            Self::NodeLease => "node leases",
            Self::HorizontalPodAutoscaler => "autoscalers",
            Self::PodDisruptionBudget => "disruption budgets",
            Self::NetworkConfig => "network config",
            other => other.resource(),
        }
    }

    /// Whether objects of the kind live in a namespace.
    pub fn namespaced(self) -> bool {
        self != Self::Node
    }

    /// The kind whose API name is `name`, for owner references and scale targets; leases and config maps are not among them.
    pub fn named(name: &str) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name)?;
        (!matches!(found, Self::NodeLease | Self::NetworkConfig)).then_some(found)
    }

    /// The path of the collection, in one namespace or in all.
    pub fn collection(self, namespace: Option<&str>) -> String {
        let root =
            if self.group().is_empty() { "/api".to_owned() } else { format!("/apis/{}", self.group()) };
        match namespace.filter(|_| self.namespaced()) {
            Some(namespace) => {
                format!("{root}/{}/namespaces/{namespace}/{}", self.version(), self.resource())
            }
            None => format!("{root}/{}/{}", self.version(), self.resource()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_api() {
        assert_eq!(Kind::Pod.collection(None), "/api/v1/pods");
        assert_eq!(Kind::Node.collection(Some("ignored")), "/api/v1/nodes");
        assert_eq!(
            Kind::HorizontalPodAutoscaler.collection(Some("shop")),
            "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"
        );
        assert_eq!(Kind::ALL.map(Kind::index), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(Kind::named("Lease"), None);
    }
}
