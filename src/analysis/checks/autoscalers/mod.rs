//! Autoscaler checks `A...`: target, metrics, limits, whether the workload follows, and who works against it. What is
//! judged is in `analysis::autoscaling`; here it is put into words.

use std::borrow::Cow;
use std::cell::OnceCell;

use jiff::Timestamp;

use super::Check;
use crate::analysis::autoscaling::flapping::Turns;
use crate::analysis::autoscaling::{self, Forecast};
use crate::model::autoscaler::Autoscaler;
use crate::model::cluster::Cluster;
use crate::model::finding::{Finding, Severity};
use crate::model::history::{Event, History};
use crate::model::key::{Key, Target};
use crate::model::kind::Kind;
use crate::model::meta::{Condition, ConditionStatus};
use crate::model::value::age;

mod fights;
mod following;
mod limits;
mod metrics;
mod owner;
mod rules;
mod scaling;

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
            Kind::Pod,
        ])
    },
    keys: |cluster| cluster.autoscalers().map(|it| it.meta.key.clone()).collect(),
    restless: |_, cluster, now| restless(cluster, now),
    of: |cluster, _, key, now| cluster.autoscaler(key).map_or_else(Vec::new, |it| of(cluster, it, now)),
};

/// Those for which something begins or ends by itself: at the maximum, limited, without the pods that they asked for, or
/// flapping.
pub fn restless(cluster: &Cluster, now: Timestamp) -> Vec<Key> {
    let grows = |it: &&Autoscaler| {
        limits::at_max(it)
            || limits::limited(it).is_some()
            || cluster.target_of(it).is_some_and(|workload| workload.ready < workload.desired)
            || cluster.history(&it.meta.key).is_some_and(|history| is_moving(history, now))
    };
    cluster.autoscalers().filter(grows).map(|it| it.meta.key.clone()).collect()
}

/// Those whose worst finding may have become another one since an instant by the passing of time alone.
pub fn worsening(cluster: &Cluster, since: Timestamp, now: Timestamp) -> Vec<Key> {
    let worsens = |it: &&Autoscaler| {
        limits::lengthens(it, since, now)
            || cluster.target_of(it).is_some_and(|workload| workload.ready < workload.desired)
            || cluster.history(&it.meta.key).is_some_and(|history| is_moving(history, now))
    };
    cluster.autoscalers().filter(worsens).map(|it| it.meta.key.clone()).collect()
}

/// Whether it turned, or was turned by somebody else, so lately that this counts.
fn is_moving(history: &History, now: Timestamp) -> bool {
    let outside = |event: &Event| matches!(event, Event::Outside { .. });
    history.events().any(outside) || Turns::of(history, now).flapping()
}

/// Everything that is wrong with one autoscaler.
pub fn of(cluster: &Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Vec<Finding> {
    found(&Case { cluster, autoscaler, now, forecast: OnceCell::new() })
}

/// The same for whoever has computed its forecast already.
pub fn foreseen(
    cluster: &Cluster,
    autoscaler: &Autoscaler,
    forecast: &Forecast,
    now: Timestamp,
) -> Vec<Finding> {
    found(&Case { cluster, autoscaler, now, forecast: OnceCell::from(Cow::Borrowed(forecast)) })
}

fn found(case: &Case<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = [
        scaling::cannot_scale(case),
        scaling::missing_target(case),
        scaling::switched_off(case),
        metrics::unread(case),
        metrics::partly_unread(case),
        metrics::missing_requests(case),
        metrics::stale(case),
        limits::at_the_maximum(case),
        limits::long_at_the_maximum(case),
        limits::slowed(case),
        limits::fixed(case),
        limits::flapping(case),
        following::lagging(case),
    ]
    .into_iter()
    .flatten()
    .collect();
    found.extend(fights::found(case));
    found.extend(owner::found(case));
    found
}

/// Whether ScalingActive is False only because the target is at 0.
fn disabled(active: &Condition) -> bool {
    &*active.reason == "ScalingDisabled"
}

/// What is known when something is put into words.
struct Case<'a> {
    cluster: &'a Cluster,
    autoscaler: &'a Autoscaler,
    now: Timestamp,
    /// Most of what is found needs none; no two of them compute it twice.
    forecast: OnceCell<Cow<'a, Forecast>>,
}

impl<'a> Case<'a> {
    fn finding(&self, code: &'static str, severity: Severity, summary: String) -> Finding {
        Finding {
            code,
            severity,
            target: Target::new(Kind::HorizontalPodAutoscaler, self.autoscaler.meta.key.clone()),
            summary,
            evidence: Vec::new(),
            forecast: None,
            remedy: "".into(),
        }
    }

    /// A condition that is False.
    fn refused(&self, kind: &str) -> Option<&'a Condition> {
        self.autoscaler.condition(kind).filter(|condition| condition.status == ConditionStatus::False)
    }

    /// Why metrics decide nothing, unless it is that the target is at 0.
    fn inactive(&self) -> Option<&'a Condition> {
        self.refused("ScalingActive").filter(|condition| !disabled(condition))
    }

    /// What its next pass does.
    fn forecast(&self) -> &Forecast {
        let compute = || Cow::Owned(autoscaling::forecast(self.cluster, self.autoscaler, self.now));
        self.forecast.get_or_init(compute)
    }

    /// The same in one sentence.
    fn next(&self) -> String {
        let told = autoscaling::led(self.forecast(), self.autoscaler);
        let mut rest = told.chars();
        let first: String = rest.next().map(char::to_uppercase).into_iter().flatten().collect();
        format!("{first}{}.", rest.as_str())
    }

    /// How long ago, in seconds.
    fn seconds(&self, at: Timestamp) -> i64 {
        self.now.duration_since(at).as_secs()
    }

    /// A condition as evidence: type, status, reason, message, since.
    fn evidence(&self, condition: &Condition) -> String {
        let since = condition.since.map_or(String::new(), |at| format!(", for {}", age(self.seconds(at))));
        let (kind, status) = (&condition.kind, condition.status.as_str());
        format!("status.conditions[{kind}]={status} {}: {}{since}", condition.reason, condition.message)
    }
}
