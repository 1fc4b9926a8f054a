//! The kubelets' care of containers that end: crash loops with their back-off, and restarts.

use serde_json::{Value, json};

use super::kubelet_pods::{announce, pod_condition, reached, unready_words};
use crate::demo::json::{at, number, put, text, time};
use crate::demo::resources::Key;
use crate::demo::time::{later, stamp};
use crate::demo::world::events::Note;
use crate::demo::world::{Pace, World};

/// Seconds that the main process of a crashing workload lives.
const CRASH_AFTER: i64 = 9;

/// Ends the main process of a crashing workload, or starts it again when the back-off is over.
pub(super) fn crash_or_retry(world: &mut World, key: &Key, pod: &Value, node: &str) {
    let status = at(pod, "/status/containerStatuses/0").clone();
    let name = text(&status, "/name").to_owned();
    if let Some(began) = time(&status, "/state/running/startedAt") {
        if world.pace == Pace::Instant || !reached(world, key, later(began, CRASH_AFTER)) {
            return;
        }
        fail(world, key, &began, "Error", 1);
        let uid = text(pod, "/metadata/uid");
        let message = format!(
            "Back-off restarting failed container {name} in pod {}_{}({uid})",
            key.name, key.namespace
        );
        world.record(key, Note::warning("kubelet", "BackOff", message).on(node).container(&name));
        return;
    }
    let ended = time(&status, "/lastState/terminated/finishedAt").unwrap_or(world.now);
    let wait = back_off(number(&status, "/restartCount"));
    if world.pace == Pace::Instant || !reached(world, key, later(ended, wait)) {
        return;
    }
    let now = stamp(world.now);
    world.store.update(key, |pod| {
        put(pod, "/status/containerStatuses/0/state", json!({"running": {"startedAt": now}}));
        put(pod, "/status/containerStatuses/0/restartCount", number(&status, "/restartCount") + 1);
        put(pod, "/status/containerStatuses/0/started", true);
    });
    announce(world, key, pod, node);
}

/// Seconds that the kubelet waits before it starts a crashed container again.
fn back_off(restarts: i64) -> i64 {
    (10_i64 << restarts.clamp(0, 5)).min(300)
}

fn fail(world: &mut World, key: &Key, began: &jiff::Timestamp, reason: &str, exit_code: i64) {
    let (began, now) = (stamp(*began), stamp(world.now));
    world.store.update(key, |pod| {
        let restarts = number(pod, "/status/containerStatuses/0/restartCount");
        let name = text(pod, "/status/containerStatuses/0/name").to_owned();
        let uid = text(pod, "/metadata/uid").to_owned();
        let place = format!("{}_{}({uid})", key.name, key.namespace);
        let message =
            format!("back-off {} restarting failed container={name} pod={place}", short(back_off(restarts)));
        let id = at(pod, "/status/containerStatuses/0/containerID").clone();
        put(
            pod,
            "/status/containerStatuses/0/lastState",
            json!({"terminated": {"exitCode": exit_code,
            "reason": reason, "startedAt": began, "finishedAt": now, "containerID": id}}),
        );
        put(
            pod,
            "/status/containerStatuses/0/state",
            json!({"waiting": {"reason": "CrashLoopBackOff", "message": message}}),
        );
        lose_readiness(pod, &now);
    });
}

/// How Go writes a duration of some seconds.
fn short(seconds: i64) -> String {
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{}s", seconds / 60, seconds % 60) }
}

/// The first container of a pod ends and is started again at once.
pub(super) fn restart(world: &mut World, key: &Key, reason: &str, exit_code: i64) {
    let Some(pod) = world.store.get(key).cloned() else { return };
    let now = stamp(world.now);
    world.store.update(key, |pod| {
        let status = at(pod, "/status/containerStatuses/0").clone();
        put(
            pod,
            "/status/containerStatuses/0/lastState",
            json!({"terminated": {"exitCode": exit_code, "reason": reason,
            "startedAt": at(&status, "/state/running/startedAt"), "finishedAt": now,
            "containerID": at(&status, "/containerID")}}),
        );
        put(pod, "/status/containerStatuses/0/state", json!({"running": {"startedAt": now}}));
        put(pod, "/status/containerStatuses/0/restartCount", number(&status, "/restartCount") + 1);
        lose_readiness(pod, &now);
    });
    announce(world, key, &pod, text(&pod, "/spec/nodeName"));
}

fn lose_readiness(pod: &mut Value, now: &str) {
    put(pod, "/status/containerStatuses/0/ready", false);
    let unready = unready_words(pod);
    for kind in ["Ready", "ContainersReady"] {
        pod_condition(pod, now, [kind, "False", "ContainersNotReady", &unready]);
    }
}
