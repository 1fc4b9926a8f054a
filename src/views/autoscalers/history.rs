//! How an autoscaler went while foretop watched: sparklines of desired, ready and each metric's ratio over one axis of
//! time, and what happened. It remembers nothing itself and forecasts nothing.

use jiff::Timestamp;

use crate::analysis::autoscaling::flapping::{Turns, WINDOW};
use crate::analysis::metrics::name;
use crate::model::autoscaler::Autoscaler;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::history::{Event, History, Point};
use crate::model::series::Series;
use crate::model::table::Cell;
use crate::model::value::{Value, age};
use crate::views::{Line, Section};

/// Seconds from one moment to the next: the controller's usual pass.
const STEP: i64 = 15;
/// As many moments are drawn at most: ten minutes.
const MOST: usize = 40;
/// As many moments stand in a cell: three minutes.
const SHORT: usize = 12;
/// A mark on the axis of time every so many moments: five minutes.
const MARK: usize = 20;
/// What stands where nobody looked.
const GAP: &str = "·";

/// The points of a history at even distances, the newest last; `None` where one is missing. Of several that lie closer
/// together than half a step the newest counts.
fn moments(history: &History, most: usize) -> Vec<Option<&Point>> {
    let mut moments = Vec::new();
    let mut later: Option<i64> = None;
    for point in history.points().rev() {
        let at = point.at.as_second();
        let distance = later.map_or(STEP, |later| later.saturating_sub(at));
        if distance < STEP / 2 {
            continue;
        }
        let missing = (distance.saturating_add(STEP / 2) / STEP - 1).clamp(0, MOST as i64);
        moments.extend((0..missing).map(|_| None));
        moments.push(Some(point));
        later = Some(at);
        if moments.len() >= most {
            break;
        }
    }
    moments.truncate(most);
    moments.reverse();
    moments
}

fn series(moments: &[Option<&Point>], of: impl Fn(&Point) -> Option<i32>) -> Vec<Option<i32>> {
    moments.iter().map(|point| point.and_then(&of)).collect()
}

/// How many were wanted and how many were ready in the last minutes, both drawn between the same bounds.
pub(super) fn cells(cluster: &Cluster, autoscaler: &Autoscaler) -> [Cell; 2] {
    let Some(history) = cluster.history(&autoscaler.meta.key) else {
        return [Value::Missing("").into(), Value::Missing("").into()];
    };
    let moments = moments(history, SHORT);
    let desired = series(&moments, |point| Some(point.desired));
    let actual = series(&moments, |point| Some(point.actual));
    let both = Series::new(desired.iter().chain(&actual).copied().collect());
    let cell = |points: Vec<Option<i32>>| Value::from(Series { points, ..both }).into();
    [cell(desired), cell(actual)]
}

/// All that is remembered.
pub(super) fn section(cluster: &Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Section {
    let title = "History since foretop watches".to_owned();
    let history = cluster.history(&autoscaler.meta.key);
    let moments = history.map(|history| moments(history, MOST)).unwrap_or_default();
    let Some(history) = history.filter(|_| !moments.is_empty()) else {
        return Section { title, lines: vec![Line::new("", "none yet: the first moment is still to come")] };
    };
    let mut lines = vec![
        drawn("desired", series(&moments, |it| Some(it.desired)), ""),
        drawn("actual", series(&moments, |it| Some(it.actual)), ""),
    ];
    lines.extend(autoscaler.metrics.iter().enumerate().map(|(at, metric)| {
        let ratios = series(&moments, |it| it.ratios.get(at).copied().flatten().map(i32::from));
        drawn(&format!("{} ratio", name(&metric.source)), ratios, "%")
    }));
    lines.push(Line::new("changes", changes(history, &moments)));
    lines.push(Line::new("time", axis(moments.len())));
    lines.extend(turns(history, now));
    lines.extend(history.events().rev().map(|event| told(event, now)));
    Section { title, lines }
}

/// A sparkline with its bounds and the newest number.
fn drawn(label: &str, points: Vec<Option<i32>>, unit: &str) -> Line {
    let series = Series::new(points);
    let bounds = match (series.points.iter().any(Option::is_some), series.last()) {
        (false, _) => "never read".to_owned(),
        (true, None) => format!("{}{unit} to {}{unit}, not read now", series.low, series.high),
        (true, Some(last)) if series.low == series.high => format!("{last}{unit}"),
        (true, Some(last)) => format!("{}{unit} to {}{unit}, now {last}{unit}", series.low, series.high),
    };
    // Wrapping would take a gap for the space between words.
    Line::new(label, format!("{} {bounds}", series.to_string().replace(' ', GAP)))
}

/// Where replicas went up or down, and where something else than the autoscaler changed them.
fn changes(history: &History, moments: &[Option<&Point>]) -> String {
    let newest = moments.iter().rev().flatten().next().map_or(0, |point| point.at.as_second());
    let mut marks = vec!['─'; moments.len()];
    for event in history.events() {
        let (at, mark) = match event {
            Event::Rescaled { at, from, to, .. } => (at, if to > from { '▲' } else { '▼' }),
            Event::Outside { at, .. } => (at, '◆'),
        };
        let back = newest.saturating_sub(at.as_second()).saturating_add(STEP / 2) / STEP;
        let place = usize::try_from(back.max(0)).ok().and_then(|back| (moments.len()).checked_sub(back + 1));
        if let Some(cell) = place.and_then(|at| marks.get_mut(at)) {
            // That somebody else acted is said even where the autoscaler acted too.
            *cell = if *cell == '◆' { '◆' } else { mark };
        }
    }
    format!("{} ▲ up, ▼ down, ◆ not by the autoscaler", marks.iter().collect::<String>())
}

/// The axis of time, with a mark every five minutes.
fn axis(cells: usize) -> String {
    let mark = |at: usize| match cells - 1 - at {
        0 => '┤',
        back if back % MARK == 0 => '┼',
        _ if at == 0 => '├',
        _ => '─',
    };
    let line: String = (0..cells).map(mark).collect();
    let span = age((cells as i64 - 1) * STEP);
    format!("{line} the last {span}; a mark every {}", age(MARK as i64 * STEP))
}

/// That it goes up and down by turns.
fn turns(history: &History, now: Timestamp) -> Option<Line> {
    let turns = Turns::of(history, now);
    let (low, high) = turns.span;
    let text = |times: usize| {
        let times = if times == 1 { "once".to_owned() } else { format!("{times} times") };
        format!("changed direction {times} in {}, between {low} and {high}", age(WINDOW))
    };
    match turns.turns {
        0 => None,
        some if turns.flapping() => Some(Line::marked("flapping", text(some), Severity::Warning)),
        some => Some(Line::new("direction", text(some))),
    }
}

/// One event: when, and what became of the replicas.
fn told(event: &Event, now: Timestamp) -> Line {
    let (at, text, severity) = match event {
        Event::Rescaled { at, from, to, reason } if reason.is_empty() => {
            (at, format!("New size: {to}, was {from}"), Severity::Ok)
        }
        Event::Rescaled { at, from, to, reason } => {
            (at, format!("New size: {to}, was {from}; reason: {reason}"), Severity::Ok)
        }
        Event::Outside { at, from, to } => {
            (at, format!("not by the autoscaler: replicas from {from} to {to}"), Severity::Warning)
        }
    };
    let clock = at.strftime("%H:%M:%S").to_string();
    let ago = age(now.duration_since(*at).as_secs());
    Line::marked(clock, format!("{text} ({ago} ago)"), severity)
}
