//! Whether an autoscaler can scale its target at all: the target is there, its scale can be read and written, and it is
//! not at 0.

use super::{Case, disabled};
use crate::analysis::autoscaling::owner::keda;
use crate::analysis::autoscaling::remedy;
use crate::model::finding::{Finding, Severity};
use crate::model::kind::Kind;

/// How the controller begins, by `pkg/controller/podautoscaler/horizontal.go`.
const GET: &str = "unable to get the target's current scale: ";
const UPDATE: &str = "unable to update the target scale: ";

pub(super) fn cannot_scale(case: &Case) -> Option<Finding> {
    let condition = case.refused("AbleToScale")?;
    // Behind the controller's own opening, which says nothing of this one.
    let opening = [GET, UPDATE].into_iter().find_map(|it| condition.message.split_once(it));
    let said = opening.map_or(&*condition.message, |(_, said)| said);
    let summary = format!("cannot scale its target: {said}");
    let mut found = case.finding("A103", Severity::Critical, summary);
    found.evidence = vec![case.evidence(condition)];
    found.forecast = Some("The controller tries again every 15 s and changes nothing until then.".to_owned());
    found.remedy = match &*condition.reason {
        "FailedUpdateScale" => "Something refused the new size: quota, admission or the controller's rights.",
        _ => remedy::target(&condition.message),
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
    let Some(keda) = keda(case.cluster, case.autoscaler) else {
        found.forecast =
            Some("It stays off until somebody sets the target to 1 or more replicas.".to_owned());
        found.remedy = "Set the replicas of the target to at least 1.".into();
        return Some(found);
    };
    // KEDA's operator itself goes from 0 to 1 and back.
    found.forecast =
        Some(format!("It stays off until a trigger of {keda} is active; KEDA then scales to 1 or more."));
    found.remedy = "Nothing, if there is no work; else read the ScaledObject's conditions: is it paused, not ready, not active?".into();
    Some(found)
}
