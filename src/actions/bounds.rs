//! Bounds: changes the fewest and the most replicas that an autoscaler may give its target. It leaves metrics and
//! behavior alone, and an autoscaler that KEDA owns to its ScaledObject.
//!
//! Source of the rules: kubernetes `pkg/apis/autoscaling/validation/validation.go`.

use jiff::Timestamp;
use serde_json::{Map, json};

use super::{Action, Prelude, Question, Reach, itself};
use crate::analysis::autoscaling::consequences as follows;
use crate::analysis::autoscaling::owner::{Keda, keda};
use crate::model::autoscaler::{Autoscaler, MetricSource};
use crate::model::cluster::Cluster;
use crate::model::key::Target;
use crate::model::kind::Kind;
use crate::model::operation::{ApiRequest, Operation, Permission, Refusal, Rehearsal, RequestVerb, Risk};

/// Edits the bounds of an autoscaler.
pub const BOUNDS: Action = Action {
    name: "bounds",
    key: 'b',
    help: "set the fewest and the most replicas of the autoscaler",
    reach: Reach::One,
    prelude: Prelude::None,
    applies: |cluster, target| editable(cluster, target).map(drop),
    offers: itself,
    permission: |_, target| (target.kind == Kind::HorizontalPodAutoscaler).then(|| permission(target)),
    question: |cluster, target| editable(cluster, target).ok().map(question),
    plan: |cluster, target, answer, now| {
        let autoscaler = editable(cluster, target)?;
        let bounds = Bounds::parse(answer, Bounds::of(autoscaler))?;
        plan(cluster, autoscaler, target, bounds, now)
    },
};

/// The fewest and the most replicas.
#[derive(Clone, Copy, PartialEq)]
struct Bounds {
    min: i32,
    max: i32,
}

impl std::fmt::Display for Bounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}..{}", self.min, self.max)
    }
}

impl Bounds {
    fn of(autoscaler: &Autoscaler) -> Self {
        Self { min: autoscaler.min, max: autoscaler.max }
    }

    /// Reads `2..10`; a side that is left out stays as it is.
    fn parse(text: &str, now: Self) -> Result<Self, Refusal> {
        let wrong = || Refusal(format!("{text:?} are no bounds; write them as 2..10"));
        let (min, max) = text.split_once("..").ok_or_else(wrong)?;
        let side = |side: &str, now: i32| {
            let side = side.trim();
            if side.is_empty() { Some(now) } else { side.parse().ok().filter(|number| *number >= 0) }
        };
        match (side(min, now.min), side(max, now.max)) {
            (Some(min), Some(max)) => Ok(Self { min, max }),
            _ => Err(wrong()),
        }
    }
}

fn permission(target: &Target) -> Permission {
    Permission {
        verb: "patch",
        group: target.kind.group().into(),
        resource: target.kind.resource().into(),
        subresource: "",
        namespace: Some(target.key.namespace.to_string()),
    }
}

fn question(autoscaler: &Autoscaler) -> Question {
    let (key, now) = (&autoscaler.meta.key, Bounds::of(autoscaler));
    Question { text: format!("Bounds of autoscaler {key}, min..max (now {now})"), initial: now.to_string() }
}

/// The autoscaler, if its bounds are anybody's to set.
fn editable<'a>(cluster: &'a Cluster, target: &Target) -> Result<&'a Autoscaler, Refusal> {
    if target.kind != Kind::HorizontalPodAutoscaler {
        return Err(Refusal(format!("{target} is no autoscaler")));
    }
    let autoscaler = cluster.autoscaler(&target.key).ok_or_else(|| Refusal(format!("{target} is gone")))?;
    match keda(cluster, autoscaler) {
        Some(keda) => Err(Refusal(elsewhere(&keda))),
        None => Ok(autoscaler),
    }
}

/// Where the bounds of an autoscaler that KEDA owns are set.
fn elsewhere(keda: &Keda) -> String {
    let now = keda.object.map_or_else(String::new, |object| {
        let number = |it: Option<i32>, default: &str| it.map_or(default.to_owned(), |it| it.to_string());
        // KEDA's own defaults.
        format!(" (now {} and {})", number(object.min, "0"), number(object.max, "100"))
    });
    format!("{keda} owns it: set its minReplicaCount and maxReplicaCount{now}; KEDA undoes other edits")
}

fn plan(
    cluster: &Cluster,
    autoscaler: &Autoscaler,
    target: &Target,
    bounds: Bounds,
    now: Timestamp,
) -> Result<Operation, Refusal> {
    let before = Bounds::of(autoscaler);
    check(autoscaler, bounds)?;
    if bounds == before {
        return Err(Refusal(format!("{target} already has the bounds {bounds}")));
    }
    Ok(Operation {
        other: None,
        action: "bounds",
        target: target.clone(),
        field: "spec.minReplicas..spec.maxReplicas",
        old: before.to_string(),
        new: bounds.to_string(),
        // It may stop or start pods by its own next pass.
        risk: Risk::Disruptive,
        consequences: consequences(cluster, autoscaler, bounds, now),
        kubectl: command(target, before, bounds),
        permission: permission(target),
        requests: vec![ApiRequest {
            verb: RequestVerb::MergePatch,
            path: target.path(),
            body: patch(before, bounds).into(),
        }],
        rehearsal: Rehearsal::First,
        inverse: Some(command(target, bounds, before)),
    })
}

/// What the API server would refuse, said before it is asked.
fn check(autoscaler: &Autoscaler, bounds: Bounds) -> Result<(), Refusal> {
    let Bounds { min, max } = bounds;
    let counts_elsewhere =
        |source: &MetricSource| matches!(source, MetricSource::Object { .. } | MetricSource::External { .. });
    let why = if max < 1 {
        "the maximum must be at least 1".to_owned()
    } else if min > max {
        format!("the minimum {min} is above the maximum {max}")
    } else if min == 0 && !autoscaler.metrics.iter().any(|it| counts_elsewhere(&it.source)) {
        "a minimum of 0 needs an Object or External metric, and it has none: without pods no other tells anything"
            .to_owned()
    } else {
        return Ok(());
    };
    Err(Refusal(why))
}

/// Only what changes is sent, so that nobody takes over a field that he did not mean.
fn patch(before: Bounds, after: Bounds) -> Map<String, serde_json::Value> {
    let fields = [("minReplicas", before.min, after.min), ("maxReplicas", before.max, after.max)];
    let changed = fields.into_iter().filter(|(_, before, after)| before != after);
    let spec: Map<_, _> = changed.map(|(name, _, after)| (name.to_owned(), json!(after))).collect();
    Map::from_iter([("spec".to_owned(), spec.into())])
}

fn command(target: &Target, before: Bounds, after: Bounds) -> String {
    let (namespace, name) = (&target.key.namespace, &target.key.name);
    let patch = serde_json::Value::from(patch(before, after));
    format!("kubectl -n {namespace} patch horizontalpodautoscaler {name} --type=merge -p '{patch}'")
}

fn consequences(cluster: &Cluster, autoscaler: &Autoscaler, bounds: Bounds, now: Timestamp) -> Vec<String> {
    let Bounds { min, max } = bounds;
    let mut lines = follows::bounded(cluster, autoscaler, min, max, now);
    if min == max {
        lines.push(format!("With {min} as minimum and maximum it no longer scales by its metrics."));
    }
    if min == 0 {
        lines.push(
            "A minimum of 0 needs the feature gate HPAScaleToZero, alpha and off by default; without it the server \
             refuses."
                .to_owned(),
        );
    }
    if let Some(owner) = &autoscaler.meta.controller {
        lines.push(format!("{} {} owns it and may set it back.", owner.kind, owner.name));
    }
    lines
}
