//! What does not survive a pod that leaves, and which disruption budgets are not asked about it. It judges no fate.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Loss;
use crate::model::budget::DisruptionBudget;
use crate::model::cluster::Cluster;
use crate::model::pod::{Pod, Template};
use crate::model::text::Str;

/// The disruption budgets by namespace, and which of them cover a template that was met before.
pub(super) struct Budgets<'a> {
    all: FxHashMap<&'a str, Vec<&'a DisruptionBudget>>,
    known: FxHashMap<(Str, *const Template), Vec<Str>>,
}

impl<'a> Budgets<'a> {
    pub(super) fn of(cluster: &'a Cluster) -> Self {
        let mut all: FxHashMap<&str, Vec<&DisruptionBudget>> = FxHashMap::default();
        for budget in cluster.budgets() {
            all.entry(&*budget.meta.key.namespace).or_default().push(budget);
        }
        Self { all, known: FxHashMap::default() }
    }

    fn covering(&mut self, pod: &Pod) -> Vec<Str> {
        let namespace = &pod.meta.key.namespace;
        let Some(all) = self.all.get(&**namespace) else { return Vec::new() };
        let known = self.known.entry((Str::clone(namespace), Arc::as_ptr(&pod.template)));
        let names = known.or_insert_with(|| {
            let labels = &pod.template.labels;
            let covers = |budget: &&&DisruptionBudget| {
                budget.selector.as_ref().is_some_and(|selector| selector.matches(labels))
            };
            let mut names: Vec<Str> =
                all.iter().filter(covers).map(|budget| Str::clone(&budget.meta.key.name)).collect();
            names.sort();
            names
        });
        names.clone()
    }
}

/// What is lost with a pod that leaves.
pub(super) fn losses(pod: &Pod, budgets: &mut Budgets) -> Vec<Loss> {
    let machine = pod.template.machine();
    let mut found = Vec::new();
    found.extend(machine.then_some(Loss::Machine));
    found.extend(pod.meta.controller.is_none().then_some(Loss::Bare));
    // A machine's emptyDirs hold nothing of its own.
    let scratch = !machine && !pod.template.empty_dirs.is_empty();
    found.extend(scratch.then_some(Loss::Scratch));
    found.extend(budgets.covering(pod).into_iter().map(Loss::Budget));
    found
}
