//! The node lifecycle controller's zones: how each is, and how fast its nodes get their NoExecute taints.
//!
//! Source: `pkg/controller/nodelifecycle/node_lifecycle_controller.go`.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::node_taints::tidy;
use super::taints::{NOT_READY, UNREACHABLE};
use crate::demo::json::{list, list_mut, text};
use crate::demo::resources::{Key, Resource};
use crate::demo::time::{later, stamp};
use crate::demo::world::writes::{CONTROLLERS, condition};
use crate::demo::world::{Work, World};

/// Seconds between two NoExecute taints in one zone: the inverse of `--node-eviction-rate`.
const INTERVAL: i64 = 10;
/// The same for a large zone in partial disruption: the inverse of `--secondary-node-eviction-rate`.
const SLOW_INTERVAL: i64 = 100;
/// Nodes of a zone from which on it is large: `--large-cluster-size-threshold`.
const LARGE: usize = 50;
/// The fraction of a zone that must be unhealthy: `--unhealthy-zone-threshold`.
const UNHEALTHY: f32 = 0.55;

/// How a zone is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ZoneState {
    #[default]
    Normal,
    PartialDisruption,
    FullDisruption,
}

/// What the controller remembers of a zone.
#[derive(Default)]
pub(super) struct Zone {
    state: ZoneState,
    /// Counted nodes.
    size: usize,
    /// Nodes that wait for their NoExecute taint.
    queue: VecDeque<String>,
    /// When the limiter lets the next one through.
    next: Option<Timestamp>,
}

/// The zone of a node as the controller's log writes it: region, separator, zone.
pub(super) fn zone_of(node: &Value) -> String {
    let label =
        |name: &str| text(node, &format!("/metadata/labels/topology.kubernetes.io~1{name}")).to_owned();
    let (region, zone) = (label("region"), label("zone"));
    if region.is_empty() && zone.is_empty() { String::new() } else { format!("{region}:\0:{zone}") }
}

/// Has a node that is not ready wait for its NoExecute taint; a taint of the other kind is swapped at once, and a
/// ready node loses both.
pub(super) fn queue_eviction(world: &mut World, key: &Key) {
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
    let goes = |taint: &Value| text(taint, "/effect") == "NoExecute" && keys.contains(&text(taint, "/key"));
    if !world.store.get(key).is_some_and(|node| list(node, "/spec/taints").iter().any(goes)) {
        return;
    }
    world.amend(key, CONTROLLERS, |node| {
        list_mut(node, "/spec/taints").retain(|taint| !goes(taint));
        tidy(node);
    });
}

fn add_no_execute(world: &mut World, key: &Key, taint: &str) {
    let now = stamp(world.now);
    world.amend(key, CONTROLLERS, |node| {
        list_mut(node, "/spec/taints").push(json!({"key": taint, "effect": "NoExecute", "timeAdded": now}));
    });
}

/// The state of a zone with so many ready and so many other nodes.
fn zone_state(ready: usize, other: usize) -> ZoneState {
    if ready == 0 && other > 0 {
        ZoneState::FullDisruption
    } else if other > 2 && other as f32 / (ready + other) as f32 >= UNHEALTHY {
        ZoneState::PartialDisruption
    } else {
        ZoneState::Normal
    }
}

/// Judges the zones by their counts of ready and other nodes. While all are down nothing is evicted.
pub(super) fn judge_zones(world: &mut World, zones: &BTreeMap<String, (usize, usize)>) {
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
}
