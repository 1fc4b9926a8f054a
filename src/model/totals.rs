//! Running totals over pods, kept as changes arrive and never recounted: per node, per owner, per namespace.

use rustc_hash::{FxHashMap, FxHashSet};

use super::key::Key;
use super::pod::Pod;
use super::text::Str;

/// What the pods of one node add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeLoad {
    /// Pods that take room: all but finished ones.
    pub pods: u32,
    /// Their requests in thousandths of a core.
    pub cpu: i64,
    /// Their requests in bytes.
    pub memory: i64,
    /// Their pod network addresses, without those on the host's network.
    pub addresses: u32,
    /// All pods bound to the node, finished ones too.
    pub keys: FxHashSet<Key>,
    /// The overlay network's agents on the node; one, or two while it is replaced.
    pub agents: Vec<Key>,
}

/// What a pod's owner is called: namespace, kind, name.
pub type OwnerKey = (Str, Str, Str);

/// Totals and indexes over all pods.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// By node name.
    pub nodes: FxHashMap<Str, NodeLoad>,
    /// Pods by their controlling owner.
    pub owners: FxHashMap<OwnerKey, FxHashSet<Key>>,
    /// How many pods each namespace has.
    pub namespaces: FxHashMap<Str, u32>,
    /// Pods that run nowhere yet, or not as they should; kept small by nature.
    pub troubled: FxHashSet<Key>,
}

/// The owner of a pod as an index key.
pub fn owner_key(pod: &Pod) -> Option<OwnerKey> {
    let owner = pod.meta.controller.as_ref()?;
    Some((Str::clone(&pod.meta.key.namespace), Str::clone(&owner.kind), Str::clone(&owner.name)))
}

/// Whether a pod is not as it should be: waiting, failing, not ready, or terminating.
pub fn troubled(pod: &Pod) -> bool {
    match pod.phase {
        super::pod::Phase::Succeeded => false,
        super::pod::Phase::Running => !pod.ready || pod.meta.deleted.is_some(),
        _ => true,
    }
}

impl Totals {
    /// Counts a pod in.
    pub fn add(&mut self, pod: &Pod) {
        let key = &pod.meta.key;
        *self.namespaces.entry(Str::clone(&key.namespace)).or_default() += 1;
        if let Some(owner) = owner_key(pod) {
            self.owners.entry(owner).or_default().insert(key.clone());
        }
        if troubled(pod) {
            self.troubled.insert(key.clone());
        }
        if let Some(node) = &pod.node {
            let load = self.nodes.entry(Str::clone(node)).or_default();
            load.keys.insert(key.clone());
            if pod.overlay_agent {
                load.agents.push(key.clone());
            }
            if !pod.finished() {
                load.pods += 1;
                load.cpu += pod.cpu;
                load.memory += pod.memory;
                load.addresses += u32::from(pod.addresses);
            }
        }
    }

    /// Counts a pod out; it must be the one that was counted in.
    pub fn subtract(&mut self, pod: &Pod) {
        let key = &pod.meta.key;
        if let Some(count) = self.namespaces.get_mut(&key.namespace) {
            *count -= 1;
            if *count == 0 {
                self.namespaces.remove(&key.namespace);
            }
        }
        if let Some(owner) = owner_key(pod)
            && let Some(pods) = self.owners.get_mut(&owner)
        {
            pods.remove(key);
            if pods.is_empty() {
                self.owners.remove(&owner);
            }
        }
        self.troubled.remove(key);
        self.subtract_from_node(pod);
    }

    fn subtract_from_node(&mut self, pod: &Pod) {
        let Some(node) = &pod.node else { return };
        let Some(load) = self.nodes.get_mut(node) else { return };
        load.keys.remove(&pod.meta.key);
        load.agents.retain(|agent| *agent != pod.meta.key);
        if !pod.finished() {
            load.pods -= 1;
            load.cpu -= pod.cpu;
            load.memory -= pod.memory;
            load.addresses -= u32::from(pod.addresses);
        }
        if load.keys.is_empty() {
            self.nodes.remove(node);
        }
    }
}
