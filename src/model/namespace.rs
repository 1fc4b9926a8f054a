//! The pods of one namespace, in groups that bear the same labels, so that whoever asks for a selector's pods looks at
//! each group once, and only at groups that bear one of the selector's labels. It holds numbers of slots, and no pod.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::meta::Selector;
use super::pod::Pod;
use super::second::Second;
use super::text::Str;
use super::totals::take;

/// Labels that controllers give to each pod by itself. They tell no groups apart, or each pod would be one.
pub(super) const PER_POD: &[&str] = &[
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/job-completion-index",
];

/// Labels that stand beside those by which their workload's pods are looked for, and with which they are as many again.
const BESIDE: &[&str] = &["pod-template-hash", "controller-revision-hash"];

/// A pod's labels, sorted by key.
pub(super) type Labels = Arc<[(Str, Str)]>;

/// The pods of one namespace.
#[derive(Clone, Debug, Default)]
pub(super) struct Namespace {
    /// How many there are.
    pub pods: u32,
    /// The latest start of any pod that is or was among them.
    pub newest: Option<Second>,
    groups: Vec<Option<Group>>,
    free: Vec<u32>,
    index: HashTable<u32>,
    /// The groups that bear a telling label, by its hash.
    bearers: FxHashMap<u64, Vec<u32>>,
}

/// Pods with the same labels.
#[derive(Clone, Debug)]
pub(super) struct Group {
    hash: u64,
    /// Those of the first of them.
    labels: Labels,
    slots: Vec<u32>,
    /// The latest start of any pod that is or was among them.
    newest: Option<Second>,
    /// The slots of the autoscalers that count these pods, as of a revision of their selectors.
    scalers: Vec<u32>,
    matched: u64,
}

fn common(labels: &[(Str, Str)]) -> impl Iterator<Item = &(Str, Str)> {
    labels.iter().filter(|(key, _)| !PER_POD.contains(&&**key))
}

/// The labels by which groups are found.
fn telling(labels: &[(Str, Str)]) -> impl Iterator<Item = &(Str, Str)> {
    common(labels).filter(|(key, _)| !BESIDE.contains(&&**key))
}

/// By the values alone, which differ more than the keys do.
fn hash(labels: &[(Str, Str)]) -> u64 {
    let mut hasher = FxBuildHasher.build_hasher();
    common(labels).for_each(|(_, value)| value.hash(&mut hasher));
    hasher.finish()
}

impl Group {
    fn bears(&self, hash: u64, labels: &Labels) -> bool {
        self.hash == hash && (Arc::ptr_eq(&self.labels, labels) || common(&self.labels).eq(common(labels)))
    }

    /// The slots of the autoscalers that count these pods: as they were found before, unless a selector is newer.
    pub(super) fn scalers(&mut self, newest: u64, find: impl FnOnce(&[(Str, Str)]) -> Vec<u32>) -> &[u32] {
        if self.matched < newest {
            self.scalers = find(&self.labels);
            self.matched = newest;
        }
        &self.scalers
    }
}

impl Namespace {
    /// Counts a pod in.
    pub(super) fn add(&mut self, at: u32, pod: &Pod) {
        let labels = &pod.template.labels;
        self.pods += 1;
        self.newest = self.newest.max(pod.started);
        let hash = hash(labels);
        let id = self.find(hash, labels).unwrap_or_else(|| self.found(hash, labels));
        if let Some(Some(group)) = self.groups.get_mut(id as usize) {
            group.slots.push(at);
            group.newest = group.newest.max(pod.started);
        }
    }

    /// Counts a pod out; tells whether it was the last one.
    pub(super) fn subtract(&mut self, at: u32, labels: &Labels) -> bool {
        self.pods -= 1;
        let hash = hash(labels);
        if let Some(id) = self.find(hash, labels)
            && let Some(Some(group)) = self.groups.get_mut(id as usize)
        {
            take(&mut group.slots, at);
            if group.slots.is_empty() {
                self.forget(id);
            }
        }
        self.pods == 0
    }

    /// Notes that a pod which is counted in has another state.
    pub(super) fn mark(&mut self, pod: &Pod) {
        self.newest = self.newest.max(pod.started);
        if let Some(group) = self.group(&pod.template.labels) {
            group.newest = group.newest.max(pod.started);
        }
    }

    fn find(&self, hash: u64, labels: &Labels) -> Option<u32> {
        let bears = |id: &u32| {
            let group = self.groups.get(*id as usize).and_then(Option::as_ref);
            group.is_some_and(|group| group.bears(hash, labels))
        };
        self.index.find(hash, bears).copied()
    }

    /// A new group.
    fn found(&mut self, hash: u64, labels: &Labels) -> u32 {
        let group = Group {
            hash,
            labels: Arc::clone(labels),
            slots: Vec::new(),
            newest: None,
            scalers: Vec::new(),
            matched: 0,
        };
        let id = self.free.pop().unwrap_or_else(|| {
            self.groups.push(None);
            self.groups.len() as u32 - 1
        });
        for label in telling(labels) {
            self.bearers.entry(FxBuildHasher.hash_one(label)).or_default().push(id);
        }
        if let Some(place) = self.groups.get_mut(id as usize) {
            *place = Some(group);
        }
        let groups = &self.groups;
        self.index.insert_unique(hash, id, |id| {
            groups.get(*id as usize).and_then(Option::as_ref).map_or(0, |group| group.hash)
        });
        id
    }

    fn forget(&mut self, id: u32) {
        let Some(group) = self.groups.get_mut(id as usize).and_then(Option::take) else { return };
        if let Ok(entry) = self.index.find_entry(group.hash, |other| *other == id) {
            entry.remove();
        }
        for label in telling(&group.labels) {
            let hash = FxBuildHasher.hash_one(label);
            if let Some(ids) = self.bearers.get_mut(&hash) {
                take(ids, id);
                if ids.is_empty() {
                    self.bearers.remove(&hash);
                }
            }
        }
        self.free.push(id);
    }

    /// The group of pods with these labels.
    pub(super) fn group(&mut self, labels: &Labels) -> Option<&mut Group> {
        let id = self.find(hash(labels), labels)?;
        self.groups.get_mut(id as usize)?.as_mut()
    }

    /// The numbers of the groups that a selector may match: by the label that fewest of them bear, else all.
    fn near<'a>(&'a self, selector: &Selector) -> impl Iterator<Item = u32> + use<'a> {
        let bearers = |label: &(Str, Str)| -> &'a [u32] {
            let ids = self.bearers.get(&FxBuildHasher.hash_one(label));
            ids.map_or(&[], Vec::as_slice)
        };
        let fewest = telling(&selector.labels).map(bearers).min_by_key(|ids| ids.len());
        let all = fewest.is_none().then_some(0..self.groups.len() as u32);
        fewest.unwrap_or_default().iter().copied().chain(all.into_iter().flatten())
    }

    /// The groups that a selector matches; of those whose pods differ in what it asks for, all.
    fn matching<'a>(&'a self, selector: &'a Selector) -> impl Iterator<Item = &'a Group> + use<'a> {
        let one_by_one = selector.names(PER_POD);
        let near = self.near(selector).filter_map(|id| self.groups.get(id as usize)?.as_ref());
        near.filter(move |group| one_by_one || selector.matches(&group.labels))
    }

    /// The labels of those.
    pub(super) fn matching_labels(&self, selector: &Selector) -> Vec<Labels> {
        self.matching(selector).map(|group| Arc::clone(&group.labels)).collect()
    }

    /// The slots of the pods that a selector may match.
    pub(super) fn selected<'a>(&'a self, selector: &'a Selector) -> impl Iterator<Item = u32> + use<'a> {
        self.matching(selector).flat_map(|group| group.slots.iter().copied())
    }

    /// No pod that a selector matches started later.
    pub(super) fn newest_of(&self, selector: &Selector) -> Option<Second> {
        self.matching(selector).filter_map(|group| group.newest).max()
    }
}
