//! The Kubernetes objects that the tests create, as JSON. Nothing in here talks to a server.
use serde_json::{Value, json};

pub(crate) const NODES: &str = "/api/v1/nodes";
pub(crate) const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

pub(crate) fn node_path(name: &str) -> String {
    format!("{NODES}/{name}")
}

pub(crate) fn pods(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/pods")
}

pub(crate) fn deployments(namespace: &str) -> String {
    format!("/apis/apps/v1/namespaces/{namespace}/deployments")
}

pub(crate) fn autoscalers(namespace: &str) -> String {
    format!("/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers")
}

pub(crate) fn disruption_budgets(namespace: &str) -> String {
    format!("/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets")
}

pub(crate) fn namespace(name: &str) -> Value {
    json!({"metadata": {"name": name}})
}

/// A node as kubelet and flannel register it; `subnet` is the third number of its pod subnet 10.244.N.0/24.
pub(crate) fn node(name: &str, subnet: u8) -> Value {
    let cidr = format!("10.244.{subnet}.0/24");
    json!({
        "metadata": {
            "name": name,
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "topology.kubernetes.io/region": "loopback",
                // A zone of its own: the controllers slow down where several nodes of a zone are silent.
                "topology.kubernetes.io/zone": format!("loopback-{name}"),
            },
            "annotations": {
                "flannel.alpha.coreos.com/backend-data": json!({"VNI": 1, "VtepMAC": mac(subnet)}).to_string(),
                "flannel.alpha.coreos.com/backend-type": "vxlan",
                "flannel.alpha.coreos.com/kube-subnet-manager": "true",
                "flannel.alpha.coreos.com/public-ip": address(subnet),
            },
        },
        "spec": {"podCIDR": cidr, "podCIDRs": [cidr]},
    })
}

/// The status that a healthy kubelet reports.
pub(crate) fn node_status(name: &str, subnet: u8, now: &str) -> Value {
    let condition = |kind: &str, status: &str, reason: &str| json!({"type": kind, "status": status, "reason": reason, "lastHeartbeatTime": now, "lastTransitionTime": now});
    let room = json!({"cpu": "4", "memory": "16Gi", "pods": "110"});
    json!({"status": {
        "capacity": room,
        "allocatable": room,
        "addresses": [
            {"type": "InternalIP", "address": address(subnet)},
            {"type": "Hostname", "address": name},
        ],
        "conditions": [
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID"),
            condition("Ready", "True", "KubeletReady"),
        ],
        "nodeInfo": {
            "architecture": "amd64", "bootID": "", "containerRuntimeVersion": "containerd://2.1.0",
            "kernelVersion": "6.12.0", "kubeProxyVersion": "", "kubeletVersion": "v1.36.3", "machineID": "",
            "operatingSystem": "linux", "osImage": "Test Linux", "systemUUID": "",
        },
    }})
}

fn address(subnet: u8) -> String {
    format!("192.0.2.{subnet}")
}

fn mac(subnet: u8) -> String {
    format!("82:00:00:00:00:{subnet:02x}")
}

/// The lease that a kubelet renews; `now` has microseconds.
pub(crate) fn lease(node: &str, now: &str) -> Value {
    json!({
        "metadata": {"name": node},
        "spec": {"holderIdentity": node, "leaseDurationSeconds": 40, "renewTime": now},
    })
}

/// A pod that names its node itself, as if a scheduler had bound it. It goes at once when it is evicted: there is no
/// kubelet that would end its containers.
pub(crate) fn pod(name: &str, node: &str) -> Value {
    json!({"metadata": {"name": name, "labels": {"app": name}}, "spec": pod_spec(node)})
}

fn pod_spec(node: &str) -> Value {
    json!({
        "nodeName": node,
        "terminationGracePeriodSeconds": 0,
        "containers": [{
            "name": "main",
            "image": "registry.example/pause:1",
            "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
        }],
    })
}

/// The status that a kubelet reports of a pod that runs and is ready.
pub(crate) fn pod_status(now: &str) -> Value {
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": now});
    let conditions = ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map(condition);
    json!({"status": {
        "phase": "Running",
        "startTime": now,
        "conditions": conditions,
        "containerStatuses": [{
            "name": "main", "image": "registry.example/pause:1", "imageID": "", "ready": true, "started": true,
            "restartCount": 0, "state": {"running": {"startedAt": now}},
        }],
    }})
}

pub(crate) fn deployment(name: &str, node: &str, replicas: u32) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": pod_spec(node)},
        },
    })
}

/// An autoscaler on processor use. No metrics are served, so the controller leaves the replicas alone between
/// `lowest` and `highest`.
pub(crate) fn autoscaler(deployment: &str, lowest: u32, highest: u32) -> Value {
    json!({
        "metadata": {"name": deployment},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment},
            "minReplicas": lowest,
            "maxReplicas": highest,
            "metrics": [{"type": "Resource", "resource": {
                "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60},
            }}],
        },
    })
}

/// A budget that allows no disruption of the app at all.
pub(crate) fn disruption_budget(name: &str, app: &str) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {"minAvailable": "100%", "selector": {"matchLabels": {"app": app}}},
    })
}

pub(crate) fn flannel_config() -> Value {
    let network = json!({"Network": "10.244.0.0/16", "EnableNFTables": false, "Backend": {"Type": "vxlan"}});
    json!({
        "metadata": {"name": "kube-flannel-cfg", "labels": {"app": "flannel", "tier": "node"}},
        "data": {"cni-conf.json": "{}", "net-conf.json": network.to_string()},
    })
}

/// What the program reads beyond the ClusterRole `view`.
pub(crate) fn viewer_role() -> Value {
    json!({"metadata": {"name": "foretop:viewer"}, "rules": [
        reading(&[""], &["nodes", "namespaces", "persistentvolumes"]),
        reading(&["coordination.k8s.io"], &["leases"]),
        reading(&["metrics.k8s.io"], &["nodes", "pods"]),
        reading(&["custom.metrics.k8s.io", "external.metrics.k8s.io"], &["*"]),
        reading(&["keda.sh"], &["scaledobjects"]),
        reading(&["autoscaling.k8s.io"], &["verticalpodautoscalers"]),
        reading(&["foretop.test"], &["things", "things/scale"]),
        reading(&["apiextensions.k8s.io"], &["customresourcedefinitions"]),
        reading(&["kubevirt.io"], &["virtualmachines", "virtualmachineinstances", "virtualmachineinstancemigrations"]),
    ]})
}

pub(crate) fn node_reader_role() -> Value {
    json!({"metadata": {"name": "foretop:node-reader"}, "rules": [reading(&[""], &["nodes"])]})
}

fn reading(groups: &[&str], resources: &[&str]) -> Value {
    json!({"apiGroups": groups, "resources": resources, "verbs": ["get", "list", "watch"]})
}

pub(crate) fn role_bindings() -> [Value; 3] {
    [("view", "viewer"), ("foretop:viewer", "viewer"), ("foretop:node-reader", "node-reader")].map(
        |(role, user)| {
            json!({
                "metadata": {"name": format!("{user}-{}", role.replace(':', "-"))},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
            })
        },
    )
}
