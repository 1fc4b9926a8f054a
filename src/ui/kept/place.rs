//! Which of a pane's rows are shown, and in which order. It computes no row.

use std::cmp::Ordering;

use rustc_hash::FxHashSet;

use super::super::pane::Only;
use super::{Entry, How, Kept, Look, Stand};
use crate::model::finding::Severity;
use crate::model::table::{Row, SortBy, compare};

/// With more changes than this it is cheaper to put all rows in order anew than to place each.
const FEW: usize = 64;

impl Kept {
    /// Brings the order up to date.
    pub(super) fn place(&mut self, changed: &[u32], how: How, look: &Look, whole: bool) {
        if !whole && changed.is_empty() && self.how == how {
            return;
        }
        let all = whole || changed.len() > FEW || self.how != how;
        self.how = how;
        if all {
            self.place_all(look);
        } else {
            self.place_few(changed, look);
        }
        let standing = |stand| self.entries.iter().flatten().filter(|entry| entry.stand == stand).count();
        (self.hidden, self.elsewhere) = (standing(Stand::Hidden), standing(Stand::Elsewhere));
    }

    fn place_all(&mut self, look: &Look) {
        // Most stand where they stood, and what is nearly in order is soon in order.
        let before = std::mem::take(&mut self.order);
        let mut new = FxHashSet::default();
        for (id, entry) in (0_u32..).zip(&mut self.entries) {
            let Some(entry) = entry else { continue };
            entry.stand = stand(&entry.row, &self.how, look);
            if entry.stand == Stand::Shown {
                new.insert(id);
            }
        }
        self.order = before.into_iter().filter(|id| new.remove(id)).collect();
        let mut new: Vec<u32> = new.into_iter().collect();
        new.sort_unstable();
        self.order.extend(new);
        let (entries, sort) = (&self.entries, self.how.sort);
        if self.how.ordered || sort != SortBy::Trouble {
            self.order.sort_by(|a, b| order(entries, sort, *a, *b));
        } else {
            self.order.sort_unstable();
        }
    }

    fn place_few(&mut self, changed: &[u32], look: &Look) {
        self.order.retain(|id| !changed.contains(id));
        for id in changed {
            let Some(entry) = self.entries.get_mut(*id as usize).and_then(Option::as_mut) else { continue };
            entry.stand = stand(&entry.row, &self.how, look);
            if entry.stand == Stand::Shown {
                let (entries, sort) = (&self.entries, self.how.sort);
                let at = self.order.partition_point(|other| order(entries, sort, *other, *id).is_lt());
                self.order.insert(at, *id);
            }
        }
    }
}

fn order(entries: &[Option<Entry>], sort: SortBy, a: u32, b: u32) -> Ordering {
    match (&entries[a as usize], &entries[b as usize]) {
        (Some(a), Some(b)) => compare(sort, &a.row, &b.row),
        _ => Ordering::Equal,
    }
}

fn stand(row: &Row, how: &How, look: &Look) -> Stand {
    // Whoever opened a node sees all its pods, whatever namespace the lists are narrowed to.
    if look.scope.of.is_none() && !look.scope.admits(row.subject.namespace()) {
        Stand::Elsewhere
    } else if (how.only == Only::Troubled && row.severity < Severity::Warning)
        || !how.filter.finds(how.columns, row, look.now)
    {
        Stand::Hidden
    } else {
        Stand::Shown
    }
}
