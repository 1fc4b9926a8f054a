//! The objects of a kind as they were at a version: the present ones, and over them what the history says was different.
//! Nothing is copied, so that a page costs what is in it.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::object::Object;
use super::{Expired, Store};
use crate::demo::resources::{Key, Resource};

/// The objects of a kind, in one namespace or in all, at a version.
pub(crate) struct Snapshot<'s> {
    store: &'s Store,
    resource: Resource,
    namespace: Option<&'s str>,
    /// What was different then: another object, or none.
    then: BTreeMap<&'s Key, Option<&'s Object>>,
}

impl Store {
    /// The objects of a kind at a version.
    ///
    /// # Errors
    /// When that version has left the history.
    pub(crate) fn snapshot<'s>(
        &'s self,
        resource: Resource,
        namespace: Option<&'s str>,
        version: u64,
    ) -> Result<Snapshot<'s>, Expired> {
        if version < self.compacted {
            return Err(Expired);
        }
        let mut then = BTreeMap::new();
        // Newest first, so that the oldest change after the version has the last word.
        for entry in self.history.iter().rev().take_while(|entry| entry.version > version) {
            let inside = namespace.is_none_or(|wanted| wanted == entry.key.namespace);
            if entry.key.resource == resource && inside {
                then.insert(&entry.key, entry.previous.as_ref());
            }
        }
        Ok(Snapshot { store: self, resource, namespace, then })
    }
}

impl<'s> Snapshot<'s> {
    /// How many there were.
    pub(crate) fn count(&self) -> usize {
        let now = match self.namespace {
            None => self.store.counts[self.resource as usize],
            Some(_) => self.store.all(self.resource, self.namespace, None).count(),
        };
        let gone = self.then.iter().filter(|(_, then)| then.is_some()).count();
        let changed = self.then.keys().filter(|key| self.store.objects.contains_key(**key)).count();
        now + gone - changed
    }

    /// They themselves, ordered by namespace and name, from the beginning or behind a key.
    pub(crate) fn after(&self, after: Option<&Key>) -> impl Iterator<Item = (&'s Key, &'s Object)> {
        let mut now = self.store.all(self.resource, self.namespace, after).peekable();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut then = self.then.range::<Key, _>((from, Bound::Unbounded)).peekable();
        std::iter::from_fn(move || {
            loop {
                let Some((changed, object)) = then.peek() else { return now.next() };
                match now.peek() {
                    Some((key, _)) if *key < **changed => return now.next(),
                    // What is there now was different then.
                    Some((key, _)) if *key == **changed => drop(now.next()),
                    _ => {}
                }
                let found = object.map(|object| (**changed, object));
                then.next();
                if found.is_some() {
                    return found;
                }
            }
        })
    }
}
