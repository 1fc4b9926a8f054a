//! What adapters serve to autoscalers: custom metrics of pods and objects, and external metrics. A metric is there
//! because some autoscaler asks for it, and reads what the scenario puts on that autoscaler's target.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::targets;
use super::usage::Sample;
use crate::demo::json::{at, list, number, text};
use crate::demo::quantity::milli;
use crate::demo::resources::{Key, Resource};
use crate::demo::scenario::{Api, Blind};
use crate::demo::store::selector::Labels;
use crate::demo::world::World;
use crate::demo::world::writes::{is_active, is_ready};

/// What an adapter knows for one metric of one autoscaler, in thousandths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Pod by pod, by name.
    Pods(BTreeMap<String, i64>),
    One(i64),
}

/// The object that a custom metric is about, as the path names it: `ingresses.networking.k8s.io` and its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    pub(crate) resource: &'a str,
    pub(crate) name: &'a str,
}

/// Measures what every autoscaler asks adapters for.
pub(super) fn measure(
    world: &World,
    second: i64,
    samples: &BTreeMap<Key, Sample>,
) -> BTreeMap<(Key, usize), Value> {
    let mut all = BTreeMap::new();
    for (key, autoscaler) in world.store.list(Resource::HorizontalPodAutoscalers, None) {
        let pods = targets::pods_of(world, key, autoscaler);
        let ready: BTreeSet<&Key> =
            pods.iter().filter(|(_, pod)| is_active(pod) && is_ready(pod)).map(|(key, _)| *key).collect();
        for (index, spec) in list(autoscaler, "/spec/metrics").iter().enumerate() {
            // An autoscaler that someone made at run time finds its target exactly loaded.
            let load = targets::load(world, key, index, second)
                .unwrap_or_else(|| targets::replicas(world, key, autoscaler) as f64);
            let value = match text(spec, "/type") {
                "Pods" => {
                    let share = load * milli(text(spec, "/pods/target/averageValue")) as f64;
                    let share = (share / ready.len().max(1) as f64) as i64;
                    let measured = pods.iter().filter(|(pod, _)| samples.contains_key(*pod));
                    let of = |pod: &Key| if ready.contains(pod) { share } else { 0 };
                    Value::Pods(measured.map(|(pod, _)| (pod.name.clone(), of(pod))).collect())
                }
                "Object" => Value::One(whole(at(spec, "/object/target"), load, ready.len())),
                "External" => Value::One(whole(at(spec, "/external/target"), load, ready.len())),
                _ => continue,
            };
            all.insert((key.clone(), index), value);
        }
    }
    all
}

/// The value under a load of a metric that is not about pods.
fn whole(target: &Json, load: f64, ready: usize) -> i64 {
    let average = milli(text(target, "/averageValue"));
    if average > 0 {
        return (load * average as f64) as i64;
    }
    // More replicas make the value better, as with a latency or a backlog. Such values have no fractions.
    (load * milli(text(target, "/value")) as f64 / ready.max(1) as f64) as i64 / 1000 * 1000
}

/// What of a metric's specification holds the metric: `pods`, `object`, `external`.
fn field_of(spec: &Json) -> &'static str {
    match text(spec, "/type") {
        "Pods" => "pods",
        "Object" => "object",
        "External" => "external",
        _ => "",
    }
}

/// The metrics of one kind and name that autoscalers of a namespace ask for: whose, the index, the specification.
fn asked<'w>(
    world: &'w World,
    namespace: &'w str,
    kind: &'w str,
    metric: &'w str,
) -> impl Iterator<Item = (&'w Key, usize, &'w Json)> {
    let all = world.store.list(Resource::HorizontalPodAutoscalers, Some(namespace));
    all.flat_map(move |(key, autoscaler)| {
        let specs = list(autoscaler, "/spec/metrics").iter().enumerate();
        specs.filter_map(move |(index, spec)| {
            let same = field_of(spec) == kind && text(spec, &format!("/{kind}/metric/name")) == metric;
            same.then_some((key, index, at(spec, &format!("/{kind}"))))
        })
    })
}

/// What is known of one metric of an autoscaler.
fn known(world: &World, key: &Key, index: usize) -> Result<Value, Blind> {
    if let Some(blind) = targets::blind(world, key, index) {
        return Err(blind);
    }
    let value = match &world.scrape {
        Some(scrape) => scrape.values.get(&(key.clone(), index)).cloned(),
        None => crowd(world, key, index),
    };
    value.ok_or(Blind::Empty)
}

/// What the status of an autoscaler of the crowd says that was measured.
fn crowd(world: &World, key: &Key, index: usize) -> Option<Value> {
    let autoscaler = world.store.get(key)?;
    let kind = field_of(at(autoscaler, &format!("/spec/metrics/{index}")));
    let current = format!("/status/currentMetrics/{index}/{kind}/current/averageValue");
    let average = milli(text(autoscaler, &current));
    if kind != "pods" {
        return Some(Value::One(average.saturating_mul(number(autoscaler, "/status/currentReplicas"))));
    }
    let target = targets::target_of(autoscaler, &key.namespace)?;
    let labels = Labels::of(at(world.store.get(&target)?, "/spec/selector"))?;
    let pods = world.store.all(Resource::Pods, Some(&key.namespace), None);
    let pods = pods.filter(|(_, pod)| labels.takes(pod.labels()));
    Some(Value::Pods(pods.map(|(pod, _)| (pod.name.clone(), average)).collect()))
}

/// Whether what serves an API is up.
fn is_up(world: &World, api: Api) -> Result<(), Blind> {
    if world.blind.contains(&api) { Err(Blind::Unavailable) } else { Ok(()) }
}

/// The values of a custom metric for the pods that are selected, in thousandths.
///
/// # Errors
/// With the reason why there are none.
pub(crate) fn of_pods(
    world: &World,
    namespace: &str,
    metric: &str,
    pods: impl Fn(&Key) -> bool,
    series: &Labels,
) -> Result<BTreeMap<String, i64>, Blind> {
    is_up(world, Api::Custom)?;
    let (mut all, mut failure) = (BTreeMap::new(), Some(Blind::Absent));
    for (key, index, spec) in asked(world, namespace, "pods", metric) {
        match known(world, key, index) {
            Ok(Value::Pods(values)) if series.selects(&labels(spec)) => {
                let here = |name: &str| pods(&Key::new(Resource::Pods, namespace, name));
                all.extend(values.into_iter().filter(|(name, _)| here(name)));
                failure = None;
            }
            Ok(_) => failure = None,
            Err(blind) => failure = failure.and(Some(blind)),
        }
    }
    match failure {
        Some(blind) if all.is_empty() => Err(blind),
        _ => Ok(all),
    }
}

/// The value of a custom metric of an object, in thousandths.
///
/// # Errors
/// With the reason why there is none.
pub(crate) fn of_object(
    world: &World,
    namespace: &str,
    metric: &str,
    about: About<'_>,
    series: &Labels,
) -> Result<i64, Blind> {
    is_up(world, Api::Custom)?;
    for (key, index, spec) in asked(world, namespace, "object", metric) {
        let object = at(spec, "/describedObject");
        let same = text(object, "/name") == about.name && plural(object) == about.resource;
        if same && series.selects(&labels(spec)) {
            return match known(world, key, index)? {
                Value::One(value) => Ok(value),
                Value::Pods(_) => Err(Blind::Empty),
            };
        }
    }
    Err(Blind::Absent)
}

/// The series of an external metric that are selected: their labels, and their values in thousandths.
///
/// # Errors
/// With the reason why there are none.
pub(crate) fn external(
    world: &World,
    namespace: &str,
    metric: &str,
    series: &Labels,
) -> Result<Vec<(Json, i64)>, Blind> {
    is_up(world, Api::External)?;
    let mut all: Vec<(Json, i64)> = Vec::new();
    for (key, index, spec) in asked(world, namespace, "external", metric) {
        let named = labels(spec);
        if !series.selects(&named) {
            continue;
        }
        let Value::One(value) = known(world, key, index)? else { continue };
        // Two autoscalers may ask for the same series.
        let labels = at(&named, "/metadata/labels");
        if !all.iter().any(|(known, _)| known == labels) {
            all.push((labels.clone(), value));
        }
    }
    if all.is_empty() { Err(Blind::Empty) } else { Ok(all) }
}

/// The labels that a metric's selector asks for, as an object that a selector can select. The series are made to match.
fn labels(spec: &Json) -> Json {
    let wanted = at(spec, "/metric/selector/matchLabels");
    let labels = if wanted.is_null() { serde_json::json!({}) } else { wanted.clone() };
    serde_json::json!({"metadata": {"labels": labels}})
}

/// How a path names the kind of a described object.
pub(crate) fn plural(object: &Json) -> String {
    let (api_version, kind) = (text(object, "/apiVersion"), text(object, "/kind"));
    if let Some(resource) = Resource::of_kind(api_version, kind) {
        return resource.description().qualified();
    }
    let lower = kind.to_lowercase();
    let plural = if lower.ends_with('s') { format!("{lower}es") } else { format!("{lower}s") };
    match api_version.split_once('/') {
        Some((group, _)) => format!("{plural}.{group}"),
        None => plural,
    }
}

/// The version and the kind that a path's plural stands for, as the autoscalers of a namespace name it.
pub(crate) fn kind_of(world: &World, namespace: &str, resource: &str) -> (String, String) {
    let all = world.store.list(Resource::HorizontalPodAutoscalers, Some(namespace));
    let specs = all.flat_map(|(_, autoscaler)| list(autoscaler, "/spec/metrics"));
    let mut objects = specs.map(|spec| at(spec, "/object/describedObject"));
    let found = objects.find(|object| !object.is_null() && plural(object) == resource);
    let of = |field: &str| found.map_or("", |object| text(object, field)).to_owned();
    (of("/apiVersion"), of("/kind"))
}

/// Every metric that an API serves, as discovery names it: the resource it is about, if any, and the metric's name.
pub(crate) fn served(world: &World, api: Api) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for (_, autoscaler) in world.store.list(Resource::HorizontalPodAutoscalers, None) {
        for spec in list(autoscaler, "/spec/metrics") {
            let field = field_of(spec);
            let name = text(spec, &format!("/{field}/metric/name")).to_owned();
            match (api, field) {
                (Api::Custom, "pods") => all.insert(("pods".to_owned(), name)),
                (Api::Custom, "object") => all.insert((plural(at(spec, "/object/describedObject")), name)),
                (Api::External, "external") => all.insert((String::new(), name)),
                _ => false,
            };
        }
    }
    all
}
