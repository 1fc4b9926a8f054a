//! The horizontal pod autoscaler: one pass over one autoscaler every 15 seconds.
//!
//! Source: `pkg/controller/podautoscaler/horizontal.go`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::metrics::{self, Failure, Reading, Target};
use super::scaling::{self, Bounds, Past};
use super::usage::sampled;
use crate::demo::json::{at, list, number, put, text};
use crate::demo::resources::{Key, Resource};
use crate::demo::scenario::Load;
use crate::demo::store::selector::Labels;
use crate::demo::time::{later, stamp};
use crate::demo::world::events::Note;
use crate::demo::world::writes::{CONTROLLERS_STATUS, Writer, is_active, is_ready, set_condition};
use crate::demo::world::{Work, World};

const COMPONENT: &str = "horizontal-pod-autoscaler";
/// Seconds between two passes.
const PERIOD: i64 = 15;
const SCALER: Writer<'static> = Writer { manager: "kube-controller-manager", subresource: "scale" };

/// What is known of an autoscaler beside its object.
#[derive(Default)]
pub(crate) struct Memory {
    loads: Vec<(Load, Option<String>)>,
    past: Past,
    next: Option<Timestamp>,
}

impl Memory {
    /// The memory of an autoscaler whose metrics have these loads, or fail with these words.
    pub(crate) fn new(loads: Vec<(Load, Option<String>)>) -> Self {
        Self { loads, ..Self::default() }
    }

    /// Forgets the appointment for the next pass, because time begins anew.
    pub(crate) fn begin_anew(&mut self) {
        self.next = None;
    }
}

/// One pass, and the appointment for the next.
pub(super) fn pass(world: &mut World, key: &Key) {
    let Some(autoscaler) = world.store.get(key).cloned() else {
        world.autoscalers.remove(key);
        return;
    };
    let now = world.now;
    let memory = world.autoscalers.entry(key.clone()).or_default();
    // A pass out of turn, after an edit, does not make a second rhythm.
    if memory.next.is_none_or(|next| next <= now) {
        memory.next = Some(later(now, PERIOD));
        world.at(later(now, PERIOD), Work::Autoscaler(key.clone()));
    }
    let mut status = Pass {
        conditions: json!({"status": {"conditions": at(&autoscaler, "/status/conditions")}}),
        now: stamp(now),
    };
    if status.conditions["status"]["conditions"].is_null() {
        status.conditions["status"]["conditions"] = json!([]);
    }
    let target = target_of(&autoscaler, &key.namespace);
    if let Some(object) = target.as_ref().and_then(|target| world.store.get(target)).cloned() {
        evaluate(world, key, &autoscaler, &mut status, &object);
    } else {
        miss(world, key, &autoscaler, &mut status, target.as_ref());
    }
}

/// The target is not there.
fn miss(world: &mut World, key: &Key, autoscaler: &Value, pass: &mut Pass, target: Option<&Key>) {
    let name = text(autoscaler, "/spec/scaleTargetRef/name");
    let error = target.map_or("the server could not find the requested resource".to_owned(), |target| {
        format!("{}/scale.apps {name:?} not found", target.resource.description().plural)
    });
    let message = format!("the HPA controller was unable to get the target's current scale: {error}");
    pass.set("AbleToScale", "False", ("FailedGetScale", &message));
    world.record(key, Note::warning(COMPONENT, "FailedGetScale", error));
    let conditions = pass.conditions["status"]["conditions"].clone();
    world.amend(key, CONTROLLERS_STATUS, |object| put(object, "/status/conditions", conditions));
}

/// The conditions as this pass leaves them.
struct Pass {
    conditions: Value,
    now: String,
}

impl Pass {
    fn set(&mut self, kind: &str, status: &str, (reason, message): (&str, &str)) {
        set_condition(&mut self.conditions, &self.now, [kind, status, reason, message]);
    }
}

fn target_of(autoscaler: &Value, namespace: &str) -> Option<Key> {
    let reference = at(autoscaler, "/spec/scaleTargetRef");
    let resource = Resource::of_kind(text(reference, "/apiVersion"), text(reference, "/kind"))?;
    Some(Key::new(resource, namespace, text(reference, "/name")))
}

/// What a pass comes to.
struct Outcome {
    desired: i64,
    why: String,
    metrics: Value,
}

fn evaluate(world: &mut World, key: &Key, autoscaler: &Value, pass: &mut Pass, object: &Value) {
    pass.set(
        "AbleToScale",
        "True",
        ("SucceededGetScale", "the HPA controller was able to get the target's current scale"),
    );
    let current = number(object, "/spec/replicas");
    let min = at(autoscaler, "/spec/minReplicas").as_i64().unwrap_or(1);
    let bounds = Bounds { current, min, max: number(autoscaler, "/spec/maxReplicas") };
    let kept = |desired: i64, why: &str| Outcome { desired, why: why.to_owned(), metrics: Value::Null };
    let outcome = if current == 0 {
        let words = "scaling is disabled since the replica count of the target is zero";
        pass.set("ScalingActive", "False", ("ScalingDisabled", words));
        Some(kept(0, ""))
    } else if current > bounds.max {
        Some(kept(bounds.max, "Current number of replicas above Spec.MaxReplicas"))
    } else if current < min {
        Some(kept(min, "Current number of replicas below Spec.MinReplicas"))
    } else {
        by_metrics(world, key, autoscaler, pass, object, bounds)
    };
    let rescaled = outcome.as_ref().is_some_and(|outcome| outcome.desired != current);
    if let Some(outcome) = outcome.as_ref().filter(|_| rescaled) {
        rescale(world, key, autoscaler, pass, outcome, current);
    }
    post(world, key, pass, current, outcome, rescaled);
}

fn post(world: &mut World, key: &Key, pass: &Pass, current: i64, outcome: Option<Outcome>, rescaled: bool) {
    let conditions = pass.conditions["status"]["conditions"].clone();
    world.amend(key, CONTROLLERS_STATUS, |object| {
        put(object, "/status/currentReplicas", current);
        put(object, "/status/conditions", conditions);
        let generation = at(object, "/metadata/generation").clone();
        put(object, "/status/observedGeneration", generation);
        if let Some(outcome) = outcome {
            put(object, "/status/desiredReplicas", outcome.desired);
            put(object, "/status/currentMetrics", outcome.metrics);
        }
        if rescaled {
            put(object, "/status/lastScaleTime", pass.now.as_str());
        }
    });
}

fn rescale(
    world: &mut World,
    key: &Key,
    autoscaler: &Value,
    pass: &mut Pass,
    outcome: &Outcome,
    current: i64,
) {
    let Some(target) = target_of(autoscaler, &key.namespace) else { return };
    world.amend(&target, SCALER, |object| put(object, "/spec/replicas", outcome.desired));
    let message = format!("the HPA controller was able to update the target scale to {}", outcome.desired);
    pass.set("AbleToScale", "True", ("SucceededRescale", &message));
    let event = format!("New size: {}; reason: {}", outcome.desired, outcome.why);
    world.record(key, Note::normal(COMPONENT, "SuccessfulRescale", event));
    let now = world.now;
    if let Some(memory) = world.autoscalers.get_mut(key) {
        memory.past.note(now, current, outcome.desired);
    }
}

fn by_metrics(
    world: &mut World,
    key: &Key,
    autoscaler: &Value,
    pass: &mut Pass,
    object: &Value,
    bounds: Bounds,
) -> Option<Outcome> {
    let readings = read_all(world, key, autoscaler, object, bounds.current);
    let count = readings.len();
    let failures: Vec<&Failure> = readings.iter().filter_map(|reading| reading.as_ref().err()).collect();
    let best = readings.iter().filter_map(|reading| reading.as_ref().ok()).fold(
        None,
        |best: Option<&Reading>, reading| {
            if best.is_none_or(|best| reading.proposal > best.proposal) { Some(reading) } else { best }
        },
    );
    let statuses: Vec<Value> = readings
        .iter()
        .map(|reading| {
            reading.as_ref().map_or_else(|_| json!({"type": ""}), |reading| reading.status.clone())
        })
        .collect();
    for (reason, error) in failures.iter().copied().cloned().collect::<Vec<_>>() {
        world.record(key, Note::warning(COMPONENT, reason, error));
    }
    let partial = best.is_some_and(|best| !failures.is_empty() && best.proposal < bounds.current);
    let Some(best) = best.filter(|_| !partial) else {
        let (reason, error) =
            failures.first().copied().cloned().unwrap_or(("InvalidMetricSourceType", String::new()));
        pass.set(
            "ScalingActive",
            "False",
            (reason, &format!("the HPA was unable to compute the replica count: {error}")),
        );
        let all = format!(
            "invalid metrics ({} invalid out of {count}), first error is: failed to get {} metric value: {error}",
            failures.len(),
            metric_name(autoscaler, &readings)
        );
        world.record(key, Note::warning(COMPONENT, "FailedComputeMetricsReplicas", all));
        let metrics = Value::from(statuses);
        world.amend(key, CONTROLLERS_STATUS, |object| put(object, "/status/currentMetrics", metrics));
        return None;
    };
    let found = format!("the HPA was able to successfully calculate a replica count from {}", best.name);
    pass.set("ScalingActive", "True", ("ValidMetricFound", &found));
    let why = if best.proposal > bounds.current {
        format!("{} above target", best.name)
    } else {
        "All metrics below target".to_owned()
    };
    let now = world.now;
    let memory = world.autoscalers.entry(key.clone()).or_default();
    let decision =
        scaling::decide(&mut memory.past, at(autoscaler, "/spec/behavior"), now, best.proposal, bounds);
    pass.set("AbleToScale", "True", decision.able);
    pass.set("ScalingLimited", if decision.limited { "True" } else { "False" }, decision.limit);
    Some(Outcome { desired: decision.replicas, why, metrics: Value::from(statuses) })
}

/// How an error names the first metric that failed.
fn metric_name(autoscaler: &Value, readings: &[Result<Reading, Failure>]) -> String {
    let failed = readings.iter().position(Result::is_err).unwrap_or(0);
    let spec = at(autoscaler, &format!("/spec/metrics/{failed}"));
    match text(spec, "/type") {
        "Resource" => format!("{} resource", text(spec, "/resource/name")),
        "ContainerResource" => format!("{} container", text(spec, "/containerResource/container")),
        "Pods" => "pods".to_owned(),
        "Object" => "object".to_owned(),
        _ => format!("{} external", text(spec, "/external/metric/name")),
    }
}

/// The load on an autoscaler's target that one of its metrics reads at an instant, in replicas; `None` when nobody said
/// what it is.
pub(super) fn load(world: &World, key: &Key, index: usize, second: i64) -> Option<f64> {
    let (load, _) = world.autoscalers.get(key)?.loads.get(index)?;
    let place = format!("{}/{}/{index}", key.namespace, key.name);
    Some(metrics::load_at(*load, world.seed, &place, second))
}

/// The pods of an autoscaler's target.
pub(super) fn pods_of<'w>(world: &'w World, key: &'w Key, autoscaler: &Value) -> Vec<(&'w Key, &'w Value)> {
    let target = target_of(autoscaler, &key.namespace).and_then(|target| world.store.get(&target));
    target.map_or_else(Vec::new, |object| selected(world, &key.namespace, object))
}

fn selected<'w>(world: &'w World, namespace: &'w str, object: &Value) -> Vec<(&'w Key, &'w Value)> {
    let selector = Labels::of(at(object, "/spec/selector")).unwrap_or_default();
    let all = world.store.list(Resource::Pods, Some(namespace));
    all.filter(|(_, pod)| selector.selects(pod)).map(|(key, pod)| (key, &**pod)).collect()
}

fn read_all(
    world: &World,
    key: &Key,
    autoscaler: &Value,
    object: &Value,
    current: i64,
) -> Vec<Result<Reading, Failure>> {
    let pods: Vec<_> = selected(world, &key.namespace, object);
    let pods: Vec<&Value> = pods.into_iter().map(|(_, pod)| pod).filter(|pod| is_active(pod)).collect();
    let ready: Vec<&Value> = pods.iter().copied().filter(|pod| is_ready(pod)).collect();
    let target = Target {
        spec: current,
        status: number(object, "/status/replicas"),
        unready: (pods.len() - ready.len()) as i64,
        ready,
    };
    // What metrics-server measured last.
    let second = sampled(world.now);
    let behavior = at(autoscaler, "/spec/behavior");
    let memory = world.autoscalers.get(key);
    list(autoscaler, "/spec/metrics")
        .iter()
        .enumerate()
        .map(|(index, spec)| {
            let known = memory.and_then(|memory| memory.loads.get(index));
            if let Some((_, Some(error))) = known {
                return Err((metrics::failure_reason(text(spec, "/type")), error.clone()));
            }
            // An autoscaler that someone made at run time finds its target exactly loaded.
            let load = load(world, key, index, second).unwrap_or(current as f64);
            metrics::read(spec, behavior, load, &target)
        })
        .collect()
}
