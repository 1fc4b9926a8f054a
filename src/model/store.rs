//! One kind's objects with generations, so that a relist sweeps what is gone without a second copy of the world.

use rustc_hash::FxHashMap;

use super::key::Key;

/// Objects of one kind by key.
#[derive(Clone, Debug)]
pub struct Store<T> {
    objects: FxHashMap<Key, (u32, T)>,
    generation: u32,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self { objects: FxHashMap::default(), generation: 0 }
    }
}

impl<T> Store<T> {
    /// Puts an object in and returns what it replaces.
    pub fn upsert(&mut self, key: Key, object: T) -> Option<T> {
        self.objects.insert(key, (self.generation, object)).map(|(_, old)| old)
    }

    /// Takes an object out.
    pub fn remove(&mut self, key: &Key) -> Option<T> {
        self.objects.remove(key).map(|(_, old)| old)
    }

    /// A list begins: from now on, what is not put in again will be swept.
    pub fn begin_relist(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }

    /// The list is complete: returns what it did not name.
    pub fn sweep(&mut self) -> Vec<T> {
        let generation = self.generation;
        let gone: Vec<Key> = self
            .objects
            .iter()
            .filter(|(_, (seen, _))| *seen != generation)
            .map(|(key, _)| key.clone())
            .collect();
        gone.iter().filter_map(|key| self.remove(key)).collect()
    }

    /// The object of that key.
    pub fn get(&self, key: &Key) -> Option<&T> {
        self.objects.get(key).map(|(_, object)| object)
    }

    /// All objects, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.objects.values().map(|(_, object)| object)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relist_sweeps_what_it_does_not_name() {
        let mut store = Store::default();
        store.upsert(Key::new("", "a"), 1);
        store.upsert(Key::new("", "b"), 2);
        store.begin_relist();
        assert_eq!(store.len(), 2, "rows stay while the list arrives");
        store.upsert(Key::new("", "b"), 3);
        assert_eq!(store.sweep(), vec![1]);
        assert_eq!(store.get(&Key::new("", "b")), Some(&3));
    }
}
