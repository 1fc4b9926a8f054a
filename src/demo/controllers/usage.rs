//! What the simulated pods and nodes use: metrics-server and the kubelets that it scrapes, every fifteen seconds. What
//! an autoscaler reads of its pods is what they use here. Everything follows from the objects, the seed and the time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::kubelet::is_heard;
use super::load::{Targets, asked, load_at, targets};
use crate::demo::json::{has, list, text, time};
use crate::demo::quantity::milli;
use crate::demo::random::fraction;
use crate::demo::resources::{Key, Resource};
use crate::demo::scenario::{Load, Span};
use crate::demo::store::object::Object;
use crate::demo::world::World;

/// Seconds between two scrapes.
pub(crate) const RESOLUTION: i64 = 15;
/// Bytes of a mebibyte.
const MEBI: i64 = 1 << 20;

/// An amount of both measured resources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    /// Billionths of a core.
    pub(crate) nano_cpu: i64,
    /// Bytes.
    pub(crate) memory: i64,
}

impl Used {
    fn plus(self, other: Self) -> Self {
        Self { nano_cpu: self.nano_cpu + other.nano_cpu, memory: self.memory + other.memory }
    }

    /// Thousandths of one of the resources, as a client reads them from what is served: processors rounded up, memory in
    /// whole kibibytes.
    pub(crate) fn milli(self, resource: &str) -> Option<i64> {
        match resource {
            "cpu" => Some((self.nano_cpu + 999_999).div_euclid(1_000_000)),
            "memory" => Some((self.memory >> 10 << 10) * 1000),
            _ => None,
        }
    }
}

/// What was measured of one pod: container by container.
pub(crate) type Sample = Vec<(String, Used)>;

/// When the newest sample was taken, in seconds since 1970.
pub(crate) fn sampled(now: Timestamp) -> i64 {
    now.as_second().div_euclid(RESOLUTION) * RESOLUTION
}

/// When the samples that are served were taken.
pub(crate) fn served(world: &World) -> i64 {
    world.scrape.as_ref().map_or_else(|| sampled(world.now), |scrape| scrape.second)
}

/// The window of a sample in milliseconds: never exactly the time between two scrapes.
pub(crate) fn window(seed: u64, name: &str, second: i64) -> i64 {
    let more = fraction(seed, &format!("window/{name}@{second}")) * 0.12;
    RESOLUTION * 1000 + (more * 1000.0) as i64
}

/// What the wanted pods use, of one namespace or of all; only pods with samples are in it.
pub(crate) fn pods(
    world: &World,
    namespace: Option<&str>,
    wanted: impl Fn(&Key, &Object) -> bool,
) -> Vec<(Key, Sample)> {
    let all = world.store.all(Resource::Pods, namespace, None).filter(|(key, pod)| wanted(key, pod));
    if let Some(scrape) = &world.scrape {
        return all.filter_map(|(key, _)| Some((key.clone(), scrape.pods.get(key)?.clone()))).collect();
    }
    // Nobody measures a hundred thousand pods every fifteen seconds, and no autoscaler looks at one of the crowd.
    let second = sampled(world.now);
    let all = all.map(|(key, pod)| (key, pod.value())).filter(|(_, pod)| has_sample(world, pod, second));
    all.map(|(key, pod)| (key.clone(), containers(world, key, &pod, &Targets::new(), second))).collect()
}

/// What a node uses, if there is a sample of it.
pub(crate) fn node(world: &World, name: &str) -> Option<Used> {
    match &world.scrape {
        Some(scrape) => scrape.nodes.get(name).copied(),
        None => is_heard(world, name).then(|| busy(world, name)),
    }
}

/// Measures all pods.
pub(super) fn measure_pods(world: &World, second: i64) -> BTreeMap<Key, Sample> {
    let targets = targets(world, second);
    let all = world.store.list(Resource::Pods, None).filter(|(_, pod)| has_sample(world, pod, second));
    all.map(|(key, pod)| (key.clone(), containers(world, key, pod, &targets, second))).collect()
}

/// Measures all nodes, whose pods use what was measured.
pub(super) fn measure_nodes(
    world: &World,
    second: i64,
    pods: &BTreeMap<Key, Sample>,
) -> BTreeMap<String, Used> {
    let mut all: BTreeMap<String, Used> =
        heard(world).into_iter().map(|name| (name.clone(), system(world, &name, second))).collect();
    for (key, containers) in pods {
        let node = world.store.get(key).map(|pod| text(pod, "/spec/nodeName")).unwrap_or_default();
        if let Some(sum) = all.get_mut(node) {
            *sum = containers.iter().fold(*sum, |sum, (_, used)| sum.plus(*used));
        }
    }
    all
}

/// The nodes whose kubelets are heard.
fn heard(world: &World) -> Vec<String> {
    let names = world.store.keys(Resource::Nodes, None).into_iter().map(|key| key.name);
    names.filter(|name| is_heard(world, name)).collect()
}

/// A pod is measured once its kubelet has been scraped after it started, while all its containers run.
fn has_sample(world: &World, pod: &Value, second: i64) -> bool {
    let started = time(pod, "/status/startTime");
    let long_enough = started.is_some_and(|at| second - at.as_second() >= RESOLUTION);
    let run = list(pod, "/status/containerStatuses").iter().all(|it| has(it, "/state/running"));
    text(pod, "/status/phase") == "Running"
        && run
        && long_enough
        && is_heard(world, text(pod, "/spec/nodeName"))
}

/// The kubelet, the runtime and the kernel.
fn system(world: &World, node: &str, second: i64) -> Used {
    let cpu = wave(world, &format!("system/{node}"), second, 0.3);
    Used {
        nano_cpu: (120e6 * cpu) as i64,
        memory: 640 * MEBI + (fraction(world.seed, &format!("system/{node}")) * 220.0) as i64 * MEBI,
    }
}

/// What a node of the crowd uses in all.
fn busy(world: &World, node: &str) -> Used {
    let second = sampled(world.now);
    let object = world.store.get(&Key::node(node));
    let has = |name: &str| object.map_or(0, |it| milli(text(it, &format!("/status/allocatable/{name}"))));
    let mean = 0.25 + 0.4 * fraction(world.seed, &format!("busy/{node}"));
    let cpu = mean * wave(world, &format!("busy/{node}"), second, 0.4);
    let memory = mean * wave(world, &format!("busy/{node}/memory"), second / 8, 0.05);
    Used {
        nano_cpu: (has("cpu") as f64 * cpu * 1e6) as i64,
        memory: (has("memory") as f64 / 1000.0 * memory) as i64,
    }
}

/// Around 1, slowly up and down, with some chance.
fn wave(world: &World, place: &str, second: i64, swing: f64) -> f64 {
    let load = Load { mean: 1.0, swing, period: Span(1_260), noise: swing / 4.0, ..Load::default() };
    load_at(&load, world.seed, place, second, 0)
}

fn containers(world: &World, key: &Key, pod: &Value, targets: &Targets, second: i64) -> Vec<(String, Used)> {
    let names: Vec<&str> = list(pod, "/spec/containers").iter().map(|it| text(it, "/name")).collect();
    let decided = targets.get(key).map_or(&[][..], Vec::as_slice);
    let one = |name: &str| {
        let place = format!("{}/{}/{name}", key.namespace, key.name);
        let of = |resource: &str| {
            let own = asked(pod, resource, name) as f64;
            let told = decided.iter().find(|(it, of, _)| it == resource && (of.is_empty() || of == name));
            match told {
                // The whole pod's use is spread as its containers ask.
                Some((_, of, used)) if of.is_empty() => {
                    let all = asked(pod, resource, "") as f64;
                    if all > 0.0 { used * own / all } else { used / names.len() as f64 }
                }
                Some((_, _, used)) => *used,
                None => at_leisure(world, &format!("{place}/{resource}"), resource, own, second),
            }
        };
        let (cpu, memory) = (of("cpu"), of("memory"));
        Used { nano_cpu: (cpu * 1e6) as i64, memory: (memory / 1000.0) as i64 }
    };
    names.iter().map(|name| ((*name).to_owned(), one(name))).collect()
}

/// What a container uses that no autoscaler looks at, in milli-units.
fn at_leisure(world: &World, place: &str, resource: &str, asked: f64, second: i64) -> f64 {
    let mean = fraction(world.seed, place);
    if resource == "cpu" {
        let asked = if asked > 0.0 { asked } else { 20.0 };
        return asked * (0.15 + 0.6 * mean) * wave(world, place, second, 0.35);
    }
    // Memory hardly moves from one minute to the next.
    let asked = if asked > 0.0 { asked } else { (48 * MEBI * 1000) as f64 };
    asked * (0.5 + 0.4 * mean) * wave(world, place, second / 8, 0.03)
}

#[cfg(test)]
mod tests {
    use super::super::targets;
    use super::*;
    use crate::demo::json::number;
    use crate::demo::scenario;
    use crate::demo::time::later;
    use crate::demo::world::writes::{is_active, is_ready};
    use crate::demo::world::{build, step};

    fn calm() -> World {
        let start = "2026-03-01T10:00:00Z".parse().unwrap();
        build::build(&scenario::read("calm").unwrap(), 1, start)
    }

    fn nodes(world: &World) -> BTreeMap<String, Used> {
        let names = world.store.keys(Resource::Nodes, None).into_iter().map(|key| key.name);
        names.filter_map(|name| node(world, &name).map(|used| (name, used))).collect()
    }

    #[test]
    fn samples_are_those_of_the_seed_and_change_every_fifteen_seconds() {
        let (mut one, other) = (calm(), calm());
        assert_eq!(nodes(&one), nodes(&other));
        assert_eq!(nodes(&one).len(), one.store.keys(Resource::Nodes, None).len());
        let before = nodes(&one);
        let next = sampled(one.now) + RESOLUTION - one.now.as_second();
        let then = later(one.now, next);
        step(&mut one, then);
        let after = nodes(&one);
        assert!(before.iter().all(|(name, used)| after[name] != *used), "every node was scraped anew");
    }

    fn all_pods(world: &World, namespace: Option<&str>) -> BTreeMap<Key, Sample> {
        pods(world, namespace, |_, _| true).into_iter().collect()
    }

    #[test]
    fn nodes_use_what_their_pods_use_and_a_little_more() {
        let world = calm();
        let all = nodes(&world);
        let sum = |of: fn(&Used) -> i64| all.values().map(of).sum::<i64>();
        let pods = all_pods(&world, None);
        let of_pods = |of: fn(&Used) -> i64| pods.values().flatten().map(|(_, used)| of(used)).sum::<i64>();
        assert!(of_pods(|it| it.nano_cpu) > 0 && sum(|it| it.nano_cpu) > of_pods(|it| it.nano_cpu));
        assert!(sum(|it| it.memory) > of_pods(|it| it.memory));
        for (name, used) in &all {
            let node = world.store.get(&Key::node(name)).unwrap();
            let (cpu, memory) =
                (milli(text(node, "/status/capacity/cpu")), milli(text(node, "/status/capacity/memory")));
            assert!(used.nano_cpu < cpu * 1_000_000 && used.memory < memory / 1000, "{name}: {used:?}");
        }
    }

    #[test]
    fn a_silent_kubelet_has_no_samples_at_the_next_scrape() {
        let mut world = calm();
        super::super::kubelet::stop(&mut world, "worker-a-1");
        let then = later(world.now, RESOLUTION);
        step(&mut world, then);
        assert!(!nodes(&world).contains_key("worker-a-1"));
        let on_it = world.store.index.pods_on("worker-a-1");
        assert!(!on_it.is_empty());
        assert!(on_it.iter().all(|pod| !all_pods(&world, None).contains_key(pod)));
    }

    #[test]
    fn ready_pods_share_the_load() {
        let world = calm();
        let second = served(&world);
        let mut compared = 0;
        for (key, autoscaler) in world.store.list(Resource::HorizontalPodAutoscalers, None) {
            let pods_of = targets::pods_of(&world, key, autoscaler);
            let ready: Vec<_> = pods_of.iter().filter(|(_, pod)| is_active(pod) && is_ready(pod)).collect();
            for (index, spec) in list(autoscaler, "/spec/metrics").iter().enumerate() {
                let goal = number(spec, "/resource/target/averageUtilization");
                let Some(load) = targets::load(&world, key, index, second).filter(|_| goal > 0) else {
                    continue;
                };
                if text(spec, "/resource/name") != "cpu" {
                    continue;
                }
                let measured = all_pods(&world, Some(&key.namespace));
                let used: i64 =
                    ready.iter().flat_map(|(pod, _)| &measured[pod]).map(|(_, it)| it.nano_cpu).sum();
                let asked: i64 = ready.iter().map(|(_, pod)| asked(pod, "cpu", "")).sum();
                let utilization = used as f64 / 1e4 / asked as f64;
                let wanted = load * goal as f64 / ready.len() as f64;
                assert!((utilization - wanted).abs() < 0.5, "{}: {utilization} and {wanted}", key.name);
                compared += 1;
            }
        }
        assert!(compared > 0);
    }

    #[test]
    fn processors_are_rounded_up_and_memory_is_in_kibibytes() {
        let used = Used { nano_cpu: 1_000_001, memory: 2047 };
        assert_eq!((used.milli("cpu"), used.milli("memory")), (Some(2), Some(1_024_000)));
        assert_eq!(used.milli("nvidia.com/gpu"), None);
    }
}
