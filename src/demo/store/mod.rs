//! The objects, their one global version counter, and the recent history that watches and old pages are served from.
//! It knows no rules: whoever writes decides what is right.

pub(crate) mod selector;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use super::json::{at, list, put, text};
use super::quantity;
use super::resources::{Key, Resource};

/// How an object changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Added,
    Modified,
    Deleted,
}

/// One entry of the history.
#[derive(Clone)]
pub(crate) struct Change {
    pub(crate) version: u64,
    pub(crate) kind: Kind,
    pub(crate) key: Key,
    /// The object after the change; for a deletion its last state with the deletion's version.
    pub(crate) object: Arc<Value>,
    /// The object before the change.
    pub(crate) previous: Option<Arc<Value>>,
}

/// What the pods bound to a node ask for.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Load {
    pub(crate) cpu_milli: i64,
    pub(crate) memory_milli: i64,
    pub(crate) pods: i64,
}

/// The version asked for is not in the history any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expired;

/// The store.
pub(crate) struct Store {
    objects: BTreeMap<Key, Arc<Value>>,
    version: u64,
    /// Every version up to this one is known only by its outcome.
    compacted: u64,
    history: VecDeque<Change>,
    capacity: usize,
    unseen: Vec<Change>,
    owned: BTreeMap<String, BTreeSet<Key>>,
    bound: BTreeMap<String, BTreeSet<Key>>,
    loads: BTreeMap<String, Load>,
}

impl Store {
    /// An empty store whose first change gets the version after `version`.
    pub(crate) fn new(version: u64, capacity: usize) -> Self {
        Self {
            objects: BTreeMap::new(),
            version,
            compacted: version,
            history: VecDeque::new(),
            capacity,
            unseen: Vec::new(),
            owned: BTreeMap::new(),
            bound: BTreeMap::new(),
            loads: BTreeMap::new(),
        }
    }

    /// The newest version.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// One object.
    pub(crate) fn get(&self, key: &Key) -> Option<&Arc<Value>> {
        self.objects.get(key)
    }

    /// The objects of a kind, in one namespace or in all, ordered by namespace and name.
    pub(crate) fn list<'s>(
        &'s self,
        resource: Resource,
        namespace: Option<&'s str>,
    ) -> impl Iterator<Item = (&'s Key, &'s Arc<Value>)> {
        let from = Key::new(resource, namespace.unwrap_or_default(), "");
        self.objects.range(from..).take_while(move |(key, _)| {
            key.resource == resource && namespace.is_none_or(|namespace| key.namespace == namespace)
        })
    }

    /// The keys of a kind, so that the store may be changed while they are walked.
    pub(crate) fn keys(&self, resource: Resource, namespace: Option<&str>) -> Vec<Key> {
        self.list(resource, namespace).map(|(key, _)| key.clone()).collect()
    }

    /// The objects of a kind as they were at an earlier version.
    ///
    /// # Errors
    /// When that version has left the history.
    pub(crate) fn list_at(
        &self,
        resource: Resource,
        namespace: Option<&str>,
        version: u64,
    ) -> Result<BTreeMap<Key, Arc<Value>>, Expired> {
        if version < self.compacted {
            return Err(Expired);
        }
        let mut then: BTreeMap<_, _> =
            self.list(resource, namespace).map(|(key, object)| (key.clone(), Arc::clone(object))).collect();
        // Newest first, so that the oldest change after the version has the last word.
        for change in self.history.iter().rev().take_while(|change| change.version > version) {
            if change.key.resource != resource
                || namespace.is_some_and(|wanted| wanted != change.key.namespace)
            {
                continue;
            }
            match &change.previous {
                Some(previous) => then.insert(change.key.clone(), Arc::clone(previous)),
                None => then.remove(&change.key),
            };
        }
        Ok(then)
    }

    /// What happened after a version.
    ///
    /// # Errors
    /// When that version has left the history.
    pub(crate) fn changes_since(&self, version: u64) -> Result<impl Iterator<Item = &Change>, Expired> {
        if version < self.compacted {
            return Err(Expired);
        }
        let first = self.history.partition_point(|change| change.version <= version);
        Ok(self.history.range(first..))
    }

    /// Puts an object in its place and gives it the next version.
    pub(crate) fn put(&mut self, key: &Key, mut object: Value) -> Arc<Value> {
        self.version += 1;
        put(&mut object, "/metadata/resourceVersion", self.version.to_string());
        let object = Arc::new(object);
        let previous = self.objects.insert(key.clone(), Arc::clone(&object));
        if let Some(previous) = &previous {
            self.unindex(key, previous);
        }
        self.index(key, &object);
        let kind = if previous.is_some() { Kind::Modified } else { Kind::Added };
        self.record(Change {
            version: self.version,
            kind,
            key: key.clone(),
            object: Arc::clone(&object),
            previous,
        });
        object
    }

    /// Changes an object in place; nothing is recorded when the change changes nothing.
    pub(crate) fn update(&mut self, key: &Key, change: impl FnOnce(&mut Value)) -> bool {
        let Some(old) = self.objects.get(key) else { return false };
        let mut new = Value::clone(old);
        change(&mut new);
        if new == **old {
            return false;
        }
        self.put(key, new);
        true
    }

    /// Takes an object away.
    pub(crate) fn delete(&mut self, key: &Key) -> Option<Arc<Value>> {
        let previous = self.objects.remove(key)?;
        self.unindex(key, &previous);
        self.version += 1;
        let mut last = Value::clone(&previous);
        put(&mut last, "/metadata/resourceVersion", self.version.to_string());
        let object = Arc::new(last);
        self.record(Change {
            version: self.version,
            kind: Kind::Deleted,
            key: key.clone(),
            object: Arc::clone(&object),
            previous: Some(previous),
        });
        Some(object)
    }

    /// The changes that no controller has seen yet.
    pub(crate) fn take_unseen(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.unseen)
    }

    /// Forgets how everything came to be, as a server does that compacts its history.
    pub(crate) fn compact(&mut self) {
        self.history.clear();
        self.unseen.clear();
        self.compacted = self.version;
    }

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

    fn record(&mut self, change: Change) {
        self.unseen.push(change.clone());
        self.history.push_back(change);
        if self.history.len() > self.capacity
            && let Some(gone) = self.history.pop_front()
        {
            self.compacted = gone.version;
        }
    }

    fn index(&mut self, key: &Key, object: &Value) {
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

    fn unindex(&mut self, key: &Key, object: &Value) {
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
    use serde_json::json;

    fn names(objects: &BTreeMap<Key, Arc<Value>>) -> Vec<String> {
        objects.iter().map(|(key, object)| format!("{}={}", key.name, object["data"]["v"])).collect()
    }

    #[test]
    fn an_old_version_is_rebuilt_until_it_expires() {
        let mut store = Store::new(10, 3);
        let key = |name: &str| Key::new(Resource::ConfigMaps, "d", name);
        let object = |v: i32| json!({"metadata": {}, "data": {"v": v}});
        store.put(&key("a"), object(1));
        store.put(&key("b"), object(1));
        let then = store.version();
        store.put(&key("a"), object(2));
        store.delete(&key("b"));
        store.put(&key("c"), object(1));
        let old = store.list_at(Resource::ConfigMaps, None, then).unwrap();
        assert_eq!(names(&old), ["a=1", "b=1"]);
        store.put(&key("d"), object(1));
        assert_eq!(store.list_at(Resource::ConfigMaps, None, then), Err(Expired));
        assert!(store.changes_since(then).is_err());
        assert_eq!(store.changes_since(then + 1).unwrap().count(), 3);
    }

    #[test]
    fn an_update_that_changes_nothing_has_no_version() {
        let mut store = Store::new(0, 10);
        let key = Key::node("n");
        store.put(&key, json!({"metadata": {"name": "n"}}));
        assert!(!store.update(&key, |_| ()));
        assert_eq!(store.version(), 1);
    }

    #[test]
    fn a_node_carries_its_unfinished_pods() {
        let mut store = Store::new(0, 10);
        let key = Key::new(Resource::Pods, "d", "p");
        let spec = json!({"nodeName": "n", "containers": [{"resources": {"requests": {"cpu": "250m", "memory": "1Ki"}}}]});
        store.put(&key, json!({"metadata": {}, "spec": spec, "status": {"phase": "Running"}}));
        assert_eq!(store.load_of("n"), Load { cpu_milli: 250, memory_milli: 1_024_000, pods: 1 });
        store.update(&key, |pod| put(pod, "/status/phase", "Failed"));
        assert_eq!(store.load_of("n"), Load::default());
        assert_eq!(store.pods_on("n"), [key]);
    }
}
