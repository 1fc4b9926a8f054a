//! A pane: a view on screen with its own selection, order, filter and scroll position. It draws nothing.
//!
//! The selection is kept by target, because rows move under the cursor; the row number only finds the neighbour
//! when the target vanishes.

use jiff::Timestamp;

use super::findings;
use super::keys::Command;
use crate::model::cluster::Cluster;
use crate::model::filter::Filter;
use crate::model::finding::{Finding, Severity};
use crate::model::key::Target;
use crate::model::scope::Scope;
use crate::model::table::{Column, SortBy, Table};
use crate::views::View;

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
pub enum Rows {
    /// All of them.
    #[default]
    All,
    /// Those with a warning or worse.
    Troubled,
}

/// What is selected: a target, and which of its rows where it has several.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Selected {
    target: Target,
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
    pub rows: Rows,
    /// Whose rows, for the pods of one object.
    pub of: Option<Target>,
    /// `None` until the first key: the first row, whichever it is.
    selected: Option<Selected>,
    /// The selected row's number when the pane was last settled.
    position: usize,
    /// The first visible row.
    pub(super) top: usize,
    /// How many rows were visible when it was last drawn.
    pub(super) height: usize,
}

/// A pane's rows, ready to be shown.
#[derive(Clone, Debug)]
pub struct Arranged {
    /// The rows in their order.
    pub table: Table,
    /// How many the filter hides.
    pub hidden: usize,
    /// The selected row.
    pub selected: Option<usize>,
}

impl Arranged {
    /// What is selected.
    pub fn target(&self) -> Option<&Target> {
        self.selected.and_then(|at| self.table.rows.get(at)).map(|row| &row.target)
    }
}

impl Pane {
    /// A pane that shows all rows, trouble first.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            sort: SortBy::Trouble,
            filter: Filter::default(),
            rows: Rows::All,
            of: None,
            selected: None,
            position: 0,
            top: 0,
            height: 1,
        }
    }

    /// Sorts and filters the rows as they are now and finds the selection among them.
    pub fn arrange(
        &mut self,
        cluster: &Cluster,
        scope: &Scope,
        found: &[Finding],
        now: Timestamp,
    ) -> Arranged {
        let scope = Scope { of: self.of.clone(), ..scope.clone() };
        let mut table = match self.source {
            Source::View(view) => (view.table)(cluster, &scope, now),
            Source::Findings => findings::table(found, &scope),
        };
        let mut hidden = table.filter(&self.filter, now);
        if self.rows == Rows::Troubled {
            let before = table.rows.len();
            table.rows.retain(|row| row.severity >= Severity::Warning);
            hidden += before - table.rows.len();
        }
        if self.sort != SortBy::Trouble {
            table.sort(self.sort);
        }
        let selected = self.settle(&table);
        Arranged { table, hidden, selected }
    }

    /// Finds the selected row; when it is gone, its neighbour becomes the selected one.
    fn settle(&mut self, table: &Table) -> Option<usize> {
        let last = table.rows.len().checked_sub(1)?;
        let Some(selected) = &self.selected else {
            self.position = 0;
            return Some(0);
        };
        let mut same = table.rows.iter().enumerate().filter(|(_, row)| row.target == selected.target);
        if let Some((at, _)) = same.nth(selected.nth) {
            self.position = at;
        } else {
            self.select(table, self.position.min(last));
        }
        Some(self.position)
    }

    /// Selects a row.
    fn select(&mut self, table: &Table, at: usize) {
        if let Some(row) = table.rows.get(at) {
            let nth = table.rows[..at].iter().filter(|before| before.target == row.target).count();
            self.selected = Some(Selected { target: row.target.clone(), nth });
            self.position = at;
        }
    }

    /// Keeps the selection on the row it is on, which until the first key follows the top.
    pub fn pin(&mut self, arranged: &Arranged) {
        if let (None, Some(at)) = (&self.selected, arranged.selected) {
            self.select(&arranged.table, at);
        }
    }

    /// Moves the selection; tells whether the command moves anything.
    pub fn go(&mut self, command: Command, arranged: &Arranged) -> bool {
        let at = arranged.selected.unwrap_or(0);
        let last = arranged.table.rows.len().saturating_sub(1);
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
        self.select(&arranged.table, next.min(last));
        true
    }

    /// Remembers how many rows are visible and scrolls so that the selected one is among them.
    pub(super) fn fit(&mut self, height: usize, arranged: &Arranged) {
        self.height = height.max(1);
        let rows = arranged.table.rows.len();
        let at = arranged.selected.unwrap_or(0);
        self.top = self.top.min(rows.saturating_sub(self.height)).min(at);
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
