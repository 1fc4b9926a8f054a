//! The metrics of an autoscaler: what each was measured to be, what it asks for, and why one cannot be read. What it
//! asks for comes from `analysis`.

use std::cmp::Ordering;

use crate::analysis::autoscaling::{Failure, Forecast, MetricForecast};
use crate::analysis::metrics::{Paired, like, name, paired};
use crate::model::autoscaler::{Autoscaler, Goal};
use crate::model::finding::Severity;
use crate::model::table::Cell;
use crate::model::value::{Shortened, Value};
use crate::views::nodes::list;
use crate::views::{Line, Section};

/// Every metric as current/target: the one that decides first, then those that cannot be read, then by their ratio.
pub(super) fn cell(autoscaler: &Autoscaler, forecast: &Forecast) -> Cell {
    let pairs = paired(autoscaler);
    if pairs.is_empty() {
        return Value::NONE.into();
    }
    let mut order: Vec<(usize, &Paired)> = pairs.iter().enumerate().collect();
    order.sort_by(|(a, one), (b, other)| {
        let rank = |at: usize, it: &Paired| match it.ratio() {
            _ if forecast.winner == Some(at) => 0,
            None => 1,
            Some(_) => 2,
        };
        rank(*a, one).cmp(&rank(*b, other)).then_with(|| larger(one, other))
    });
    let shown: Vec<String> = order.iter().map(|(_, it)| it.text()).collect();
    let value = Shortened { shown: shown.join(", "), full: pairs.iter().map(Paired::text).collect() };
    let unread = pairs.iter().any(|pair| pair.reading.is_none());
    Cell::marked(value.into(), if unread { Severity::Warning } else { Severity::Ok })
}

/// The larger ratio first.
fn larger(one: &Paired, other: &Paired) -> Ordering {
    other.ratio().unwrap_or(0.0).total_cmp(&one.ratio().unwrap_or(0.0))
}

/// Every metric in full, in the order of the spec.
pub(super) fn section(autoscaler: &Autoscaler, forecast: &Forecast) -> Section {
    let pairs = paired(autoscaler);
    let lines = pairs.iter().enumerate().map(|(at, pair)| {
        let found = forecast.metrics.get(at);
        let failed = found.is_some_and(|it| it.failure.is_some());
        let severity = match pair.reading {
            _ if failed => Severity::Warning,
            None if !autoscaler.readings.is_empty() => Severity::Warning,
            _ => Severity::Ok,
        };
        let mut parts = vec![value(pair)];
        parts.extend(found.and_then(measured));
        parts.extend(found.and_then(|it| asks(it, pair, forecast.winner == Some(at))));
        Line::marked(name(&pair.metric.source), parts.join("; "), severity)
    });
    list("Metrics", lines, "spec.metrics is empty: the API server's default is cpu at 80%")
}

/// As the controller read it: `95%/80% (119% of target)`
fn value(pair: &Paired) -> String {
    let ratio = pair.ratio().map_or(String::new(), |ratio| format!(" ({:.0}% of target)", ratio * 100.0));
    format!("{}{ratio}", pair.values())
}

/// As it was measured since then.
fn measured(found: &MetricForecast) -> Option<String> {
    let measured = found.measured.filter(|_| found.direct)?;
    Some(match &found.goal {
        Goal::Utilization(_) => format!("measured {measured}% now"),
        Goal::Value(goal) | Goal::AverageValue(goal) => format!("measured {} now", like(measured, goal)),
        Goal::Missing => return None,
    })
}

/// What it asks for, and whether that decides; or why it cannot be read, unless the reading says that already.
fn asks(found: &MetricForecast, pair: &Paired, decides: bool) -> Option<String> {
    if let Some(failure) = &found.failure {
        let told = pair.why.map(|words| Failure::of(&pair.metric.source, words).text);
        let new = told.is_none_or(|told| told != failure.text);
        return new.then(|| format!("cannot be read: {}", failure.text));
    }
    let word = if decides { ", which decides" } else { "" };
    found.asks.map(|asks| format!("asks for {asks}{word}"))
}
