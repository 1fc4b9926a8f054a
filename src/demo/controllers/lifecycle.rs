//! The node lifecycle controller: silence becomes Unknown, conditions become taints, and nodes get their NoExecute
//! taint at the rate of their zone.
//!
//! Source: `pkg/controller/nodelifecycle/node_lifecycle_controller.go`.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::taints::{NOT_READY, UNREACHABLE, UNSCHEDULABLE};
use crate::demo::json::{at, has, list, list_mut, text};
use crate::demo::resources::{Key, Resource};
use crate::demo::time::{later, stamp};
use crate::demo::world::events::Note;
use crate::demo::world::writes::{CONTROLLERS, condition, is_ready, set_condition};
use crate::demo::world::{Work, World};

/// Seconds between two passes: `--node-monitor-period`.
const PERIOD: i64 = 5;
/// Seconds of silence until a node is Unknown: `--node-monitor-grace-period`.
const GRACE: i64 = 50;
/// Seconds between two NoExecute taints in one zone: the inverse of `--node-eviction-rate`.
const INTERVAL: i64 = 10;
/// The same for a large zone in partial disruption: the inverse of `--secondary-node-eviction-rate`.
const SLOW_INTERVAL: i64 = 100;
/// Nodes of a zone from which on it is large: `--large-cluster-size-threshold`.
const LARGE: usize = 50;
/// The fraction of a zone that must be unhealthy: `--unhealthy-zone-threshold`.
const UNHEALTHY: f32 = 0.55;

/// What the controller remembers.
#[derive(Default)]
pub(crate) struct Lifecycle {
    seen: BTreeMap<String, Seen>,
    zones: BTreeMap<String, Zone>,
}

struct Seen {
    /// When the controller last saw a sign of life, by its own clock.
    probe: Timestamp,
    lease: String,
    heartbeat: String,
    was_ready: bool,
}

/// How a zone is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ZoneState {
    #[default]
    Normal,
    PartialDisruption,
    FullDisruption,
}

#[derive(Default)]
struct Zone {
    state: ZoneState,
    size: usize,
    queue: VecDeque<String>,
    next: Option<Timestamp>,
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
    for key in world.store.pods_on(node) {
        world.store.update(&key, |pod| {
            if is_ready(pod) {
                set_condition(pod, &now, ["Ready", "False", "NodeNotReady", ""]);
            }
        });
        world.record(&key, Note::warning("node-controller", "NodeNotReady", "Node is not ready".to_owned()));
    }
}

/// The zone of a node as the controller's log writes it: region, separator, zone.
fn zone_of(node: &Value) -> String {
    let label =
        |name: &str| text(node, &format!("/metadata/labels/topology.kubernetes.io~1{name}")).to_owned();
    let (region, zone) = (label("region"), label("zone"));
    if region.is_empty() && zone.is_empty() { String::new() } else { format!("{region}:\0:{zone}") }
}

fn queue_eviction(world: &mut World, key: &Key) {
    let Some(node) = world.store.get(key).cloned() else { return };
    let (wanted, other) = match text(condition(&node, "Ready"), "/status") {
        "True" => ("", ""),
        "False" => (NOT_READY, UNREACHABLE),
        _ => (UNREACHABLE, NOT_READY),
    };
    let bears = |taint: &str| {
        list(&node, "/spec/taints")
            .iter()
            .any(|is| text(is, "/key") == taint && text(is, "/effect") == "NoExecute")
    };
    let zone = world.lifecycle.zones.entry(zone_of(&node)).or_default();
    if wanted.is_empty() {
        zone.queue.retain(|name| *name != key.name);
        drop_no_execute(world, key, &[NOT_READY, UNREACHABLE]);
    } else if bears(other) {
        drop_no_execute(world, key, &[other]);
        add_no_execute(world, key, wanted);
    } else if !bears(wanted) && !zone.queue.contains(&key.name) {
        zone.queue.push_back(key.name.clone());
    }
}

fn drop_no_execute(world: &mut World, key: &Key, keys: &[&str]) {
    world.amend(key, CONTROLLERS, |node| {
        let goes =
            |taint: &Value| text(taint, "/effect") == "NoExecute" && keys.contains(&text(taint, "/key"));
        if list(node, "/spec/taints").iter().any(goes) {
            list_mut(node, "/spec/taints").retain(|taint| !goes(taint));
            tidy(node);
        }
    });
}

fn add_no_execute(world: &mut World, key: &Key, taint: &str) {
    let now = stamp(world.now);
    world.amend(key, CONTROLLERS, |node| {
        list_mut(node, "/spec/taints").push(json!({"key": taint, "effect": "NoExecute", "timeAdded": now}));
    });
}

/// An empty list of taints is no list, as Go's `omitempty` has it.
fn tidy(node: &mut Value) {
    if list(node, "/spec/taints").is_empty() {
        crate::demo::json::remove(node, "/spec/taints");
    }
}

/// The state of a zone with so many ready and so many other nodes.
pub(crate) fn zone_state(ready: usize, other: usize) -> ZoneState {
    if ready == 0 && other > 0 {
        ZoneState::FullDisruption
    } else if other > 2 && other as f32 / (ready + other) as f32 >= UNHEALTHY {
        ZoneState::PartialDisruption
    } else {
        ZoneState::Normal
    }
}

fn judge_zones(world: &mut World, zones: &BTreeMap<String, (usize, usize)>) {
    let full = |zone: &Zone| zone.state == ZoneState::FullDisruption;
    let known = world.lifecycle.zones.values().filter(|zone| zone.size > 0);
    let all_were_full = world.lifecycle.zones.values().any(|zone| zone.size > 0) && known.clone().all(full);
    for (name, zone) in &mut world.lifecycle.zones {
        let (ready, other) = zones.get(name).copied().unwrap_or_default();
        zone.size = ready + other;
        zone.state = zone_state(ready, other);
    }
    let all_are_full = zones.values().all(|(ready, _)| *ready == 0) && !zones.is_empty();
    if all_are_full {
        for key in world.store.keys(Resource::Nodes, None) {
            drop_no_execute(world, &key, &[NOT_READY, UNREACHABLE]);
        }
    } else if all_were_full {
        let now = world.now;
        world.lifecycle.seen.values_mut().for_each(|seen| seen.probe = now);
    }
}

/// Taints as many queued nodes as their zones' limiters let through now.
pub(super) fn evict_from_zones(world: &mut World) {
    let now = world.now;
    let sized: Vec<_> = world.lifecycle.zones.values().filter(|zone| zone.size > 0).collect();
    let all_full = !sized.is_empty() && sized.iter().all(|zone| zone.state == ZoneState::FullDisruption);
    let mut chosen = Vec::new();
    let mut open = false;
    for zone in world.lifecycle.zones.values_mut() {
        let interval = match zone.state {
            ZoneState::Normal => INTERVAL,
            ZoneState::FullDisruption if !all_full => INTERVAL,
            ZoneState::PartialDisruption if zone.size > LARGE => SLOW_INTERVAL,
            ZoneState::FullDisruption | ZoneState::PartialDisruption => continue,
        };
        if zone.next.is_none_or(|next| next <= now)
            && let Some(name) = zone.queue.pop_front()
        {
            zone.next = Some(later(now, interval));
            chosen.push(name);
        }
        open |= !zone.queue.is_empty();
    }
    for name in chosen {
        let key = Key::node(&name);
        let status = world.store.get(&key).map(|node| text(condition(node, "Ready"), "/status").to_owned());
        match status.as_deref() {
            Some("False") => add_no_execute(world, &key, NOT_READY),
            Some("True") | None => {}
            Some(_) => add_no_execute(world, &key, UNREACHABLE),
        }
    }
    if open {
        world.at(later(now, 1), Work::EvictFromZones);
    }
}

/// Brings a node's NoSchedule taints in line with its conditions and its cordon, at once.
pub(super) fn taint_node(world: &mut World, name: &str) {
    let key = Key::node(name);
    let Some(node) = world.store.get(&key).cloned() else { return };
    let mut wanted = Vec::new();
    for (kind, status, taint) in [
        ("Ready", "False", NOT_READY),
        ("Ready", "Unknown", UNREACHABLE),
        ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
        ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
        ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
        ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
    ] {
        if text(condition(&node, kind), "/status") == status {
            wanted.push(taint);
        }
    }
    if at(&node, "/spec/unschedulable") == &Value::Bool(true) {
        wanted.push(UNSCHEDULABLE);
    }
    let now = stamp(world.now);
    world.amend(&key, CONTROLLERS, |node| reconcile(node, &wanted, &now));
    let no_execute = list(&node, "/spec/taints").iter().any(|taint| text(taint, "/effect") == "NoExecute");
    for pod in world.store.pods_on(name) {
        if no_execute || world.evictions.contains_key(&pod) {
            world.enqueue(Work::EvictPod(pod));
        }
    }
}

fn reconcile(node: &mut Value, wanted: &[&str], now: &str) {
    const OURS: [&str; 7] = [
        NOT_READY,
        UNREACHABLE,
        UNSCHEDULABLE,
        "node.kubernetes.io/memory-pressure",
        "node.kubernetes.io/disk-pressure",
        "node.kubernetes.io/pid-pressure",
        "node.kubernetes.io/network-unavailable",
    ];
    let ours = |taint: &Value| text(taint, "/effect") == "NoSchedule" && OURS.contains(&text(taint, "/key"));
    let borne: Vec<_> = list(node, "/spec/taints")
        .iter()
        .filter(|taint| ours(taint))
        .map(|taint| text(taint, "/key").to_owned())
        .collect();
    if borne.iter().all(|key| wanted.contains(&key.as_str()))
        && wanted.iter().all(|key| borne.iter().any(|is| is == key))
    {
        return;
    }
    let taints = list_mut(node, "/spec/taints");
    taints.retain(|taint| !ours(taint) || wanted.contains(&text(taint, "/key")));
    for key in wanted.iter().filter(|key| !borne.iter().any(|is| is == *key)) {
        taints.push(json!({"key": key, "effect": "NoSchedule", "timeAdded": now}));
    }
    tidy(node);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_states_of_a_zone() {
        assert_eq!(zone_state(0, 1), ZoneState::FullDisruption);
        assert_eq!(zone_state(1, 3), ZoneState::PartialDisruption);
        assert_eq!(zone_state(1, 2), ZoneState::Normal, "two nodes are never a partial disruption");
        assert_eq!(zone_state(3, 3), ZoneState::Normal);
        assert_eq!(zone_state(9, 11), ZoneState::PartialDisruption, "0.55 is enough");
        assert_eq!(zone_state(0, 0), ZoneState::Normal);
    }

    #[test]
    fn surplus_taints_go_and_others_stay() {
        let mut node = json!({"spec": {"taints": [
            {"key": "node.kubernetes.io/disk-pressure", "effect": "NoSchedule"},
            {"key": "gpu", "effect": "NoSchedule"},
            {"key": UNREACHABLE, "effect": "NoExecute"}]}});
        reconcile(&mut node, &[UNSCHEDULABLE], "now");
        let keys: Vec<_> = list(&node, "/spec/taints").iter().map(|taint| text(taint, "/key")).collect();
        assert_eq!(keys, ["gpu", UNREACHABLE, UNSCHEDULABLE]);
        assert_eq!(text(&node, "/spec/taints/2/timeAdded"), "now");
    }
}
