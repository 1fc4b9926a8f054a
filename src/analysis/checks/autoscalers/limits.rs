//! What limits an autoscaler: its maximum, its policies, bounds that are one number, and its own turning.

use jiff::Timestamp;

use super::{Case, disabled};
use crate::analysis::autoscaling::flapping::{Turns, WINDOW};
use crate::analysis::autoscaling::groups::past;
use crate::model::autoscaler::{Autoscaler, Behavior, Select};
use crate::model::finding::{Finding, Severity};
use crate::model::meta::{Condition, ConditionStatus};
use crate::model::value::age;

/// Longer than this many seconds at the maximum is long, also when the metrics ask for no more.
const LONG_AT_MAX: i64 = 3600;
/// Longer than this many seconds is long for a policy that is there to smooth.
const LONG_LIMITED: i64 = 600;

/// Whether it has come to its maximum, and could be lower.
fn at_max(autoscaler: &Autoscaler) -> bool {
    autoscaler.max > autoscaler.min
        && autoscaler.desired >= autoscaler.max
        && autoscaler.current >= autoscaler.max
}

/// When it has been at its maximum, and limited, for long.
pub(super) fn lengthen(autoscaler: &Autoscaler) -> [Option<Timestamp>; 2] {
    let full = autoscaler.last_scale.filter(|_| at_max(autoscaler));
    let limited = limited(autoscaler).and_then(|it| it.since);
    [full.map(|at| past(at, LONG_AT_MAX)), limited.map(|at| past(at, LONG_LIMITED))]
}

/// The condition that says that it wants what it may not.
fn limited(autoscaler: &Autoscaler) -> Option<&Condition> {
    autoscaler.condition("ScalingLimited").filter(|condition| condition.status == ConditionStatus::True)
}

/// The same, as long as metrics are read: the controller leaves it standing when they no longer are.
fn slowing<'a>(case: &Case<'a>) -> Option<&'a Condition> {
    limited(case.autoscaler).filter(|_| case.refused("ScalingActive").is_none())
}

/// The condition that says that metrics ask for more than the maximum. After a peak the condition may
/// speak of old recommendations alone: what metrics ask for now is known better where it is computed.
fn above<'a>(case: &Case<'a>) -> Option<&'a Condition> {
    let autoscaler = case.autoscaler;
    let condition = slowing(case)?;
    if &*condition.reason != "TooManyReplicas" || autoscaler.max <= autoscaler.min {
        return None;
    }
    case.forecast().raw.is_none_or(|raw| raw > autoscaler.max).then_some(condition)
}

pub(super) fn at_the_maximum(case: &Case) -> Option<Finding> {
    let autoscaler = case.autoscaler;
    let condition = above(case)?;
    let summary = format!("at its maximum of {}, and its metrics ask for more", autoscaler.max);
    let mut found = case.finding("A106", Severity::Warning, summary);
    found.evidence = vec![case.evidence(condition), replicas(autoscaler)];
    found.evidence.extend(since_scaled(case));
    found.forecast = Some(case.next());
    found.remedy = "Raise spec.maxReplicas, or make each pod do more.".into();
    Some(found)
}

pub(super) fn long_at_the_maximum(case: &Case) -> Option<Finding> {
    let autoscaler = case.autoscaler;
    let last = autoscaler.last_scale?;
    let for_ = case.seconds(last);
    if !at_max(autoscaler) || case.inactive().is_some() || for_ <= LONG_AT_MAX || above(case).is_some() {
        return None;
    }
    let summary = format!("at its maximum of {} for {}", autoscaler.max, case.age(last));
    let mut found = case.finding("A109", Severity::Info, summary);
    found.evidence = vec![replicas(autoscaler)];
    found.evidence.extend(since_scaled(case));
    found.forecast = Some("It has nothing left to add when the load grows.".to_owned());
    found.remedy = "Raise spec.maxReplicas if more load is to come.".into();
    Some(found)
}

fn replicas(autoscaler: &Autoscaler) -> String {
    format!(
        "spec.maxReplicas={} status.currentReplicas={} status.desiredReplicas={}",
        autoscaler.max, autoscaler.current, autoscaler.desired
    )
}

fn since_scaled(case: &Case) -> Option<String> {
    let at = case.autoscaler.last_scale?;
    Some(format!("status.lastScaleTime={at}, {} ago", case.age(at)))
}

pub(super) fn slowed(case: &Case) -> Option<Finding> {
    let condition = slowing(case)?;
    let (way, rules) = match &*condition.reason {
        "ScaleUpLimit" => ("up", case.autoscaler.behavior.as_ref().map(|it: &Behavior| &it.up)),
        "ScaleDownLimit" => ("down", case.autoscaler.behavior.as_ref().map(|it| &it.down)),
        _ => return None,
    };
    let never = rules.is_some_and(|rules| rules.select == Select::Disabled);
    let since = condition.since.filter(|at| case.seconds(*at) > LONG_LIMITED && !never);
    let (code, severity, summary) = if never {
        ("A107", Severity::Info, format!("may not scale {way}: its selectPolicy is Disabled"))
    } else if let Some(since) = since {
        ("A114", Severity::Warning, format!("slowed down by its rate policy for up to {}", case.age(since)))
    } else {
        ("A107", Severity::Info, "slowed down by its rate policy".to_owned())
    };
    let mut found = case.finding(code, severity, summary);
    found.evidence = vec![case.evidence(condition)];
    found.forecast = Some(if never { format!("It never scales {way} by its metrics.") } else { case.next() });
    found.remedy = if rules.is_some() {
        "Nothing, if the pace is intended; else change spec.behavior."
    } else {
        "Nothing, if the pace is intended; without spec.behavior it doubles at most: give it one to be faster."
    }
    .into();
    Some(found)
}

/// KEDA and others hold replicas so on purpose; it is worth knowing all the same.
pub(super) fn fixed(case: &Case) -> Option<Finding> {
    let autoscaler = case.autoscaler;
    if autoscaler.min != autoscaler.max {
        return None;
    }
    let summary = format!("cannot scale: its minimum and its maximum are both {}", autoscaler.max);
    let mut found = case.finding("A110", Severity::Info, summary);
    found.evidence = vec![format!("spec.minReplicas={} spec.maxReplicas={}", autoscaler.min, autoscaler.max)];
    let zero = case.cluster.target_of(autoscaler).map(|target| target.desired == 0);
    let off =
        autoscaler.max > 0 && zero.unwrap_or_else(|| case.refused("ScalingActive").is_some_and(disabled));
    found.forecast = Some(if off {
        "It does nothing while its target is at 0 replicas.".to_owned()
    } else {
        format!("It sets its target to {} and does nothing else.", autoscaler.max)
    });
    found.remedy = "Make the maximum larger than the minimum, or delete the autoscaler.".into();
    Some(found)
}

pub(super) fn flapping(case: &Case) -> Option<Finding> {
    let turns = Turns::of(case.cluster.history(&case.autoscaler.meta.key)?, case.now);
    if !turns.flapping() {
        return None;
    }
    let (low, high) = turns.span;
    let summary = format!("flapping: {} turns in {} between {low} and {high}", turns.turns, age(WINDOW));
    let mut found = case.finding("A113", Severity::Warning, summary);
    found.evidence =
        vec![format!("seen in this session: {} steps, {} changes of direction", turns.steps, turns.turns)];
    found.evidence.push(match &case.autoscaler.behavior {
        Some(behavior) => match behavior.down.window {
            Some(seconds) => format!("spec.behavior.scaleDown.stabilizationWindowSeconds={seconds}"),
            None => "spec.behavior.scaleDown has no window: the controller's own counts".to_owned(),
        },
        None => "spec.behavior is absent: the controller's own window counts".to_owned(),
    });
    found.forecast = Some("It goes on so while the load does; pods start and stop all the time.".to_owned());
    found.remedy =
        "Lengthen spec.behavior.scaleDown.stabilizationWindowSeconds, widen the tolerance, or use a steadier metric."
            .into();
    Some(found)
}
