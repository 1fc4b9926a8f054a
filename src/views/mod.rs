//! Views: ways to look at the cluster, each one description that screen, reports and help share. Pure; no colours.
//!
//! A member is one file with one `View` constant and its line in [`ALL`].

use jiff::Timestamp;

use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::scope::Scope;
use crate::model::table::{Column, Table};

pub mod autoscalers;
pub mod network;
pub mod nodes;
pub mod pods;

/// One way to look at the cluster.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// For `--view`, commands and JSON.
    pub id: &'static str,
    /// The pane's title.
    pub title: &'static str,
    /// The question that the pane answers.
    pub question: &'static str,
    /// The kind of object that a row is about.
    pub rows: Kind,
    /// Whether it is a pane of its own; the others open from a row.
    pub pane: bool,
    /// The kinds it is computed from; the first one fills its rows.
    pub kinds: &'static [Kind],
    /// The columns.
    pub columns: &'static [Column],
    /// The rows, trouble first.
    pub table: fn(&Cluster, &Scope, Timestamp) -> Table,
    /// All that is known of one object.
    pub describe: fn(&Cluster, &Key, Timestamp) -> Vec<Section>,
}

/// Every view; the panes first, in their order on screen.
pub const ALL: &[&View] = &[&nodes::VIEW, &autoscalers::VIEW, &network::VIEW, &pods::VIEW];

/// The view of that id.
pub fn named(id: &str) -> Option<&'static View> {
    ALL.iter().copied().find(|view| view.id == id)
}

/// A titled group of lines in a description.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// What stands under it.
    pub lines: Vec<Line>,
}

/// A label and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Possibly empty for running text.
    pub label: String,
    /// The value.
    pub value: String,
    /// How bad it is.
    pub severity: Severity,
}

impl Line {
    /// A line that is as it should be.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), severity: Severity::Ok }
    }

    /// A line that is as bad as `severity` says.
    pub fn marked(label: impl Into<String>, value: impl Into<String>, severity: Severity) -> Self {
        Self { label: label.into(), value: value.into(), severity }
    }
}
