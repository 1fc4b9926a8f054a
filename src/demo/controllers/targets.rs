//! What an autoscaler scales, what the scenario puts on it, and what its controller remembers of it.

use jiff::Timestamp;
use serde_json::Value;

use super::load::load_at;
use super::scaling::Past;
use crate::demo::json::{at, number, text};
use crate::demo::resources::{Key, Resource};
use crate::demo::scenario::{Blind, Load};
use crate::demo::store::selector::Labels;
use crate::demo::time::seconds_between;
use crate::demo::world::World;

/// What is known of an autoscaler beside its object.
#[derive(Default)]
pub(crate) struct Memory {
    pub(super) loads: Vec<(Load, Option<Blind>)>,
    pub(super) past: Past,
    /// The selector of its target, once metrics were to be read.
    pub(super) labels: Option<Labels>,
    pub(super) next: Option<Timestamp>,
}

impl Memory {
    /// The memory of an autoscaler whose metrics have these loads, or cannot be read.
    pub(crate) fn new(loads: Vec<(Load, Option<Blind>)>) -> Self {
        Self { loads, ..Self::default() }
    }
}

/// The workload that an autoscaler scales, whether it is there or not.
pub(super) fn target_of(autoscaler: &Value, namespace: &str) -> Option<Key> {
    let reference = at(autoscaler, "/spec/scaleTargetRef");
    let resource = Resource::of_kind(text(reference, "/apiVersion"), text(reference, "/kind"))?;
    let scales = resource.description().subresources.contains(&"scale");
    scales.then(|| Key::new(resource, namespace, text(reference, "/name")))
}

/// The load on an autoscaler's target that one of its metrics reads at an instant, in replicas; `None` when nobody said
/// what it is.
pub(super) fn load(world: &World, key: &Key, index: usize, second: i64) -> Option<f64> {
    let (load, _) = world.autoscalers.get(key)?.loads.get(index)?;
    let place = format!("{}/{}/{index}", key.namespace, key.name);
    let since = seconds_between(world.began, Timestamp::from_second(second).unwrap_or(world.now));
    Some(load_at(load, world.seed, &place, second, since))
}

/// Why a metric of an autoscaler cannot be read, where the scenario says so.
pub(super) fn blind(world: &World, key: &Key, index: usize) -> Option<Blind> {
    world.autoscalers.get(key)?.loads.get(index)?.1
}

/// The pods of an autoscaler's target.
pub(super) fn pods_of<'w>(world: &'w World, key: &'w Key, autoscaler: &Value) -> Vec<(&'w Key, &'w Value)> {
    let target = target_of(autoscaler, &key.namespace).and_then(|target| world.store.get(&target));
    let labels = target.and_then(|object| Labels::of(at(object, "/spec/selector")));
    labels.map_or_else(Vec::new, |labels| selected(world, &key.namespace, &labels))
}

/// The replicas that an autoscaler's target is asked for.
pub(super) fn replicas(world: &World, key: &Key, autoscaler: &Value) -> i64 {
    let target = target_of(autoscaler, &key.namespace).and_then(|target| world.store.get(&target));
    target.map_or(0, |object| number(object, "/spec/replicas"))
}

/// The pods that a selector selects, as controllers list them.
pub(super) fn selected<'w>(
    world: &'w World,
    namespace: &'w str,
    labels: &Labels,
) -> Vec<(&'w Key, &'w Value)> {
    let all = world.store.list(Resource::Pods, Some(namespace));
    all.filter(|(_, pod)| labels.selects(pod)).map(|(key, pod)| (key, &**pod)).collect()
}
