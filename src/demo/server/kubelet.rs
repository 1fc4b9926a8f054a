//! What a node's kubelet answers through the API server's proxy: whether it is well, how it is configured, what its
//! machine uses. A kubelet that has fallen silent is not reached, and nothing here does anything.

use http::{Method, Response};
use serde_json::{Value, json};

use super::access::{User, Wish};
use super::refusal::{Answer, Refusal};
use super::request::Request;
use super::{Body, Server, json_bytes};
use crate::demo::controllers::kubelet::Voice;
use crate::demo::json::{at, list, text};
use crate::demo::quantity;
use crate::demo::random::fraction;
use crate::demo::resources::{Key, Resource};
use crate::demo::time::stamp;
use crate::demo::world::World;

/// Answers a request that goes to a node's kubelet.
pub(super) fn answer(
    server: &Server,
    user: User,
    request: &Request,
    [node, path]: [&str; 2],
) -> Answer<Response<Body>> {
    let verb = match request.method {
        Method::GET | Method::HEAD => "get",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ => return Err(Refusal::method_not_allowed()),
    };
    let wish = Wish { verb, group: "", resource: "nodes", subresource: "proxy", namespace: "", name: node };
    user.check(Resource::Nodes, &wish)?;
    let world = server.world();
    let key = Key::node(node);
    let object = world.store.get(&key).ok_or_else(|| Refusal::not_found(&key))?;
    if world.kubelets.get(node).is_none_or(|kubelet| kubelet.voice == Voice::Silent) {
        return Err(unreachable(object));
    }
    match (verb, path) {
        ("get", "healthz") => Ok(server.text("ok")),
        ("get", "configz") => Ok(server.respond(200, "application/json", json_bytes(&config(object)))),
        ("get", "stats/summary") => {
            Ok(server.respond(200, "application/json", json_bytes(&summary(&world, node, object))))
        }
        ("get", _) => Err(Refusal::new(404, "NotFound", "the server could not find the requested resource")),
        _ => Err(Refusal::method_not_allowed()),
    }
}

/// What the API server says after it has waited for a machine that is not there.
fn unreachable(node: &Value) -> Refusal {
    let address = text(node, "/status/addresses/0/address");
    let message = format!("error trying to reach service: dial tcp {address}:10250: i/o timeout");
    Refusal::new(503, "ServiceUnavailable", message)
}

fn config(node: &Value) -> Value {
    let pods: i64 = text(node, "/status/capacity/pods").parse().unwrap_or(110);
    json!({"kubeletconfig": {
        "syncFrequency": "1m0s", "fileCheckFrequency": "20s", "httpCheckFrequency": "20s", "address": "0.0.0.0", "port": 10250,
        "rotateCertificates": true, "serverTLSBootstrap": true, "nodeStatusUpdateFrequency": "10s",
        "nodeStatusReportFrequency": "5m0s", "nodeLeaseDurationSeconds": 40, "imageMinimumGCAge": "2m0s",
        "imageGCHighThresholdPercent": 85, "imageGCLowThresholdPercent": 80, "cgroupDriver": "systemd",
        "cpuManagerPolicy": "none", "memoryManagerPolicy": "None", "topologyManagerPolicy": "none", "maxPods": pods,
        "podPidsLimit": -1, "serializeImagePulls": true,
        "evictionHard": {"imagefs.available": "15%", "imagefs.inodesFree": "5%", "memory.available": "100Mi",
            "nodefs.available": "10%", "nodefs.inodesFree": "5%"},
        "evictionPressureTransitionPeriod": "5m0s", "failSwapOn": true, "containerLogMaxSize": "10Mi",
        "systemReserved": {"cpu": "40m", "memory": "400Mi"}, "kubeReserved": {"cpu": "30m", "memory": "183Mi"},
        "enforceNodeAllocatable": ["pods"], "shutdownGracePeriod": "30s", "shutdownGracePeriodCriticalPods": "10s",
        "nodeStatusMaxImages": 50, "localStorageCapacityIsolation": true,
    }})
}

/// About as much as the pods of a node ask for, and somewhat more at one node than at another.
fn summary(world: &World, name: &str, node: &Value) -> Value {
    let mut asked = [0_i64; 2];
    let mut pods = Vec::new();
    for key in world.store.index.pods_on(name) {
        let Some(pod) = world.store.get(&key) else { continue };
        let share = 0.3 + fraction(world.seed, &format!("use/{}/{}", key.namespace, key.name)) * 0.6;
        let mut used = [0_i64; 2];
        for container in list(pod, "/spec/containers") {
            for (sum, resource) in used.iter_mut().zip(["cpu", "memory"]) {
                let text = text(container, &format!("/resources/requests/{resource}"));
                *sum += (quantity::milli(text) as f64 * share) as i64;
            }
        }
        asked = [asked[0] + used[0], asked[1] + used[1]];
        pods.push(json!({"podRef": {"name": key.name, "namespace": key.namespace, "uid": text(pod, "/metadata/uid")},
            "startTime": at(pod, "/status/startTime"), "cpu": {"usageNanoCores": used[0] * 1_000_000},
            "memory": {"workingSetBytes": used[1] / 1000}}));
    }
    let now = stamp(world.now);
    let capacity = quantity::milli(text(node, "/status/capacity/memory")) / 1000;
    let working = asked[1] / 1000 + (700 << 20);
    let disk = 101_430_960_i64 << 10;
    let full = |name: &str| (disk as f64 * (0.3 + fraction(world.seed, name) * 0.4)) as i64;
    let (node_used, images) = (full(&format!("disk/{name}")), full(&format!("images/{name}")) / 3);
    let psi = |busy: f64| {
        json!({"some": {"total": 1_000_000, "avg10": busy, "avg60": busy, "avg300": busy},
        "full": {"total": 100_000, "avg10": busy / 4.0, "avg60": busy / 4.0, "avg300": busy / 4.0}})
    };
    let fs = |used: i64| {
        json!({"time": now, "capacityBytes": disk, "usedBytes": used, "availableBytes": disk - used,
        "inodes": 6_451_200, "inodesUsed": 312_000, "inodesFree": 6_139_200})
    };
    json!({"node": {"nodeName": name, "startTime": text(node, "/metadata/creationTimestamp"),
        "cpu": {"time": now, "usageNanoCores": (asked[0] + 120) * 1_000_000, "psi": psi(1.5)},
        "memory": {"time": now, "availableBytes": (capacity - working).max(0), "usageBytes": working + (300 << 20),
            "workingSetBytes": working, "psi": psi(0.0)},
        "io": {"time": now, "psi": psi(0.5)}, "fs": fs(node_used),
        "runtime": {"imageFs": fs(images), "containerFs": fs(images)},
        "rlimit": {"time": now, "maxpid": 4_194_304, "curproc": 400 + pods.len() * 12},
        "swap": {"time": now, "swapAvailableBytes": 0, "swapUsageBytes": 0}}, "pods": pods})
}
