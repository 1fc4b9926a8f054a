//! The loads that scenarios put on workloads, counted in replicas that would meet an autoscaler's target exactly, so that
//! every kind of target follows the same curve; and how ready pods share them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::targets::{load, pods_of};
use crate::demo::json::{at, has, list, number, text};
use crate::demo::quantity::milli;
use crate::demo::random::fraction;
use crate::demo::resources::{Key, Resource};
use crate::demo::scenario::{Load, Point, Span};
use crate::demo::world::World;
use crate::demo::world::writes::{is_active, is_ready};

/// The load at an instant, which is also so many seconds after the scenario began: its mean or its course, a rise and
/// fall, and some chance.
pub(super) fn load_at(load: &Load, seed: u64, place: &str, second: i64, since: i64) -> f64 {
    let mean = if load.course.is_empty() { load.mean } else { along(&load.course, load.again, since) };
    let period = load.period.0.max(1);
    let shift = (fraction(seed, place) * period as f64) as i64;
    let part = (second + shift).rem_euclid(period) as f64 / period as f64;
    // A triangle with rounded tips; no library's sine, so that every machine sees the same cluster.
    let triangle = if part < 0.5 { 4.0 * part - 1.0 } else { 3.0 - 4.0 * part };
    let wave = triangle * (1.5 - 0.5 * triangle * triangle);
    let chance = fraction(seed, &format!("{place}@{second}")) * 2.0 - 1.0;
    (mean * (1.0 + load.swing * wave + load.noise * chance)).max(0.0)
}

/// Where a course is at an instant.
fn along(course: &[Point], again: Option<Span>, since: i64) -> f64 {
    let end = course.last().map_or(0, |point| point.at.0);
    let second = match again {
        Some(Span(from)) if since > end && end > from => from + (since - from) % (end - from),
        _ => since,
    };
    let next = course.partition_point(|point| point.at.0 <= second);
    let (before, after) = (next.checked_sub(1).and_then(|last| course.get(last)), course.get(next));
    match (before, after) {
        (Some(before), Some(after)) => {
            let part = (second - before.at.0) as f64 / (after.at.0 - before.at.0) as f64;
            before.load + (after.load - before.load) * part
        }
        (Some(only), None) | (None, Some(only)) => only.load,
        (None, None) => 0.0,
    }
}

/// What autoscalers make of their pods: by pod, by resource, by container (empty for all), in milli-units.
pub(super) type Targets = BTreeMap<Key, Vec<(String, String, f64)>>;

/// The shares of all pods that autoscalers look at.
pub(super) fn targets(world: &World, second: i64) -> Targets {
    let mut targets = Targets::new();
    for (key, autoscaler) in world.store.list(Resource::HorizontalPodAutoscalers, None) {
        let pods = pods_of(world, key, autoscaler);
        let ready: Vec<_> = pods.iter().filter(|(_, pod)| is_active(pod) && is_ready(pod)).collect();
        for (index, spec) in list(autoscaler, "/spec/metrics").iter().enumerate() {
            let field = match text(spec, "/type") {
                "Resource" => "resource",
                "ContainerResource" => "containerResource",
                _ => continue,
            };
            let spec = at(spec, &format!("/{field}"));
            let Some(load) = load(world, key, index, second) else { continue };
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
pub(super) fn asked(pod: &Value, resource: &str, container: &str) -> i64 {
    let wanted = list(pod, "/spec/containers").iter();
    let wanted = wanted.filter(|it| container.is_empty() || text(it, "/name") == container);
    wanted.map(|it| milli(text(it, &format!("/resources/requests/{resource}")))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_stays_within_its_swing_and_is_the_same_again() {
        let load = Load { mean: 10.0, swing: 0.5, period: Span(600), ..Load::default() };
        for second in 0..1200 {
            let at = load_at(&load, 3, "x", second, 0);
            assert!((5.0..=15.0).contains(&at), "{at}");
            assert!((at - load_at(&load, 3, "x", second + 600, 0)).abs() < 1e-9);
        }
    }

    #[test]
    fn a_course_goes_straight_from_point_to_point_and_begins_again() {
        let point = |at, load| Point { at: Span(at), load };
        let course = [point(10, 2.0), point(20, 12.0), point(40, 2.0)];
        let at = |second, again| along(&course, again, second);
        for (second, load) in [(0, 2.0), (10, 2.0), (15, 7.0), (20, 12.0), (30, 7.0), (40, 2.0), (99, 2.0)] {
            assert!((at(second, None) - load).abs() < 1e-9, "{second}");
        }
        assert!((at(45, Some(Span(10))) - 7.0).abs() < 1e-9, "five seconds into the second time");
        assert!((at(40 + 30 * 7 + 10, Some(Span(10))) - 12.0).abs() < 1e-9);
    }
}
