//! Workloads, by the workload that controls them, and budgets: taken in and forgotten. It counts no pods.

use super::{Cluster, WorkloadPlace, slot};
use crate::model::budget::DisruptionBudget;
use crate::model::store::Upserted;
use crate::model::text::Str;
use crate::model::totals::OwnerKey;
use crate::model::workload::Workload;

impl Cluster {
    pub(super) fn upsert_workload(&mut self, workload: Workload) {
        let Some(slot) = slot(workload.kind) else { return };
        let owner = workload_owner(&workload);
        let (at, old) = match self.workloads[slot].upsert(workload, self.revision) {
            Upserted::Same(_) => return,
            Upserted::Added(at) => (at, None),
            Upserted::Changed(at, old) => (at, Some(old)),
        };
        if let Some(old) = &old {
            self.disown((slot as u8, at), old);
            if workload_owner(old) != owner {
                self.touch_scalers(old);
            }
        }
        self.rescale(slot, at, old.as_ref());
        if let Some(owner) = owner {
            self.owned.entry(owner).or_default().push((slot as u8, at));
        }
    }

    fn disown(&mut self, place: WorkloadPlace, workload: &Workload) {
        let Some(owner) = workload_owner(workload) else { return };
        if let Some(owned) = self.owned.get_mut(&owner) {
            owned.retain(|other| *other != place);
            if owned.is_empty() {
                self.owned.remove(&owner);
            }
        }
    }

    pub(super) fn forget_workloads(&mut self, gone: impl IntoIterator<Item = (u32, Workload)>) {
        for (at, workload) in gone {
            if let Some(slot) = slot(workload.kind) {
                self.disown((slot as u8, at), &workload);
            }
            self.lose_target(&workload);
        }
    }

    pub(super) fn upsert_budget(&mut self, budget: DisruptionBudget) {
        let (at, old) = match self.budgets.upsert(budget, self.revision) {
            Upserted::Same(_) => return,
            Upserted::Added(at) => (at, None),
            Upserted::Changed(at, old) => (at, Some(old)),
        };
        let selector = self.budgets.at(at).and_then(|it| it.selector.clone());
        let key = self.budgets.at(at).map(|it| it.meta.key.clone());
        self.forget_budgets(old.map(|old| (at, old)));
        if let Some((key, selector)) = key.zip(selector) {
            self.touch_budgeted(&key.namespace, &selector);
        }
    }

    pub(super) fn forget_budgets(&mut self, gone: impl IntoIterator<Item = (u32, DisruptionBudget)>) {
        for (_, budget) in gone {
            if let Some(selector) = &budget.selector {
                self.touch_budgeted(&budget.meta.key.namespace, selector);
            }
        }
    }
}

/// What the workload that controls this one is called.
pub(super) fn workload_owner(workload: &Workload) -> Option<OwnerKey> {
    let owner = workload.meta.controller.as_ref()?;
    Some((Str::clone(&workload.meta.key.namespace), Str::clone(&owner.kind), Str::clone(&owner.name)))
}
