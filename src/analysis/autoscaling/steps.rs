//! The arithmetic of a forecast line by line, for whoever opens an autoscaler. It computes nothing.

use jiff::Timestamp;

use super::replicas::Kept;
use super::tell::{band, clock, idle, outlook, seconds, values};
use super::{Basis, Doubt, Forecast, Limit, MetricForecast};
use crate::analysis::assumptions::stated;
use crate::model::autoscaler::Autoscaler;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::value::age;

/// One line of the arithmetic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is about.
    pub label: String,
    /// What it says.
    pub text: String,
    /// How bad that is.
    pub severity: Severity,
}

impl Step {
    fn new(label: impl Into<String>, text: impl Into<String>) -> Self {
        Self { label: label.into(), text: text.into(), severity: Severity::Ok }
    }

    fn marked(label: impl Into<String>, text: impl Into<String>, severity: Severity) -> Self {
        Self { severity, ..Self::new(label, text) }
    }
}

/// The lines: what it is computed from, each metric, what they come to, what stands between, what is not certain.
pub fn steps(forecast: &Forecast, cluster: &Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Vec<Step> {
    let mut steps = Vec::new();
    // What keeps every metric from being read is told below.
    if !matches!((&forecast.basis, forecast.limits.first()), (Basis::None(_), Some(Limit::Blind(_)))) {
        steps.push(Step::new("from", basis(forecast, now)));
    }
    let read =
        !matches!(forecast.basis, Basis::None(_)) || forecast.metrics.iter().any(|it| it.failure.is_some());
    for metric in forecast.metrics.iter().filter(|_| read) {
        steps.extend(of_metric(forecast, metric));
    }
    let tolerance = forecast.settings.tolerance_of(autoscaler);
    steps.push(Step::new("tolerance", band(&tolerance)));
    if let Some(raw) = forecast.raw.filter(|_| forecast.metrics.len() > 1) {
        steps.push(Step::new("together", format!("{raw}, the most of {} metrics", forecast.metrics.len())));
    }
    steps.extend(forecast.limits.iter().filter_map(of_limit));
    let severity = if forecast.is_certain() { Severity::Ok } else { Severity::Info };
    steps.push(Step::marked("next pass", next(forecast), severity));
    for doubt in &forecast.doubts {
        let text = match doubt {
            Doubt::Assumed(flag) => stated(cluster, *flag),
            other => other.to_string(),
        };
        steps.push(Step::marked("not certain", text, Severity::Info));
    }
    steps
}

fn basis(forecast: &Forecast, now: Timestamp) -> String {
    match &forecast.basis {
        Basis::Measured { at } => {
            format!("pods and samples, asked for {} ago", age(now.duration_since(*at).as_secs()))
        }
        Basis::Status => "the status that the last pass left; pods and samples are not all known".to_owned(),
        Basis::None(why) => format!("no metric: {why}"),
    }
}

fn next(forecast: &Forecast) -> String {
    let sure = if forecast.is_certain() { ", certain at these values" } else { "" };
    format!("{}{sure}; a pass comes every {}", outlook(forecast), seconds(forecast.settings.period))
}

/// What a metric is, what it asks for and how its pods are grouped; or why it cannot be computed, and what mends that.
fn of_metric(forecast: &Forecast, metric: &MetricForecast) -> Vec<Step> {
    if let Some(failure) = &metric.failure {
        return vec![
            Step::marked(&*metric.name, format!("cannot be read: {}", failure.text), Severity::Warning),
            Step::new("  said", failure.words.clone()),
            Step::new("  remedy", failure.remedy()),
        ];
    }
    let mut steps = vec![Step::new(&*metric.name, arithmetic(forecast, metric))];
    if let Some(groups) = metric.groups {
        let mut text = format!("{} counted", groups.counted);
        for (count, word) in [
            (groups.unready, "unready"),
            (groups.missing, "without a sample"),
            (groups.ignored, "failed or being deleted"),
        ] {
            if count > 0 {
                text = format!("{text}, {count} {word}");
            }
        }
        let severity = if groups.missing > 0 { Severity::Info } else { Severity::Ok };
        steps.push(Step::marked("  pods", text, severity));
    }
    steps
}

/// `95% of 80% is ×1.19; ×1.19 of 4 is 5`
fn arithmetic(forecast: &Forecast, metric: &MetricForecast) -> String {
    let mut text = values(metric);
    let Some(ratio) = metric.ratio else { return text };
    text = format!("{text} is ×{ratio:.2}");
    let filled = metric.refilled();
    if let Some(filled) = filled {
        text = format!("{text}, ×{filled:.2} with {} filled in", idle(metric.groups));
    }
    let Some(asks) = metric.asks else { return text };
    match metric.kept {
        Some(Kept::Tolerated) => format!("{text}: close enough, stays at {asks}"),
        Some(Kept::Turned) => format!("{text}: that would turn it round, stays at {asks}"),
        None => {
            let by = filled.unwrap_or(ratio);
            let pods = metric.pods.unwrap_or(i64::from(forecast.current));
            format!("{text}; ×{by:.2} of {pods} is {asks}, rounded up")
        }
    }
}

/// A limit in a line; those that the metric's own line tells have none.
fn of_limit(limit: &Limit) -> Option<Step> {
    let info = |label: &str, text: String| Some(Step::marked(label, text, Severity::Info));
    let warning = |label: &str, text: &str| Some(Step::marked(label, text, Severity::Warning));
    match limit {
        Limit::Tolerated | Limit::Turned | Limit::Pods(_) => None,
        Limit::Stabilised { to, window, until, up } => {
            let which = if *up { "lowest" } else { "highest" };
            let until = until.map_or_else(String::new, |at| format!(", until {} at most", clock(at)));
            info("window", format!("{to}, the {which} recommendation of {window} s{until}"))
        }
        Limit::RateLimited { to, policy, .. } => info("rate", format!("{to}, no faster than {policy}")),
        Limit::Forbidden { up } => {
            info("rate", format!("scaling {} is disabled", if *up { "up" } else { "down" }))
        }
        Limit::AtMax => warning("bounds", "the maximum"),
        Limit::AtMin => info("bounds", "the minimum".to_owned()),
        Limit::AboveMax => info("bounds", "above the maximum: down to it, and no metric is read".to_owned()),
        Limit::BelowMin => info("bounds", "below the minimum: up to it, and no metric is read".to_owned()),
        Limit::Disabled => info("switched off", "the target has no replicas".to_owned()),
        Limit::PartlyBlind => warning("blind", "some metrics fail: up by the others, but not down"),
        Limit::Blind(failure) => Some(Step::marked(
            "blind",
            format!("{}; the number stays as it was", failure.text),
            Severity::Critical,
        )),
        Limit::Refused(why) => Some(Step::marked("refused", why.clone(), Severity::Critical)),
    }
}
