//! The node lifecycle controller's pass over all nodes: silence becomes Unknown, and the pods of a node that is not
//! ready are not ready either. The taints that follow are in `node_taints` and `zones`.
//!
//! Source: `pkg/controller/nodelifecycle/node_lifecycle_controller.go`.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::zones::{Zone, judge_zones, queue_eviction, zone_of};
use crate::demo::json::{has, text};
use crate::demo::resources::{Key, Resource};
use crate::demo::time::{later, stamp};
use crate::demo::world::events::Note;
use crate::demo::world::writes::{condition, is_ready, set_condition};
use crate::demo::world::{Work, World};

/// Seconds between two passes: `--node-monitor-period`.
const PERIOD: i64 = 5;
/// Seconds of silence until a node is Unknown: `--node-monitor-grace-period`.
const GRACE: i64 = 50;
/// What the controller remembers.
#[derive(Default)]
pub(crate) struct Lifecycle {
    pub(super) seen: BTreeMap<String, Seen>,
    pub(super) zones: BTreeMap<String, Zone>,
}

/// What the controller last saw of a node.
pub(super) struct Seen {
    /// When it last saw a sign of life, by its own clock.
    pub(super) probe: Timestamp,
    lease: String,
    heartbeat: String,
    was_ready: bool,
}

/// One pass over all nodes.
pub(super) fn monitor(world: &mut World) {
    let mut zones: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for key in world.store.keys(Resource::Nodes, None) {
        look_at(world, &key);
        let Some(node) = world.store.get(&key) else { continue };
        if !has(node, "/metadata/labels/node.kubernetes.io~1exclude-disruption") {
            let counts = zones.entry(zone_of(node)).or_default();
            if is_ready(node) { counts.0 += 1 } else { counts.1 += 1 }
        }
        queue_eviction(world, &key);
    }
    let World { lifecycle, store, .. } = world;
    lifecycle.seen.retain(|name, _| store.get(&Key::node(name)).is_some());
    judge_zones(world, &zones);
    world.enqueue(Work::EvictFromZones);
    world.at(later(world.now, PERIOD), Work::MonitorNodes);
}

fn look_at(world: &mut World, key: &Key) {
    let Some(node) = world.store.get(key).cloned() else { return };
    let lease = world.store.get(&Key::new(Resource::Leases, "kube-node-lease", &key.name));
    let lease = lease.map_or("", |lease| text(lease, "/spec/renewTime")).to_owned();
    let heartbeat = text(condition(&node, "Ready"), "/lastHeartbeatTime").to_owned();
    let now = world.now;
    let seen = world.lifecycle.seen.entry(key.name.clone()).or_insert_with(|| Seen {
        probe: now,
        lease: lease.clone(),
        heartbeat: heartbeat.clone(),
        was_ready: is_ready(&node),
    });
    if lease > seen.lease || heartbeat != seen.heartbeat {
        seen.probe = now;
        seen.lease = lease;
        seen.heartbeat = heartbeat;
    }
    let was_ready = seen.was_ready;
    if now > later(seen.probe, GRACE) {
        mark_unknown(world, key);
    }
    let ready = world.store.get(key).is_some_and(|node| is_ready(node));
    if was_ready && !ready {
        let message = format!("Node {} status is now: NodeNotReady", key.name);
        world.record(key, Note::normal("node-controller", "NodeNotReady", message));
        mark_pods(world, &key.name);
    }
    if let Some(seen) = world.lifecycle.seen.get_mut(&key.name) {
        seen.was_ready = ready;
    }
}

fn mark_unknown(world: &mut World, key: &Key) {
    let now = stamp(world.now);
    world.store.update(key, |node| {
        for kind in ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] {
            if text(condition(node, kind), "/status") == "Unknown" {
                continue;
            }
            set_condition(
                node,
                &now,
                [kind, "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."],
            );
        }
    });
}

/// The pods of a node that is not ready are not ready either; this takes them out of their services.
fn mark_pods(world: &mut World, node: &str) {
    let now = stamp(world.now);
    for key in world.store.index.pods_on(node) {
        world.store.update(&key, |pod| {
            if is_ready(pod) {
                set_condition(pod, &now, ["Ready", "False", "NodeNotReady", ""]);
            }
        });
        world.record(&key, Note::warning("node-controller", "NodeNotReady", "Node is not ready".to_owned()));
    }
}
