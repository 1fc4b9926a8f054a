//! A pane: a view on screen with its own selection, order, filter and scroll position. It draws nothing.
//!
//! The selection is kept by target, because rows move under the cursor; the row number only finds the neighbour
//! when the target vanishes.

use jiff::Timestamp;
use rustc_hash::FxHashSet;

use super::Seen;
use super::findings;
use super::kept::{Hold, How, Kept, Look};
use super::keys::Command;
use crate::model::cluster::Cluster;
use crate::model::filter::Filter;
use crate::model::key::{Subject, Target};
use crate::model::scope::Scope;
use crate::model::table::{Column, Row, SortBy};
use crate::views::{Banner, Notice, View};

/// Where a pane's rows come from.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// A view of the cluster.
    View(&'static View),
    /// What `analysis` found.
    Findings,
}

impl Source {
    /// For commands.
    pub fn id(self) -> &'static str {
        match self {
            Self::View(view) => view.id,
            Self::Findings => "findings",
        }
    }

    /// The pane's title.
    pub fn title(self) -> &'static str {
        match self {
            Self::View(view) => view.title,
            Self::Findings => "Findings",
        }
    }

    /// The columns.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::View(view) => view.columns,
            Self::Findings => findings::COLUMNS,
        }
    }
}

/// Which rows are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Only {
    /// All of them.
    #[default]
    All,
    /// Those with a warning or worse.
    Troubled,
}

/// What is selected: a subject, and which of its rows where it has several.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Selected {
    subject: Subject,
    nth: usize,
}

/// A view on screen.
#[derive(Clone, Debug)]
pub struct Pane {
    /// Where the rows come from.
    pub source: Source,
    /// How they are ordered.
    pub sort: SortBy,
    /// What the user typed after `/`.
    pub filter: Filter,
    /// Which rows are shown.
    pub only: Only,
    /// Whose rows, for the pods of one object.
    pub of: Option<Target>,
    /// `None` until the first key: the first row, whichever it is.
    selected: Option<Selected>,
    /// What the user marked, kept by target as the selection is.
    marks: FxHashSet<Target>,
    /// The selected row's number when the pane was last settled.
    position: usize,
    /// The first visible row.
    pub(super) top: usize,
    /// How many rows were visible when it was last drawn.
    pub(super) height: usize,
    kept: Kept,
    banner: Said,
}

/// What a view says above its rows, as it was last asked.
#[derive(Clone, Debug, Default)]
struct Said {
    since: Option<u64>,
    lines: Vec<Notice>,
    more: usize,
}

/// No more lines are said above the rows, which are what a pane is for.
const SAID: usize = 2;

impl Pane {
    /// A pane that shows all rows, trouble first.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            sort: SortBy::Trouble,
            filter: Filter::default(),
            only: Only::All,
            of: None,
            selected: None,
            marks: FxHashSet::default(),
            position: 0,
            top: 0,
            height: 1,
            kept: Kept::default(),
            banner: Said::default(),
        }
    }

    /// Brings the rows up to date, sorted and filtered, and finds the selection among them.
    pub(super) fn arrange(&mut self, cluster: &Cluster, scope: &Scope, seen: &Seen, now: Timestamp) {
        let scope = Scope { of: self.of.clone(), ..scope.clone() };
        let outlook = &seen.outlook;
        let visible = (self.top, self.height);
        let look = Look {
            cluster,
            mesh: outlook.mesh(),
            scope: &scope,
            now,
            hold: seen.hold,
            frame: seen.frame,
            visible,
            most: match self.source {
                Source::View(view) if self.of.is_none() => seen.steps.of(view.at_once),
                _ => usize::MAX,
            },
        };
        let how = How {
            sort: self.sort,
            filter: self.filter.clone(),
            only: self.only,
            columns: self.source.columns(),
            ordered: matches!(self.source, Source::View(_)),
        };
        match self.source {
            Source::View(view) => {
                self.kept.follow(view, &look, how);
                if let Some(banner) = view.banner.filter(|_| seen.hold == Hold::Off) {
                    self.banner.follow(banner, cluster);
                }
            }
            Source::Findings => {
                let lacks = self.kept.lacks(outlook.edition(), &look);
                let rows = if lacks { findings::rows(outlook.findings()) } else { Vec::new() };
                self.kept.replace(rows, outlook.edition(), &look, how);
            }
        }
        if !self.marks.is_empty() {
            self.marks.retain(|target| cluster.has(target));
        }
        self.settle();
    }

    /// Marks what is selected, or takes its mark away; tells whether anything is selected.
    pub(super) fn mark(&mut self) -> bool {
        let Some(target) = self.target().cloned() else { return false };
        if !self.marks.remove(&target) {
            self.marks.insert(target);
        }
        true
    }

    /// Takes all marks away; tells whether there were any.
    pub(super) fn unmark(&mut self) -> bool {
        !std::mem::take(&mut self.marks).is_empty()
    }

    /// How many objects are marked, whether they are shown or not.
    pub(super) fn marks(&self) -> usize {
        self.marks.len()
    }

    /// What is marked and shown, by name: nothing is done to what nobody sees.
    pub fn marked(&self) -> Vec<Target> {
        if self.marks.is_empty() {
            return Vec::new();
        }
        let shown = self.kept.rows().filter(|row| self.is_marked(row));
        let mut marked: Vec<Target> = shown.filter_map(|row| row.subject.object().cloned()).collect();
        marked.sort();
        marked.dedup();
        marked
    }

    /// Whether a row is marked.
    pub(super) fn is_marked(&self, row: &Row) -> bool {
        row.subject.object().is_some_and(|target| self.marks.contains(target))
    }

    /// Whether that frame lacks rows that are still to be computed anew, none of which is on screen.
    pub(super) fn unfinished(&self, frame: u64) -> bool {
        self.kept.unfinished(frame)
    }

    /// How many rows are shown.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether no row is shown.
    pub fn is_empty(&self) -> bool {
        self.kept.len() == 0
    }

    /// How many rows the filter hides.
    pub fn hidden(&self) -> usize {
        self.kept.hidden()
    }

    /// How many rows there are outside the namespace that is looked at.
    pub fn elsewhere(&self) -> usize {
        self.kept.elsewhere()
    }

    /// The rows that are visible.
    pub(super) fn visible(&self) -> Vec<&Row> {
        (self.top..self.top + self.height).map_while(|at| self.kept.row(at)).collect()
    }

    /// The selected row's place.
    pub fn selected(&self) -> Option<usize> {
        (!self.is_empty()).then_some(self.position)
    }

    /// The selected row.
    pub(super) fn selected_row(&self) -> Option<&Row> {
        self.kept.row(self.selected()?)
    }

    /// What is selected.
    pub fn subject(&self) -> Option<&Subject> {
        self.selected_row().map(|row| &row.subject)
    }

    /// The object that is selected, if it is one.
    pub fn target(&self) -> Option<&Target> {
        self.subject()?.object()
    }

    /// What is to be said above the rows, and how many lines more there would be.
    pub(super) fn banner(&self) -> (&[Notice], usize) {
        (&self.banner.lines, self.banner.more)
    }

    /// Finds the selected row; when it is gone, its neighbour becomes the selected one.
    fn settle(&mut self) {
        let Some(last) = self.len().checked_sub(1) else { return };
        let Some(selected) = &self.selected else {
            self.position = 0;
            return;
        };
        let here = self.kept.row(self.position).is_some_and(|row| row.subject == selected.subject);
        if here && selected.nth == 0 && matches!(self.source, Source::View(_)) {
            return;
        }
        let same = self.kept.rows().enumerate().filter(|(_, row)| row.subject == selected.subject);
        let found = same.map(|(at, _)| at).nth(selected.nth);
        match found {
            Some(at) => self.position = at,
            None => self.select(self.position.min(last)),
        }
    }

    /// Selects a row.
    fn select(&mut self, at: usize) {
        if let Some(row) = self.kept.row(at) {
            let subject = row.subject.clone();
            let nth = self.kept.rows().take(at).filter(|before| before.subject == subject).count();
            self.selected = Some(Selected { subject, nth });
            self.position = at;
        }
    }

    /// Keeps the selection on the row it is on, which until the first key follows the top.
    pub fn pin(&mut self) {
        if let (None, Some(at)) = (&self.selected, self.selected()) {
            self.select(at);
        }
    }

    /// Moves the selection; tells whether the command moves anything.
    pub fn go(&mut self, command: Command) -> bool {
        let at = self.selected().unwrap_or(0);
        let last = self.len().saturating_sub(1);
        let page = self.height.max(2) - 1;
        let next = match command {
            Command::Down => at + 1,
            Command::Up => at.saturating_sub(1),
            Command::PageDown => at + page,
            Command::PageUp => at.saturating_sub(page),
            Command::Top => 0,
            Command::Bottom => last,
            _ => return false,
        };
        self.select(next.min(last));
        true
    }

    /// Remembers how many rows are visible and scrolls so that the selected one is among them.
    pub(super) fn fit(&mut self, height: usize) {
        self.height = height.max(1);
        let at = self.selected().unwrap_or(0);
        self.top = self.top.min(self.len().saturating_sub(self.height)).min(at);
        if at >= self.top + self.height {
            self.top = at + 1 - self.height;
        }
    }

    /// Chooses the next or previous column to sort by, keeping the direction.
    pub fn sort_beside(&mut self, step: isize) {
        let count = self.source.columns().len() as isize;
        let at = match self.sort {
            SortBy::Trouble if step > 0 => 0,
            SortBy::Trouble => count - 1,
            SortBy::Up(at) | SortBy::Down(at) => (at as isize + step).rem_euclid(count.max(1)),
        };
        let at = at.max(0) as usize;
        self.sort = if matches!(self.sort, SortBy::Down(_)) { SortBy::Down(at) } else { SortBy::Up(at) };
    }

    /// Turns the order round.
    pub fn sort_reversed(&mut self) {
        self.sort = match self.sort {
            SortBy::Trouble | SortBy::Down(0) => SortBy::Up(0),
            SortBy::Up(at) => SortBy::Down(at),
            SortBy::Down(at) => SortBy::Up(at),
        };
    }
}

impl Said {
    /// Asks again when something else may be to be said.
    fn follow(&mut self, banner: Banner, cluster: &Cluster) {
        let since = Some((banner.since)(cluster));
        if self.since != since {
            let (lines, more) = (banner.lines)(cluster, SAID);
            *self = Self { since, lines, more };
        }
    }
}
