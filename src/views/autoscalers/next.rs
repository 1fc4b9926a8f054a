//! What an autoscaler's next pass does, as `analysis` forecasts it: a sentence for its row, every step for its detail.

use jiff::Timestamp;

use crate::analysis::assumptions::stated;
use crate::analysis::autoscaling::{Forecast, Limit, Step, reason, sentence, steps};
use crate::model::autoscaler::Autoscaler;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::flag::Flag;
use crate::model::table::Cell;
use crate::model::value::Told;
use crate::views::{Line, Section};

/// What is assumed of the controller in every forecast.
const ASSUMED: [Flag; 5] = [
    Flag::SyncPeriod,
    Flag::Tolerance,
    Flag::DownscaleStabilization,
    Flag::CpuInitialization,
    Flag::InitialReadiness,
];

/// What comes of it and why; programs get its numbers too.
pub(super) fn cell(forecast: &Forecast, autoscaler: &Autoscaler) -> Cell {
    let whole = i64::from;
    let mut numbers = vec![("current", whole(forecast.current))];
    numbers.extend(forecast.raw.map(|raw| ("metricsAskFor", whole(raw))));
    numbers.extend([
        ("next", whole(forecast.likely)),
        ("nextAtLeast", whole(forecast.next.lo)),
        ("nextAtMost", whole(forecast.next.hi)),
        ("doubts", forecast.doubts.len() as i64),
    ]);
    let text = format!("{}: {}", outcome(forecast), reason(forecast, autoscaler));
    Cell::marked(Told { text, numbers }.into(), severity(forecast))
}

/// What comes of it, before the reasons, which narrow screens cut: `4→5`, `4→5?` where that is not certain, `stays 4`.
fn outcome(forecast: &Forecast) -> String {
    let (current, next) = (forecast.current, forecast.target());
    let doubt = if forecast.is_certain() { "" } else { "?" };
    if current == next { format!("stays {current}{doubt}") } else { format!("{current}→{next}{doubt}") }
}

/// How bad it is what stands between; a change that comes is worth a look.
fn severity(forecast: &Forecast) -> Severity {
    let limit = |limit: &Limit| match limit {
        Limit::Blind(_) | Limit::Refused(_) => Severity::Critical,
        Limit::AtMax | Limit::PartlyBlind => Severity::Warning,
        Limit::Disabled | Limit::AboveMax | Limit::BelowMin => Severity::Info,
        _ => Severity::Ok,
    };
    let moves = if forecast.target() == forecast.current { Severity::Ok } else { Severity::Info };
    forecast.limits.iter().map(limit).max().unwrap_or_default().max(moves)
}

/// The sentence and every step of the arithmetic.
pub(super) fn section(
    cluster: &Cluster,
    autoscaler: &Autoscaler,
    forecast: &Forecast,
    now: Timestamp,
) -> Section {
    let line = |step: Step| Line::marked(step.label, step.text, step.severity);
    let mut lines = vec![Line::marked("", sentence(forecast, autoscaler), severity(forecast))];
    lines.extend(steps(forecast, cluster, autoscaler, now).into_iter().map(line));
    Section { title: "What next".to_owned(), lines }
}

/// What every forecast stands on that the API does not show.
pub(super) fn assumed(cluster: &Cluster) -> Section {
    let lines = ASSUMED.map(|flag| Line::new("", stated(cluster, flag))).to_vec();
    Section { title: "Assumed of the controller".to_owned(), lines }
}
