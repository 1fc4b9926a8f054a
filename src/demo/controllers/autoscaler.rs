//! The horizontal pod autoscaler: one pass over one autoscaler every 15 seconds.
//!
//! Source: `pkg/controller/podautoscaler/horizontal.go`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::proposals::{self, Failure, Reading};
use super::replicas::Target;
use super::scaling::{self, Bounds};
use super::targets::{selected, target_of};
use crate::demo::json::{at, list, number, put, text};
use crate::demo::resources::Key;
use crate::demo::store::selector::Labels;
use crate::demo::time::{later, stamp};
use crate::demo::world::events::Note;
use crate::demo::world::writes::{CONTROLLERS_STATUS, Writer, set_condition};
use crate::demo::world::{Work, World};

const COMPONENT: &str = "horizontal-pod-autoscaler";
/// Seconds between two passes.
const PERIOD: i64 = 15;
const SCALER: Writer<'static> = Writer { manager: "kube-controller-manager", subresource: "scale" };

/// One pass, and the appointment for the next.
pub(super) fn pass(world: &mut World, key: &Key) {
    let Some(autoscaler) = world.store.get(key).cloned() else {
        world.autoscalers.remove(key);
        return;
    };
    if world.scrape.is_none() {
        // The cluster is still being built.
        return;
    }
    let now = world.now;
    let memory = world.autoscalers.entry(key.clone()).or_default();
    // A pass out of turn, after an edit, does not make a second rhythm.
    if memory.next.is_none_or(|next| next <= now) {
        memory.next = Some(later(now, PERIOD));
        world.at(later(now, PERIOD), Work::Autoscaler(key.clone()));
    }
    let mut pass = Pass::begin(key, &autoscaler, now);
    let target = target_of(&autoscaler, &key.namespace);
    let object = target.as_ref().and_then(|target| world.store.get(target)).cloned();
    match (&target, object) {
        (Some(target), Some(object)) => evaluate(world, &mut pass, &autoscaler, target, &object),
        _ => miss(world, &mut pass, &autoscaler, target.as_ref()),
    }
    let conditions = std::mem::take(&mut pass.conditions["status"]["conditions"]);
    world.amend(key, CONTROLLERS_STATUS, |object| {
        put(object, "/status/conditions", conditions);
        for (field, value) in pass.changes {
            put(object, &format!("/status/{field}"), value);
        }
    });
}

/// The status as this pass leaves it.
struct Pass<'k> {
    key: &'k Key,
    now: String,
    conditions: Value,
    /// What changes beside the conditions.
    changes: Vec<(&'static str, Value)>,
}

impl<'k> Pass<'k> {
    fn begin(key: &'k Key, autoscaler: &Value, now: Timestamp) -> Self {
        let known = at(autoscaler, "/status/conditions");
        let known = if known.is_null() { json!([]) } else { known.clone() };
        Self {
            key,
            now: stamp(now),
            conditions: json!({"status": {"conditions": known}}),
            changes: Vec::new(),
        }
    }

    fn set(&mut self, kind: &str, status: &str, (reason, message): (&str, &str)) {
        set_condition(&mut self.conditions, &self.now, [kind, status, reason, message]);
    }

    fn put(&mut self, field: &'static str, value: impl Into<Value>) {
        self.changes.push((field, value.into()));
    }

    fn warn(&self, world: &mut World, reason: &str, message: String) {
        world.record(self.key, Note::warning(COMPONENT, reason, message));
    }
}

/// The target is not there.
fn miss(world: &mut World, pass: &mut Pass<'_>, autoscaler: &Value, target: Option<&Key>) {
    let reference = at(autoscaler, "/spec/scaleTargetRef");
    let name = text(reference, "/name");
    let error = if let Some(target) = target {
        let description = target.resource.description();
        format!("{}/scale.{} {name:?} not found", description.plural, description.group)
    } else {
        let group = text(reference, "/apiVersion").split_once('/').map_or("", |(group, _)| group);
        format!("no matches for kind {:?} in group {group:?}", text(reference, "/kind"))
    };
    let message = format!("the HPA controller was unable to get the target's current scale: {error}");
    pass.set("AbleToScale", "False", ("FailedGetScale", &message));
    pass.warn(world, "FailedGetScale", error);
}

/// What a pass comes to.
struct Outcome {
    desired: i64,
    why: String,
    metrics: Value,
}

fn evaluate(world: &mut World, pass: &mut Pass<'_>, autoscaler: &Value, target: &Key, object: &Value) {
    let words = ("SucceededGetScale", "the HPA controller was able to get the target's current scale");
    pass.set("AbleToScale", "True", words);
    let current = number(object, "/spec/replicas");
    let now = world.now;
    world.autoscalers.entry(pass.key.clone()).or_default().past.begin(now, current);
    let min = at(autoscaler, "/spec/minReplicas").as_i64().unwrap_or(1);
    let bounds = Bounds { current, min, max: number(autoscaler, "/spec/maxReplicas") };
    let kept = |desired: i64, why: &str| Outcome { desired, why: why.to_owned(), metrics: Value::Null };
    let outcome = if current == 0 {
        let words = "scaling is disabled since the replica count of the target is zero";
        pass.set("ScalingActive", "False", ("ScalingDisabled", words));
        kept(0, "")
    } else if current > bounds.max {
        kept(bounds.max, "Current number of replicas above Spec.MaxReplicas")
    } else if current < min {
        kept(min, "Current number of replicas below Spec.MinReplicas")
    } else {
        pass.put("currentReplicas", current);
        match by_metrics(world, pass, autoscaler, object, bounds) {
            Ok(outcome) => outcome,
            Err(error) => return pass.warn(world, "FailedComputeMetricsReplicas", error),
        }
    };
    if outcome.desired != current {
        rescale(world, pass, autoscaler, target, &outcome, current);
        let now = pass.now.clone();
        pass.put("lastScaleTime", now);
    }
    pass.put("currentReplicas", current);
    pass.put("desiredReplicas", outcome.desired);
    pass.put("currentMetrics", outcome.metrics);
}

fn rescale(
    world: &mut World,
    pass: &mut Pass<'_>,
    autoscaler: &Value,
    target: &Key,
    outcome: &Outcome,
    current: i64,
) {
    world.amend(target, SCALER, |object| put(object, "/spec/replicas", outcome.desired));
    let message = format!("the HPA controller was able to update the target scale to {}", outcome.desired);
    pass.set("AbleToScale", "True", ("SucceededRescale", &message));
    let event = format!("New size: {}; reason: {}", outcome.desired, outcome.why);
    world.record(pass.key, Note::normal(COMPONENT, "SuccessfulRescale", event));
    let now = world.now;
    let memory = world.autoscalers.get_mut(pass.key);
    // Without behavior nothing asks how fast it went.
    if let Some(memory) = memory.filter(|_| !at(autoscaler, "/spec/behavior").is_null()) {
        memory.past.note(now, current, outcome.desired);
    }
}

/// The outcome of the metrics.
///
/// # Errors
/// With the error of all metrics together, when nothing follows from them.
fn by_metrics(
    world: &mut World,
    pass: &mut Pass<'_>,
    autoscaler: &Value,
    object: &Value,
    bounds: Bounds,
) -> Result<Outcome, String> {
    pass.put("currentMetrics", Value::Null);
    let labels = selector(world, pass, object)?;
    let behavior = at(autoscaler, "/spec/behavior");
    let specs = list(autoscaler, "/spec/metrics");
    let readings: Vec<Result<Reading, Failure>> = {
        let pods = selected(world, &pass.key.namespace, &labels).into_iter().map(|(_, pod)| pod).collect();
        let status = number(object, "/status/replicas");
        let namespace = &pass.key.namespace;
        let target = Target { namespace, labels: &labels, pods, spec: bounds.current, status, behavior };
        specs.iter().map(|spec| proposals::read(world, spec, &target)).collect()
    };
    let statuses: Vec<Value> = readings
        .iter()
        .map(|reading| reading.as_ref().map_or_else(|_| json!({"type": ""}), |it| it.status.clone()))
        .collect();
    pass.put("currentMetrics", statuses.clone());
    let (proposal, name) = combine(world, pass, &readings, bounds.current)?;
    let found = format!("the HPA was able to successfully calculate a replica count from {name}");
    pass.set("ScalingActive", "True", ("ValidMetricFound", &found));
    let why = if proposal > bounds.current {
        format!("{name} above target")
    } else {
        "All metrics below target".to_owned()
    };
    let now = world.now;
    let memory = world.autoscalers.entry(pass.key.clone()).or_default();
    let decision = scaling::decide(&mut memory.past, behavior, now, proposal, bounds);
    pass.set("AbleToScale", "True", decision.able);
    pass.set("ScalingLimited", if decision.limited { "True" } else { "False" }, decision.limit);
    Ok(Outcome { desired: decision.replicas, why, metrics: statuses.into() })
}

/// The selector of the target's scale.
///
/// # Errors
/// When there is none, or when its pods are scaled by others as well.
fn selector(world: &mut World, pass: &mut Pass<'_>, object: &Value) -> Result<Labels, String> {
    let labels = Labels::of(at(object, "/spec/selector")).unwrap_or_default();
    if labels.is_empty() {
        let error = "selector is required".to_owned();
        pass.warn(world, "SelectorRequired", error.clone());
        let words = "the HPA target's scale is missing a selector";
        pass.set("ScalingActive", "False", ("InvalidSelector", words));
        return Err(error);
    }
    world.autoscalers.entry(pass.key.clone()).or_default().labels = Some(labels.clone());
    let pods = selected(world, &pass.key.namespace, &labels);
    let here = world.autoscalers.iter().filter(|(key, _)| key.namespace == pass.key.namespace);
    let selecting: Vec<String> = here
        .filter(|(_, memory)| {
            memory.labels.as_ref().is_some_and(|labels| pods.iter().any(|(_, pod)| labels.selects(pod)))
        })
        .map(|(key, _)| format!("{{{} {}}}", key.name, key.namespace))
        .collect();
    if selecting.len() > 1 {
        let error = format!(
            "pods by selector {} are controlled by multiple HPAs: [{}]",
            labels.written(),
            selecting.join(" ")
        );
        pass.warn(world, "AmbiguousSelector", error.clone());
        pass.set("ScalingActive", "False", ("AmbiguousSelector", &error));
        return Err(error);
    }
    Ok(labels)
}

/// The largest proposal, and the metric that it comes from. Metrics that failed stop a way down, not a way up.
fn combine(
    world: &mut World,
    pass: &mut Pass<'_>,
    readings: &[Result<Reading, Failure>],
    current: i64,
) -> Result<(i64, String), String> {
    let failures: Vec<&Failure> = readings.iter().filter_map(|reading| reading.as_ref().err()).collect();
    for failure in &failures {
        pass.warn(world, failure.reason, failure.error.clone());
    }
    let mut best: Option<&Reading> = None;
    for reading in readings.iter().flatten() {
        if best.is_none_or(|best| best.proposal == 0 || reading.proposal > best.proposal) {
            best = Some(reading);
        }
    }
    if let Some(best) = best.filter(|best| failures.is_empty() || best.proposal >= current) {
        return Ok((best.proposal, best.name.clone()));
    }
    let Some(first) = failures.first() else { return Err("no metrics".to_owned()) };
    let message = format!("the HPA was unable to compute the replica count: {}", first.error);
    pass.set("ScalingActive", "False", (first.reason, &message));
    Err(format!(
        "invalid metrics ({} invalid out of {}), first error is: failed to get {} metric value: {}",
        failures.len(),
        readings.len(),
        first.metric,
        first.error
    ))
}
