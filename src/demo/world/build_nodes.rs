//! The nodes of a scenario, with their leases, their kubelets and what flannel writes on them.

use serde_json::{Value, json};

use super::World;
use super::build::Ages;
use crate::demo::controllers::kubelet::Kubelet;
use crate::demo::json::{at, list_mut, put, text, time};
use crate::demo::random::{fraction, hash};
use crate::demo::resources::{Key, Resource};
use crate::demo::scenario::{NodeGroup, Scenario, Span};
use crate::demo::time::{later, micro, stamp};

/// The leader leases in kube-system.
pub(crate) const LEADERS: &[&str] = &["kube-controller-manager", "kube-scheduler"];

/// Makes all nodes.
pub(super) fn nodes(world: &mut World, scenario: &Scenario, ages: &mut Ages) {
    let prefix = scenario.network.as_ref().map_or("10.244", |network| network.prefix.as_str());
    let mut number = 0;
    let mut leader = None;
    for group in &scenario.nodes {
        for index in 1..=group.count {
            let name = format!("{}-{index}", group.name);
            let address = format!("{}.{}", group.addresses, 9 + index);
            node(world, group, &name, &address, &format!("{prefix}.{number}.0/24"));
            let pulled = images(world.seed, scenario, &name);
            world.store.update(&Key::node(&name), |node| put(node, "/status/images", pulled));
            ages.note(Key::node(&name), Span(group.age.0 + index as i64 * 47));
            let control = group.roles.iter().any(|role| role == "control-plane");
            leader = leader.or(control.then_some(name));
            number += 1;
        }
    }
    leaders(world, &leader.unwrap_or_else(|| "control-plane".to_owned()));
}

/// What a node has pulled over time: most of what runs anywhere, the largest first, as a kubelet posts them.
fn images(seed: u64, scenario: &Scenario, node: &str) -> Vec<Value> {
    let pulled = |image: &&str| fraction(seed, &format!("pulled/{node}/{image}")) < 0.7;
    let mut names: Vec<&str> = scenario.workloads.iter().map(|it| it.image.as_str()).filter(pulled).collect();
    names.sort_unstable();
    names.dedup();
    let size = |name: &str| 18_000_000 + hash(0, name) % 620_000_000;
    names.sort_by_key(|name| std::cmp::Reverse(size(name)));
    let image = |name: &str| {
        let (half, bare) = (hash(0, name), name.rsplit_once(':').map_or(name, |(bare, _)| bare));
        let digest = format!("{half:016x}{:016x}{half:016x}{:016x}", !half, half ^ 7);
        json!({"names": [format!("{bare}@sha256:{digest}"), name], "sizeBytes": size(name)})
    };
    names.into_iter().map(image).collect()
}

/// Makes the leases of the control plane's leaders.
pub(crate) fn leaders(world: &mut World, holder: &str) {
    for name in LEADERS {
        let spec = json!({"holderIdentity": format!("{holder}_{}", world.random.uuid()), "leaseDurationSeconds": 15,
            "acquireTime": micro(later(world.now, -86_400 * 6)), "renewTime": micro(world.now), "leaseTransitions": 3});
        let lease = json!({"metadata": {"name": name, "namespace": "kube-system"}, "spec": spec});
        world.create(Resource::Leases, lease, name);
    }
}

/// Makes a node with its lease and its kubelet.
pub(crate) fn node(world: &mut World, group: &NodeGroup, name: &str, address: &str, cidr: &str) {
    let mut object = json!({
        "metadata": {"name": name, "labels": labels(group, name), "annotations": annotations(world.seed, name, address)},
        "spec": {"podCIDR": cidr, "podCIDRs": [cidr],
            "providerID": format!("aws:///{}/i-{:017x}", group.zone, hash(world.seed, name) >> 4)},
        "status": status(world, group, name, address),
    });
    let taints: Vec<_> = group.taints.iter().filter_map(|taint| read_taint(taint)).collect();
    if !taints.is_empty() {
        put(&mut object, "/spec/taints", taints);
    }
    let key = world.create(Resource::Nodes, object, "kubelet");
    let uid = world.store.get(&key).map(|node| text(node, "/metadata/uid").to_owned()).unwrap_or_default();
    let owner = json!([{"apiVersion": "v1", "kind": "Node", "name": name, "uid": uid}]);
    let lease = json!({"metadata": {"name": name, "namespace": "kube-node-lease", "ownerReferences": owner},
        "spec": {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": micro(world.now)}});
    world.create(Resource::Leases, lease, "kubelet");
    world.kubelets.insert(name.to_owned(), Kubelet::default());
}

fn labels(group: &NodeGroup, name: &str) -> Value {
    let mut labels = json!({
        "beta.kubernetes.io/arch": group.architecture, "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": group.architecture, "kubernetes.io/hostname": name, "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": group.instance_type,
        "topology.kubernetes.io/region": group.region, "topology.kubernetes.io/zone": group.zone,
    });
    for role in &group.roles {
        put(&mut labels, &format!("/node-role.kubernetes.io~1{role}"), "");
    }
    for (key, value) in &group.labels {
        put(&mut labels, &format!("/{}", key.replace('/', "~1")), value.as_str());
    }
    labels
}

fn annotations(seed: u64, name: &str, address: &str) -> Value {
    let mac = hash(seed, &format!("mac/{name}")).to_be_bytes();
    // Locally administered and unicast, as flannel makes them.
    let first = mac[0] & 0xfc | 0x02;
    let mac =
        format!("{first:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac[1], mac[2], mac[3], mac[4], mac[5]);
    json!({
        "flannel.alpha.coreos.com/backend-data": format!("{{\"VNI\":1,\"VtepMAC\":\"{mac}\"}}"),
        "flannel.alpha.coreos.com/backend-type": "vxlan",
        "flannel.alpha.coreos.com/kube-subnet-manager": "true",
        "flannel.alpha.coreos.com/public-ip": address,
        "node.alpha.kubernetes.io/ttl": "0",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
    })
}

fn status(world: &mut World, group: &NodeGroup, name: &str, address: &str) -> Value {
    let now = stamp(world.now);
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({"type": kind, "status": status, "lastHeartbeatTime": now, "lastTransitionTime": now,
            "reason": reason, "message": message})
    };
    let kibibytes = group.memory_gi * 1024 * 1024 - 400_000 - (hash(0, name) % 2000) as i64;
    json!({
        "capacity": {"cpu": group.cpu.to_string(), "ephemeral-storage": "101430960Ki", "hugepages-1Gi": "0",
            "hugepages-2Mi": "0", "memory": format!("{kibibytes}Ki"), "pods": group.pods.to_string()},
        "allocatable": {"cpu": format!("{}m", group.cpu * 1000 - 70), "ephemeral-storage": "93478772582", "hugepages-1Gi": "0",
            "hugepages-2Mi": "0", "memory": format!("{}Ki", kibibytes - 700_000), "pods": group.pods.to_string()},
        "conditions": [
            condition("NetworkUnavailable", "False", "FlannelIsUp", "Flannel is running on this node"),
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        ],
        "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": {
            "machineID": world.random.hex(32), "systemUUID": world.random.uuid(), "bootID": world.random.uuid(),
            "kernelVersion": group.kernel, "osImage": group.os, "containerRuntimeVersion": group.runtime,
            "kubeletVersion": group.kubelet, "kubeProxyVersion": "", "operatingSystem": "linux",
            "architecture": group.architecture, "swap": {"capacity": 0},
        },
        "runtimeHandlers": [{"name": "", "features": {"recursiveReadOnlyMounts": true, "userNamespaces": true}},
            {"name": "runc", "features": {"recursiveReadOnlyMounts": true, "userNamespaces": true}}],
        "features": {"supplementalGroupsPolicy": true},
    })
}

fn read_taint(text: &str) -> Option<Value> {
    let (key, effect) = text.rsplit_once(':')?;
    let (key, value) = key.split_once('=').unwrap_or((key, ""));
    let mut taint = json!({"key": key});
    if !value.is_empty() {
        put(&mut taint, "/value", value);
    }
    put(&mut taint, "/effect", effect);
    Some(taint)
}

/// Cordons the nodes that the scenario names.
pub(super) fn cordon(world: &mut World, scenario: &Scenario) {
    for group in &scenario.nodes {
        for index in &group.cordoned {
            let key = Key::node(&format!("{}-{index}", group.name));
            world.store.update(&key, |node| put(node, "/spec/unschedulable", true));
        }
    }
}

/// Gives healthy nodes what age cannot give them: a status posted within the last five minutes.
pub(crate) fn heartbeats(world: &mut World) {
    let now = world.now;
    for key in world.store.keys(Resource::Nodes, None) {
        let posted = later(now, (fraction(world.seed, &format!("status/{}", key.name)) * 300.0) as i64 - 300);
        let joined =
            world.store.get(&key).and_then(|node| time(node, "/metadata/creationTimestamp")).unwrap_or(now);
        let up = later(joined, 35);
        world.store.update(&key, |node| {
            for condition in list_mut(node, "/status/conditions") {
                let network = at(condition, "/type") == "NetworkUnavailable";
                put(condition, "/lastHeartbeatTime", stamp(if network { up } else { posted }));
                put(condition, "/lastTransitionTime", stamp(up));
            }
            // A cordon is younger than its node.
            for taint in list_mut_if_any(node) {
                if time(taint, "/timeAdded").is_some() {
                    put(taint, "/timeAdded", stamp(later(now, -5_040)));
                }
            }
        });
        let lease = Key::new(Resource::Leases, "kube-node-lease", &key.name);
        world.store.update(&lease, |lease| put(lease, "/spec/renewTime", micro(later(now, -3))));
    }
}

fn list_mut_if_any(node: &mut Value) -> &mut [Value] {
    match node.pointer_mut("/spec/taints") {
        Some(Value::Array(taints)) => taints,
        _ => &mut [],
    }
}
