//! Reports: a picture of the cluster on paper. Text and JSON are made from tables, screen formats from the very
//! buffer that the live screen draws. It writes no files and no streams.
//!
//! A member is one file with one `Format` constant and its line in [`ALL`].

use std::sync::Arc;

use jiff::Timestamp;
use ratatui::buffer::Buffer;

use crate::analysis;
use crate::model::change::Freshness;
use crate::model::cluster::Cluster;
use crate::model::filter::Filter;
use crate::model::finding::Finding;
use crate::model::kind::Kind;
use crate::model::scope::Scope;
use crate::model::table::{SortBy, Table};
use crate::model::text::Str;
use crate::views::{Notice, View};

pub mod findings;
pub mod json;
pub mod screen;
pub mod svg;
pub mod table;

/// An output format of `snapshot -o`.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// The value of `-o`.
    pub name: &'static str,
    /// What it is good for.
    pub about: &'static str,
    /// How it is made.
    pub render: Render,
}

/// What a format is made from.
#[derive(Clone, Copy, Debug)]
pub enum Render {
    /// The tables.
    Tables(fn(&Report<'_>) -> String),
    /// The drawn screen and a title.
    Screen(fn(&Buffer, &str) -> String),
}

/// Every format, the default first.
pub const ALL: &[&Format] = &[&table::FORMAT, &json::FORMAT, &screen::FORMAT, &svg::FORMAT];

/// The format of that name.
pub fn named(name: &str) -> Option<&'static Format> {
    ALL.iter().copied().find(|format| format.name == name)
}

/// What a report is made from.
#[derive(Debug)]
pub struct Report<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The views to print, in order.
    pub views: &'a [&'static View],
    /// What they are narrowed to.
    pub scope: &'a Scope,
    /// Column to sort by, and whether the largest comes first; trouble first when absent.
    pub sort_by: Option<(String, bool)>,
    /// What the rows must contain.
    pub filter: String,
    /// Whether headings are left out.
    pub no_headers: bool,
    /// The server's clock.
    pub now: Timestamp,
}

/// How complete one kind is.
#[derive(Clone, Debug, PartialEq)]
pub struct Completeness {
    /// The kind.
    pub kind: Kind,
    /// Whether everything the server has is in the report.
    pub complete: bool,
    /// `live`, `listing`, `stale`, `forbidden`, `absent` or `connecting`.
    pub state: &'static str,
    /// Why it is not complete, empty when it is.
    pub why: String,
    /// The one namespace that it is complete for, where not all may be read.
    pub namespace: Option<Str>,
}

/// How complete a kind is now. A kind that the server does not serve has nothing to miss.
pub fn completeness(cluster: &Cluster, kind: Kind) -> Completeness {
    let (state, why) = match cluster.freshness(kind) {
        Freshness::Connecting => ("connecting", "the server has not answered yet".to_owned()),
        Freshness::Listing { seen, .. } => ("listing", format!("{seen} listed so far")),
        Freshness::Live { .. } => ("live", String::new()),
        Freshness::Stale { why, .. } => ("stale", why.clone()),
        Freshness::Forbidden { verb, resource, .. } => {
            ("forbidden", format!("the right to {verb} {resource} is missing"))
        }
        Freshness::Absent { .. } => ("absent", "the server does not serve it".to_owned()),
    };
    let complete = state == "absent" || (cluster.synced(kind) && state == "live");
    Completeness { kind, complete, state, why, namespace: cluster.narrowed(kind).cloned() }
}

impl Report<'_> {
    /// The completeness of every kind that the views are computed from.
    pub fn kinds(&self) -> Vec<Completeness> {
        let mut kinds: Vec<Kind> = self.views.iter().flat_map(|view| view.kinds).copied().collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds.into_iter().map(|kind| completeness(self.cluster, kind)).collect()
    }

    /// Whether nothing is missing.
    pub fn complete(&self) -> bool {
        self.kinds().iter().all(|kind| kind.complete)
    }

    /// What is to be said above a view's rows: at most so many lines, and how many more there would be.
    pub fn banner(&self, view: &View, most: usize) -> (Vec<Notice>, usize) {
        view.banner.map_or_else(Default::default, |banner| (banner.lines)(self.cluster, most))
    }

    /// A view's table, sorted and filtered as asked, and how many rows the filter hid.
    pub fn table(&self, view: &View) -> (Table, usize) {
        let mut table = view.table(self.cluster, self.scope, self.now);
        let column =
            self.sort_by.as_ref().and_then(|(id, down)| Some((Table::column(view.columns, id)?, *down)));
        table.sort(match column {
            None => SortBy::Trouble,
            Some((column, false)) => SortBy::Up(column),
            Some((column, true)) => SortBy::Down(column),
        });
        let hidden = table.filter(&Filter::new(&self.filter, view.columns), self.now);
        (table, hidden)
    }

    /// The findings in scope, the worst first.
    pub fn findings(&self) -> Vec<Arc<Finding>> {
        let mut findings = analysis::findings(self.cluster, self.now);
        findings.retain(|finding| self.scope.admits(&finding.target.key.namespace));
        findings
    }
}
