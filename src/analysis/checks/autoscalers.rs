//! Autoscaler checks `A...`: what its conditions and numbers say. It does not compute proposals.

use jiff::Timestamp;

use super::{Check, never};
use crate::analysis::metrics::{name, paired};
use crate::model::autoscaler::Autoscaler;
use crate::model::cluster::Cluster;
use crate::model::finding::{Finding, Severity};
use crate::model::key::Target;
use crate::model::kind::Kind;
use crate::model::meta::{Condition, ConditionStatus};
use crate::model::value::age;

mod rules;

/// Findings about autoscalers.
pub const CHECK: Check = Check {
    name: "autoscalers",
    subjects: Kind::HorizontalPodAutoscaler,
    rules: rules::RULES,
    judged: |cluster, _| {
        cluster.judged(&[
            Kind::HorizontalPodAutoscaler,
            Kind::Deployment,
            Kind::StatefulSet,
            Kind::ReplicaSet,
            Kind::DaemonSet,
        ])
    },
    keys: |cluster| cluster.autoscalers().map(|it| it.meta.key.clone()).collect(),
    restless: never,
    of: |cluster, _, key, now| cluster.autoscaler(key).map_or_else(Vec::new, |it| of(cluster, it, now)),
};

/// Everything that is wrong with one autoscaler.
pub fn of(cluster: &Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Vec<Finding> {
    let found = [
        cannot_scale(autoscaler, now),
        missing_target(cluster, autoscaler),
        inactive(autoscaler, now),
        partly_blind(autoscaler),
        at_the_limit(autoscaler, now),
        not_following(cluster, autoscaler),
    ];
    found.into_iter().flatten().collect()
}

fn finding(autoscaler: &Autoscaler, code: &'static str, severity: Severity, summary: &str) -> Finding {
    Finding {
        code,
        severity,
        target: Target::new(Kind::HorizontalPodAutoscaler, autoscaler.meta.key.clone()),
        summary: summary.to_owned(),
        evidence: Vec::new(),
        forecast: None,
        remedy: "".into(),
    }
}

fn evidence(condition: &Condition, now: Timestamp) -> String {
    let since = condition
        .since
        .map_or(String::new(), |at| format!(", for {}", age(now.duration_since(at).as_secs())));
    let (kind, status) = (&condition.kind, condition.status.as_str());
    format!("status.conditions[{kind}]={status} {}: {}{since}", condition.reason, condition.message)
}

fn false_condition<'a>(autoscaler: &'a Autoscaler, kind: &str) -> Option<&'a Condition> {
    autoscaler.condition(kind).filter(|condition| condition.status == ConditionStatus::False)
}

fn cannot_scale(autoscaler: &Autoscaler, now: Timestamp) -> Option<Finding> {
    let condition = false_condition(autoscaler, "AbleToScale")?;
    let mut found = finding(
        autoscaler,
        "A103",
        Severity::Critical,
        &format!("cannot scale its target: {}", condition.message),
    );
    found.evidence = vec![evidence(condition, now)];
    found.forecast = Some("The controller tries again every 15 s and changes nothing until then.".to_owned());
    found.remedy = match &*condition.reason {
        "FailedUpdateScale" => "Something refused the new size: quota, admission or the controller's rights.",
        _ => "Check that spec.scaleTargetRef names an existing object whose kind has a scale subresource.",
    }
    .into();
    Some(found)
}

fn missing_target(cluster: &Cluster, autoscaler: &Autoscaler) -> Option<Finding> {
    let target = &autoscaler.target;
    let kind = Kind::named(&target.kind).filter(|kind| kind.group() == target.group())?;
    let namespace = &autoscaler.meta.key.namespace;
    let gone = cluster.knows_all_in(kind, namespace)
        && cluster.workload_named(&target.kind, namespace, &target.name).is_none();
    // The controller's own word, once it has noticed, is better than ours.
    if !gone || false_condition(autoscaler, "AbleToScale").is_some() {
        return None;
    }
    let summary = format!("its target {} {} does not exist", target.kind, target.name);
    let mut found = finding(autoscaler, "A104", Severity::Critical, &summary);
    found.evidence = vec![format!("spec.scaleTargetRef={}/{}", target.kind, target.name)];
    found.remedy = format!("Create the {} or delete the autoscaler.", target.kind).into();
    Some(found)
}

fn inactive(autoscaler: &Autoscaler, now: Timestamp) -> Option<Finding> {
    let condition = false_condition(autoscaler, "ScalingActive")?;
    let disabled = &*condition.reason == "ScalingDisabled";
    let (code, severity, summary) = if disabled {
        ("A105", Severity::Info, "switched off, because its target has 0 replicas".to_owned())
    } else {
        ("A101", Severity::Critical, format!("cannot read its metrics: {}", condition.message))
    };
    let mut found = finding(autoscaler, code, severity, &summary);
    found.evidence = vec![evidence(condition, now)];
    found.evidence.push(format!("status.desiredReplicas={} is from before", autoscaler.desired));
    found.forecast = Some(if disabled {
        "It stays off until somebody sets the target to 1 or more replicas.".to_owned()
    } else {
        "No scaling happens until a metric can be read.".to_owned()
    });
    found.remedy = remedy(&condition.reason, &condition.message).into();
    Some(found)
}

/// What mends a metric failure, from the controller's reason and message.
fn remedy(reason: &str, message: &str) -> &'static str {
    if reason == "ScalingDisabled" {
        "Set the replicas of the target to at least 1."
    } else if message.contains("missing request for") {
        "Give every container of the target a request for that resource; one sidecar without it is enough to fail."
    } else if message.contains("could not find the requested resource") || message.contains("registered") {
        "No adapter serves that metrics API: install one (metrics-server for cpu and memory)."
    } else if message.contains("currently unable to handle") {
        "The metrics adapter is registered but does not answer: look at its pods."
    } else if reason.contains("Selector") {
        "Make the pods of each autoscaler's target distinct: their selectors overlap or are missing."
    } else {
        "Look at the adapter that serves the metric, and whether the pods are ready and measured."
    }
}

fn partly_blind(autoscaler: &Autoscaler) -> Option<Finding> {
    if autoscaler.readings.is_empty() || false_condition(autoscaler, "ScalingActive").is_some() {
        return None;
    }
    let pairs = paired(autoscaler);
    let unread: Vec<String> =
        pairs.iter().filter(|p| p.reading.is_none()).map(|p| name(&p.metric.source)).collect();
    if unread.is_empty() {
        return None;
    }
    let summary = format!("one of its metrics cannot be read: {}", unread.join(", "));
    let mut found = finding(autoscaler, "A102", Severity::Warning, &summary);
    found.evidence = unread.iter().map(|name| format!("status.currentMetrics has no {name}")).collect();
    found.forecast = Some("It may still scale up by the others, but not down.".to_owned());
    found.remedy = "Look at the adapter that serves the metric.".into();
    Some(found)
}

fn at_the_limit(autoscaler: &Autoscaler, now: Timestamp) -> Option<Finding> {
    let limited = autoscaler.condition("ScalingLimited").filter(|c| c.status == ConditionStatus::True)?;
    let (code, severity, what, remedy) = match &*limited.reason {
        "TooManyReplicas" => (
            "A106",
            Severity::Warning,
            format!("at its maximum of {}, and its metrics ask for more", autoscaler.max),
            "Raise spec.maxReplicas, or make each pod do more.",
        ),
        "ScaleUpLimit" | "ScaleDownLimit" => (
            "A107",
            Severity::Info,
            "slowed down by its rate policy".to_owned(),
            "Nothing, if the pace is intended; else change spec.behavior.",
        ),
        _ => return None,
    };
    let mut found = finding(autoscaler, code, severity, &what);
    found.evidence = vec![evidence(limited, now)];
    found.remedy = remedy.into();
    Some(found)
}

fn not_following(cluster: &Cluster, autoscaler: &Autoscaler) -> Option<Finding> {
    let target = &autoscaler.target;
    let workload = cluster.workload_named(&target.kind, &autoscaler.meta.key.namespace, &target.name)?;
    if workload.ready >= workload.desired || workload.desired == 0 {
        return None;
    }
    let summary = format!("{} of {} replicas of its target are ready", workload.ready, workload.desired);
    let mut found = finding(autoscaler, "A108", Severity::Warning, &summary);
    found.evidence = vec![format!(
        "{}: spec.replicas={} status.replicas={} readyReplicas={}",
        workload.target(),
        workload.desired,
        workload.created,
        workload.ready
    )];
    found.remedy = "Open the row and look at its pods: pending, pulling, crashing, or not yet ready.".into();
    Some(found)
}
