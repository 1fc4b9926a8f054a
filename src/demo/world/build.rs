//! Makes a world from a scenario: objects first, then the controllers at once, then the ages, then the settling.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Pace, Work, World, build_autoscalers, build_nodes, build_workloads, events, step};
use crate::demo::crowd;
use crate::demo::json::text;
use crate::demo::random::fraction;
use crate::demo::resources::{Key, Resource};
use crate::demo::scenario::{Network, Scenario, Span};
use crate::demo::store::index::controller;
use crate::demo::time::{later, stamp};

/// Seconds simulated before the first request, when the scenario does not say.
const SETTLE: i64 = 300;
/// Changes remembered for watches, when the scenario does not say.
const HISTORY: usize = 2000;

/// How long a scenario settles, in seconds.
pub(crate) fn settle_time(scenario: &Scenario) -> i64 {
    scenario.settle.unwrap_or(SETTLE)
}

/// The world of a scenario at `start` plus its settling time.
pub(crate) fn build(scenario: &Scenario, seed: u64, start: Timestamp) -> World {
    let mut world = World::empty(start, seed, scenario.history.unwrap_or(HISTORY));
    if let Some(spec) = &scenario.crowd {
        crowd::build(&mut world, scenario, spec);
        return world;
    }
    world.pace = Pace::Instant;
    let mut ages = Ages::default();
    namespaces(&mut world, scenario.workloads.iter().map(|workload| workload.namespace.as_str()));
    build_nodes::nodes(&mut world, scenario, &mut ages);
    world.settle();
    if let Some(network) = &scenario.network {
        network_of_pods(&mut world, network);
    }
    build_workloads::workloads(&mut world, scenario, &mut ages);
    build_workloads::budgets(&mut world, scenario, &mut ages);
    build_autoscalers::customs(&mut world, scenario, &mut ages);
    build_autoscalers::autoscalers(&mut world, scenario, &mut ages);
    world.settle();
    // Cordons come last: the pods on a cordoned node were there before.
    build_nodes::cordon(&mut world, scenario);
    world.settle();
    ages.apply(&mut world);
    build_nodes::heartbeats(&mut world);
    build_workloads::past_restarts(&mut world, scenario);
    forget_the_building(&mut world);
    begin(&mut world, scenario);
    step(&mut world, later(start, settle_time(scenario)));
    world
}

/// Makes the namespaces that every cluster has, and those given.
pub(crate) fn namespaces<'n>(world: &mut World, more: impl Iterator<Item = &'n str>) {
    let fixed = ["default", "kube-node-lease", "kube-public", "kube-system"];
    let names: BTreeSet<_> = fixed.into_iter().chain(more).collect();
    for name in names {
        let namespace = json!({"metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
            "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}});
        world.create(Resource::Namespaces, namespace, "kube-apiserver");
    }
}

pub(crate) fn network_of_pods(world: &mut World, network: &Network) {
    let map = json!({
        "metadata": {"name": "kube-flannel-cfg", "namespace": "kube-flannel",
            "labels": {"app": "flannel", "k8s-app": "flannel", "tier": "node"}},
        "data": {"cni-conf.json": network.cni_conf, "net-conf.json": network.net_conf},
    });
    world.create(Resource::ConfigMaps, map, "kubectl-create");
}

/// The building took no time and left no trace: no events, no history, no open work but the clocks of normal life.
pub(crate) fn forget_the_building(world: &mut World) {
    for key in world.store.keys(Resource::Events, None) {
        world.store.delete(&key);
    }
    world.events = events::Book::default();
    world.queue.clear();
    world.timers.clear();
    world.store.compact();
}

fn begin(world: &mut World, scenario: &Scenario) {
    world.pace = Pace::Live;
    world.incidents.clone_from(&scenario.incidents);
    let start = world.now;
    for (index, incident) in scenario.incidents.iter().enumerate() {
        world.at(later(start, incident.at.0), Work::Incident(index));
    }
    let names: Vec<_> = world.kubelets.keys().cloned().collect();
    for name in names {
        let phase =
            |what: &str, seconds: f64| (fraction(world.seed, &format!("{what}/{name}")) * seconds) as i64;
        let (lease, status) = (phase("lease", 10.0), phase("status", 300.0));
        world.at(later(start, lease), Work::RenewLease(name.clone()));
        world.at(later(start, status), Work::PostStatus(name.clone()));
    }
    for leader in build_nodes::LEADERS {
        world.at(start, Work::RenewLeader((*leader).to_owned()));
    }
    world.at(later(start, 2), Work::MonitorNodes);
    world.at(later(start, 60), Work::ExpireEvents);
    world.began = start;
    world.enqueue(Work::Scrape);
    for key in world.store.keys(Resource::HorizontalPodAutoscalers, None) {
        let phase = (fraction(world.seed, &format!("pass/{}", key.name)) * 15.0) as i64;
        world.at(later(start, phase), Work::Autoscaler(key));
    }
    for key in world.store.keys(Resource::Pods, None) {
        world.enqueue(Work::Kubelet(key));
    }
}

/// How old objects are to be, by place; what is not named here follows its owner.
#[derive(Default)]
pub(crate) struct Ages {
    known: BTreeMap<Key, i64>,
}

impl Ages {
    /// Notes the age of an object.
    pub(crate) fn note(&mut self, key: Key, age: Span) {
        self.known.insert(key, age.0);
    }

    /// Moves every time that the building wrote back by the age of its object.
    fn apply(&self, world: &mut World) {
        let start = world.now;
        let oldest = self.known.values().copied().max().unwrap_or(86_400);
        let all: Vec<Key> =
            crate::demo::resources::ALL.iter().flat_map(|row| world.store.keys(row.resource, None)).collect();
        // Replica sets before pods, and newer ones a good deal younger than their deployment.
        let mut ages = self.known.clone();
        for key in all {
            let Some(object) = world.store.get(&key).cloned() else { continue };
            let age =
                ages.get(&key).copied().unwrap_or_else(|| inherited(world, &ages, &object, &key, oldest));
            ages.insert(key.clone(), age);
            let (from, to) = (stamp(start), stamp(later(start, -age)));
            world.store.update(&key, |object| replace_text(object, &from, &to));
        }
    }
}

fn inherited(world: &World, ages: &BTreeMap<Key, i64>, object: &Value, key: &Key, oldest: i64) -> i64 {
    let Some(owner) = controller(object) else {
        return if key.resource == Resource::Leases {
            ages.get(&Key::node(&key.name)).copied()
        } else {
            None
        }
        .unwrap_or(oldest);
    };
    let resource =
        Resource::of_kind(text(owner, "/apiVersion"), text(owner, "/kind")).unwrap_or(key.resource);
    let of_owner = Key::new(
        resource,
        if resource == Resource::Nodes { "" } else { &key.namespace },
        text(owner, "/name"),
    );
    let age = ages.get(&of_owner).copied().unwrap_or(oldest);
    match key.resource {
        Resource::ReplicaSets => {
            let rolled = text(object, "/metadata/annotations/deployment.kubernetes.io~1revision") != "1";
            if rolled { age / 4 } else { age }
        }
        Resource::Pods => {
            // Most pods came with their owner, some were replaced since; none is older than its node.
            let chance = fraction(world.seed, &format!("age/{}/{}", key.namespace, key.name));
            let part = if chance < 0.7 { 1.0 } else { chance - 0.25 };
            let node = ages.get(&Key::node(text(object, "/spec/nodeName"))).copied().unwrap_or(oldest);
            ((age as f64 * part) as i64).min(node)
        }
        _ => age,
    }
}

fn replace_text(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => to.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| replace_text(item, from, to)),
        Value::Object(map) => map.values_mut().for_each(|item| replace_text(item, from, to)),
        _ => {}
    }
}
