//! Cells of what a node was measured to use, and why there is none. It forecasts nothing.

use jiff::{SignedDuration, Timestamp};

use crate::model::change::Freshness;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::node::Node;
use crate::model::table::Cell;
use crate::model::usage::{Measured, percent};
use crate::model::value::{Amount, Used, Value, age};
use crate::views::Line;

/// As many samples stand in a cell: three minutes of metrics-server's 15 s.
const SHORT: usize = 12;
/// From so many percent on, a measurement is worth a look.
const HIGH: i64 = 90;

/// What was measured of a resource, and of how much.
fn amount(node: &Node, cluster: &Cluster, which: Measured) -> Option<(Amount, i64, Timestamp, Timestamp)> {
    let name = &node.meta.key.name;
    let sample = &cluster.usage(name)?.latest;
    let (amount, of) = match which {
        Measured::Cpu => (Amount::Cpu(sample.cpu?), node.allocatable.cpu),
        Measured::Memory => (Amount::Bytes(sample.memory?), node.allocatable.memory),
    };
    let at = cluster.measured_at(name, sample);
    let until = at.checked_add(SignedDuration::from_secs(sample.good_for())).unwrap_or(at);
    Some((amount, of, at, until))
}

fn severity(amount: Amount, of: i64) -> Severity {
    let (Amount::Cpu(used) | Amount::Bytes(used)) = amount;
    if percent(used, of).is_some_and(|share| share >= HIGH) { Severity::Info } else { Severity::Ok }
}

/// What a node uses of a resource.
pub(super) fn cell(cluster: &Cluster, node: &Node, which: Measured) -> Cell {
    match amount(node, cluster, which) {
        Some((amount, of, at, until)) => {
            Cell::marked(Used { amount, of, at, until }.into(), severity(amount, of))
        }
        None => Value::Missing(missing(cluster)).into(),
    }
}

/// How a node's use of processor time went.
pub(super) fn trend_cell(cluster: &Cluster, node: &Node) -> Cell {
    let trend = trend(cluster, node, Measured::Cpu, SHORT);
    trend.map_or(Value::Missing(missing(cluster)), Value::Trend).into()
}

fn trend(cluster: &Cluster, node: &Node, which: Measured, most: usize) -> Option<Vec<Option<u16>>> {
    let of = match which {
        Measured::Cpu => node.allocatable.cpu,
        Measured::Memory => node.allocatable.memory,
    };
    let usage = cluster.usage(&node.meta.key.name)?;
    (of > 0).then(|| usage.trend(which, of, most))
}

/// In a word, why nothing was measured.
fn missing(cluster: &Cluster) -> &'static str {
    match cluster.measuring() {
        // As kubectl top says of a node without a sample.
        Freshness::Live { .. } | Freshness::Connecting | Freshness::Listing { .. } => "<unknown>",
        Freshness::Stale { .. } => "<unavailable>",
        Freshness::Forbidden { .. } => "<forbidden>",
        Freshness::Absent { .. } => "<not served>",
    }
}

/// The lines of one measured resource.
pub(super) fn lines(cluster: &Cluster, node: &Node, which: Measured, now: Timestamp) -> Vec<Line> {
    let Some((amount, of, at, until)) = amount(node, cluster, which) else { return Vec::new() };
    let (name, all) = match which {
        Measured::Cpu => ("cpu", Amount::Cpu(of)),
        Measured::Memory => ("memory", Amount::Bytes(of)),
    };
    let (Amount::Cpu(used) | Amount::Bytes(used)) = amount;
    let share = percent(used, of).map_or(String::new(), |share| format!(" of {all} ({share}%)"));
    let usage = cluster.usage(&node.meta.key.name);
    let window = match (which, usage) {
        (Measured::Cpu, Some(usage)) if usage.latest.window > 0 => format!(" over {} s", usage.latest.window),
        _ => String::new(),
    };
    let old = if until < now { ", which is old" } else { "" };
    let text = format!("{amount}{share}{window}, {} ago{old}", age(now.duration_since(at).as_secs()));
    let severity = if until < now { Severity::Info } else { severity(amount, of) };
    let mut lines = vec![Line::marked(format!("{name} used"), text, severity)];
    if let Some(trend) = trend(cluster, node, which, crate::model::usage::KEPT) {
        let first = trend.iter().position(Option::is_some).unwrap_or(0);
        let known = trend[first..].iter().flatten();
        let bounds = known.clone().min().zip(known.max());
        let bounds = bounds.map_or(String::new(), |(least, most)| format!(" {least}% to {most}%"));
        lines.push(Line::new(format!("{name} trend"), format!("{}{bounds}", Value::Trend(trend).show(now))));
    }
    lines
}

/// Why nothing was measured, or why it may be old; `None` when there is nothing to say.
pub(super) fn remark(cluster: &Cluster, node: &Node, now: Timestamp) -> Option<Line> {
    let text = match cluster.measuring() {
        Freshness::Live { .. } if cluster.usage(&node.meta.key.name).is_some() => return None,
        Freshness::Live { .. } => "no usage: metrics.k8s.io says nothing of this node".to_owned(),
        Freshness::Connecting | Freshness::Listing { .. } => {
            "no usage yet: metrics.k8s.io is asked".to_owned()
        }
        Freshness::Absent { .. } => "no usage: metrics.k8s.io is not served".to_owned(),
        Freshness::Forbidden { verb, resource, .. } => format!("no usage: may not {verb} {resource}"),
        Freshness::Stale { since, why, .. } => {
            format!("no usage for {}: metrics.k8s.io: {why}", age(now.duration_since(*since).as_secs()))
        }
    };
    Some(Line::new("usage", text))
}
