//! The objects of a stream that brings few: what a list and the events after it leave. It follows nothing.

use std::collections::BTreeMap;

use super::decode::{Named, Raw};
use super::follower::Heard;
use crate::model::change::Freshness;
use crate::wire::meta::ObjectMeta;

/// The objects by their keys.
pub(super) struct Few<K, T> {
    /// As they are now.
    pub now: BTreeMap<K, T>,
    /// Those of the list that is under way, which replaces the others when it is complete.
    coming: Option<BTreeMap<K, T>>,
    /// Whether it is known what there is, or that it cannot be had.
    pub settled: bool,
    /// Whether there is anything that nobody has looked at.
    pub changed: bool,
}

impl<K, T> Default for Few<K, T> {
    fn default() -> Self {
        Self { now: BTreeMap::new(), coming: None, settled: false, changed: false }
    }
}

impl<K: Ord, T: PartialEq> Few<K, T> {
    /// Takes in what was heard; `key` tells one object from others, `read` makes of an object what is kept of it.
    pub(super) fn hear(
        &mut self,
        heard: Heard,
        key: impl Fn(ObjectMeta) -> K,
        read: impl Fn(&Raw) -> Option<T>,
    ) {
        match heard {
            Heard::Relisting => self.coming = Some(BTreeMap::new()),
            Heard::Object(raw) => {
                let Some(key) = metadata(&raw).map(key) else { return };
                self.put(key, read(&raw));
            }
            Heard::Gone(raw) => {
                let Some(key) = metadata(&raw).map(key) else { return };
                self.changed |= self.now.remove(&key).is_some();
                self.coming.as_mut().map(|coming| coming.remove(&key));
            }
            Heard::Synced => self.replace(Option::unwrap_or_default),
            Heard::Freshness(Freshness::Absent { .. }) => self.replace(|_| BTreeMap::new()),
            // What was seen before is still the best guess: a server that has just started may refuse for a moment what
            // it allows. Who may list but not watch is told again.
            Heard::Freshness(Freshness::Forbidden { verb: "list", .. }) => {
                (self.coming, self.settled) = (None, true);
            }
            // Nobody is to wait for a server that stumbles over this question.
            Heard::Freshness(Freshness::Stale { .. }) => self.settled = true,
            // There is one place where they are looked for.
            Heard::Freshness(_) | Heard::Narrowed(_) => {}
            Heard::Skipped(count) => tracing::warn!(count, "events that cannot be decoded were passed over"),
        }
    }

    /// An object that cannot be read is as good as gone.
    fn put(&mut self, key: K, object: Option<T>) {
        let objects = self.coming.as_mut().unwrap_or(&mut self.now);
        let changed = match object {
            Some(object) if objects.get(&key) == Some(&object) => false,
            Some(object) => {
                objects.insert(key, object);
                true
            }
            None => objects.remove(&key).is_some(),
        };
        self.changed |= changed && self.coming.is_none();
    }

    fn replace(&mut self, by: impl FnOnce(Option<BTreeMap<K, T>>) -> BTreeMap<K, T>) {
        let all = by(self.coming.take());
        self.changed |= all != self.now;
        (self.now, self.settled) = (all, true);
    }
}

fn metadata(raw: &Raw) -> Option<ObjectMeta> {
    raw.read::<Named>().ok()?.metadata
}
