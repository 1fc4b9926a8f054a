//! Taints and cordons: what stands there without reason, what is missing, what was forgotten.

use super::Case;
use crate::analysis::lifecycle::{EvictionTaint, Keys};
use crate::analysis::trouble::LONG_CORDON;
use crate::model::finding::{Finding, Severity};
use crate::model::value::age;

pub(super) fn cordoned(case: &Case, seconds: Option<i64>) -> Finding {
    let name = &case.node().meta.key.name;
    let pods = case.cluster.load(name).map_or(0, |load| load.pods);
    let long = seconds.filter(|seconds| *seconds > LONG_CORDON);
    let mut found = match long {
        Some(seconds) => {
            case.finding("N107", format!("cordoned for {}; pods still on it: {pods}", age(seconds)))
        }
        None => case.finding("N106", format!("cordoned; pods still on it: {pods}")),
    };
    found.evidence = vec!["spec.unschedulable=true".to_owned()];
    if let Some(seconds) = seconds {
        found.evidence.push(format!("the taint unschedulable:NoSchedule is there for {}", age(seconds)));
    }
    found.forecast = Some("No new pods come but those that tolerate it; no pod leaves by it.".to_owned());
    found.remedy = format!("kubectl uncordon {name}, when the work on it is done.").into();
    found
}

fn list(keys: Keys) -> String {
    let short = |key: &'static str| format!("{}:NoSchedule", key.trim_start_matches("node.kubernetes.io/"));
    keys.iter().map(short).collect::<Vec<_>>().join(", ")
}

/// The conditions that speak about taints, and the taints.
fn evidence(case: &Case) -> Vec<String> {
    let mut evidence: Vec<String> = case.node().conditions.iter().map(|it| case.evidence(it)).collect();
    evidence.push(format!("spec.unschedulable={}", case.node().unschedulable));
    evidence.extend(case.taints());
    evidence
}

/// A controller that does not do what it does at once is not there.
fn remedy(found: &Finding) -> &'static str {
    if found.severity == Severity::Info {
        "Nothing: the controller sets it right at the node's next event."
    } else {
        "It has been so for a minute: see whether kube-controller-manager runs and may patch nodes."
    }
}

pub(super) fn surplus(case: &Case) -> Finding {
    let disagreement = case.standing.disagreement;
    let mut borne = list(disagreement.removes);
    if disagreement.eviction == EvictionTaint::Surplus {
        let separator = if borne.is_empty() { "" } else { ", " };
        borne = format!("{borne}{separator}its NoExecute taint, although it is Ready");
    }
    let mut found = case.finding("N109", format!("bears a taint that nothing calls for: {borne}"));
    found.evidence = evidence(case);
    found.forecast = Some(
        "The lifecycle controller takes it away, whoever wrote it; with NoExecute, waits end.".to_owned(),
    );
    found.remedy = remedy(&found).into();
    found
}

pub(super) fn missing(case: &Case) -> Finding {
    let missing = list(case.standing.disagreement.adds);
    let mut found = case.finding("N110", format!("lacks a taint that its conditions call for: {missing}"));
    found.evidence = evidence(case);
    found.forecast =
        Some("The lifecycle controller adds it; until then new pods may still be placed here.".to_owned());
    found.remedy = remedy(&found).into();
    found
}

pub(super) fn falsely_off(case: &Case) -> Finding {
    let mut found = case.finding("N121", "marked out of service, although it is Ready".to_owned());
    found.evidence = case.taints().collect();
    found.forecast = Some(
        "Should it become not Ready, its deleted pods and their volumes are torn away by force at once."
            .to_owned(),
    );
    let name = &case.node().meta.key.name;
    found.remedy = format!("kubectl taint node {name} node.kubernetes.io/out-of-service-").into();
    found
}
