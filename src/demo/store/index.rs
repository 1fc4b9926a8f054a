//! What can be found without walking the store: who owns what, which pods are on which node, and what they ask for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::demo::json::{at, list, text};
use crate::demo::quantity;
use crate::demo::resources::{Key, Resource};

/// What the pods bound to a node ask for.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Load {
    pub(crate) cpu_milli: i64,
    pub(crate) memory_milli: i64,
    pub(crate) pods: i64,
}

/// The index.
#[derive(Default)]
pub(crate) struct Index {
    owned: BTreeMap<String, BTreeSet<Key>>,
    bound: BTreeMap<String, BTreeSet<Key>>,
    loads: BTreeMap<String, Load>,
}

impl Index {
    /// The objects that an owner controls.
    pub(crate) fn owned_by(&self, uid: &str) -> Vec<Key> {
        self.owned.get(uid).into_iter().flatten().cloned().collect()
    }

    /// The pods bound to a node.
    pub(crate) fn pods_on(&self, node: &str) -> Vec<Key> {
        self.bound.get(node).into_iter().flatten().cloned().collect()
    }

    /// What the unfinished pods bound to a node ask for.
    pub(crate) fn load_of(&self, node: &str) -> Load {
        self.loads.get(node).copied().unwrap_or_default()
    }

    /// Notes an object.
    pub(super) fn add(&mut self, key: &Key, object: &Value) {
        for owner in list(object, "/metadata/ownerReferences") {
            self.owned.entry(text(owner, "/uid").to_owned()).or_default().insert(key.clone());
        }
        if let Some((node, load)) = placement(key, object) {
            self.bound.entry(node.to_owned()).or_default().insert(key.clone());
            let sum = self.loads.entry(node.to_owned()).or_default();
            sum.cpu_milli += load.cpu_milli;
            sum.memory_milli += load.memory_milli;
            sum.pods += load.pods;
        }
    }

    /// Forgets an object.
    pub(super) fn remove(&mut self, key: &Key, object: &Value) {
        for owner in list(object, "/metadata/ownerReferences") {
            remove_from(&mut self.owned, text(owner, "/uid"), key);
        }
        if let Some((node, load)) = placement(key, object) {
            remove_from(&mut self.bound, node, key);
            if let Some(sum) = self.loads.get_mut(node) {
                sum.cpu_milli -= load.cpu_milli;
                sum.memory_milli -= load.memory_milli;
                sum.pods -= load.pods;
            }
        }
    }
}

/// The controller among an object's owners.
pub(crate) fn controller(object: &Value) -> Option<&Value> {
    list(object, "/metadata/ownerReferences")
        .iter()
        .find(|owner| at(owner, "/controller") == &Value::Bool(true))
}

/// What the containers of a pod ask for together.
pub(crate) fn requests(pod: &Value) -> Load {
    let mut sum = Load { pods: 1, ..Load::default() };
    for container in list(pod, "/spec/containers") {
        sum.cpu_milli += quantity::milli(text(container, "/resources/requests/cpu"));
        sum.memory_milli += quantity::milli(text(container, "/resources/requests/memory"));
    }
    sum
}

fn placement<'v>(key: &Key, object: &'v Value) -> Option<(&'v str, Load)> {
    let node = text(object, "/spec/nodeName");
    if key.resource != Resource::Pods || node.is_empty() {
        return None;
    }
    let finished = matches!(text(object, "/status/phase"), "Succeeded" | "Failed");
    Some((node, if finished { Load::default() } else { requests(object) }))
}

fn remove_from(index: &mut BTreeMap<String, BTreeSet<Key>>, entry: &str, key: &Key) {
    if let Some(keys) = index.get_mut(entry) {
        keys.remove(key);
        if keys.is_empty() {
            index.remove(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::json::put;
    use crate::demo::store::Store;
    use serde_json::json;

    #[test]
    fn a_node_carries_its_unfinished_pods() {
        let mut store = Store::new(0, 10);
        let key = Key::new(Resource::Pods, "d", "p");
        let spec = json!({"nodeName": "n", "containers": [{"resources": {"requests": {"cpu": "250m", "memory": "1Ki"}}}]});
        store.put(&key, json!({"metadata": {}, "spec": spec, "status": {"phase": "Running"}}));
        assert_eq!(store.index.load_of("n"), Load { cpu_milli: 250, memory_milli: 1_024_000, pods: 1 });
        store.update(&key, |pod| put(pod, "/status/phase", "Failed"));
        assert_eq!(store.index.load_of("n"), Load::default());
        assert_eq!(store.index.pods_on("n"), [key]);
    }
}
