//! The objects, their one global version counter, and the recent history that watches and old pages are served from.
//! It knows no rules: whoever writes decides what is right.

pub(crate) mod index;
pub(crate) mod selector;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use super::json::put;
use super::resources::{Key, Resource};
use index::Index;

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
    pub(crate) index: Index,
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
            self.index.remove(key, previous);
        }
        self.index.add(key, &object);
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
        self.index.remove(key, &previous);
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

    fn record(&mut self, change: Change) {
        self.unseen.push(change.clone());
        self.history.push_back(change);
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
}
