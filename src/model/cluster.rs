//! The cluster as last seen. Only `apply` changes it; indexes and totals follow. It has one owner and no locks.

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};

use super::autoscaler::Autoscaler;
use super::budget::DisruptionBudget;
use super::change::{Change, Freshness, Object};
use super::key::{Key, Target, Uid};
use super::kind::Kind;
use super::node::{Node, NodeLease};
use super::overlay::NetworkConfig;
use super::pod::Pod;
use super::server::Server;
use super::store::Store;
use super::text::Str;
use super::totals::{NodeLoad, OwnerKey, Totals};
use super::workload::Workload;

/// The cluster as last seen.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// What is known of the server and the session.
    pub server: Server,
    nodes: Store<Node>,
    leases: Store<NodeLease>,
    autoscalers: Store<Autoscaler>,
    workloads: [Store<Workload>; 4],
    budgets: Store<DisruptionBudget>,
    networks: Store<NetworkConfig>,
    pods: Store<Pod>,
    totals: Totals,
    owned: FxHashMap<OwnerKey, FxHashSet<Key>>,
    freshness: [Freshness; Kind::ALL.len()],
    synced: [bool; Kind::ALL.len()],
    applied: u64,
    newest_renewal: Option<Timestamp>,
}

/// Where a workload kind has its store.
fn slot(kind: Kind) -> Option<usize> {
    match kind {
        Kind::Deployment => Some(0),
        Kind::ReplicaSet => Some(1),
        Kind::StatefulSet => Some(2),
        Kind::DaemonSet => Some(3),
        _ => None,
    }
}

impl Cluster {
    /// Takes in one change.
    pub fn apply(&mut self, change: Change) {
        self.applied += 1;
        match change {
            Change::Upsert(object) => self.upsert(object),
            Change::Gone(kind, key) => self.remove(kind, &key),
            Change::Relisting(kind) => self.begin_relist(kind),
            Change::Synced(kind) => {
                self.synced[kind.index()] = true;
                self.sweep(kind);
            }
            Change::Freshness(kind, freshness) => self.freshness[kind.index()] = freshness,
            Change::Server(news) => self.server.hear(news),
        }
    }

    /// Takes in a batch of changes.
    pub fn apply_all(&mut self, changes: impl IntoIterator<Item = Change>) {
        for change in changes {
            self.apply(change);
        }
    }

    fn upsert(&mut self, object: Object) {
        match object {
            Object::Node(node) => drop(self.nodes.upsert(node.meta.key.clone(), *node)),
            Object::NodeLease(lease) => {
                self.newest_renewal = self.newest_renewal.max(lease.renewed);
                self.leases.upsert(lease.meta.key.clone(), *lease);
            }
            Object::Autoscaler(it) => drop(self.autoscalers.upsert(it.meta.key.clone(), *it)),
            Object::Workload(workload) => self.upsert_workload(*workload),
            Object::DisruptionBudget(budget) => drop(self.budgets.upsert(budget.meta.key.clone(), *budget)),
            Object::NetworkConfig(config) => drop(self.networks.upsert(config.meta.key.clone(), *config)),
            Object::Pod(pod) => {
                self.totals_out(&pod.meta.key);
                self.totals.add(&pod);
                self.pods.upsert(pod.meta.key.clone(), *pod);
            }
        }
    }

    fn totals_out(&mut self, key: &Key) {
        if let Some(old) = self.pods.get(key) {
            self.totals.subtract(old);
        }
    }

    fn upsert_workload(&mut self, workload: Workload) {
        let Some(slot) = slot(workload.kind) else { return };
        let key = workload.meta.key.clone();
        if let Some(old) = self.workloads[slot].remove(&key) {
            self.disown(&old);
        }
        if let Some(owner) = workload_owner(&workload) {
            self.owned.entry(owner).or_default().insert(key.clone());
        }
        self.workloads[slot].upsert(key, workload);
    }

    fn disown(&mut self, workload: &Workload) {
        let Some(owner) = workload_owner(workload) else { return };
        if let Some(keys) = self.owned.get_mut(&owner) {
            keys.remove(&workload.meta.key);
            if keys.is_empty() {
                self.owned.remove(&owner);
            }
        }
    }

    fn remove(&mut self, kind: Kind, key: &Key) {
        match kind {
            Kind::Node => drop(self.nodes.remove(key)),
            Kind::NodeLease => drop(self.leases.remove(key)),
            Kind::HorizontalPodAutoscaler => drop(self.autoscalers.remove(key)),
            Kind::PodDisruptionBudget => drop(self.budgets.remove(key)),
            Kind::NetworkConfig => drop(self.networks.remove(key)),
            Kind::Pod => {
                self.totals_out(key);
                self.pods.remove(key);
            }
            Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet => {
                let old = slot(kind).and_then(|slot| self.workloads[slot].remove(key));
                if let Some(old) = old {
                    self.disown(&old);
                }
            }
        }
    }

    fn begin_relist(&mut self, kind: Kind) {
        match kind {
            Kind::Node => self.nodes.begin_relist(),
            Kind::NodeLease => self.leases.begin_relist(),
            Kind::HorizontalPodAutoscaler => self.autoscalers.begin_relist(),
            Kind::PodDisruptionBudget => self.budgets.begin_relist(),
            Kind::NetworkConfig => self.networks.begin_relist(),
            Kind::Pod => self.pods.begin_relist(),
            Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet => {
                if let Some(slot) = slot(kind) {
                    self.workloads[slot].begin_relist();
                }
            }
        }
    }

    fn sweep(&mut self, kind: Kind) {
        match kind {
            Kind::Node => drop(self.nodes.sweep()),
            Kind::NodeLease => drop(self.leases.sweep()),
            Kind::HorizontalPodAutoscaler => drop(self.autoscalers.sweep()),
            Kind::PodDisruptionBudget => drop(self.budgets.sweep()),
            Kind::NetworkConfig => drop(self.networks.sweep()),
            Kind::Pod => {
                for pod in self.pods.sweep() {
                    self.totals.subtract(&pod);
                }
            }
            Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet => {
                let gone = slot(kind).map(|slot| self.workloads[slot].sweep()).unwrap_or_default();
                for workload in &gone {
                    self.disown(workload);
                }
            }
        }
    }

    /// How many changes have been applied since the start.
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// How fresh the kind's data is. A stream that seems live is not believed while the server does not answer.
    pub fn freshness(&self, kind: Kind) -> &Freshness {
        let told = &self.freshness[kind.index()];
        self.server.doubt.as_ref().filter(|_| told.is_live()).unwrap_or(told)
    }

    /// The newest renewal among all node leases: proof that the cluster lived then, and that we heard of it.
    pub fn newest_renewal(&self) -> Option<Timestamp> {
        self.newest_renewal
    }

    /// Whether the kind has been listed completely at least once.
    pub fn synced(&self, kind: Kind) -> bool {
        self.synced[kind.index()]
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

    /// The node of that name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.get(&Key::new("", name))
    }

    /// The lease of the node of that name.
    pub fn lease(&self, node: &str) -> Option<&NodeLease> {
        self.leases.get(&Key::new("kube-node-lease", node))
    }

    /// All autoscalers, in no order.
    pub fn autoscalers(&self) -> impl Iterator<Item = &Autoscaler> {
        self.autoscalers.iter()
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
        self.workload(Kind::named(kind)?, &Key::new(namespace, name))
    }

    /// The autoscalers that scale a workload; more than one is a fight.
    pub fn autoscalers_of<'a>(&'a self, workload: &'a Target) -> impl Iterator<Item = &'a Autoscaler> {
        self.autoscalers.iter().filter(move |autoscaler| {
            *autoscaler.target.kind == *workload.kind.name()
                && autoscaler.target.group() == workload.kind.group()
                && autoscaler.target_key() == workload.key
        })
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
        self.load(node).into_iter().flat_map(|load| &load.keys).filter_map(|key| self.pods.get(key))
    }

    /// The pods that are not as they should be.
    pub fn troubled_pods(&self) -> impl Iterator<Item = &Pod> {
        self.totals.troubled.iter().filter_map(|key| self.pods.get(key))
    }

    /// How many pods a namespace has.
    pub fn pods_in(&self, namespace: &str) -> u32 {
        self.totals.namespaces.get(namespace).copied().unwrap_or(0)
    }

    /// The pods that a workload controls; those of a Deployment through its ReplicaSets.
    pub fn pods_of<'a>(&'a self, kind: Kind, key: &Key) -> Vec<&'a Pod> {
        let owner: OwnerKey = (Str::clone(&key.namespace), kind.name().into(), Str::clone(&key.name));
        let direct = self.totals.owners.get(&owner).into_iter().flatten();
        let mut pods: Vec<&Pod> = direct.filter_map(|key| self.pods.get(key)).collect();
        for set in self.owned.get(&owner).into_iter().flatten() {
            pods.extend(self.pods_of(Kind::ReplicaSet, set));
        }
        pods
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

fn workload_owner(workload: &Workload) -> Option<OwnerKey> {
    let owner = workload.meta.controller.as_ref()?;
    Some((Str::clone(&workload.meta.key.namespace), Str::clone(&owner.kind), Str::clone(&owner.name)))
}
