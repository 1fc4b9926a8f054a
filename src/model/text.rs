//! Shared strings: names that thousands of objects repeat are kept once. It holds no global table.

use std::sync::Arc;

use rustc_hash::FxHashSet;

/// A string that many objects share.
pub type Str = Arc<str>;

/// Hands out one shared copy of each distinct text. Each decoding task owns one.
#[derive(Debug, Default)]
pub struct Interner {
    seen: FxHashSet<Str>,
}

impl Interner {
    /// The shared copy of `text`.
    pub fn get(&mut self, text: &str) -> Str {
        if let Some(found) = self.seen.get(text) {
            return Str::clone(found);
        }
        let shared = Str::from(text);
        self.seen.insert(Str::clone(&shared));
        shared
    }

    /// The shared copy of `text`, or `None` when it is empty, as Go leaves out empty strings.
    pub fn some(&mut self, text: &str) -> Option<Str> {
        (!text.is_empty()).then(|| self.get(text))
    }

    /// How many distinct texts are held.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Forgets texts that nobody else holds any more.
    pub fn shrink(&mut self) {
        self.seen.retain(|text| Arc::strong_count(text) > 1);
    }
}
