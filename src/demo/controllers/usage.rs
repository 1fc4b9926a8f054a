//! What the simulated pods and nodes use: metrics-server and the kubelets that it scrapes, every fifteen seconds. What
//! an autoscaler reads of its pods is what they use here. Everything follows from the objects, the seed and the time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::autoscaler;
use super::kubelet::is_heard;
use super::metrics::load_at;
use crate::demo::json::{at, has, list, number, text, time};
use crate::demo::quantity::milli;
use crate::demo::random::fraction;
use crate::demo::resources::{Key, Resource};
use crate::demo::scenario::{Load, Span};
use crate::demo::world::World;
use crate::demo::world::writes::{is_active, is_ready};

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
}

/// When the newest sample was taken, in seconds since 1970.
pub(crate) fn sampled(now: Timestamp) -> i64 {
    now.as_second().div_euclid(RESOLUTION) * RESOLUTION
}

/// The window of a sample as Go writes it: never exactly the time between two scrapes.
pub(crate) fn window(seed: u64, name: &str, second: i64) -> String {
    let more = fraction(seed, &format!("window/{name}@{second}")) * 0.12;
    format!("{:.3}s", RESOLUTION as f64 + more)
}

/// What the pods with samples use, container by container; in one namespace or in all.
pub(crate) fn pods(world: &World, namespace: Option<&str>) -> BTreeMap<Key, Vec<(String, Used)>> {
    let second = sampled(world.now);
    let targets = targets(world, second);
    let all = world.store.all(Resource::Pods, namespace, None).map(|(key, pod)| (key, pod.value()));
    let measured = all.filter(|(_, pod)| has_sample(world, pod, second));
    measured.map(|(key, pod)| (key.clone(), containers(world, key, &pod, &targets, second))).collect()
}

/// What the nodes with samples use.
pub(crate) fn nodes(world: &World) -> BTreeMap<String, Used> {
    let heard: Vec<String> = world
        .store
        .keys(Resource::Nodes, None)
        .into_iter()
        .map(|key| key.name)
        .filter(|name| is_heard(world, name))
        .collect();
    if world.crowd.is_some() {
        // Nobody adds up a hundred thousand pods for a look.
        return heard.into_iter().map(|name| (name.clone(), busy(world, &name))).collect();
    }
    let mut all: BTreeMap<String, Used> =
        heard.into_iter().map(|name| (name.clone(), system(world, &name))).collect();
    for (key, containers) in pods(world, None) {
        let node = world.store.get(&key).map(|pod| text(pod, "/spec/nodeName")).unwrap_or_default();
        if let Some(sum) = all.get_mut(node) {
            *sum = containers.iter().fold(*sum, |sum, (_, used)| sum.plus(*used));
        }
    }
    all
}

/// A pod is measured once its kubelet has been scraped after it started.
fn has_sample(world: &World, pod: &Value, second: i64) -> bool {
    let started = time(pod, "/status/startTime");
    let long_enough = started.is_some_and(|at| second - at.as_second() >= RESOLUTION);
    text(pod, "/status/phase") == "Running" && long_enough && is_heard(world, text(pod, "/spec/nodeName"))
}

/// The kubelet, the runtime and the kernel.
fn system(world: &World, node: &str) -> Used {
    let second = sampled(world.now);
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
    load_at(Load { mean: 1.0, swing, period: Span(1_260), noise: swing / 4.0 }, world.seed, place, second)
}

/// What autoscalers make of their pods: by pod, by resource, by container (empty for all), in milli-units.
type Targets = BTreeMap<Key, Vec<(String, String, f64)>>;

fn targets(world: &World, second: i64) -> Targets {
    let mut targets = Targets::new();
    for (key, autoscaler) in world.store.list(Resource::HorizontalPodAutoscalers, None) {
        let pods = autoscaler::pods_of(world, key, autoscaler);
        let ready: Vec<_> = pods.iter().filter(|(_, pod)| is_active(pod) && is_ready(pod)).collect();
        for (index, spec) in list(autoscaler, "/spec/metrics").iter().enumerate() {
            let field = match text(spec, "/type") {
                "Resource" => "resource",
                "ContainerResource" => "containerResource",
                _ => continue,
            };
            let spec = at(spec, &format!("/{field}"));
            let Some(load) = autoscaler::load(world, key, index, second) else { continue };
            for (pod, object) in &ready {
                let used = share(spec, load, object, ready.len());
                let container = text(spec, "/container").to_owned();
                targets.entry((*pod).clone()).or_default().push((
                    text(spec, "/name").to_owned(),
                    container,
                    used,
                ));
            }
        }
    }
    targets
}

/// What one of so many pods uses when all of them bear a load, in milli-units.
fn share(spec: &Value, load: f64, pod: &Value, count: usize) -> f64 {
    let count = count.max(1) as f64;
    if has(spec, "/target/averageUtilization") {
        let goal = number(spec, "/target/averageUtilization") as f64;
        return load * goal / 100.0 * asked(pod, text(spec, "/name"), text(spec, "/container")) as f64
            / count;
    }
    load * milli(text(spec, "/target/averageValue")) as f64 / count
}

/// What the containers of a pod ask for, or one of them, in milli-units.
fn asked(pod: &Value, resource: &str, container: &str) -> i64 {
    let wanted = list(pod, "/spec/containers").iter();
    let wanted = wanted.filter(|it| container.is_empty() || text(it, "/name") == container);
    wanted.map(|it| milli(text(it, &format!("/resources/requests/{resource}")))).sum()
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
    use super::*;
    use crate::demo::scenario;
    use crate::demo::time::later;
    use crate::demo::world::{build, step};

    fn calm() -> World {
        let start = "2026-03-01T10:00:00Z".parse().unwrap();
        build::build(&scenario::read("calm").unwrap(), 1, start)
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

    #[test]
    fn nodes_use_what_their_pods_use_and_a_little_more() {
        let world = calm();
        let all = nodes(&world);
        let sum = |of: fn(&Used) -> i64| all.values().map(of).sum::<i64>();
        let pods = pods(&world, None);
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
    fn a_silent_kubelet_and_a_pod_that_just_started_have_no_samples() {
        let mut world = calm();
        super::super::kubelet::stop(&mut world, "worker-a-1");
        assert!(!nodes(&world).contains_key("worker-a-1"));
        let on_it = world.store.index.pods_on("worker-a-1");
        assert!(!on_it.is_empty());
        assert!(on_it.iter().all(|pod| !pods(&world, None).contains_key(pod)));
    }

    #[test]
    fn an_autoscaler_reads_what_its_pods_use() {
        let world = calm();
        let second = sampled(world.now);
        let mut compared = 0;
        for (key, autoscaler) in world.store.list(Resource::HorizontalPodAutoscalers, None) {
            let pods_of = autoscaler::pods_of(&world, key, autoscaler);
            let ready: Vec<_> = pods_of.iter().filter(|(_, pod)| is_active(pod) && is_ready(pod)).collect();
            for (index, spec) in list(autoscaler, "/spec/metrics").iter().enumerate() {
                let goal = number(spec, "/resource/target/averageUtilization");
                let Some(load) = autoscaler::load(&world, key, index, second).filter(|_| goal > 0) else {
                    continue;
                };
                if text(spec, "/resource/name") != "cpu" {
                    continue;
                }
                let measured = pods(&world, Some(&key.namespace));
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
}
