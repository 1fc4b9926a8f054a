//! Whether an autoscaler can scale its target at all: the target is there, its scale can be read and written, and it is
//! not at 0.

use super::{Case, disabled};
use crate::model::finding::{Finding, Severity};
use crate::model::kind::Kind;

pub(super) fn cannot_scale(case: &Case) -> Option<Finding> {
    let condition = case.refused("AbleToScale")?;
    let summary = format!("cannot scale its target: {}", condition.message);
    let mut found = case.finding("A103", Severity::Critical, summary);
    found.evidence = vec![case.evidence(condition)];
    found.forecast = Some("The controller tries again every 15 s and changes nothing until then.".to_owned());
    found.remedy = match &*condition.reason {
        "FailedUpdateScale" => "Something refused the new size: quota, admission or the controller's rights.",
        _ => "Check that spec.scaleTargetRef names an existing object whose kind has a scale subresource.",
    }
    .into();
    Some(found)
}

pub(super) fn missing_target(case: &Case) -> Option<Finding> {
    let (cluster, target) = (case.cluster, &case.autoscaler.target);
    let kind = Kind::named(&target.kind).filter(|kind| kind.group() == target.group())?;
    let namespace = &case.autoscaler.meta.key.namespace;
    let gone = cluster.knows_all_in(kind, namespace)
        && cluster.workload_named(&target.kind, namespace, &target.name).is_none();
    // The controller's own word, once it has noticed, is better than ours.
    if !gone || case.refused("AbleToScale").is_some() {
        return None;
    }
    let summary = format!("its target {} {} does not exist", target.kind, target.name);
    let mut found = case.finding("A104", Severity::Critical, summary);
    found.evidence = vec![format!("spec.scaleTargetRef={}/{}", target.kind, target.name)];
    found.remedy = format!("Create the {} or delete the autoscaler.", target.kind).into();
    Some(found)
}

pub(super) fn switched_off(case: &Case) -> Option<Finding> {
    let condition = case.refused("ScalingActive").filter(|it| disabled(it))?;
    let mut found =
        case.finding("A105", Severity::Info, "switched off, because its target has 0 replicas".to_owned());
    found.evidence = vec![case.evidence(condition)];
    found.forecast = Some("It stays off until somebody sets the target to 1 or more replicas.".to_owned());
    found.remedy = "Set the replicas of the target to at least 1.".into();
    Some(found)
}
