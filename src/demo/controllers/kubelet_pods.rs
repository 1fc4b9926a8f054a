//! The kubelets' care of pods: start, readiness, graceful end. Pods of a silent kubelet stay as they are; that is what
//! a dead node looks like. Crashes and restarts are in `kubelet_restarts`.

use serde_json::{Value, json};

use super::kubelet::is_heard;
use super::kubelet_restarts::crash_or_retry;
use crate::demo::json::{at, has, list, list_mut, number, put, remove, text, time};
use crate::demo::random::hash;
use crate::demo::resources::Key;
use crate::demo::time::{later, seconds_between, stamp};
use crate::demo::world::events::Note;
use crate::demo::world::writes::{condition, set_condition};
use crate::demo::world::{Pace, Work, World};

/// Looks after one pod.
pub(super) fn look(world: &mut World, key: &Key) {
    let Some(pod) = world.store.get(key).cloned() else { return };
    let node = text(&pod, "/spec/nodeName").to_owned();
    if node.is_empty() {
        if !has(&pod, "/metadata/deletionTimestamp") {
            world.enqueue(Work::Schedule(key.clone()));
        }
        return;
    }
    if !is_heard(world, &node) || world.store.get(&Key::node(&node)).is_none() {
        return;
    }
    if has(&pod, "/metadata/deletionTimestamp") {
        return end(world, key, &pod, &node);
    }
    let habit = world.habit_of(&pod);
    match text(&pod, "/status/phase") {
        "Pending" if !has(&pod, "/status/startTime") => accept(world, key, &node),
        "Pending" => {
            let began = time(&pod, "/status/startTime").unwrap_or(world.now);
            if reached(world, key, later(began, habit.start / 2)) {
                run(world, key, &pod, &node);
            }
        }
        "Running" if habit.crashes => crash_or_retry(world, key, &pod, &node),
        "Running" => become_ready(world, key, &pod, habit.start - habit.start / 2),
        _ => {}
    }
}

/// Whether an instant of the pod's own course has come; if not, the kubelet looks again then. At an instant pace
/// everything has come.
pub(super) fn reached(world: &mut World, key: &Key, due: jiff::Timestamp) -> bool {
    if world.pace == Pace::Instant || due <= world.now {
        return true;
    }
    world.at(due, Work::Kubelet(key.clone()));
    false
}

fn accept(world: &mut World, key: &Key, node: &str) {
    let host =
        world.store.get(&Key::node(node)).map(|node| text(node, "/status/addresses/0/address").to_owned());
    let now = stamp(world.now);
    world.store.update(key, |pod| {
        put(pod, "/status/hostIP", host.clone().unwrap_or_default());
        put(pod, "/status/hostIPs", json!([{"ip": host}]));
        put(pod, "/status/startTime", now.as_str());
        let waiting = list(pod, "/spec/containers").iter().map(|container| {
            json!({"name": text(container, "/name"), "image": text(container, "/image"), "imageID": "", "lastState": {},
                "ready": false, "restartCount": 0, "started": false,
                "state": {"waiting": {"reason": "ContainerCreating"}}})
        });
        put(pod, "/status/containerStatuses", waiting.collect::<Vec<_>>());
        let scheduled = condition(pod, "PodScheduled").clone();
        put(pod, "/status/conditions", Value::Array(Vec::new()));
        let unready = unready_words(pod);
        for [kind, status, reason, message] in [
            ["PodReadyToStartContainers", "False", "", ""],
            ["Initialized", "True", "", ""],
            ["Ready", "False", "ContainersNotReady", &unready],
            ["ContainersReady", "False", "ContainersNotReady", &unready],
            ["PodScheduled", "True", "", ""],
        ] {
            pod_condition(pod, &now, [kind, status, reason, message]);
        }
        if let (Some(at), false) = (at(&scheduled, "/lastTransitionTime").as_str(), scheduled.is_null()) {
            let last = list_mut(pod, "/status/conditions").last_mut();
            if let Some(condition) = last {
                put(condition, "/lastTransitionTime", at);
            }
        }
    });
}

fn run(world: &mut World, key: &Key, pod: &Value, node: &str) {
    let address = address_for(world, pod, node);
    let now = stamp(world.now);
    let seed = world.seed;
    world.store.update(key, |pod| {
        put(pod, "/status/phase", "Running");
        put(pod, "/status/podIP", address.as_str());
        put(pod, "/status/podIPs", json!([{"ip": address}]));
        pod_condition(pod, &now, ["PodReadyToStartContainers", "True", "", ""]);
        let uid = text(pod, "/metadata/uid").to_owned();
        for status in list_mut(pod, "/status/containerStatuses") {
            let id = |what: &str| hash(seed, &format!("{what}/{uid}/{}", text(status, "/name")));
            let (container, image) = (id("container"), hash(0, text(status, "/image")));
            put(
                status,
                "/containerID",
                format!("containerd://{container:016x}{:016x}{image:016x}{:016x}", !container, !image),
            );
            put(
                status,
                "/imageID",
                format!("sha256:{image:016x}{:016x}{:016x}{:016x}", !image, image ^ 7, !image ^ 7),
            );
            put(status, "/started", true);
            put(status, "/state", json!({"running": {"startedAt": now}}));
        }
    });
    announce(world, key, pod, node);
}

/// Records that the containers of a pod were started.
pub(super) fn announce(world: &mut World, key: &Key, pod: &Value, node: &str) {
    for container in list(pod, "/spec/containers") {
        let (name, image) = (text(container, "/name"), text(container, "/image"));
        let pulled =
            format!("Container image {image:?} already present on machine and can be accessed by the pod");
        for (reason, message) in [
            ("Pulled", pulled),
            ("Created", "Container created".to_owned()),
            ("Started", "Container started".to_owned()),
        ] {
            world.record(key, Note::normal("kubelet", reason, message).on(node).container(name));
        }
    }
}

fn become_ready(world: &mut World, key: &Key, pod: &Value, after: i64) {
    let unready = |status: &&Value| at(status, "/ready") != &Value::Bool(true);
    let began = list(pod, "/status/containerStatuses")
        .iter()
        .filter(unready)
        .filter_map(|status| time(status, "/state/running/startedAt"))
        .max();
    if let Some(began) = began
        && !reached(world, key, later(began, after.max(1)))
    {
        return;
    }
    let now = stamp(world.now);
    world.store.update(key, |pod| {
        for status in list_mut(pod, "/status/containerStatuses") {
            if has(status, "/state/running") {
                put(status, "/ready", true);
            }
        }
        for kind in ["Ready", "ContainersReady"] {
            pod_condition(pod, &now, [kind, "True", "", ""]);
        }
    });
}

/// What the Ready condition says while containers are not.
pub(super) fn unready_words(pod: &Value) -> String {
    let unready = list(pod, "/status/containerStatuses")
        .iter()
        .filter(|status| at(status, "/ready") != &Value::Bool(true));
    let names: Vec<_> = unready.map(|status| text(status, "/name")).collect();
    format!("containers with unready status: [{}]", names.join(" "))
}

/// Sets a condition as kubelets do: with a null probe time, without empty reasons.
pub(super) fn pod_condition(pod: &mut Value, now: &str, [kind, status, reason, message]: [&str; 4]) {
    set_condition(pod, now, [kind, status, reason, message]);
    for condition in
        list_mut(pod, "/status/conditions").iter_mut().filter(|condition| text(condition, "/type") == kind)
    {
        put(condition, "/lastProbeTime", Value::Null);
        for (pointer, value) in [("/reason", reason), ("/message", message)] {
            if value.is_empty() {
                remove(condition, pointer);
            }
        }
    }
}

fn address_for(world: &World, pod: &Value, node: &str) -> String {
    if at(pod, "/spec/hostNetwork") == &Value::Bool(true) {
        return text(pod, "/status/hostIP").to_owned();
    }
    let Some(object) = world.store.get(&Key::node(node)) else { return String::new() };
    let Some((network, _)) = text(object, "/spec/podCIDR").rsplit_once('.') else { return String::new() };
    let taken: Vec<String> = world
        .store
        .index
        .pods_on(node)
        .iter()
        .filter_map(|key| world.store.get(key))
        .map(|pod| text(pod, "/status/podIP").to_owned())
        .collect();
    (2..255)
        .map(|last| format!("{network}.{last}"))
        .find(|address| !taken.contains(address))
        .unwrap_or_default()
}

fn end(world: &mut World, key: &Key, pod: &Value, node: &str) {
    let first = world.kubelets.get_mut(node).is_some_and(|kubelet| kubelet.stopping.insert(key.clone()));
    if first && text(pod, "/status/phase") == "Running" {
        for container in list(pod, "/spec/containers") {
            let name = text(container, "/name");
            let event = Note::normal("kubelet", "Killing", format!("Stopping container {name}"));
            world.record(key, event.on(node).container(name));
        }
    }
    let grace = number(pod, "/metadata/deletionGracePeriodSeconds");
    let deadline = time(pod, "/metadata/deletionTimestamp").unwrap_or(world.now);
    let asked = later(deadline, -grace);
    let takes = grace.min(2 + (hash(world.seed, text(pod, "/metadata/uid")) % 4) as i64);
    // A kubelet that was silent needs its seconds from when it is heard again.
    let waited = seconds_between(asked, world.now);
    let due = if first && waited > takes { later(world.now, takes) } else { later(asked, takes) };
    if reached(world, key, due) {
        if let Some(kubelet) = world.kubelets.get_mut(node) {
            kubelet.stopping.remove(key);
        }
        world.remove(key);
    }
}
