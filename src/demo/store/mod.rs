//! The objects, their one global version counter, and the recent history that watches and old pages are served from.
//! It knows no rules: whoever writes decides what is right.

pub(crate) mod index;
pub(crate) mod object;
pub(crate) mod selector;
pub(crate) mod snapshot;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use serde_json::Value;

use super::crowd::pod::Pod;
use super::json::put;
use super::resources::{ALL, Key, Resource};
use index::Index;
use object::Object;

/// How an object changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Added,
    Modified,
    Deleted,
}

/// One entry of the history.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) version: u64,
    pub(crate) kind: Kind,
    pub(crate) key: Key,
    /// The object after the change; for a deletion its last state with the deletion's version.
    pub(crate) object: Object,
    /// The object before the change.
    pub(crate) previous: Option<Object>,
}

/// What controllers see of an entry.
#[derive(Clone)]
pub(crate) struct Change {
    pub(crate) kind: Kind,
    pub(crate) key: Key,
    pub(crate) object: Arc<Value>,
    pub(crate) previous: Option<Arc<Value>>,
}

/// The version asked for is not in the history any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expired;

/// The store.
pub(crate) struct Store {
    objects: BTreeMap<Key, Object>,
    /// How many there are of each kind.
    counts: [usize; ALL.len()],
    version: u64,
    /// Every version up to this one is known only by its outcome.
    compacted: u64,
    history: VecDeque<Entry>,
    capacity: usize,
    unseen: Vec<Change>,
    pub(crate) index: Index,
}

impl Store {
    /// An empty store whose first change gets the version after `version`.
    pub(crate) fn new(version: u64, capacity: usize) -> Self {
        Self {
            objects: BTreeMap::new(),
            counts: [0; ALL.len()],
            version,
            compacted: version,
            history: VecDeque::new(),
            capacity,
            unseen: Vec::new(),
            index: Index::default(),
        }
    }

    /// The newest version.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// The version that was the newest so many versions ago, as far as the history goes.
    pub(crate) fn version_behind(&self, behind: u64) -> u64 {
        self.version.saturating_sub(behind).max(self.compacted)
    }

    /// One object that controllers look after.
    pub(crate) fn get(&self, key: &Key) -> Option<&Arc<Value>> {
        self.objects.get(key)?.tree()
    }

    /// One object of any sort.
    pub(crate) fn object(&self, key: &Key) -> Option<&Object> {
        self.objects.get(key)
    }

    /// The objects of a kind that controllers look after, in one namespace or in all, ordered by namespace and name.
    pub(crate) fn list<'s>(
        &'s self,
        resource: Resource,
        namespace: Option<&'s str>,
    ) -> impl Iterator<Item = (&'s Key, &'s Arc<Value>)> {
        self.all(resource, namespace, None).filter_map(|(key, object)| Some((key, object.tree()?)))
    }

    /// All objects of a kind, in one namespace or in all, ordered by namespace and name, from the beginning or behind
    /// a key.
    pub(crate) fn all<'s>(
        &'s self,
        resource: Resource,
        namespace: Option<&'s str>,
        after: Option<&Key>,
    ) -> impl Iterator<Item = (&'s Key, &'s Object)> {
        let first = Key::new(resource, namespace.unwrap_or_default(), "");
        let from = after.filter(|after| **after >= first).map_or(Bound::Included(&first), Bound::Excluded);
        self.objects.range::<Key, _>((from, Bound::Unbounded)).take_while(move |(key, _)| {
            key.resource == resource && namespace.is_none_or(|namespace| key.namespace == namespace)
        })
    }

    /// The keys of a kind, so that the store may be changed while they are walked.
    pub(crate) fn keys(&self, resource: Resource, namespace: Option<&str>) -> Vec<Key> {
        self.list(resource, namespace).map(|(key, _)| key.clone()).collect()
    }

    /// What happened after a version.
    ///
    /// # Errors
    /// When that version has left the history.
    pub(crate) fn changes_since(&self, version: u64) -> Result<impl Iterator<Item = &Entry>, Expired> {
        if version < self.compacted {
            return Err(Expired);
        }
        let first = self.history.partition_point(|entry| entry.version <= version);
        Ok(self.history.range(first..))
    }

    /// Puts an object in its place and gives it the next version.
    pub(crate) fn put(&mut self, key: &Key, mut object: Value) -> Arc<Value> {
        self.version += 1;
        put(&mut object, "/metadata/resourceVersion", self.version.to_string());
        let object = Arc::new(object);
        let stored = Object::from(Arc::clone(&object));
        let previous = self.replace(key, stored.clone());
        if let Some(previous) = previous.as_ref().and_then(Object::tree) {
            self.index.remove(key, previous);
        }
        self.index.add(key, &object);
        let kind = if previous.is_some() { Kind::Modified } else { Kind::Added };
        let seen = previous.as_ref().and_then(Object::tree).cloned();
        self.unseen.push(Change { kind, key: key.clone(), object: Arc::clone(&object), previous: seen });
        self.record(kind, key, stored, previous);
        object
    }

    /// Puts a pod of the crowd in its place and gives it the next version. No controller hears of it.
    pub(crate) fn put_pod(&mut self, key: &Key, pod: Pod) {
        self.version += 1;
        let object = Object::Pod(Arc::new(pod.at_version(self.version)));
        let previous = self.replace(key, object.clone());
        let kind = if previous.is_some() { Kind::Modified } else { Kind::Added };
        self.record(kind, key, object, previous);
    }

    /// Makes a pod of the crowd one that controllers look after, because somebody is going to write to it. Nothing
    /// that a client can see changes.
    pub(crate) fn unfold(&mut self, key: &Key) {
        let Some(Object::Pod(pod)) = self.objects.get(key) else { return };
        let value = Arc::new(pod.value());
        self.index.add(key, &value);
        self.objects.insert(key.clone(), value.into());
    }

    fn replace(&mut self, key: &Key, object: Object) -> Option<Object> {
        let previous = self.objects.insert(key.clone(), object);
        self.counts[key.resource as usize] += usize::from(previous.is_none());
        previous
    }

    /// Changes an object in place; nothing is recorded when the change changes nothing.
    pub(crate) fn update(&mut self, key: &Key, change: impl FnOnce(&mut Value)) -> bool {
        let Some(old) = self.get(key) else { return false };
        let mut new = Value::clone(old);
        change(&mut new);
        if new == **old {
            return false;
        }
        self.put(key, new);
        true
    }

    /// Takes an object away.
    pub(crate) fn delete(&mut self, key: &Key) {
        let Some(previous) = self.objects.remove(key) else { return };
        self.counts[key.resource as usize] -= 1;
        self.version += 1;
        let object = previous.at_version(self.version);
        if let (Some(before), Some(last)) = (previous.tree(), object.tree()) {
            self.index.remove(key, before);
            let (object, previous) = (Arc::clone(last), Some(Arc::clone(before)));
            self.unseen.push(Change { kind: Kind::Deleted, key: key.clone(), object, previous });
        }
        self.record(Kind::Deleted, key, object, Some(previous));
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

    fn record(&mut self, kind: Kind, key: &Key, object: Object, previous: Option<Object>) {
        self.history.push_back(Entry { version: self.version, kind, key: key.clone(), object, previous });
        if self.history.len() > self.capacity
            && let Some(gone) = self.history.pop_front()
        {
            self.compacted = gone.version;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(store: &Store, version: u64) -> Result<Vec<String>, Expired> {
        let snapshot = store.snapshot(Resource::ConfigMaps, None, version)?;
        let all: Vec<String> = snapshot
            .after(None)
            .map(|(key, object)| format!("{}={}", key.name, object.value()["data"]["v"]))
            .collect();
        assert_eq!(snapshot.count(), all.len());
        Ok(all)
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
        assert_eq!(names(&store, then).unwrap(), ["a=1", "b=1"]);
        assert_eq!(names(&store, then + 1).unwrap(), ["a=2", "b=1"]);
        assert_eq!(names(&store, store.version()).unwrap(), ["a=2", "c=1"]);
        let snapshot = store.snapshot(Resource::ConfigMaps, None, then).unwrap();
        let rest: Vec<_> = snapshot.after(Some(&key("a"))).map(|(key, _)| key.name.as_str()).collect();
        assert_eq!(rest, ["b"]);
        store.put(&key("d"), object(1));
        assert_eq!(names(&store, then), Err(Expired));
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
}
