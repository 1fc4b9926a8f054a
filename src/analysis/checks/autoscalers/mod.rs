//! Autoscaler checks `A...`: target, metrics, limits, whether the workload follows, and who works against it. What is
//! judged is in `analysis::autoscaling`; here it is put into words.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

use jiff::{SignedDuration, Timestamp};

use super::{Check, Diagnosis};
use crate::analysis::autoscaling::groups::after;
use crate::analysis::autoscaling::{self, Forecast};
use crate::model::autoscaler::Autoscaler;
use crate::model::cluster::Cluster;
use crate::model::finding::{Finding, Severity};
use crate::model::key::Target;
use crate::model::kind::Kind;
use crate::model::meta::{Condition, ConditionStatus};
use crate::model::value::{age, age_lasts};

mod fights;
mod following;
mod limits;
mod metrics;
mod owner;
mod restless;
mod rules;
mod scaling;

pub use restless::restless;

/// Findings about autoscalers.
pub const CHECK: Check = Check {
    name: "autoscalers",
    subjects: Kind::HorizontalPodAutoscaler,
    rules: rules::RULES,
    judged: |cluster, _| cluster.judged(KINDS),
    keys: |cluster| cluster.autoscalers().map(|it| it.meta.key.clone()).collect(),
    restless,
    of: |cluster, _, key, now| match cluster.autoscaler(key) {
        Some(autoscaler) => diagnosis(cluster, autoscaler, now),
        None => Diagnosis::for_ever(Vec::new()),
    },
};

/// The kinds by which they are judged.
const KINDS: &[Kind] = &[
    Kind::HorizontalPodAutoscaler,
    Kind::Deployment,
    Kind::StatefulSet,
    Kind::ReplicaSet,
    Kind::DaemonSet,
    Kind::Pod,
];

/// Everything that is wrong with one autoscaler.
pub fn of(cluster: &Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Vec<Finding> {
    diagnosis(cluster, autoscaler, now).findings
}

fn diagnosis(cluster: &Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Diagnosis {
    let case = Case::new(cluster, autoscaler, now);
    let findings = found(&case);
    Diagnosis { findings, until: case.until.get() }
}

/// The same for whoever has computed its forecast already.
pub fn foreseen(
    cluster: &Cluster,
    autoscaler: &Autoscaler,
    forecast: &Forecast,
    now: Timestamp,
) -> Vec<Finding> {
    found(&Case { forecast: OnceCell::from(Cow::Borrowed(forecast)), ..Case::new(cluster, autoscaler, now) })
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
    /// Before when every age that was told is told in the same words.
    until: Cell<Timestamp>,
}

impl<'a> Case<'a> {
    fn new(cluster: &'a Cluster, autoscaler: &'a Autoscaler, now: Timestamp) -> Self {
        Self { cluster, autoscaler, now, forecast: OnceCell::new(), until: Cell::new(Timestamp::MAX) }
    }

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

    /// The same in words, which are kept in mind to be told otherwise when it is time.
    fn age(&self, at: Timestamp) -> String {
        let seconds = self.seconds(at);
        let end = SignedDuration::from_secs(seconds.saturating_add(age_lasts(seconds)));
        self.until.set(self.until.get().min(after(at, end)));
        age(seconds)
    }

    /// A condition as evidence: type, status, reason, message, since.
    fn evidence(&self, condition: &Condition) -> String {
        let since = condition.since.map_or(String::new(), |at| format!(", for {}", self.age(at)));
        let (kind, status) = (&condition.kind, condition.status.as_str());
        format!("status.conditions[{kind}]={status} {}: {}{since}", condition.reason, condition.message)
    }
}
