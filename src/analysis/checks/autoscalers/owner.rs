//! What KEDA does with an autoscaler that it owns: paused, fallen back, or not working.

use super::Case;
use crate::analysis::autoscaling::owner::keda;
use crate::model::finding::{Finding, Severity};
use crate::model::rival::{Paused, ScaledObject};

pub(super) fn found(case: &Case) -> Vec<Finding> {
    let owner = keda(case.cluster, case.autoscaler);
    let Some(object) = owner.and_then(|owner| owner.object) else { return Vec::new() };
    [paused(case, object), failing(case, object)].into_iter().flatten().collect()
}

fn paused(case: &Case, object: &ScaledObject) -> Option<Finding> {
    let (at, field) = match object.paused? {
        Paused::At(replicas) => (format!(" at {replicas}"), "autoscaling.keda.sh/paused-replicas"),
        Paused::Here => (String::new(), "autoscaling.keda.sh/paused"),
    };
    let mut found = case.finding("A117", Severity::Info, format!("paused{at} by its ScaledObject"));
    found.evidence = vec![format!("ScaledObject {}: metadata.annotations[{field}]", object.key)];
    found.forecast =
        Some("KEDA scales nothing, and may delete this autoscaler, until it goes on.".to_owned());
    found.remedy = format!("Take the annotation {field} away when it is to go on.").into();
    Some(found)
}

fn failing(case: &Case, object: &ScaledObject) -> Option<Finding> {
    if object.ready && !object.falling_back {
        return None;
    }
    let summary = match (object.falling_back, object.fallback) {
        (true, Some(replicas)) => {
            format!("KEDA cannot read its triggers and falls back to {replicas} replicas")
        }
        (true, None) => "KEDA cannot read its triggers and falls back".to_owned(),
        (false, _) => "its ScaledObject is not ready".to_owned(),
    };
    let mut found = case.finding("A118", Severity::Warning, summary);
    let triggers: Vec<&str> = object.triggers.iter().map(|it| &**it).collect();
    found.evidence = vec![
        format!(
            "ScaledObject {}: Ready={} Fallback={}",
            object.key,
            if object.ready { "True" } else { "False" },
            if object.falling_back { "True" } else { "False" }
        ),
        format!("spec.triggers: {}", triggers.join(", ")),
    ];
    found.forecast = Some(if object.falling_back {
        "The number of replicas is that of spec.fallback, not that of any load, until the triggers answer."
            .to_owned()
    } else {
        "KEDA does not scale by it until it is ready.".to_owned()
    });
    found.remedy = "Read the ScaledObject's conditions and the log of keda-operator: its trigger or its credentials fail.".into();
    Some(found)
}
