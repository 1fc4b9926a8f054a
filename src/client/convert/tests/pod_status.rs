//! STATUS, READY and RESTARTS for the situations that kubectl tells apart.

use super::*;

/// What is shown for a pod of `spec` and `status`, with `terminating` when it has a deletionTimestamp.
fn shown(spec: &Value, status: &Value, terminating: bool) -> (String, (u16, u16), u32) {
    let mut pod = json!({ "metadata": { "name": "p", "namespace": "n" }, "spec": spec, "status": status });
    if terminating {
        pod["metadata"]["deletionTimestamp"] = json!("2026-11-20T10:00:00Z");
    }
    let pod = both(&pod.to_string(), |shared, wire: core::Pod| shared.pod(wire));
    (pod.status.to_string(), pod.containers, pod.restarts)
}

fn word(spec: &Value, status: &Value) -> String {
    shown(spec, status, false).0
}

fn one() -> Value {
    json!({ "containers": [{ "name": "a" }] })
}

fn two() -> Value {
    json!({ "containers": [{ "name": "a" }, { "name": "b" }] })
}

fn with_init() -> Value {
    json!({ "containers": [{ "name": "a" }], "initContainers": [{ "name": "i" }, { "name": "j" }] })
}

fn waiting(reason: &str) -> Value {
    json!({ "waiting": { "reason": reason } })
}

fn ended(code: i32, reason: &str) -> Value {
    json!({ "terminated": { "exitCode": code, "reason": reason } })
}

fn running(name: &str) -> Value {
    json!({ "name": name, "ready": true, "state": { "running": {} } })
}

#[test]
fn the_phase_when_nothing_says_more() {
    assert_eq!(word(&one(), &json!({ "phase": "Pending" })), "Pending");
    assert_eq!(word(&one(), &json!({ "phase": "Failed", "reason": "Evicted" })), "Evicted");
    assert_eq!(word(&one(), &json!({ "phase": "Failed", "reason": "NodeAffinity" })), "NodeAffinity");
}

#[test]
fn a_gate_holds_it_back() {
    let gated = json!({ "type": "PodScheduled", "status": "False", "reason": "SchedulingGated" });
    assert_eq!(word(&one(), &json!({ "phase": "Pending", "conditions": [gated] })), "SchedulingGated");
}

#[test]
fn a_container_that_waits_or_has_ended() {
    let status = |state: Value| json!({ "phase": "Running", "containerStatuses": [{ "name": "a", "restartCount": 4, "state": state }] });
    let restarting = shown(&one(), &status(waiting("CrashLoopBackOff")), false);
    assert_eq!(restarting, ("CrashLoopBackOff".into(), (0, 1), 4));
    assert_eq!(word(&one(), &status(waiting(""))), "Running");
    assert_eq!(word(&one(), &status(ended(1, "Error"))), "Error");
    assert_eq!(word(&one(), &status(ended(137, "OOMKilled"))), "OOMKilled");
    assert_eq!(word(&one(), &status(ended(3, ""))), "ExitCode:3");
    assert_eq!(word(&one(), &status(json!({ "terminated": { "exitCode": 137, "signal": 9 } }))), "Signal:9");
    assert_eq!(word(&one(), &status(ended(0, "Completed"))), "Completed");
}

#[test]
fn the_first_container_has_the_word() {
    let status = json!({ "phase": "Running", "containerStatuses": [
        { "name": "a", "state": waiting("ImagePullBackOff") }, { "name": "b", "state": waiting("CrashLoopBackOff") }] });
    assert_eq!(word(&two(), &status), "ImagePullBackOff");
}

#[test]
fn completed_beside_others() {
    let status = |other: Value, ready: &str| {
        json!({ "phase": "Running", "conditions": [{ "type": "Ready", "status": ready }],
            "containerStatuses": [{ "name": "a", "state": ended(0, "Completed") }, other] })
    };
    assert_eq!(word(&two(), &status(running("b"), "True")), "Running");
    assert_eq!(word(&two(), &status(running("b"), "False")), "NotReady");
    let failed = json!({ "name": "b", "state": ended(1, "Error") });
    assert_eq!(word(&two(), &status(failed, "False")), "Error");
}

#[test]
fn init_containers_in_turn() {
    let status = |first: Value| {
        json!({ "phase": "Pending", "initContainerStatuses": [
            { "name": "i", "restartCount": 3, "state": first }, { "name": "j", "state": waiting("PodInitializing") }] })
    };
    assert_eq!(
        shown(&with_init(), &status(waiting("PodInitializing")), false),
        ("Init:0/2".into(), (0, 1), 3)
    );
    assert_eq!(word(&with_init(), &status(json!({ "running": {} }))), "Init:0/2");
    assert_eq!(word(&with_init(), &status(ended(0, "Completed"))), "Init:1/2");
    assert_eq!(word(&with_init(), &status(waiting("CrashLoopBackOff"))), "Init:CrashLoopBackOff");
    assert_eq!(word(&with_init(), &status(ended(1, "Error"))), "Init:Error");
    assert_eq!(word(&with_init(), &status(ended(2, ""))), "Init:ExitCode:2");
    assert_eq!(
        word(&with_init(), &status(json!({ "terminated": { "exitCode": 139, "signal": 11 } }))),
        "Init:Signal:11"
    );
}

#[test]
fn sidecars_count_as_containers() {
    let spec = json!({ "containers": [{ "name": "a" }], "initContainers": [{ "name": "s", "restartPolicy": "Always" }] });
    let status = |started: bool| {
        json!({ "phase": "Running", "containerStatuses": [running("a")],
            "initContainerStatuses": [{ "name": "s", "ready": true, "started": started, "restartCount": 6, "state": { "running": {} } }] })
    };
    assert_eq!(shown(&spec, &status(true), false), ("Running".into(), (2, 2), 6));
    assert_eq!(shown(&spec, &status(false), false), ("Init:0/1".into(), (0, 2), 6));
}

#[test]
fn a_restarted_init_container_does_not_hide_a_pod_that_was_initialized() {
    let status = json!({ "phase": "Running", "conditions": [{ "type": "Initialized", "status": "True" }],
        "initContainerStatuses": [{ "name": "i", "restartCount": 9, "state": { "running": {} } }],
        "containerStatuses": [{ "name": "a", "restartCount": 1, "state": waiting("CrashLoopBackOff") }] });
    assert_eq!(shown(&with_init(), &status, false), ("CrashLoopBackOff".into(), (0, 1), 1));
}

#[test]
fn deletion_has_the_last_word() {
    let status = |phase: &str, reason: &str| json!({ "phase": phase, "reason": reason });
    assert_eq!(shown(&one(), &status("Running", ""), true).0, "Terminating");
    assert_eq!(shown(&one(), &status("Running", "NodeLost"), true).0, "Unknown");
    assert_eq!(shown(&one(), &status("Running", "NodeLost"), false).0, "NodeLost");
    assert_eq!(shown(&one(), &status("Succeeded", ""), true).0, "Succeeded");
    assert_eq!(shown(&one(), &status("Failed", "Evicted"), true).0, "Evicted");
}
