//! The replicas of what an autoscaler scales, side by side: asked for, created, updated, ready, available; and the bar
//! from its lower to its upper bound. It judges no rollout.

use jiff::Timestamp;

use crate::model::autoscaler::Autoscaler;
use crate::model::bar::Bar;
use crate::model::change::Freshness;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::kind::Kind;
use crate::model::table::Cell;
use crate::model::value::{Value, age};
use crate::views::{Line, Section};

/// The target's replicas, as far as anybody said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Replicas {
    /// spec.replicas.
    pub(super) spec: Option<i32>,
    /// status.replicas.
    pub(super) created: Option<i32>,
    pub(super) updated: Option<i32>,
    pub(super) ready: Option<i32>,
    pub(super) available: Option<i32>,
}

impl Replicas {
    /// From the workload where it is watched, else from its scale subresource where that was asked for.
    pub(super) fn of(cluster: &Cluster, autoscaler: &Autoscaler) -> Self {
        if let Some(it) = cluster.target_of(autoscaler) {
            return Self {
                spec: Some(it.desired),
                created: Some(it.created),
                updated: Some(it.updated),
                ready: Some(it.ready),
                available: Some(it.available),
            };
        }
        let scale = cluster.probe(&autoscaler.meta.key).and_then(|probe| probe.scale.as_ref().ok());
        Self { spec: scale.map(|it| it.spec), created: scale.map(|it| it.status), ..Self::default() }
    }

    /// The five cells; where nothing is known the one of the ready replicas says why.
    pub(super) fn cells(self, cluster: &Cluster, autoscaler: &Autoscaler) -> [Cell; 5] {
        let short = |number: Option<i32>, of: Option<i32>, severity| match (number, of) {
            (Some(number), Some(of)) if number < of => severity,
            _ => Severity::Ok,
        };
        let cell = |number: Option<i32>, severity| Cell::marked(count(number), severity);
        let ready = match self.ready {
            Some(_) => cell(self.ready, short(self.ready, self.spec, Severity::Warning)),
            None => unknown(cluster, autoscaler),
        };
        [
            cell(self.spec, Severity::Ok),
            cell(self.created, short(self.created, self.spec, Severity::Warning)),
            cell(self.updated, short(self.updated, self.created, Severity::Info)),
            ready,
            cell(self.available, short(self.available, self.ready, Severity::Info)),
        ]
    }
}

/// A number, or a dash where nobody said one.
fn count(number: Option<i32>) -> Value {
    number.map_or(Value::Missing("-"), |number| Value::Count(i64::from(number)))
}

/// Why the replicas of the target are not known.
fn unknown(cluster: &Cluster, autoscaler: &Autoscaler) -> Cell {
    let target = &autoscaler.target;
    match Kind::named(&target.kind).filter(|kind| kind.group() == target.group()) {
        Some(kind) if cluster.knows_all_in(kind, &autoscaler.meta.key.namespace) => {
            Cell::marked(Value::Missing("no target"), Severity::Critical)
        }
        Some(kind) if matches!(cluster.freshness(kind), Freshness::Forbidden { .. }) => {
            Value::Missing("<forbidden>").into()
        }
        Some(_) => Value::Missing("…").into(),
        // A custom kind with a scale subresource: how many of its pods are ready is not watched.
        None => Value::Missing("<unknown>").into(),
    }
}

/// What the controller said that it found and wants; `None` as long as it has not looked.
pub(super) fn said(autoscaler: &Autoscaler) -> Option<(i32, i32)> {
    let silent = autoscaler.conditions.is_empty() && autoscaler.current == 0 && autoscaler.desired == 0;
    (!silent).then_some((autoscaler.current, autoscaler.desired))
}

/// The cells of what the controller found and wants.
pub(super) fn said_cells(autoscaler: &Autoscaler) -> [Cell; 2] {
    let said = said(autoscaler);
    [count(said.map(|it| it.0)).into(), count(said.map(|it| it.1)).into()]
}

/// From the lower to the upper bound: how many replicas are asked for now, and how many the controller wants.
pub(super) fn bar(autoscaler: &Autoscaler, replicas: Replicas) -> Bar {
    let said = said(autoscaler);
    Bar {
        min: autoscaler.min,
        max: autoscaler.max,
        current: replicas.spec.or(said.map(|it| it.0)),
        desired: said.map(|it| it.1),
    }
}

/// The bar's cell: a warning at the upper bound, where there would be room below.
pub(super) fn bar_cell(autoscaler: &Autoscaler, replicas: Replicas) -> Cell {
    let bar = bar(autoscaler, replicas);
    let full = bar.desired.is_some_and(|desired| desired >= bar.max) && bar.max > bar.min;
    Cell::marked(Value::Bar(bar), if full { Severity::Warning } else { Severity::Ok })
}

/// All of it in words.
pub(super) fn section(cluster: &Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Section {
    let replicas = Replicas::of(cluster, autoscaler);
    let target = &autoscaler.target;
    let mut lines = vec![
        Line::new("target", format!("{} {} ({})", target.kind, target.name, target.api_version)),
        Line::new("bounds", bar(autoscaler, replicas).to_string().trim_start()),
        Line::new("", "● is what the target asks for, ▶ or ◀ what the controller wants"),
    ];
    lines.extend(said_lines(autoscaler, now));
    lines.push(followed(cluster, autoscaler, replicas));
    Section { title: "Replicas".to_owned(), lines }
}

fn said_lines(autoscaler: &Autoscaler, now: Timestamp) -> Vec<Line> {
    let ago = |at: Option<Timestamp>| {
        at.map_or("never".to_owned(), |at| format!("{} ago, at {at}", age(now.duration_since(at).as_secs())))
    };
    let Some((current, desired)) = said(autoscaler) else {
        return vec![Line::new("status", "empty: the controller has not looked at it yet")];
    };
    vec![
        Line::new("current", format!("{current}, when the controller last looked")),
        Line::new("desired", desired.to_string()),
        Line::new("last scale", ago(autoscaler.last_scale)),
    ]
}

/// How far the target follows.
fn followed(cluster: &Cluster, autoscaler: &Autoscaler, replicas: Replicas) -> Line {
    let numbers = [
        (replicas.spec, "asked for"),
        (replicas.created, "created"),
        (replicas.updated, "updated"),
        (replicas.ready, "ready"),
        (replicas.available, "available"),
    ];
    let known = numbers.iter().filter_map(|(number, word)| number.map(|number| format!("{number} {word}")));
    let known: Vec<String> = known.collect();
    if known.is_empty() {
        let (text, severity) = why(cluster, autoscaler);
        return Line::marked("replicas", text, severity);
    }
    let short = replicas.ready < replicas.spec && replicas.ready.is_some();
    Line::marked("replicas", known.join(", "), if short { Severity::Warning } else { Severity::Ok })
}

fn why(cluster: &Cluster, autoscaler: &Autoscaler) -> (&'static str, Severity) {
    let cell = unknown(cluster, autoscaler);
    let text = match cell.value {
        Value::Missing("no target") => "there is no such object",
        Value::Missing("<forbidden>") => "not known: you may not list the target's kind",
        Value::Missing("…") => "not known yet: the target's kind is still being listed",
        _ => "not known: the target's kind is not among those that are watched",
    };
    (text, cell.severity)
}
