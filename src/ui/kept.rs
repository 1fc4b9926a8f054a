//! A pane's rows, kept from frame to frame: only what changed is computed, placed and filtered anew, so that a frame
//! costs what changed and not what there is. It draws nothing.

mod place;

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};

use super::pane::Only;
use crate::analysis::overlay::Mesh;
use crate::analysis::vigil::Vigil;
use crate::model::cluster::Cluster;
use crate::model::filter::Filter;
use crate::model::key::{Key, Subject};
use crate::model::kind::Kind;
use crate::model::scope::Scope;
use crate::model::table::{Column, Row, SortBy};
use crate::views::View;

/// What rows are computed from.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) mesh: &'a Mesh,
    pub(super) scope: &'a Scope,
    pub(super) now: Timestamp,
    pub(super) hold: Hold,
    /// The number of the last frame that showed the cluster as it was.
    pub(super) frame: u64,
    /// The rows that are on screen.
    pub(super) visible: (usize, usize),
    /// How many rows may be computed anew at once; those on screen come first.
    pub(super) most: usize,
}

/// Whether rows may be computed anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Hold {
    /// They show the cluster as it is.
    #[default]
    Off,
    /// They stand as they were seen last, because a key is to be answered first.
    On,
}

/// Which rows are shown, and in which order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct How {
    pub(super) sort: SortBy,
    pub(super) filter: Filter,
    pub(super) only: Only,
    /// Which columns the filter knows.
    pub(super) columns: &'static [Column],
    /// Whether rows that nobody ordered stand as they came.
    pub(super) ordered: bool,
}

/// Where a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    Shown,
    Hidden,
    Elsewhere,
}

#[derive(Clone, Debug)]
struct Entry {
    row: Row,
    stand: Stand,
}

/// The rows of a pane.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    entries: Vec<Option<Entry>>,
    free: Vec<u32>,
    index: FxHashMap<Subject, u32>,
    /// The shown entries in their order.
    order: Vec<u32>,
    hidden: usize,
    elsewhere: usize,
    scope: Option<Scope>,
    how: How,
    /// Everything up to this revision is in the rows.
    seen: u64,
    /// The frame with which they were brought up to date.
    frame: u64,
    /// What the rows are judged by, as of this revision.
    judged: u64,
    removals: u64,
    /// The second at which those that change with time alone were looked at.
    second: i64,
    vigil: Vigil,
    /// What is still to be computed anew.
    waiting: FxHashSet<Key>,
}

impl Kept {
    /// How many rows are shown.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// How many the filter hides.
    pub(super) fn hidden(&self) -> usize {
        self.hidden
    }

    /// How many there are outside the namespace that is looked at.
    pub(super) fn elsewhere(&self) -> usize {
        self.elsewhere
    }

    /// Whether that frame lacks rows that are still to be computed anew, none of which is on screen.
    pub(super) fn unfinished(&self, frame: u64) -> bool {
        self.frame == frame && !self.waiting.is_empty()
    }

    /// The row at a place.
    pub(super) fn row(&self, at: usize) -> Option<&Row> {
        let id = *self.order.get(at)?;
        self.entries.get(id as usize)?.as_ref().map(|entry| &entry.row)
    }

    /// The rows in their order.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        (0..self.order.len()).filter_map(|at| self.row(at))
    }

    /// Brings the rows of a view up to date.
    pub(super) fn follow(&mut self, view: &View, look: &Look, how: How) {
        if self.held(look) {
            return self.place(&[], how, look, false);
        }
        let revision = look.cluster.revision();
        let judged = (view.judged)(look.cluster, look.mesh);
        let all = judged != self.judged;
        let whole = self.scope.as_ref() != Some(look.scope)
            || (all && look.most == usize::MAX)
            // Whose pods these are may change with everything, and they are few.
            || (look.scope.of.is_some() && (all || revision > self.seen));
        let second = look.now.as_second();
        let changed = if whole {
            self.rebuild(view, look)
        } else {
            self.note(view, look, second, all);
            self.update(view, look)
        };
        (self.seen, self.judged, self.frame) = (revision, judged, look.frame);
        self.removals = removals(view, look);
        let aged = second != self.second && !how.filter.is_empty();
        self.second = second;
        self.place(&changed, how, look, whole || aged);
    }

    /// Takes in rows that somebody else keeps.
    pub(super) fn replace(&mut self, rows: Vec<Row>, seen: u64, look: &Look, how: How) {
        let same = !self.lacks(seen, look);
        if !same {
            self.clear(look.scope);
            self.entries = rows.into_iter().map(|row| Some(Entry { row, stand: Stand::Shown })).collect();
            self.seen = seen;
        }
        if look.hold == Hold::Off {
            self.frame = look.frame;
        }
        self.place(&[], how, look, !same);
    }

    /// Whether rows that somebody else keeps need to be taken in again.
    pub(super) fn lacks(&self, seen: u64, look: &Look) -> bool {
        !self.held(look) && (self.seen != seen || self.scope.as_ref() != Some(look.scope))
    }

    fn held(&self, look: &Look) -> bool {
        look.hold == Hold::On && self.frame == look.frame && self.scope.as_ref() == Some(look.scope)
    }

    fn clear(&mut self, scope: &Scope) {
        self.entries.clear();
        self.free.clear();
        self.index.clear();
        self.waiting.clear();
        self.scope = Some(scope.clone());
    }

    fn rebuild(&mut self, view: &View, look: &Look) -> Vec<u32> {
        self.clear(look.scope);
        for key in (view.keys)(look.cluster, look.scope) {
            if let Some(row) = (view.row)(look.cluster, look.mesh, look.scope, &key, look.now) {
                self.put(row);
            }
        }
        (view.restless)(&mut self.vigil, look.cluster, look.now);
        Vec::new()
    }

    /// Notes what is to be computed anew: what was touched, or all.
    fn note(&mut self, view: &View, look: &Look, second: i64, all: bool) {
        let mut keys = std::mem::take(&mut self.waiting);
        if all {
            keys.extend((view.keys)(look.cluster, look.scope));
            keys.extend(self.index.keys().map(Subject::key));
        }
        let touched = view.rows.kind().map(|kind| look.cluster.touched(kind, self.seen));
        keys.extend(touched.into_iter().flatten());
        if view.kinds.contains(&Kind::Pod) && !look.cluster.knows_all(Kind::Pod) {
            // What is still being counted is followed where it is seen.
            keys.extend(self.visible(look));
        }
        if second != self.second {
            keys.extend((view.restless)(&mut self.vigil, look.cluster, look.now));
        }
        if removals(view, look) != self.removals {
            let gone = self.index.keys().filter_map(Subject::object).filter(|it| !look.cluster.has(it));
            keys.extend(gone.map(|target| target.key.clone()));
        }
        self.waiting = keys;
    }

    /// The keys of the rows on screen.
    fn visible(&self, look: &Look) -> Vec<Key> {
        let (top, height) = look.visible;
        (top..top + height).map_while(|at| self.row(at)).map(|row| row.subject.key()).collect()
    }

    /// What is computed anew now.
    fn next(&mut self, look: &Look) -> Vec<Key> {
        if self.waiting.len() <= look.most {
            // Its room is given back with it.
            return std::mem::take(&mut self.waiting).into_iter().collect();
        }
        let mut keys = self.visible(look);
        keys.retain(|key| self.waiting.remove(key));
        let others = self.waiting.iter().take(look.most.saturating_sub(keys.len()));
        keys.extend(others.cloned().collect::<Vec<_>>());
        for key in &keys {
            self.waiting.remove(key);
        }
        keys
    }

    /// Computes what waits for it anew, as much as may be at once; returns the entries that are not as they were.
    fn update(&mut self, view: &View, look: &Look) -> Vec<u32> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut changed = self.measure(view, look, &waiting);
        self.waiting = waiting;
        let keys = self.next(look);
        for key in keys {
            changed.extend(match (view.row)(look.cluster, look.mesh, look.scope, &key, look.now) {
                Some(row) => self.put(row),
                None => self.take(&view.rows.subject(key)),
            });
        }
        // An entry that one row left may have been taken by another.
        changed.sort_unstable();
        changed.dedup();
        changed
    }

    /// Puts new measurements into the rows that are not computed anew anyhow; returns the entries that show them.
    fn measure(&mut self, view: &View, look: &Look, others: &FxHashSet<Key>) -> Vec<u32> {
        let Some(measures) = view.measured else { return Vec::new() };
        let mut keys = (measures.since)(look.cluster, self.seen);
        keys.retain(|key| !others.contains(key));
        let refreshed = keys.into_iter().filter_map(|key| {
            let id = *self.index.get(&view.rows.subject(key.clone()))?;
            let entry = self.entries.get_mut(id as usize)?.as_mut()?;
            (measures.refresh)(look.cluster, &key, &mut entry.row).then_some(id)
        });
        refreshed.collect()
    }

    /// Puts a row in; tells where, if it says anything new.
    fn put(&mut self, row: Row) -> Option<u32> {
        if let Some(id) = self.index.get(&row.subject) {
            let entry = self.entries.get_mut(*id as usize)?.as_mut()?;
            if entry.row == row {
                return None;
            }
            entry.row = row;
            return Some(*id);
        }
        let id = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            self.entries.len() as u32 - 1
        });
        self.index.insert(row.subject.clone(), id);
        self.entries[id as usize] = Some(Entry { row, stand: Stand::Hidden });
        Some(id)
    }

    fn take(&mut self, subject: &Subject) -> Option<u32> {
        let id = self.index.remove(subject)?;
        self.entries[id as usize] = None;
        self.free.push(id);
        Some(id)
    }
}

fn removals(view: &View, look: &Look) -> u64 {
    view.rows.kind().map_or(0, |kind| look.cluster.removals(kind))
}
