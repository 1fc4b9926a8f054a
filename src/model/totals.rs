//! Running totals over pods, kept as changes arrive and never recounted: per node, per owner, per namespace. Pods
//! stand in them by the number of their slot.

use rustc_hash::{FxHashMap, FxHashSet};

use super::namespace::Namespace;
use super::pod::Pod;
use super::room::{RoomLoad, Sum, Way};
use super::text::Str;

/// What the pods of one node add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeLoad {
    /// Pods that take room: all but finished ones.
    pub pods: u32,
    /// Their requests in thousandths of a core.
    pub cpu: Sum,
    /// Their requests in bytes.
    pub memory: Sum,
    /// Their limits, and what else they take.
    pub room: RoomLoad,
    /// Their pod network addresses, without those on the host's network.
    pub addresses: u32,
    /// The slots of all pods bound to the node, finished ones too.
    pub(super) slots: Vec<u32>,
    /// The slots of the overlay network's agents on the node; one, or two while it is replaced.
    pub(super) agents: Vec<u32>,
}

impl NodeLoad {
    fn alter(&mut self, pod: &Pod, way: Way) {
        self.cpu.alter(pod.template.cpu, way);
        self.memory.alter(pod.template.memory, way);
        self.room.alter(&pod.template.room, way);
    }
}

/// What an owner is called: namespace, kind, name.
pub(super) type OwnerKey = (Str, Str, Str);

/// Totals and indexes over all pods.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    /// By node name.
    pub nodes: FxHashMap<Str, NodeLoad>,
    /// The slots of pods by their controlling owner.
    pub owners: FxHashMap<OwnerKey, Vec<u32>>,
    /// What each namespace holds.
    pub namespaces: FxHashMap<Str, Namespace>,
    /// Pods that run nowhere yet, or not as they should; kept small by nature.
    pub troubled: FxHashSet<u32>,
    /// How many of the overlay network's agents there are.
    pub agents: usize,
}

/// The owner of a pod as an index key.
fn owner_key(pod: &Pod) -> Option<OwnerKey> {
    let owner = pod.meta.controller.as_ref()?;
    Some((Str::clone(&pod.meta.key.namespace), Str::clone(&owner.kind), Str::clone(&owner.name)))
}

/// Whether two states of a pod count alike for its node and its owner.
pub(super) fn counts_alike(old: &Pod, new: &Pod) -> bool {
    old.node == new.node
        && old.meta.controller == new.meta.controller
        && old.finished() == new.finished()
        && old.addresses == new.addresses
        && old.template == new.template
        && (!new.template.overlay_agent || (old.ready == new.ready && old.status == new.status))
}

impl Totals {
    /// Counts a pod in.
    pub(super) fn add(&mut self, at: u32, pod: &Pod) {
        self.namespaces.entry(Str::clone(&pod.meta.key.namespace)).or_default().add(at, pod);
        if let Some(owner) = owner_key(pod) {
            self.owners.entry(owner).or_default().push(at);
        }
        self.trouble(at, pod);
        let Some(node) = &pod.node else { return };
        let load = self.nodes.entry(Str::clone(node)).or_default();
        load.slots.push(at);
        if pod.template.overlay_agent {
            load.agents.push(at);
            self.agents += 1;
        }
        if !pod.finished() {
            load.pods += 1;
            load.addresses += u32::from(pod.addresses);
            load.alter(pod, Way::In);
        }
    }

    /// Notes another state of a pod that counts as before.
    pub(super) fn mark(&mut self, at: u32, old: &Pod, new: &Pod) {
        self.trouble(at, new);
        if old.started != new.started
            && let Some(namespace) = self.namespaces.get_mut(&new.meta.key.namespace)
        {
            namespace.mark(new);
        }
    }

    /// Notes whether a pod is in trouble, which changes more often than what it counts for.
    fn trouble(&mut self, at: u32, pod: &Pod) {
        if pod.troubled() {
            self.troubled.insert(at);
        } else {
            self.troubled.remove(&at);
        }
    }

    /// Counts a pod out; it must be the one that was counted in.
    pub(super) fn subtract(&mut self, at: u32, pod: &Pod) {
        if let Some(namespace) = self.namespaces.get_mut(&pod.meta.key.namespace)
            && namespace.subtract(at, &pod.template.labels)
        {
            self.namespaces.remove(&pod.meta.key.namespace);
        }
        if let Some(owner) = owner_key(pod)
            && let Some(pods) = self.owners.get_mut(&owner)
        {
            take(pods, at);
            if pods.is_empty() {
                self.owners.remove(&owner);
            }
        }
        self.troubled.remove(&at);
        self.subtract_from_node(at, pod);
    }

    fn subtract_from_node(&mut self, at: u32, pod: &Pod) {
        let Some(node) = &pod.node else { return };
        let Some(load) = self.nodes.get_mut(node) else { return };
        take(&mut load.slots, at);
        if take(&mut load.agents, at) {
            self.agents -= 1;
        }
        if !pod.finished() {
            load.pods -= 1;
            load.addresses -= u32::from(pod.addresses);
            load.alter(pod, Way::Out);
        }
        if load.slots.is_empty() {
            self.nodes.remove(node);
        }
    }
}

/// Takes a slot out of a list; tells whether it was in it.
pub(super) fn take(slots: &mut Vec<u32>, at: u32) -> bool {
    let found = slots.iter().position(|other| *other == at);
    found.map(|place| slots.swap_remove(place)).is_some()
}
