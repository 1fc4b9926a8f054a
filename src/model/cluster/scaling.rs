//! Autoscalers and what is known beside them: whom they scale, whose pods they count, what was measured for them, what
//! became of them, and who else changes the same. It computes no replicas.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Cluster;
use super::workloads::workload_owner;
use crate::model::autoscaler::{Autoscaler, ScaleTarget};
use crate::model::history::{History, Point};
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::meta::Selector;
use crate::model::probe::{self, Probe};
use crate::model::rival::{ScaledObject, VerticalAutoscaler};
use crate::model::store::Upserted;
use crate::model::text::Str;
use crate::model::totals::OwnerKey;
use crate::model::workload::Workload;

/// What is known beside the autoscalers themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Scaling {
    /// The slots of autoscalers by what they scale.
    pub targets: FxHashMap<OwnerKey, Vec<u32>>,
    pub probes: FxHashMap<Key, Arc<Probe>>,
    pub histories: FxHashMap<Key, History>,
    /// The revision at which an autoscaler's target was last seen to be another one under the same name.
    pub renewed: FxHashMap<Key, u64>,
    /// `None` until somebody has looked for them.
    scaled_objects: Option<Vec<ScaledObject>>,
    verticals: Option<Vec<VerticalAutoscaler>>,
    /// By namespace, which autoscalers count the pods of which selector, and the revision at which one last changed.
    pub selectors: FxHashMap<Str, Vec<(u32, Selector)>>,
    pub selected: u64,
    /// The revision at which it last changed what there is to ask for autoscalers.
    pub asked: u64,
}

/// What an autoscaler scales, by namespace, kind and name.
fn scaled(autoscaler: &Autoscaler) -> OwnerKey {
    let target = &autoscaler.target;
    (Str::clone(&autoscaler.meta.key.namespace), Str::clone(&target.kind), Str::clone(&target.name))
}

/// What a workload is called as a target.
pub(super) fn as_target(kind: Kind, key: &Key) -> OwnerKey {
    (Str::clone(&key.namespace), kind.name().into(), Str::clone(&key.name))
}

impl Cluster {
    pub(super) fn upsert_autoscaler(&mut self, autoscaler: Autoscaler) {
        let target = scaled(&autoscaler);
        let (at, old) = match self.autoscalers.upsert(autoscaler, self.revision) {
            Upserted::Same(_) => return,
            Upserted::Added(at) => (at, None),
            Upserted::Changed(at, old) => (at, Some(old)),
        };
        let Some(new) = self.autoscalers.at(at) else { return };
        let Some(old) = old else {
            self.scaling.asked = self.revision;
            self.put_target(at, target);
            self.select(at);
            return;
        };
        if old.meta.uid == new.meta.uid {
            self.scaling.follow(&old, new);
        } else {
            self.scaling.forget(&new.meta.key);
        }
        let asks = |it: &Autoscaler| probe::asks(&it.target, &it.metrics, 0);
        if asks(&old) != asks(new) {
            // What was answered for something else says nothing of this.
            self.scaling.probes.remove(&new.meta.key);
        }
        if (old.generation, &old.target, &old.metrics) != (new.generation, &new.target, &new.metrics) {
            self.scaling.asked = self.revision;
        }
        if old.target != new.target {
            self.take_target(at, &old);
            self.put_target(at, target);
        }
        self.select(at);
    }

    /// The autoscaler in a slot scales a target, by which others that do are judged too.
    fn put_target(&mut self, at: u32, target: OwnerKey) {
        let slots = self.scaling.targets.entry(target).or_default();
        for other in slots.iter() {
            self.autoscalers.touch(*other, self.revision);
        }
        slots.push(at);
    }

    /// It scales it no longer.
    fn take_target(&mut self, at: u32, old: &Autoscaler) {
        let target = scaled(old);
        let Some(slots) = self.scaling.targets.get_mut(&target) else { return };
        slots.retain(|other| *other != at);
        for other in slots.iter() {
            self.autoscalers.touch(*other, self.revision);
        }
        if slots.is_empty() {
            self.scaling.targets.remove(&target);
        }
    }

    pub(super) fn forget_autoscalers(&mut self, gone: impl IntoIterator<Item = (u32, Autoscaler)>) {
        for (at, autoscaler) in gone {
            self.take_target(at, &autoscaler);
            self.scaling.forget(&autoscaler.meta.key);
            self.scaling.asked = self.revision;
            self.put_selector(at, &autoscaler.meta.key.namespace, None);
        }
    }

    /// A workload in a slot of its kind's store is not what it was.
    pub(super) fn rescale(&mut self, kind: usize, at: u32, old: Option<&Workload>) {
        let scaling = &mut self.scaling;
        let workload = self.workloads.get(kind).and_then(|store| store.at(at));
        let Some(workload) = workload.filter(|_| !scaling.targets.is_empty()) else { return };
        let touched = scaling.touched_by(workload);
        for at in &touched {
            self.autoscalers.touch(*at, self.revision);
        }
        let target = as_target(workload.kind, &workload.meta.key);
        let Some(slots) = scaling.targets.get(&target) else { return };
        let rescaled = old.is_none_or(|old| old.desired != workload.desired);
        scaling.asked = if rescaled { self.revision } else { scaling.asked };
        if let Some(old) = old.filter(|_| rescaled) {
            for autoscaler in slots.iter().filter_map(|at| self.autoscalers.at(*at)) {
                let history = scaling.histories.entry(autoscaler.meta.key.clone()).or_default();
                history.moved(old.desired, workload.desired, None);
            }
        }
        let is_other =
            |old: &Workload| (old.meta.uid, &old.selector) != (workload.meta.uid, &workload.selector);
        if old.is_none_or(is_other) {
            let slots = slots.clone();
            if old.is_some() {
                self.renew(&target);
            }
            for at in slots {
                self.select(at);
            }
        }
    }

    /// A workload is gone, or has another controller: its autoscalers are judged anew, and so are those of the workload
    /// that controlled it.
    pub(super) fn touch_scalers(&mut self, workload: &Workload) {
        if !self.scaling.targets.is_empty() {
            let touched = self.scaling.touched_by(workload);
            for at in &touched {
                self.autoscalers.touch(*at, self.revision);
            }
            if !touched.is_empty() {
                self.scaling.asked = self.revision;
            }
            for at in touched {
                self.select(at);
            }
        }
    }

    /// Takes in where an autoscaler stands.
    pub(super) fn note(&mut self, key: Key, point: Point) {
        let Some(at) = self.autoscalers.place(&key.namespace, &key.name) else { return };
        self.autoscalers.touch(at, self.revision);
        let Some(autoscaler) = self.autoscalers.at(at) else { return };
        self.scaling.histories.entry(key).or_default().note(autoscaler, point);
    }

    pub(super) fn hear_scaled_objects(&mut self, list: Vec<ScaledObject>) {
        let changed = changed(self.scaling.scaled_objects.as_deref(), &list, |it| &it.key);
        self.scaling.scaled_objects = Some(list);
        self.touch_in(changed);
    }

    pub(super) fn hear_verticals(&mut self, list: Vec<VerticalAutoscaler>) {
        let changed = changed(self.scaling.verticals.as_deref(), &list, |it| &it.key);
        self.scaling.verticals = Some(list);
        self.touch_in(changed);
    }

    /// Touches the autoscalers of some namespaces, or all.
    fn touch_in(&mut self, namespaces: Option<FxHashSet<Str>>) {
        let Some(namespaces) = namespaces else { return self.touch_autoscalers() };
        let concerned = self.scaling.targets.iter().filter(|(target, _)| namespaces.contains(&target.0));
        for at in concerned.flat_map(|(_, slots)| slots) {
            self.autoscalers.touch(*at, self.revision);
        }
    }

    /// Touches all autoscalers.
    pub(super) fn touch_autoscalers(&mut self) {
        for at in self.scaling.targets.values().flatten() {
            self.autoscalers.touch(*at, self.revision);
        }
    }

    /// The workload that an autoscaler scales, where it is of a watched kind.
    pub fn target_of(&self, autoscaler: &Autoscaler) -> Option<&Workload> {
        let ScaleTarget { kind, name, .. } = &autoscaler.target;
        let workload = self.workload_named(kind, &autoscaler.meta.key.namespace, name)?;
        (workload.kind.group() == autoscaler.target.group()).then_some(workload)
    }

    /// What became of an autoscaler in this session; `None` when nothing has been noted yet.
    pub fn history(&self, autoscaler: &Key) -> Option<&History> {
        self.scaling.histories.get(autoscaler)
    }

    /// KEDA's object that made an autoscaler, or that scales the same.
    pub fn scaled_object_of(&self, autoscaler: &Autoscaler) -> Option<&ScaledObject> {
        let owner = autoscaler.meta.controller.as_ref().filter(|owner| &*owner.kind == "ScaledObject");
        let near = |it: &&ScaledObject| it.key.namespace == autoscaler.meta.key.namespace;
        let mut all = self.scaling.scaled_objects.iter().flatten().filter(near);
        if let Some(owner) = owner {
            return all.find(|it| it.key.name == owner.name);
        }
        let ScaleTarget { kind, name, .. } = &autoscaler.target;
        all.find(|it| (&it.target.0, &it.target.1) == (kind, name))
    }

    /// The vertical autoscaler of the same target.
    pub fn vertical_of(&self, autoscaler: &Autoscaler) -> Option<&VerticalAutoscaler> {
        let ScaleTarget { kind, name, .. } = &autoscaler.target;
        let near = |it: &&VerticalAutoscaler| it.key.namespace == autoscaler.meta.key.namespace;
        let mut all = self.scaling.verticals.iter().flatten().filter(near);
        all.find(|it| (&it.target_kind, &it.target_name) == (kind, name))
    }

    /// Whether waiting longer can bring nothing new of those who change what autoscalers change.
    pub fn rivals_known(&self) -> bool {
        self.scaling.scaled_objects.is_some() && self.scaling.verticals.is_some()
    }
}

impl Scaling {
    /// The slots of the autoscalers of a workload, and of the workload that controls it.
    pub(super) fn touched_by(&self, workload: &Workload) -> Vec<u32> {
        let own = as_target(workload.kind, &workload.meta.key);
        let all = workload_owner(workload).into_iter().chain([own]);
        all.flat_map(|target| self.targets.get(&target).into_iter().flatten().copied()).collect()
    }

    /// An autoscaler has a new state.
    fn follow(&mut self, old: &Autoscaler, new: &Autoscaler) {
        let (rescaled, reruled) = (new.last_scale > old.last_scale, new.behavior != old.behavior);
        if rescaled || reruled {
            let history = self.histories.entry(new.meta.key.clone()).or_default();
            history.follow(old, new);
            if reruled {
                history.reruled();
            }
        }
    }

    fn forget(&mut self, key: &Key) {
        self.probes.remove(key);
        self.histories.remove(key);
        self.renewed.remove(key);
    }
}

/// The namespaces of what one list has and the other has not, or has otherwise; `None` for all, when nothing was known.
fn changed<T: PartialEq>(old: Option<&[T]>, new: &[T], key: impl Fn(&T) -> &Key) -> Option<FxHashSet<Str>> {
    let mut before: FxHashMap<&Key, &T> = old?.iter().map(|it| (key(it), it)).collect();
    let mut changed = FxHashSet::default();
    for it in new {
        if before.remove(key(it)) != Some(it) {
            changed.insert(Str::clone(&key(it).namespace));
        }
    }
    changed.extend(before.into_keys().map(|key| Str::clone(&key.namespace)));
    Some(changed)
}
