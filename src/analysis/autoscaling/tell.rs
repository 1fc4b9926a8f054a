//! One sentence about an autoscaler: what counts, what it asks for, what holds it, what the next pass does. What matters
//! comes first, for it is cut at the right. It computes nothing.

use jiff::Timestamp;

use super::replicas::{Kept, Tolerance};
use super::{Basis, Failure, Forecast, Groups, Limit, MetricForecast};
use crate::analysis::metrics::like;
use crate::model::autoscaler::{Autoscaler, Goal};
use crate::model::quantity::decimal;

/// The sentence.
pub fn sentence(forecast: &Forecast, autoscaler: &Autoscaler) -> String {
    told(forecast, autoscaler, End::Outlook)
}

/// The sentence for where the outcome stands before it: without what the next pass does, but between which numbers that
/// is where it is not certain.
pub fn reason(forecast: &Forecast, autoscaler: &Autoscaler) -> String {
    told(forecast, autoscaler, End::Span)
}

/// What the next pass does, and then why: for where somebody decides by it.
pub fn led(forecast: &Forecast, autoscaler: &Autoscaler) -> String {
    format!("{}: {}", outlook(forecast), told(forecast, autoscaler, End::Nothing))
}

fn told(forecast: &Forecast, autoscaler: &Autoscaler, end: End) -> String {
    let told = early(forecast, autoscaler, end).unwrap_or_else(|| weighed(forecast, autoscaler, end));
    let basis = if forecast.basis == Basis::Status { "; by the status alone" } else { "" };
    format!("{told}{basis}")
}

/// How a sentence ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// By what the next pass does.
    Outlook,
    /// By the numbers between which it comes, where it is not certain.
    Span,
    /// By nothing: all of it was told before.
    Nothing,
}

impl End {
    /// The end behind something that stands before it.
    fn after(self, mark: &str, forecast: &Forecast) -> String {
        match self {
            Self::Outlook => format!("{mark}{}", outlook(forecast)),
            Self::Span => between(forecast),
            Self::Nothing => String::new(),
        }
    }

    /// The end where the number itself was already told.
    fn doubt(self, forecast: &Forecast) -> String {
        match self {
            Self::Outlook => probably(forecast),
            Self::Span => between(forecast),
            Self::Nothing => String::new(),
        }
    }
}

/// ` (5 to 10)` where it is not one number that comes.
fn between(forecast: &Forecast) -> String {
    if forecast.is_stuck() || forecast.next.is_exact() {
        return String::new();
    }
    format!(" ({})", forecast.next)
}

/// Where no metric decides.
fn early(forecast: &Forecast, autoscaler: &Autoscaler, end: End) -> Option<String> {
    let next = |mark: &str| end.after(mark, forecast);
    let refused = forecast.limits.iter().find_map(|it| match it {
        Limit::Refused(why) => Some(format!("cannot scale its target: {why}{}", next("; "))),
        _ => None,
    });
    refused.or_else(|| match forecast.limits.first() {
        Some(Limit::Disabled) => {
            Some("switched off, because its target has 0 replicas: 1 or more wake it".to_owned())
        }
        Some(Limit::AboveMax) => Some(format!("above its maximum {}{}", forecast.bounds.max, next(": "))),
        Some(Limit::BelowMin) => Some(format!("below its minimum {}{}", forecast.bounds.min, next(": "))),
        Some(Limit::Blind(failure)) => Some(blind(forecast, failure, end)),
        _ if forecast.winner.is_none() => {
            let looked = !autoscaler.conditions.is_empty();
            let when = if looked { "was read in the last pass" } else { "has been read yet" };
            Some(format!("no metric {when}{}", next("; ")))
        }
        _ => None,
    })
}

fn blind(forecast: &Forecast, failure: &Failure, end: End) -> String {
    // As for the controller, the first of those that ask for the most.
    let held = forecast.metrics.iter().rev().filter(|it| it.asks.is_some()).max_by_key(|it| it.asks);
    match held {
        Some(other) => {
            let failed = forecast.metrics.iter().find(|it| it.failure.is_some()).map_or("", |it| &*it.name);
            let asks = other.asks.unwrap_or(forecast.current);
            format!(
                "{failed}: {}; {} asks for {asks}, not down on part of them{}",
                failure.text,
                reading(other),
                end.after(": ", forecast)
            )
        }
        None if end == End::Outlook => format!("cannot compute: {}; {}", failure.text, outlook(forecast)),
        // Behind the outcome its cause alone is enough.
        None => format!("{}{}", failure.text, end.after("", forecast)),
    }
}

/// Where a metric decides.
fn weighed(forecast: &Forecast, autoscaler: &Autoscaler, end: End) -> String {
    let winner = forecast.winner.and_then(|at| forecast.metrics.get(at));
    let Some(metric) = winner else { return outlook(forecast) };
    let raw = forecast.raw.unwrap_or(forecast.current);
    let filled = metric.refilled().filter(|_| metric.kept.is_some());
    let mut told = match (filled, metric.kept) {
        (Some(filled), _) => {
            format!("{}, but ×{filled:.2} with {} filled in", reading(metric), idle(metric.groups))
        }
        (None, Some(Kept::Tolerated)) => tolerated(forecast, metric, autoscaler),
        (None, Some(Kept::Turned)) => format!("{}, but that would turn it round", reading(metric)),
        (None, None) => asks(metric, raw),
    };
    told.push_str(&blinded(forecast));
    let mut limits = forecast.limits.iter().rev().filter(|it| !lifted(forecast, it, raw));
    let held = limits.find_map(|it| hold(forecast, it, raw, metric, end));
    match held {
        Some(Hold::Whole(text)) => format!("{text}{}", blinded(forecast)),
        Some(Hold::After(text)) => format!("{told}{text}"),
        None if forecast.likely == forecast.current
            && told.starts_with(&metric.name)
            && is_kept(forecast) =>
        {
            format!("{told}{}", end.after(": ", forecast))
        }
        None => format!("{told}{}", end.after("; ", forecast)),
    }
}

fn is_kept(forecast: &Forecast) -> bool {
    forecast.limits.iter().any(|it| matches!(it, Limit::Tolerated | Limit::Turned))
}

/// Whether a limit was only met because older recommendations count: what the metrics ask for now would not have met it.
fn lifted(forecast: &Forecast, limit: &Limit, raw: i32) -> bool {
    let stabilised = forecast.limits.iter().any(|it| matches!(it, Limit::Stabilised { .. }));
    stabilised
        && match limit {
            Limit::AtMax => raw <= forecast.bounds.max,
            Limit::AtMin => raw >= forecast.bounds.min,
            Limit::RateLimited { to, up: true, .. } => raw <= *to,
            Limit::RateLimited { to, up: false, .. } => raw >= *to,
            Limit::Forbidden { up: true } => raw <= forecast.current,
            Limit::Forbidden { up: false } => raw >= forecast.current,
            _ => false,
        }
}

/// How a limit is told.
enum Hold {
    /// In place of what the metric asks for.
    Whole(String),
    /// Behind it.
    After(String),
}

fn hold(forecast: &Forecast, limit: &Limit, raw: i32, metric: &MetricForecast, end: End) -> Option<Hold> {
    let stays = forecast.likely == forecast.current;
    let (next, doubt) = (|mark: &str| end.after(mark, forecast), || end.doubt(forecast));
    let bounded = |which: &str| {
        // Behind the outcome the number was told already.
        let at = if end == End::Nothing { String::new() } else { format!(" {}", forecast.likely) };
        Hold::Whole(format!("at its {which}{at}; {} would ask for {raw}{}", reading(metric), doubt()))
    };
    let (min, max) = (forecast.bounds.min, forecast.bounds.max);
    Some(match limit {
        Limit::AtMax if stays => bounded("maximum"),
        Limit::AtMin if stays => bounded("minimum"),
        Limit::AtMax => Hold::After(format!(", more than its maximum {max}{}", next("; "))),
        Limit::AtMin => Hold::After(format!(", less than its minimum {min}{}", next("; "))),
        Limit::RateLimited { policy, to, .. } if stays => {
            Hold::After(format!(", held at {to} by its rate of {policy}{}", doubt()))
        }
        Limit::RateLimited { policy, .. } => Hold::After(format!("{}, no faster than {policy}", next("; "))),
        Limit::Forbidden { up } => {
            let way = if *up { "up" } else { "down" };
            Hold::After(format!(", but scaling {way} is disabled{}", next(": ")))
        }
        Limit::Stabilised { window, until, .. } => {
            let until = until.map_or_else(String::new, |at| format!(" until {} at most", clock(at)));
            let rest = if stays { doubt() } else { next("; ") };
            let to = forecast.likely;
            Hold::After(format!(", held at {to} by the {window} s window{until}{rest}"))
        }
        _ => return None,
    })
}

/// `, probably`, or between which numbers.
fn probably(forecast: &Forecast) -> String {
    match (forecast.next.is_exact(), forecast.doubts.is_empty()) {
        (true, true) => String::new(),
        (true, false) => ", probably".to_owned(),
        (false, _) => format!(", probably (next {})", forecast.next),
    }
}

/// `goes from 4 to 5 within 15 s`, `stays at 4`, `probably stays at 10 (5 to 10)`
pub(super) fn outlook(forecast: &Forecast) -> String {
    let (current, to) = (forecast.current, forecast.target());
    let word = if forecast.is_certain() { "" } else { "probably " };
    let span = between(forecast);
    if to == current {
        return format!("{word}stays at {to}{span}");
    }
    format!("{word}goes from {current} to {to}{span} within {}", seconds(forecast.settings.period))
}

pub(super) fn seconds(number: f64) -> String {
    format!("{number} s")
}

/// `cpu 95% of 80% asks for 5`
fn asks(metric: &MetricForecast, raw: i32) -> String {
    let groups = metric.groups.filter(|it| it.unready + it.missing > 0);
    let with = groups.map_or_else(String::new, |it| format!(" with {}", pods(it)));
    format!("{} asks for {raw}{with}", reading(metric))
}

/// `cpu within tolerance (84% of 80%, ±10%)`
fn tolerated(forecast: &Forecast, metric: &MetricForecast, autoscaler: &Autoscaler) -> String {
    let tolerance = forecast.settings.tolerance_of(autoscaler);
    format!("{} within tolerance ({}, {})", metric.name, values(metric), band(&tolerance))
}

/// `±10%`, `-5% +10%`
pub(super) fn band(tolerance: &Tolerance) -> String {
    let percent = |number: f64| decimal((number * 100_000.0).round() as i64);
    let (down, up) = (percent(tolerance.down), percent(tolerance.up));
    if down == up { format!("±{up}%") } else { format!("-{down}% +{up}%") }
}

/// `1 unready, 2 unmeasured`
pub(super) fn pods(groups: Groups) -> String {
    let parts = [(groups.unready, "unready"), (groups.missing, "unmeasured")];
    let parts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    parts.collect::<Vec<_>>().join(", ")
}

/// Those pods by which a ratio was filled in; the status does not say which they are.
pub(super) fn idle(groups: Option<Groups>) -> String {
    groups.map(pods).filter(|it| !it.is_empty()).unwrap_or_else(|| "pods that do not count".to_owned())
}

/// What else cannot be read, where others decide.
fn blinded(forecast: &Forecast) -> String {
    if !forecast.limits.contains(&Limit::PartlyBlind) {
        return String::new();
    }
    let failed = forecast.metrics.iter().find_map(|it| Some((&it.name, it.failure.as_ref()?)));
    failed.map_or_else(String::new, |(name, failure)| format!(" ({name}: {})", failure.text))
}

/// `cpu 95% of 80%`
pub(super) fn reading(metric: &MetricForecast) -> String {
    format!("{} {}", metric.name, values(metric))
}

/// `95% of 80%`, `412Mi of 500Mi`, `1.5k of 1k per pod`
pub(super) fn values(metric: &MetricForecast) -> String {
    let Some(measured) = metric.measured else { return "not read".to_owned() };
    match &metric.goal {
        Goal::Utilization(goal) => format!("{measured}% of {goal}%"),
        Goal::Value(goal) => format!("{} of {}", like(measured, goal), goal.text),
        Goal::AverageValue(goal) => format!("{} of {} per pod", like(measured, goal), goal.text),
        Goal::Missing => "without a target".to_owned(),
    }
}

/// `12:04:10Z`
pub(super) fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%SZ").to_string()
}
