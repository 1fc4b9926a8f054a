//! What the objects of one decoding task have in common, kept once: texts, label sets, toleration lists.
//! It converts nothing by itself.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::model::meta::Owner;
use crate::model::pod::{Requests, Template, Toleration};
use crate::model::room::Room;
use crate::model::text::{Interner, Str};

/// Below this many texts it is not worth looking for those that nobody uses any more.
const SMALL: usize = 4096;

/// One decoding task's shared texts, lists and templates.
#[derive(Debug, Default)]
pub struct Shared {
    pub(super) texts: Interner,
    labels: FxHashSet<Arc<[(Str, Str)]>>,
    tolerations: FxHashSet<Arc<[Toleration]>>,
    pub(super) owners: FxHashSet<Arc<Owner>>,
    pub(super) templates: FxHashSet<Arc<Template>>,
    pub(super) rooms: FxHashSet<Arc<Room>>,
    pub(super) containers: FxHashSet<Arc<[Requests]>>,
    /// Empty; the list of the pod in hand, so that its memory is not asked for anew for each.
    pub(super) requests: Vec<Requests>,
    kept: usize,
}

impl Shared {
    /// The shared copy of a label set, sorted by key.
    pub(super) fn labels(&mut self, labels: &BTreeMap<String, String>) -> Arc<[(Str, Str)]> {
        let pairs: Vec<(Str, Str)> =
            labels.iter().map(|(key, value)| (self.texts.get(key), self.texts.get(value))).collect();
        only_list(&mut self.labels, pairs)
    }

    /// The shared copy of a list of tolerations, in the pod's order because the order decides.
    pub(super) fn tolerations(&mut self, list: Vec<Toleration>) -> Arc<[Toleration]> {
        only_list(&mut self.tolerations, list)
    }

    /// Forgets what no object uses any more, once enough has come together to make the search worth its time.
    pub fn tidy(&mut self) {
        let held = self.held();
        if held < SMALL || held < 2 * self.kept {
            return;
        }
        self.templates.retain(|it| Arc::strong_count(it) > 1);
        self.rooms.retain(|it| Arc::strong_count(it) > 1);
        self.containers.retain(|list| Arc::strong_count(list) > 1);
        self.owners.retain(|it| Arc::strong_count(it) > 1);
        self.labels.retain(|list| Arc::strong_count(list) > 1);
        self.tolerations.retain(|list| Arc::strong_count(list) > 1);
        self.texts.shrink();
        self.kept = self.held();
    }

    /// How many texts, label sets, templates and owners are held.
    pub(crate) fn held(&self) -> usize {
        self.texts.len() + self.labels.len() + self.templates.len() + self.owners.len()
    }
}

/// The one copy of a value.
pub(super) fn only<T: Eq + Hash>(seen: &mut FxHashSet<Arc<T>>, value: T) -> Arc<T> {
    if let Some(found) = seen.get(&value) {
        return Arc::clone(found);
    }
    let shared = Arc::new(value);
    seen.insert(Arc::clone(&shared));
    shared
}

/// The one copy of a list that is compared where it stands.
pub(super) fn only_slice<T: Clone + Eq + Hash>(seen: &mut FxHashSet<Arc<[T]>>, list: &[T]) -> Arc<[T]> {
    if let Some(found) = seen.get(list) {
        return Arc::clone(found);
    }
    let shared: Arc<[T]> = list.into();
    seen.insert(Arc::clone(&shared));
    shared
}

/// The one copy of a list.
fn only_list<T: Eq + Hash>(seen: &mut FxHashSet<Arc<[T]>>, list: Vec<T>) -> Arc<[T]> {
    if let Some(found) = seen.get(list.as_slice()) {
        return Arc::clone(found);
    }
    let shared: Arc<[T]> = list.into();
    seen.insert(Arc::clone(&shared));
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_label_sets_are_one() {
        let mut shared = Shared::default();
        let web = BTreeMap::from([("app".to_owned(), "web".to_owned()), ("tier".to_owned(), "a".to_owned())]);
        let (one, two) = (shared.labels(&web), shared.labels(&web.clone()));
        assert!(Arc::ptr_eq(&one, &two));
    }

    #[test]
    fn what_nobody_uses_is_forgotten() {
        let mut shared = Shared::default();
        let kept = shared.texts.get("kept");
        for number in 0..SMALL {
            shared.texts.get(&number.to_string());
        }
        shared.tidy();
        assert_eq!(shared.texts.len(), 1);
        assert!(Arc::ptr_eq(&kept, &shared.texts.get("kept")));
    }
}
