//! Cells of what a node was measured to use, and why there is none. It forecasts nothing.

use jiff::{SignedDuration, Timestamp};

use crate::model::change::Freshness;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::node::Node;
use crate::model::table::Cell;
use crate::model::usage::{KEPT, Measured, Usage, percent};
use crate::model::value::{Amount, Used, Value, age};
use crate::views::Line;

/// As many samples stand in a cell: three minutes of metrics-server's 15 s.
const SHORT: usize = 12;
/// From so many percent on, a measurement is worth a look.
const HIGH: i64 = 90;

/// What a node was measured to use, when, and until when that is news.
struct Taken<'a> {
    node: &'a Node,
    usage: &'a Usage,
    at: Timestamp,
    until: Timestamp,
}

impl<'a> Taken<'a> {
    fn of(cluster: &'a Cluster, node: &'a Node) -> Option<Self> {
        let name = &node.meta.key.name;
        let usage = cluster.usage(name)?;
        let at = cluster.measured_at(name, &usage.latest);
        let until = at.checked_add(SignedDuration::from_secs(usage.latest.good_for())).unwrap_or(at);
        Some(Self { node, usage, at, until })
    }

    /// How much of a resource, and of how much.
    fn amount(&self, which: Measured) -> Option<(Amount, i64)> {
        Some(match which {
            Measured::Cpu => (Amount::Cpu(self.usage.latest.cpu?), self.node.allocatable.cpu),
            Measured::Memory => (Amount::Bytes(self.usage.latest.memory?), self.node.allocatable.memory),
        })
    }

    fn cell(&self, which: Measured) -> Option<Cell> {
        let (amount, of) = self.amount(which)?;
        let used = Used { amount, of, at: self.at, until: self.until };
        Some(Cell::marked(used.into(), severity(amount, of)))
    }

    fn trend(&self, which: Measured, most: usize) -> Option<Vec<Option<u16>>> {
        let of = match which {
            Measured::Cpu => self.node.allocatable.cpu,
            Measured::Memory => self.node.allocatable.memory,
        };
        (of > 0).then(|| self.usage.trend(which, of, most))
    }
}

fn severity(amount: Amount, of: i64) -> Severity {
    let (Amount::Cpu(used) | Amount::Bytes(used)) = amount;
    if percent(used, of).is_some_and(|share| share >= HIGH) { Severity::Info } else { Severity::Ok }
}

/// What a node uses of processor time and of memory, and how its use of processor time went.
pub(super) fn cells(cluster: &Cluster, node: &Node) -> [Cell; 3] {
    let taken = Taken::of(cluster, node);
    let taken = taken.as_ref();
    let trend = taken.and_then(|it| it.trend(Measured::Cpu, SHORT)).map(|it| Value::Trend(it).into());
    let [cpu, memory] = [Measured::Cpu, Measured::Memory].map(|which| taken.and_then(|it| it.cell(which)));
    [cpu, memory, trend].map(|cell| cell.unwrap_or_else(|| Value::Missing(missing(cluster)).into()))
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
    let Some(taken) = Taken::of(cluster, node) else { return Vec::new() };
    let Some((amount, of)) = taken.amount(which) else { return Vec::new() };
    let Taken { usage, at, until, .. } = taken;
    let (name, all) = match which {
        Measured::Cpu => ("cpu", Amount::Cpu(of)),
        Measured::Memory => ("memory", Amount::Bytes(of)),
    };
    let (Amount::Cpu(used) | Amount::Bytes(used)) = amount;
    let share = percent(used, of).map_or(String::new(), |share| format!(" of {all} ({share}%)"));
    let window = match which {
        Measured::Cpu if usage.latest.window > 0 => format!(" over {} s", usage.latest.window),
        _ => String::new(),
    };
    let old = if until < now { ", which is old" } else { "" };
    let text = format!("{amount}{share}{window}, {} ago{old}", age(now.duration_since(at).as_secs()));
    let severity = if until < now { Severity::Info } else { severity(amount, of) };
    let mut lines = vec![Line::marked(format!("{name} used"), text, severity)];
    if let Some(trend) = taken.trend(which, KEPT) {
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
