//! The kubelets as nodes: leases, posted status, falling silent and coming back; and the control plane's leader
//! leases. What kubelets do with pods is in `kubelet_pods`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::demo::json::{at, list_mut, put, text};
use crate::demo::random::hash;
use crate::demo::resources::{Key, Resource};
use crate::demo::time::{later, micro, stamp};
use crate::demo::world::events::Note;
use crate::demo::world::{Work, World};

/// Seconds between renewals of a node's lease: a quarter of its 40 seconds.
const LEASE_PERIOD: i64 = 10;
/// Seconds between posts of an unchanged status.
const STATUS_PERIOD: i64 = 300;
/// Seconds between renewals of a leader's lease.
const LEADER_PERIOD: i64 = 2;

/// Whether a kubelet is heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Voice {
    #[default]
    Heard,
    Silent,
}

/// What a kubelet knows that the API does not show.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kubelet {
    pub(crate) voice: Voice,
    /// Pods that it is stopping.
    pub(crate) stopping: BTreeSet<Key>,
}

/// Whether the kubelet of a node is heard.
pub(super) fn is_heard(world: &World, node: &str) -> bool {
    world.kubelets.get(node).is_some_and(|kubelet| kubelet.voice == Voice::Heard)
}

/// Renews a node's lease and comes back in ten seconds.
pub(super) fn renew_lease(world: &mut World, node: &str) {
    if world.store.get(&Key::node(node)).is_none() {
        return;
    }
    if is_heard(world, node) {
        // Somewhere in the second that has passed, always at the same place for the same node.
        let within = (hash(world.seed, node) % 1_000_000) as i64;
        let exact = world.now.checked_sub(jiff::SignedDuration::from_micros(within)).unwrap_or(world.now);
        world.store.update(&Key::new(Resource::Leases, "kube-node-lease", node), |lease| {
            put(lease, "/spec/renewTime", micro(exact));
        });
    }
    world.at(later(world.now, LEASE_PERIOD), Work::RenewLease(node.to_owned()));
}

/// Posts a node's unchanged status and comes back in five minutes.
pub(super) fn post_on_schedule(world: &mut World, node: &str) {
    if world.store.get(&Key::node(node)).is_none() {
        return;
    }
    if is_heard(world, node) {
        post(world, node, |_| ());
    }
    world.at(later(world.now, STATUS_PERIOD), Work::PostStatus(node.to_owned()));
}

/// Posts a node's status with a change to it.
pub(super) fn post(world: &mut World, node: &str, change: impl FnOnce(&mut Value)) {
    let now = stamp(world.now);
    world.store.update(&Key::node(node), |object| {
        change(object);
        for condition in list_mut(object, "/status/conditions") {
            if at(condition, "/type") != "NetworkUnavailable" {
                put(condition, "/lastHeartbeatTime", now.as_str());
            }
        }
    });
}

/// Sets one condition of a posted status.
pub(super) fn report(world: &mut World, node: &str, kind: &str, status: &str, [reason, message]: [&str; 2]) {
    let now = stamp(world.now);
    post(world, node, |object| {
        for condition in list_mut(object, "/status/conditions") {
            if text(condition, "/type") == kind {
                if text(condition, "/status") != status {
                    put(condition, "/lastTransitionTime", now.as_str());
                }
                put(condition, "/status", status);
                put(condition, "/reason", reason);
                put(condition, "/message", message);
            }
        }
    });
}

/// What a kubelet says of one of its conditions in one of its states: the reason and the message.
pub(super) fn words(kind: &str, status: &str) -> [&'static str; 2] {
    match (kind, status) {
        ("MemoryPressure", "True") => {
            ["KubeletHasInsufficientMemory", "kubelet has insufficient memory available"]
        }
        ("MemoryPressure", _) => ["KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
        ("DiskPressure", "True") => ["KubeletHasDiskPressure", "kubelet has disk pressure"],
        ("DiskPressure", _) => ["KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
        ("PIDPressure", "True") => ["KubeletHasInsufficientPID", "kubelet has insufficient PID available"],
        ("PIDPressure", _) => ["KubeletHasSufficientPID", "kubelet has sufficient PID available"],
        ("Ready", "True") => ["KubeletReady", "kubelet is posting ready status"],
        _ => ["KubeletNotReady", "container runtime status check may not have completed yet"],
    }
}

/// A kubelet is not heard any more.
pub(super) fn stop(world: &mut World, node: &str) {
    if let Some(kubelet) = world.kubelets.get_mut(node) {
        kubelet.voice = Voice::Silent;
    }
}

/// A kubelet is heard again: it renews its lease, posts what it finds, and looks after its pods.
pub(crate) fn start(world: &mut World, node: &str) {
    let Some(kubelet) = world.kubelets.get_mut(node) else { return };
    if kubelet.voice == Voice::Heard {
        return;
    }
    kubelet.voice = Voice::Heard;
    let now = world.now;
    world.store.update(&Key::new(Resource::Leases, "kube-node-lease", node), |lease| {
        put(lease, "/spec/renewTime", micro(now));
    });
    for kind in ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"] {
        let status = if kind == "Ready" { "True" } else { "False" };
        report(world, node, kind, status, words(kind, status));
    }
    let event =
        Note::normal("kubelet", "NodeReady", format!("Node {node} status is now: NodeReady")).on(node);
    world.record(&Key::node(node), event);
    for pod in world.store.index.pods_on(node) {
        world.enqueue(Work::Kubelet(pod));
    }
}

/// Renews the lease of a control plane component's leader.
pub(super) fn renew_leader(world: &mut World, name: &str) {
    let now = micro(world.now);
    world
        .store
        .update(&Key::new(Resource::Leases, "kube-system", name), |lease| put(lease, "/spec/renewTime", now));
    world.at(later(world.now, LEADER_PERIOD), Work::RenewLeader(name.to_owned()));
}
