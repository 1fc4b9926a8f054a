//! Views: ways to look at the cluster, each one description that screen, reports and help share. Pure; no colours.
//!
//! A member is one file with one `View` constant and its line in [`ALL`].

use jiff::Timestamp;

use crate::analysis::overlay::Mesh;
use crate::analysis::vigil::Vigil;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::key::{Key, Subject, Target};
use crate::model::kind::Kind;
use crate::model::scope::Scope;
use crate::model::table::{Column, Row, SortBy, Table};

pub mod autoscalers;
pub mod network;
pub mod nodes;
pub mod pods;
pub mod zones;

/// One way to look at the cluster.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// For `--view`, commands and JSON.
    pub id: &'static str,
    /// The pane's title.
    pub title: &'static str,
    /// The question that the pane answers.
    pub question: &'static str,
    /// What a row is about.
    pub rows: Rows,
    /// Whether it is a pane of its own; the others open from a row.
    pub pane: bool,
    /// The kinds it is computed from; the first one fills its rows.
    pub kinds: &'static [Kind],
    /// The columns.
    pub columns: &'static [Column],
    /// The revision at which something last changed by which every row is judged.
    pub judged: fn(&Cluster, &Mesh) -> u64,
    /// All rows that there are.
    pub keys: fn(&Cluster, &Scope) -> Vec<Key>,
    /// The rows that may have changed by the passing of time alone since they were looked at, beyond the ages that they
    /// show; and possibly those that soon will.
    pub restless: fn(&mut Vigil, &Cluster, Timestamp) -> Vec<Key>,
    /// The measurements that its rows show, if they show any.
    pub measured: Option<Measures>,
    /// How many rows may be computed at once while keys are to be answered: some milliseconds' worth.
    pub at_once: usize,
    /// One row; `None` when there is no such object, or it is none of the view's.
    pub row: fn(&Cluster, &Mesh, &Scope, &Key, Timestamp) -> Option<Row>,
    /// What a row opens.
    pub opens: Opens,
    /// So many sections of a row's detail stand above its findings.
    pub above: usize,
    /// What is to be said above the rows, of the cluster as a whole.
    pub banner: Option<Banner>,
    /// The columns that the selected row shows in full below the rows, where the screen would cut them.
    pub foot: &'static [&'static str],
}

/// What the rows of a view are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Objects of a kind; a touched one is computed anew.
    Objects(Kind),
    /// What objects have in common, by this plural. They are few, and all are computed anew when `judged` says so.
    Groups(&'static str),
}

impl Rows {
    /// The kind of the objects, if they are objects.
    pub fn kind(self) -> Option<Kind> {
        match self {
            Self::Objects(kind) => Some(kind),
            Self::Groups(_) => None,
        }
    }

    /// What the row of a key is about.
    pub fn subject(self, key: Key) -> Subject {
        match self {
            Self::Objects(kind) => Target::new(kind, key).into(),
            Self::Groups(_) => Subject::Group(key.name),
        }
    }

    /// Their plural, in lower case.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Objects(kind) => kind.plural(),
            Self::Groups(plural) => plural,
        }
    }
}

/// The measurements in a view's rows. Nothing is judged by these, so that they touch no object, and the rest of a row
/// stays as it is.
#[derive(Clone, Copy, Debug)]
pub struct Measures {
    /// The rows that show others than they did at a revision.
    pub since: fn(&Cluster, u64) -> Vec<Key>,
    /// Puts them into a row as they are now; tells whether it shows others than before.
    pub refresh: fn(&Cluster, &Key, &mut Row) -> bool,
}

/// What a row opens.
#[derive(Clone, Copy, Debug)]
pub enum Opens {
    /// All that is known of its object.
    Detail(fn(&Cluster, &Key, Timestamp) -> Vec<Section>),
    /// Another view with what belongs to the row: that view's id, and its filter for a row.
    Rows(&'static str, fn(&Key) -> String),
}

/// What is to be said above a view's rows.
#[derive(Clone, Copy, Debug)]
pub struct Banner {
    /// The revision at which what it says last changed; it is made anew only then.
    pub since: fn(&Cluster) -> u64,
    /// At most so many lines, the worst first, and how many more there would be.
    pub lines: fn(&Cluster, usize) -> (Vec<Notice>, usize),
    /// The id of the view that shows all of it.
    pub more: &'static str,
}

/// A line above the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How bad it is.
    pub severity: Severity,
    /// In few words, the most important ones first.
    pub text: String,
}

impl View {
    /// All rows at once, trouble first.
    pub fn table(&self, cluster: &Cluster, scope: &Scope, now: Timestamp) -> Table {
        let mesh = Mesh::of(cluster);
        let keys = (self.keys)(cluster, scope);
        let all = keys.len();
        // Whoever opened a node sees all its pods, whatever namespace the lists are narrowed to.
        let admitted = keys.iter().filter(|key| scope.of.is_some() || scope.admits(&key.namespace));
        let here: Vec<&Key> = admitted.collect();
        let elsewhere = all - here.len();
        let rows = here.into_iter().filter_map(|key| (self.row)(cluster, &mesh, scope, key, now)).collect();
        let mut table = Table { columns: self.columns, rows, elsewhere };
        table.sort(SortBy::Trouble);
        table
    }
}

/// No row changes by the passing of time alone.
fn never(_vigil: &mut Vigil, _cluster: &Cluster, _now: Timestamp) -> Vec<Key> {
    Vec::new()
}

/// Every view; the panes first, in their order on screen.
pub const ALL: &[&View] = &[&nodes::VIEW, &autoscalers::VIEW, &network::VIEW, &pods::VIEW, &zones::VIEW];

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
