//! Makes a world with a crowd: nodes of the scenario's groups in turn, workloads, and their pods spread evenly.

use std::sync::Arc;

use serde_json::{Value, json};

use super::pod::{Pod, State};
use super::template::{Site, Template};
use super::{Crowd, workloads};
use crate::demo::Life;
use crate::demo::json::put;
use crate::demo::random::{fraction, hash};
use crate::demo::resources::Key;
use crate::demo::scenario::{CrowdSpec, Scenario};
use crate::demo::time::later;
use crate::demo::world::build::{forget_the_building, namespaces, network_of_pods};
use crate::demo::world::{Work, World, build_nodes};

/// Pods of daemon sets on each node.
const EVERYWHERE: usize = 2;
/// Seconds since most workloads were made.
const AGE: i64 = 30 * 86_400;
/// One of so many pods crashes again and again.
const CRASHING: usize = 100;

/// Fills an empty world.
pub(crate) fn build(world: &mut World, scenario: &Scenario, spec: &CrowdSpec) {
    let start = world.now;
    let count = spec.pods.div_ceil(spec.per_node).max(1);
    let teams: Vec<String> =
        (0..(spec.pods / spec.per_namespace).clamp(4, 100)).map(|team| format!("team-{team:03}")).collect();
    let age = scenario.nodes.first().map_or(AGE, |group| group.age.0);
    world.now = later(start, -age.max(AGE));
    namespaces(world, teams.iter().map(String::as_str).chain(["kube-flannel"]));
    let site = Arc::new(nodes(world, scenario, count));
    if let Some(network) = &scenario.network {
        network_of_pods(world, network);
    }
    let mut crowd = Crowd::new(world.seed);
    for (namespace, name) in [("kube-flannel", "kube-flannel-ds"), ("kube-system", "kube-proxy")] {
        let (key, template) = workloads::daemon_set(world, &site, [namespace, name], count);
        let all = (0..count.min(spec.pods)).map(|node| (node, 0));
        crowd.settle(world, key, &template, all);
    }
    world.now = later(start, -AGE);
    let left = spec.pods.saturating_sub(EVERYWHERE * count);
    let mut placed = 0;
    for number in 0.. {
        let replicas = spec.replicas.min(left - placed);
        if replicas == 0 {
            break;
        }
        let namespace = &teams[number % teams.len()];
        let (key, template) = workloads::deployment(world, &site, namespace, number, replicas);
        let all = (placed..placed + replicas)
            .map(|pod| ((pod.wrapping_mul(7919) + pod / count) % count, 2 + (pod / count % 250) as u8));
        crowd.settle(world, key, &template, all);
        placed += replicas;
        // Nobody will ask how it came to be.
        world.store.compact();
        // Enough deployments to spread the autoscalers over.
        let each = (spec.per_autoscaler / spec.replicas).max(1);
        if number % each == 0 {
            workloads::autoscaler(world, namespace, number, replicas);
        }
    }
    world.now = start;
    build_nodes::heartbeats(world);
    forget_the_building(world);
    world.crowd = Some(crowd);
    if spec.life == Life::Beating {
        begin(world);
    }
}

fn nodes(world: &mut World, scenario: &Scenario, count: usize) -> Site {
    let mut site = Site::default();
    for number in 0..count {
        let group = &scenario.nodes[number % scenario.nodes.len()];
        let name = format!("{}-{}", group.name, number / scenario.nodes.len() + 1);
        let address = format!("198.18.{}.{}", number / 250, number % 250 + 1);
        build_nodes::node(world, group, &name, &address, &Site::subnet(number));
        let key = Key::node(&name);
        world.store.update(&key, |node| put(node, "/status/images", images(number)));
        site.add(&name, &address);
    }
    build_nodes::leaders(world, "control-plane");
    world.store.compact();
    site
}

/// What a node has pulled.
fn images(node: usize) -> Vec<Value> {
    let image = |number: usize| {
        let name = workloads::image(node + number);
        let half = hash(0, &name);
        let digest = format!("{half:016x}{:016x}{half:016x}{:016x}", !half, half ^ 7);
        json!({"names": [format!("{name}@sha256:{digest}"), format!("{name}:v1.{number}.0")],
            "sizeBytes": 20_000_000 + 3_571_113 * number})
    };
    (0..16).map(image).collect()
}

impl Crowd {
    /// Makes the pods of a workload.
    fn settle(
        &mut self,
        world: &mut World,
        owner: (String, String),
        template: &Arc<Template>,
        places: impl Iterator<Item = (usize, u8)>,
    ) {
        let now = world.now.as_second();
        for place in places {
            // Some were replaced since.
            let chance = fraction(world.seed, &format!("age/{}", self.next));
            let born = now + if chance < 0.6 { 5 } else { (AGE as f64 * (chance - 0.6) * 2.4) as i64 };
            let (key, pod) = self.make(template, place, born);
            let crashes = self.next % CRASHING == 7 && !template.on_the_host;
            let pod = if crashes {
                Pod { state: State::Crashing, restarts: 41, turned: born + 9000, ..pod }
            } else {
                pod
            };
            world.store.put_pod(&key, pod);
            self.members.push(key);
        }
        self.templates.insert(owner, Arc::clone(template));
    }
}

fn begin(world: &mut World) {
    let start = world.now;
    let names: Vec<_> = world.kubelets.keys().cloned().collect();
    for name in names {
        let phase =
            |what: &str, seconds: f64| (fraction(world.seed, &format!("{what}/{name}")) * seconds) as i64;
        let (lease, status) = (phase("lease", 10.0), phase("status", 300.0));
        world.at(later(start, lease), Work::RenewLease(name.clone()));
        world.at(later(start, status), Work::PostStatus(name));
    }
    for leader in build_nodes::LEADERS {
        world.at(start, Work::RenewLeader((*leader).to_owned()));
    }
}
