//! Which autoscalers count which pods, so that a pod touches those and no others. It counts nothing itself.

use std::borrow::Cow;
use std::sync::Arc;

use super::Cluster;
use crate::model::autoscaler::Autoscaler;
use crate::model::kind::Kind;
use crate::model::meta::{Owner, Selector};
use crate::model::namespace::{Labels, PER_POD};
use crate::model::pod::Pod;
use crate::model::second::Second;
use crate::model::text::Str;

impl Cluster {
    /// Whether pods touch autoscalers. While they are still being listed nothing is judged by them; that they are all there
    /// touches every autoscaler.
    fn is_counting(&self) -> bool {
        !self.scaling.targets.is_empty() && self.synced(Kind::Pod)
    }

    /// Touches the autoscalers that count a pod in a slot, or wait for it.
    pub(super) fn touch_counting_slot(&mut self, at: u32) {
        let Some(pod) = self.pods.at(at).filter(|_| self.is_counting()) else { return };
        let (namespace, labels) = (Str::clone(&pod.meta.key.namespace), Labels::clone(&pod.template.labels));
        let awaiting = self.awaiting(pod);
        self.touch_all(&awaiting);
        self.touch_group(&namespace, &labels);
    }

    /// The same of a pod that no longer stands there, as long as it is still counted in.
    pub(super) fn touch_counting(&mut self, pod: &Pod) {
        if self.is_counting() {
            self.touch_awaiting(pod);
            self.touch_group(&pod.meta.key.namespace, &pod.template.labels);
        }
    }

    /// Touches the autoscalers that waited for a pod as it was.
    pub(super) fn touch_awaiting(&mut self, pod: &Pod) {
        let awaiting = self.awaiting(pod);
        self.touch_all(&awaiting);
    }

    /// The slots of the autoscalers whose workload waits for a pod, whatever labels that bears.
    fn awaiting(&self, pod: &Pod) -> Vec<u32> {
        let owner = pod.meta.controller.as_ref().filter(|_| pod.awaited() && self.is_counting());
        let named = |it: &Arc<Owner>| self.workload_named(&it.kind, &pod.meta.key.namespace, &it.name);
        owner.and_then(named).map_or_else(Vec::new, |workload| self.scaling.touched_by(workload))
    }

    fn touch_all(&mut self, autoscalers: &[u32]) {
        for at in autoscalers {
            self.autoscalers.touch(*at, self.revision);
        }
    }

    fn touch_group(&mut self, namespace: &Str, labels: &Labels) {
        let selectors = self.scaling.selectors.get(namespace);
        let group = self.totals.namespaces.get_mut(namespace).and_then(|it| it.group(labels));
        let Some((selectors, group)) = selectors.zip(group) else { return };
        for at in group.scalers(self.scaling.selected, |labels| counting(selectors, labels)) {
            self.autoscalers.touch(*at, self.revision);
        }
    }

    /// Touches the autoscalers that count pods which a budget protects.
    pub(super) fn touch_budgeted(&mut self, namespace: &Str, selector: &Selector) {
        if !self.is_counting() {
            return;
        }
        let selectors = self.scaling.selectors.get(namespace);
        let pods = self.totals.namespaces.get(namespace);
        let Some((selectors, pods)) = selectors.zip(pods) else { return };
        for labels in pods.matching_labels(selector) {
            for at in counting(selectors, &labels) {
                self.autoscalers.touch(at, self.revision);
            }
        }
    }

    /// Notes which pods the autoscaler in a slot counts.
    pub(super) fn select(&mut self, at: u32) {
        let Some(autoscaler) = self.autoscalers.at(at) else { return };
        let selector = self.selector_of(autoscaler);
        let known = self.scaling.selectors.get(&autoscaler.meta.key.namespace);
        let known = known.and_then(|list| list.iter().find(|(slot, _)| *slot == at)).map(|(_, known)| known);
        if selector.as_deref() != known {
            let namespace = Str::clone(&autoscaler.meta.key.namespace);
            let selector = selector.map(Cow::into_owned);
            self.put_selector(at, &namespace, selector);
        }
    }

    /// Puts another selector in place of what the autoscaler in a slot had. Whoever counts the same pods is judged by
    /// that too, and it happens so rarely that all in the namespace are touched.
    pub(super) fn put_selector(&mut self, at: u32, namespace: &Str, selector: Option<Selector>) {
        let list = self.scaling.selectors.entry(Str::clone(namespace)).or_default();
        list.retain(|(slot, _)| *slot != at);
        list.extend(selector.map(|selector| (at, selector)));
        for (at, _) in list.iter() {
            self.autoscalers.touch(*at, self.revision);
        }
        if list.is_empty() {
            self.scaling.selectors.remove(namespace);
        }
        self.scaling.selected = self.revision;
    }

    /// No pod of a namespace started later than this, which is known without looking at any.
    pub fn newest_start_in(&self, namespace: &str) -> Option<Second> {
        self.totals.namespaces.get(namespace)?.newest
    }

    /// No pod of a namespace that a selector matches started later than this.
    pub fn newest_start(&self, namespace: &str, selector: &Selector) -> Option<Second> {
        self.totals.namespaces.get(namespace)?.newest_of(selector)
    }

    /// The autoscalers of a namespace that count pods with these labels, in no order; more than one is a fight.
    pub fn counters<'a>(
        &'a self,
        namespace: &str,
        labels: &'a [(Str, Str)],
    ) -> impl Iterator<Item = &'a Autoscaler> + use<'a> {
        let all = self.scaling.selectors.get(namespace).into_iter().flatten();
        let found = all.filter(|(_, selector)| selector.matches(labels));
        found.filter_map(|(at, _)| self.autoscalers.at(*at))
    }
}

/// The slots of the autoscalers that count pods with these labels.
fn counting(selectors: &[(u32, Selector)], labels: &[(Str, Str)]) -> Vec<u32> {
    let counts = |selector: &Selector| selector.names(PER_POD) || selector.matches(labels);
    selectors.iter().filter(|(_, selector)| counts(selector)).map(|(at, _)| *at).collect()
}
