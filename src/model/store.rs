//! One kind's objects in numbered slots, each with the revision of its last change. Generations let a relist sweep
//! what is gone without a second copy of the world. It knows no kinds.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::key::{Key, Keyed};

/// What became of an object that was put in; where it stands, and what it replaced.
#[derive(Debug, PartialEq)]
pub enum Upserted<T> {
    /// It was not there before.
    Added(u32),
    /// It replaced an older state of itself.
    Changed(u32, T),
    /// It says what was known already.
    Same(u32),
}

/// A place for one object.
#[derive(Clone, Debug)]
struct Slot<T> {
    object: Option<T>,
    /// The list that named it last.
    listed: u32,
    /// The revision at which it, or something that it is judged by, changed last.
    touched: u64,
}

/// How many slots are allocated at once: objects never move, and growing never needs room for two copies.
const CHUNK: usize = 1024;

/// Where an object stands, with the hash of its key: a table that grows has to hash all that is in it, and 100,000 keys
/// that lie all over the memory take longer to read than a frame lasts.
#[derive(Clone, Copy, Debug)]
struct Place {
    hash: u32,
    at: u32,
}

impl Place {
    /// The hash as the table takes it: it looks at the lowest and at the highest bits.
    fn hash(self) -> u64 {
        spread(self.hash)
    }
}

fn spread(hash: u32) -> u64 {
    (u64::from(hash) << 32) | u64::from(hash)
}

/// Objects of one kind by key.
#[derive(Clone, Debug)]
pub struct Store<T> {
    chunks: Vec<Vec<Slot<T>>>,
    index: HashTable<Place>,
    free: Vec<u32>,
    generation: u32,
    removals: u64,
    /// The revision at which any of them was touched last.
    latest: u64,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        let index = HashTable::new();
        Self { chunks: Vec::new(), index, free: Vec::new(), generation: 0, removals: 0, latest: 0 }
    }
}

fn hash(namespace: &str, name: &str) -> u32 {
    let hash = FxBuildHasher.hash_one((namespace, name));
    ((hash >> 32) ^ hash) as u32
}

fn slot<T>(chunks: &[Vec<Slot<T>>], at: u32) -> Option<&Slot<T>> {
    chunks.get(at as usize / CHUNK)?.get(at as usize % CHUNK)
}

fn is<T: Keyed>(chunks: &[Vec<Slot<T>>], at: u32, namespace: &str, name: &str) -> bool {
    let object = slot(chunks, at).and_then(|slot| slot.object.as_ref());
    object.is_some_and(|it| *it.key().name == *name && *it.key().namespace == *namespace)
}

impl<T: Keyed + PartialEq> Store<T> {
    /// Puts an object in. One that says nothing new keeps its old state, and its revision.
    pub fn upsert(&mut self, object: T, revision: u64) -> Upserted<T> {
        let listed = self.generation;
        let Key { namespace, name } = object.key();
        let hash = hash(namespace, name);
        let Some(at) = self.hashed(hash, namespace, name) else {
            self.latest = revision;
            return Upserted::Added(self.add(hash, Slot { object: Some(object), listed, touched: revision }));
        };
        let Some(slot) = self.slot_mut(at) else { return Upserted::Same(at) };
        slot.listed = listed;
        if slot.object.as_ref() == Some(&object) {
            return Upserted::Same(at);
        }
        slot.touched = revision;
        let old = slot.object.replace(object);
        self.latest = revision;
        old.map_or(Upserted::Added(at), |old| Upserted::Changed(at, old))
    }

    fn add(&mut self, hash: u32, slot: Slot<T>) -> u32 {
        let at = self.free.pop().unwrap_or_else(|| self.grow());
        if let Some(place) = self.slot_mut(at) {
            *place = slot;
        }
        self.index.insert_unique(spread(hash), Place { hash, at }, |place| place.hash());
        at
    }

    /// Makes room for one more.
    fn grow(&mut self) -> u32 {
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            // The first chunk grows as needed: most kinds have few objects.
            let room = if self.chunks.is_empty() { 0 } else { CHUNK };
            self.chunks.push(Vec::with_capacity(room));
        }
        let before = (self.chunks.len() - 1) * CHUNK;
        let Some(last) = self.chunks.last_mut() else { return 0 };
        last.push(Slot { object: None, listed: 0, touched: 0 });
        (before + last.len() - 1) as u32
    }

    fn slot_mut(&mut self, at: u32) -> Option<&mut Slot<T>> {
        self.chunks.get_mut(at as usize / CHUNK)?.get_mut(at as usize % CHUNK)
    }

    /// Takes an object out.
    pub fn remove(&mut self, key: &Key) -> Option<(u32, T)> {
        let (namespace, name) = (&*key.namespace, &*key.name);
        let (chunks, hash) = (&self.chunks, hash(namespace, name));
        let is = |it: &Place| it.hash == hash && is(chunks, it.at, namespace, name);
        let (Place { at, .. }, _) = self.index.find_entry(spread(hash), is).ok()?.remove();
        self.free.push(at);
        self.removals += 1;
        self.slot_mut(at)?.object.take().map(|old| (at, old))
    }

    /// A list begins: from now on, what is not put in again will be swept.
    pub fn begin_relist(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }

    /// The list is complete: takes out and returns what it did not name.
    pub fn sweep(&mut self) -> Vec<(u32, T)> {
        let generation = self.generation;
        let slots = self.chunks.iter().flatten().filter(|slot| slot.listed != generation);
        let gone: Vec<Key> = slots.filter_map(|slot| Some(slot.object.as_ref()?.key().clone())).collect();
        gone.iter().filter_map(|key| self.remove(key)).collect()
    }

    /// Where an object stands.
    pub fn place(&self, namespace: &str, name: &str) -> Option<u32> {
        self.hashed(hash(namespace, name), namespace, name)
    }

    fn hashed(&self, hash: u32, namespace: &str, name: &str) -> Option<u32> {
        let is = |it: &Place| it.hash == hash && is(&self.chunks, it.at, namespace, name);
        self.index.find(spread(hash), is).map(|it| it.at)
    }

    /// The object of that key.
    pub fn get(&self, key: &Key) -> Option<&T> {
        self.find(&key.namespace, &key.name)
    }

    /// The object of that namespace and name.
    pub fn find(&self, namespace: &str, name: &str) -> Option<&T> {
        self.at(self.place(namespace, name)?)
    }
}

impl<T> Store<T> {
    /// The object in a slot.
    pub fn at(&self, at: u32) -> Option<&T> {
        slot(&self.chunks, at)?.object.as_ref()
    }

    /// Notes that something changed by which the object in a slot is judged.
    pub fn touch(&mut self, at: u32, revision: u64) {
        let slot =
            self.chunks.get_mut(at as usize / CHUNK).and_then(|chunk| chunk.get_mut(at as usize % CHUNK));
        if let Some(slot) = slot {
            slot.touched = revision;
            self.latest = revision;
        }
    }

    /// The objects that were touched after a revision, and where they stand.
    pub fn touched(&self, after: u64) -> impl Iterator<Item = (u32, &T)> {
        let news: &[_] = if self.latest > after { &self.chunks } else { &[] };
        let slots = news.iter().flatten().enumerate().filter(move |(_, slot)| slot.touched > after);
        slots.filter_map(|(at, slot)| Some((at as u32, slot.object.as_ref()?)))
    }

    /// How many objects have been taken out since the start.
    pub fn removals(&self) -> u64 {
        self.removals
    }

    /// All objects, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten().filter_map(|slot| slot.object.as_ref())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Thing(Key, u32);

    impl Keyed for Thing {
        fn key(&self) -> &Key {
            &self.0
        }
    }

    fn thing(name: &str, value: u32) -> Thing {
        Thing(Key::new("", name), value)
    }

    #[test]
    fn a_relist_sweeps_what_it_does_not_name() {
        let mut store = Store::default();
        store.upsert(thing("a", 1), 1);
        store.upsert(thing("b", 2), 2);
        store.begin_relist();
        assert_eq!(store.len(), 2, "rows stay while the list arrives");
        store.upsert(thing("b", 3), 3);
        assert_eq!(store.sweep(), vec![(0, thing("a", 1))]);
        assert_eq!(store.get(&Key::new("", "b")), Some(&thing("b", 3)));
    }

    #[test]
    fn only_what_changed_since_is_touched() {
        let mut store = Store::default();
        assert_eq!(store.upsert(thing("a", 1), 1), Upserted::Added(0));
        assert_eq!(store.upsert(thing("b", 1), 2), Upserted::Added(1));
        assert_eq!(store.upsert(thing("a", 1), 3), Upserted::Same(0));
        assert_eq!(store.touched(2).count(), 0, "what says nothing new is no change");
        assert_eq!(store.upsert(thing("a", 2), 4), Upserted::Changed(0, thing("a", 1)));
        assert_eq!(store.touched(2).collect::<Vec<_>>(), [(0, &thing("a", 2))]);
        store.remove(&Key::new("", "b"));
        assert_eq!((store.removals(), store.touched(4).count()), (1, 0));
        assert_eq!(store.upsert(thing("c", 1), 6), Upserted::Added(1), "slots are used again");
        assert_eq!(store.len(), 2);
    }

    #[test]
    fn thousands_are_found_again_after_many_came_and_went() {
        let mut store = Store::default();
        for round in 0..3_u32 {
            for number in 0..5000 {
                store.upsert(thing(&format!("{number}"), round), 1);
            }
            for number in (0..5000).step_by(3) {
                store.remove(&Key::new("", &format!("{number}")));
            }
        }
        let left = (0..5000).filter(|number| store.find("", &number.to_string()).is_some()).count();
        assert_eq!((left, store.len(), store.iter().count()), (3333, 3333, 3333));
    }
}
