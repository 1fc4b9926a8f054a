//! Reading the cluster: objects by name, by owner, by node, and what they add up to. It changes nothing.

use jiff::Timestamp;

use super::{Cluster, slot};
use crate::model::autoscaler::Autoscaler;
use crate::model::budget::DisruptionBudget;
use crate::model::change::Freshness;
use crate::model::key::{Key, Target, Uid};
use crate::model::kind::Kind;
use crate::model::meta::Selector;
use crate::model::namespace::PER_POD;
use crate::model::node::{Node, NodeLease};
use crate::model::overlay::NetworkConfig;
use crate::model::pod::Pod;
use crate::model::text::Str;
use crate::model::totals::{NodeLoad, OwnerKey};
use crate::model::workload::Workload;

fn owner_of(kind: Kind, key: &Key) -> OwnerKey {
    (Str::clone(&key.namespace), kind.name().into(), Str::clone(&key.name))
}

impl Cluster {
    /// How fresh the kind's data is. A stream that seems live is not believed while the server does not answer.
    pub fn freshness(&self, kind: Kind) -> &Freshness {
        let told = &self.freshness[kind.index()];
        self.server.doubt.as_ref().filter(|_| told.is_live()).unwrap_or(told)
    }

    /// The newest renewal among all node leases: proof that the cluster lived then, and that we heard of it.
    pub fn newest_renewal(&self) -> Option<Timestamp> {
        self.newest_renewal
    }

    /// Whether the kind has been listed completely at least once, in the namespaces that may be read.
    pub fn synced(&self, kind: Kind) -> bool {
        self.synced[kind.index()]
    }

    /// The one namespace that the kind is seen in, where not all may be read.
    pub fn narrowed(&self, kind: Kind) -> Option<&Str> {
        self.narrowed[kind.index()].as_ref()
    }

    /// Whether everything that there is of the kind is known, so that sums over it are whole.
    pub fn knows_all(&self, kind: Kind) -> bool {
        self.synced(kind) && self.narrowed(kind).is_none()
    }

    /// Whether everything of the kind in a namespace is known, so that absence is a fact.
    pub fn knows_all_in(&self, kind: Kind, namespace: &Str) -> bool {
        self.synced(kind) && self.narrowed(kind).is_none_or(|only| only == namespace)
    }

    /// How many objects of the kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::Node => self.nodes.len(),
            Kind::NodeLease => self.leases.len(),
            Kind::HorizontalPodAutoscaler => self.autoscalers.len(),
            Kind::PodDisruptionBudget => self.budgets.len(),
            Kind::NetworkConfig => self.networks.len(),
            Kind::Pod => self.pods.len(),
            Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet => {
                slot(kind).map_or(0, |slot| self.workloads[slot].len())
            }
        }
    }

    /// All nodes, in no order.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter()
    }

    /// The node in a slot.
    pub fn node_at(&self, at: u32) -> Option<&Node> {
        self.nodes.at(at)
    }

    /// The node of that name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.find("", name)
    }

    /// The lease of the node of that name.
    pub fn lease(&self, node: &str) -> Option<&NodeLease> {
        self.leases.find("kube-node-lease", node)
    }

    /// All node leases, in no order.
    pub fn leases(&self) -> impl Iterator<Item = &NodeLease> {
        self.leases.iter()
    }

    /// All autoscalers, in no order.
    pub fn autoscalers(&self) -> impl Iterator<Item = &Autoscaler> {
        self.autoscalers.iter()
    }

    /// The autoscaler in a slot.
    pub fn autoscaler_at(&self, at: u32) -> Option<&Autoscaler> {
        self.autoscalers.at(at)
    }

    /// The autoscaler of that key.
    pub fn autoscaler(&self, key: &Key) -> Option<&Autoscaler> {
        self.autoscalers.get(key)
    }

    /// The workload of that kind and key.
    pub fn workload(&self, kind: Kind, key: &Key) -> Option<&Workload> {
        self.workloads[slot(kind)?].get(key)
    }

    /// The workload that an autoscaler or an owner reference of that kind names.
    pub fn workload_named(&self, kind: &str, namespace: &str, name: &str) -> Option<&Workload> {
        self.workloads[slot(Kind::named(kind)?)?].find(namespace, name)
    }

    /// The autoscalers that scale a workload; more than one is a fight.
    pub fn autoscalers_of<'a>(&'a self, workload: &'a Target) -> impl Iterator<Item = &'a Autoscaler> {
        let key = owner_of(workload.kind, &workload.key);
        let slots = self.scaling.targets.get(&key).into_iter().flatten();
        let found = slots.filter_map(|at| self.autoscalers.at(*at));
        found.filter(|autoscaler| autoscaler.target.group() == workload.kind.group())
    }

    /// All disruption budgets, in no order.
    pub fn budgets(&self) -> impl Iterator<Item = &DisruptionBudget> {
        self.budgets.iter()
    }

    /// The overlay's configuration, if there is one.
    pub fn network(&self) -> Option<&NetworkConfig> {
        self.networks.iter().min_by(|a, b| a.meta.key.cmp(&b.meta.key))
    }

    /// The pod of that key.
    pub fn pod(&self, key: &Key) -> Option<&Pod> {
        self.pods.get(key)
    }

    /// All pods, in no order; walk them per list, never per key press.
    pub fn pods(&self) -> impl Iterator<Item = &Pod> {
        self.pods.iter()
    }

    /// What the pods of a node add up to; `None` when it has none.
    pub fn load(&self, node: &str) -> Option<&NodeLoad> {
        self.totals.nodes.get(node)
    }

    /// The pods bound to a node.
    pub fn pods_on<'a>(&'a self, node: &str) -> impl Iterator<Item = &'a Pod> {
        self.load(node).into_iter().flat_map(|load| &load.slots).filter_map(|at| self.pods.at(*at))
    }

    /// The overlay network's agents on a node.
    pub fn agents_on<'a>(&'a self, node: &str) -> impl Iterator<Item = &'a Pod> {
        self.load(node).into_iter().flat_map(|load| &load.agents).filter_map(|at| self.pods.at(*at))
    }

    /// Whether any node has an agent of the overlay network among its pods.
    pub fn has_agents(&self) -> bool {
        self.totals.agents > 0
    }

    /// The pods that are not as they should be.
    pub fn troubled_pods(&self) -> impl Iterator<Item = &Pod> {
        self.totals.troubled.iter().filter_map(|at| self.pods.at(*at))
    }

    /// How many pods a namespace has.
    pub fn pods_in(&self, namespace: &str) -> u32 {
        self.totals.namespaces.get(namespace).map_or(0, |it| it.pods)
    }

    /// The pods of a namespace that a selector matches, whoever controls them.
    pub fn selected<'a: 's, 's>(
        &'a self,
        namespace: &str,
        selector: &'s Selector,
    ) -> impl Iterator<Item = &'a Pod> + use<'a, 's> {
        let namespace = self.totals.namespaces.get(namespace);
        let slots = namespace.into_iter().flat_map(move |it| it.selected(selector));
        let one_by_one = selector.names(PER_POD);
        let pods = slots.filter_map(|at| self.pods.at(at));
        pods.filter(move |pod| !one_by_one || selector.matches(&pod.template.labels))
    }

    /// The pods that a workload controls; those of a Deployment through its ReplicaSets. No further: whoever writes owner
    /// references can close them to a ring.
    pub fn pods_of<'a>(&'a self, kind: Kind, key: &Key) -> Vec<&'a Pod> {
        let owner = owner_of(kind, key);
        let places = self.owned.get(&owner).into_iter().flatten();
        let below = places.filter_map(|(kind, at)| self.workloads.get(usize::from(*kind))?.at(*at));
        let mut names: Vec<OwnerKey> = below.map(|it| owner_of(it.kind, &it.meta.key)).collect();
        names.retain(|other| *other != owner);
        let slots = std::iter::once(&owner).chain(&names).filter_map(|name| self.totals.owners.get(name));
        slots.flatten().filter_map(|at| self.pods.at(*at)).collect()
    }

    /// The controlling owners of pods: the kind of each and one of its pods.
    pub fn owners(&self) -> impl Iterator<Item = (&str, &Pod)> {
        let first = |slots: &Vec<u32>| slots.first().and_then(|at| self.pods.at(*at));
        self.totals.owners.iter().filter_map(move |((_, kind, _), slots)| Some((&**kind, first(slots)?)))
    }

    /// The UID of an object; unknown when it is gone.
    pub fn uid(&self, target: &Target) -> Uid {
        let meta = match target.kind {
            Kind::Node => self.nodes.get(&target.key).map(|node| &node.meta),
            Kind::NodeLease => self.leases.get(&target.key).map(|lease| &lease.meta),
            Kind::HorizontalPodAutoscaler => self.autoscalers.get(&target.key).map(|it| &it.meta),
            Kind::PodDisruptionBudget => self.budgets.get(&target.key).map(|budget| &budget.meta),
            Kind::NetworkConfig => self.networks.get(&target.key).map(|config| &config.meta),
            Kind::Pod => self.pods.get(&target.key).map(|pod| &pod.meta),
            kind => self.workload(kind, &target.key).map(|workload| &workload.meta),
        };
        meta.map(|meta| meta.uid).unwrap_or_default()
    }

    /// Whether an object still exists, as last seen.
    pub fn has(&self, target: &Target) -> bool {
        match target.kind {
            Kind::Node => self.nodes.get(&target.key).is_some(),
            Kind::NodeLease => self.leases.get(&target.key).is_some(),
            Kind::HorizontalPodAutoscaler => self.autoscalers.get(&target.key).is_some(),
            Kind::PodDisruptionBudget => self.budgets.get(&target.key).is_some(),
            Kind::NetworkConfig => self.networks.get(&target.key).is_some(),
            Kind::Pod => self.pods.get(&target.key).is_some(),
            kind => self.workload(kind, &target.key).is_some(),
        }
    }
}
