//! Which autoscalers count which pods, so that a pod touches those and no others. It counts nothing itself.

use std::borrow::Cow;

use super::Cluster;
use crate::model::autoscaler::Autoscaler;
use crate::model::kind::Kind;
use crate::model::meta::Selector;
use crate::model::namespace::{Labels, PER_POD};
use crate::model::pod::Pod;
use crate::model::second::Second;
use crate::model::text::Str;

impl Cluster {
    /// Touches the autoscalers that count a pod in a slot. While the pods are still being listed nothing is judged by
    /// them; that they are all there touches every autoscaler.
    pub(super) fn touch_counting_slot(&mut self, at: u32) {
        if self.scaling.targets.is_empty() || !self.synced(Kind::Pod) {
            return;
        }
        let Some(pod) = self.pods.at(at) else { return };
        let (namespace, labels) = (Str::clone(&pod.meta.key.namespace), Labels::clone(&pod.template.labels));
        self.touch_group(&namespace, &labels);
    }

    /// The same of a pod that no longer stands there, as long as it is still counted in.
    pub(super) fn touch_counting(&mut self, pod: &Pod) {
        if !self.scaling.targets.is_empty() && self.synced(Kind::Pod) {
            self.touch_group(&pod.meta.key.namespace, &pod.template.labels);
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
        if self.scaling.targets.is_empty() || !self.synced(Kind::Pod) {
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
