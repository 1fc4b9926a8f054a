//! What the controller says of an autoscaler in its conditions, and how bad each is. It forecasts nothing.

use jiff::Timestamp;

use crate::model::autoscaler::Autoscaler;
use crate::model::finding::Severity;
use crate::model::meta::{Condition, ConditionStatus};
use crate::model::table::Cell;
use crate::model::value::{Value, age};
use crate::views::nodes::list;
use crate::views::{Line, Section};

/// The conditions and the status of each that needs no word.
const GOOD: [(&str, ConditionStatus); 3] = [
    ("AbleToScale", ConditionStatus::True),
    ("ScalingActive", ConditionStatus::True),
    ("ScalingLimited", ConditionStatus::False),
];

fn severity(condition: &Condition) -> Severity {
    let good = GOOD.iter().any(|(kind, status)| *kind == &*condition.kind && *status == condition.status);
    match (&*condition.kind, &*condition.reason) {
        _ if good => Severity::Ok,
        ("ScalingActive", "ScalingDisabled")
        | ("ScalingLimited", "TooFewReplicas" | "ScaleUpLimit" | "ScaleDownLimit") => Severity::Info,
        ("ScalingLimited", _) => Severity::Warning,
        ("AbleToScale" | "ScalingActive", _) => Severity::Critical,
        // Kinds that came later, such as ScaledToZero, say nothing bad by themselves.
        _ => Severity::Ok,
    }
}

/// Only what deviates is said; all three well is `ok`.
pub(super) fn cell(autoscaler: &Autoscaler) -> Cell {
    if autoscaler.conditions.is_empty() {
        return Value::Missing("not evaluated yet").into();
    }
    let known = GOOD.iter().filter_map(|(kind, _)| autoscaler.condition(kind));
    let odd: Vec<&Condition> = known.filter(|it| severity(it) > Severity::Ok).collect();
    let words = odd.iter().map(|it| format!("{}={} {}", it.kind, it.status.as_str(), it.reason)).collect();
    let worst = odd.iter().map(|it| severity(it)).max().unwrap_or_default();
    Cell::marked(if odd.is_empty() { Value::text("ok") } else { Value::List(words) }, worst)
}

/// All of them in full.
pub(super) fn section(autoscaler: &Autoscaler, now: Timestamp) -> Section {
    let lines = autoscaler.conditions.iter().map(|it| {
        let since =
            it.since.map_or(String::new(), |at| format!(" for {}", age(now.duration_since(at).as_secs())));
        let text = format!("{}{since}, {}: {}", it.status.as_str(), it.reason, it.message);
        Line::marked(it.kind.to_string(), text, severity(it))
    });
    list("Conditions", lines, "the controller has not looked at it yet")
}
