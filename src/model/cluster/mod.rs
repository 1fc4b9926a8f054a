//! The cluster as last seen. Only `apply` changes it; indexes and totals follow, and every change leaves its revision
//! where it counts, so that nobody computes anew what has not changed. It has one owner and no locks.

mod certificates;
mod counting;
mod lookup;
mod measured;
mod memory;
mod probed;
mod scaling;
mod touch;
mod workloads;
mod zones;

pub use zones::{ZoneKey, ZoneLoad};

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use super::autoscaler::Autoscaler;
use super::budget::DisruptionBudget;
use super::change::{Change, Freshness, Object};
use super::key::Key;
use super::kind::Kind;
use super::node::{Node, NodeLease};
use super::overlay::NetworkConfig;
use super::pod::Pod;
use super::server::Server;
use super::store::{Store, Upserted};
use super::text::Str;
use super::totals::{OwnerKey, Totals, counts_alike};
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
    zones: zones::Zones,
    measurements: measured::Measurements,
    /// Workloads by the workload that controls them.
    owned: FxHashMap<OwnerKey, Vec<WorkloadPlace>>,
    scaling: scaling::Scaling,
    certificates: certificates::Certificates,
    freshness: [Freshness; Kind::ALL.len()],
    synced: [bool; Kind::ALL.len()],
    /// For each kind, the one namespace that it is seen in, where not all may be read.
    narrowed: [Option<Str>; Kind::ALL.len()],
    newest_renewal: Option<Timestamp>,
    /// How many changes have been applied.
    revision: u64,
    /// The revision at which something changed by which everything is judged.
    judged: u64,
    /// For each kind, the revision at which it changed how much of it is known.
    known: [u64; Kind::ALL.len()],
    /// The revision at which the overlay as a whole changed.
    meshed: u64,
    /// The revision at which a node last became Ready or ceased to be, or went.
    flipped: u64,
    /// The revision at which the sums of a zone last changed.
    zoned: u64,
}

/// Where a workload stands: the number of its kind's store, and its slot there.
type WorkloadPlace = (u8, u32);

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
        self.revision += 1;
        match change {
            Change::Upsert(object) => self.upsert(object),
            Change::Gone(kind, key) => self.remove(kind, &key),
            Change::Relisting(kind) => self.begin_relist(kind),
            Change::Narrowed(kind, namespace) => {
                self.narrowed[kind.index()] = Some(namespace);
                self.known[kind.index()] = self.revision;
            }
            Change::Synced(kind) => {
                if !self.synced[kind.index()] {
                    self.synced[kind.index()] = true;
                    self.known[kind.index()] = self.revision;
                    self.touch_autoscalers();
                    self.scaling.asked = self.revision;
                }
                self.sweep(kind);
            }
            Change::Freshness(kind, freshness) => self.hear(kind, freshness),
            Change::Measured(node, sample) => self.measure(node, sample),
            Change::Measuring(freshness) => self.hear_measuring(freshness),
            Change::Server(news) => {
                if self.server.hear(news) {
                    self.judged = self.revision;
                }
            }
            Change::Certificate(node, signer, unissued) => {
                self.certificates.set(&node, signer, unissued);
                self.touch_node(&node);
            }
            Change::Certificates(signer) => self.certificates.known(signer),
            Change::Probed(key, probe) => self.hear_probe(key, probe),
            Change::Noted(key, point) => self.note(key, point),
            Change::ScaledObjects(list) => self.hear_scaled_objects(list),
            Change::Verticals(list) => self.hear_verticals(list),
        }
    }

    /// Takes in a batch of changes.
    pub fn apply_all(&mut self, changes: impl IntoIterator<Item = Change>) {
        for change in changes {
            self.apply(change);
        }
    }

    fn hear(&mut self, kind: Kind, freshness: Freshness) {
        let freshness = freshness.by(self.server.skew);
        let told = &mut self.freshness[kind.index()];
        if !told.says_as_much(&freshness) {
            self.known[kind.index()] = self.revision;
        }
        *told = freshness;
    }

    fn upsert(&mut self, object: Object) {
        let revision = self.revision;
        match object {
            Object::Node(node) => self.upsert_node(*node),
            Object::NodeLease(mut lease) => {
                memory::keep_lags(self.leases.get(&lease.meta.key), &mut lease, self.server.skew);
                // A clock that runs ahead must not make all the others look silent.
                let lived = lease.lived().map(|at| lease.heard.map_or(at, |heard| at.min(heard)));
                self.newest_renewal = self.newest_renewal.max(lived);
                let node = Str::clone(&lease.meta.key.name);
                if !matches!(self.leases.upsert(*lease, revision), Upserted::Same(_)) {
                    self.touch_node(&node);
                }
            }
            Object::Autoscaler(autoscaler) => self.upsert_autoscaler(*autoscaler),
            Object::Workload(workload) => self.upsert_workload(*workload),
            Object::DisruptionBudget(budget) => self.upsert_budget(*budget),
            Object::NetworkConfig(config) => {
                if !matches!(self.networks.upsert(*config, revision), Upserted::Same(_)) {
                    self.meshed = revision;
                }
            }
            Object::Pod(pod) => self.upsert_pod(*pod),
        }
    }

    fn upsert_node(&mut self, mut node: Node) {
        let old = self.nodes.get(&node.meta.key);
        memory::keep_times(old, &mut node, self.server.skew);
        memory::keep_seen(old, &mut node, self.server.skew);
        let (same, at, old) = match self.nodes.upsert(node, self.revision) {
            Upserted::Same(_) => return,
            Upserted::Added(at) => (false, at, None),
            Upserted::Changed(at, old) => {
                let new = self.nodes.at(at);
                let same = new.is_some_and(|it| it.overlay == old.overlay && it.pod_cidrs == old.pod_cidrs);
                (same, at, Some(old))
            }
        };
        if !same {
            self.meshed = self.revision;
        }
        let before = self.zones.wide();
        let ready = self.nodes.at(at).map(Node::ready);
        if old.as_ref().map(Node::ready) != ready {
            self.flipped = self.revision;
        }
        let Some(node) = self.nodes.at(at) else { return };
        if old.as_ref().is_some_and(|old| zones::counts_alike(old, node)) {
            return;
        }
        if let Some(old) = old {
            self.zones.subtract(&old);
        }
        self.zones.add(node);
        self.zoned = self.revision;
        self.judge_if(before);
    }

    /// What every node is judged by has changed.
    fn judge_if(&mut self, before: [bool; 3]) {
        if self.zones.wide() != before {
            self.judged = self.revision;
        }
    }

    fn forget_nodes(&mut self, gone: impl IntoIterator<Item = (u32, Node)>) {
        let before = self.zones.wide();
        for (_, node) in gone {
            (self.meshed, self.flipped, self.zoned) = (self.revision, self.revision, self.revision);
            self.zones.subtract(&node);
            self.measurements.forget(&node.meta.key.name);
        }
        self.judge_if(before);
    }

    fn upsert_pod(&mut self, pod: Pod) {
        let agents = self.totals.agents;
        match self.pods.upsert(pod, self.revision) {
            Upserted::Same(_) => return,
            Upserted::Added(at) => self.count_in(at),
            Upserted::Changed(at, old) => {
                let Some(new) = self.pods.at(at) else { return };
                if counts_alike(&old, new) {
                    self.totals.mark(at, &old, new);
                    self.touch_awaiting(&old);
                    self.touch_counting_slot(at);
                    return;
                }
                self.count_out(at, &old);
                self.count_in(at);
            }
        }
        self.mesh_if(agents);
    }

    fn count_in(&mut self, at: u32) {
        let Some(pod) = self.pods.at(at) else { return };
        self.totals.add(at, pod);
        if let Some(node) = pod.node.clone() {
            self.touch_counted(&node);
        }
        self.touch_counting_slot(at);
    }

    fn count_out(&mut self, at: u32, old: &Pod) {
        self.touch_counting(old);
        self.totals.subtract(at, old);
        if let Some(node) = &old.node {
            self.touch_counted(node);
        }
    }

    fn remove(&mut self, kind: Kind, key: &Key) {
        let revision = self.revision;
        match kind {
            Kind::Node => {
                let gone = self.nodes.remove(key);
                self.forget_nodes(gone);
            }
            Kind::NodeLease => {
                self.leases.remove(key);
                self.touch_node(&key.name);
            }
            Kind::HorizontalPodAutoscaler => {
                let gone = self.autoscalers.remove(key);
                self.forget_autoscalers(gone);
            }
            Kind::PodDisruptionBudget => {
                let gone = self.budgets.remove(key);
                self.forget_budgets(gone);
            }
            Kind::NetworkConfig => {
                self.networks.remove(key);
                self.meshed = revision;
            }
            Kind::Pod => {
                let gone = self.pods.remove(key);
                self.forget_pods(gone);
            }
            Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet => {
                let gone = slot(kind).and_then(|slot| self.workloads[slot].remove(key));
                self.forget_workloads(gone);
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
        let revision = self.revision;
        match kind {
            Kind::Node => {
                let gone = self.nodes.sweep();
                self.forget_nodes(gone);
                self.forget_strangers();
            }
            Kind::NodeLease => {
                for (_, lease) in self.leases.sweep() {
                    self.touch_node(&lease.meta.key.name);
                }
            }
            Kind::HorizontalPodAutoscaler => {
                let gone = self.autoscalers.sweep();
                self.forget_autoscalers(gone);
            }
            Kind::PodDisruptionBudget => {
                let gone = self.budgets.sweep();
                self.forget_budgets(gone);
            }
            Kind::NetworkConfig => {
                if !self.networks.sweep().is_empty() {
                    self.meshed = revision;
                }
            }
            Kind::Pod => {
                let gone = self.pods.sweep();
                self.forget_pods(gone);
            }
            Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet => {
                let gone = slot(kind).map(|slot| self.workloads[slot].sweep());
                self.forget_workloads(gone.unwrap_or_default());
            }
        }
    }

    fn forget_pods(&mut self, gone: impl IntoIterator<Item = (u32, Pod)>) {
        let agents = self.totals.agents;
        for (at, pod) in gone {
            self.count_out(at, &pod);
        }
        self.mesh_if(agents);
    }
}

#[cfg(test)]
mod tests;
