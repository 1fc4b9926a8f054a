//! A large cluster made by hand: objects as the API sends them, converted as the client does it, so that the model's
//! own types may change without this. It measures nothing.
#![expect(clippy::expect_used, reason = "a world that cannot be made cannot be measured")]

use std::sync::Arc;

use foretop::client::convert::Shared;
use foretop::model::autoscaler::{Goal, Metric, MetricSource, ScaleTarget};
use foretop::model::change::{Change, Freshness, Object};
use foretop::model::cluster::Cluster;
use foretop::model::key::Key;
use foretop::model::kind::Kind;
use foretop::model::probe::{self as measured, Answer, Probe, Scale};
use foretop::model::sample::{ContainerUse, PodSample};
use foretop::model::second::Second;
use foretop::model::usage::Sample;
use foretop::wire::{apps, autoscaling, core, frame, meta};
use jiff::{SignedDuration, Timestamp};
use prost::Message;
use prost::bytes::Bytes;
use prost::encoding::bytes::encode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Pods of one Deployment.
pub(crate) const SIBLINGS: usize = 30;
const NAMESPACES: usize = 12;

/// When all of it is looked at.
pub(crate) fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a time")
}

/// How large a cluster is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) nodes: usize,
    pub(crate) pods: usize,
    pub(crate) autoscalers: usize,
    /// So many of the nodes are in trouble, of every kind in turn.
    pub(crate) troubled: usize,
}

/// What is wrong with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// Unknown, tainted NoExecute, and its pods leave in some minutes.
    Evicting,
    /// Unknown, and waits for its NoExecute taint.
    Queued,
    /// Its kubelet says that it is not ready; tainted NoExecute.
    NotReady,
    /// Short of memory.
    Pressure,
}

impl Trouble {
    const ALL: [Self; 4] = [Self::Evicting, Self::Queued, Self::NotReady, Self::Pressure];

    fn of(number: usize, size: Size) -> Option<Self> {
        // Not in step with the zones, so that each zone has some of every kind.
        (number < size.troubled).then(|| Self::ALL[number % Self::ALL.len()])
    }

    /// Ready's status, and the status of MemoryPressure.
    fn conditions(self) -> [&'static str; 2] {
        match self {
            Self::Evicting | Self::Queued => ["Unknown", "Unknown"],
            Self::NotReady => ["False", "False"],
            Self::Pressure => ["True", "True"],
        }
    }

    fn taints(self) -> Value {
        let taint = |key: &str, effect: &str| json!({"key": format!("node.kubernetes.io/{key}"), "effect": effect, "timeAdded": "2026-03-01T11:58:00Z"});
        match self {
            Self::Evicting => json!([taint("unreachable", "NoSchedule"), taint("unreachable", "NoExecute")]),
            Self::Queued => json!([taint("unreachable", "NoSchedule")]),
            Self::NotReady => json!([taint("not-ready", "NoSchedule"), taint("not-ready", "NoExecute")]),
            Self::Pressure => json!([taint("memory-pressure", "NoSchedule")]),
        }
    }
}

/// What Kubernetes supports, and nothing wrong in it.
pub(crate) const LIMIT: Size = Size { nodes: 5_000, pods: 150_000, autoscalers: 500, troubled: 0 };

/// Makes objects; the texts that they share are shared.
#[derive(Debug)]
pub(crate) struct Maker {
    shared: Shared,
    pod: core::Pod,
}

impl Maker {
    pub(crate) fn new() -> Self {
        Self { shared: Shared::default(), pod: read(pod_json()) }
    }

    /// The whole cluster, synced and live.
    pub(crate) fn cluster(&mut self, size: Size) -> Cluster {
        let mut cluster = Cluster::default();
        for number in 0..size.nodes {
            cluster.apply_all(self.node(number, Trouble::of(number, size)));
        }
        for number in 0..size.pods.div_ceil(SIBLINGS) {
            cluster.apply_all(self.deployment(number, SIBLINGS));
        }
        for number in 0..size.autoscalers {
            cluster.apply(self.autoscaler(number));
        }
        for number in 0..size.pods {
            cluster.apply(self.pod(number, size.nodes, 0));
        }
        for kind in Kind::ALL {
            cluster.apply(Change::Synced(kind));
            cluster.apply(Change::Freshness(kind, Freshness::Live { since: now() }));
        }
        cluster
    }

    /// A pod; another number of restarts is a change.
    pub(crate) fn pod(&mut self, number: usize, nodes: usize, restarts: i32) -> Change {
        let pod = self.wire_pod(number, nodes, restarts);
        Change::Upsert(Object::Pod(Box::new(self.shared.pod(pod))))
    }

    /// A pod of a Deployment that waits for a node; another number of restarts is a change.
    pub(crate) fn waiting(&mut self, deployment: usize, restarts: i32) -> Change {
        let mut pod = self.wire_pod(deployment * SIBLINGS, 1, restarts);
        pod.spec.get_or_insert_default().node_name.clear();
        let status = pod.status.get_or_insert_default();
        status.phase = "Pending".into();
        status.conditions.retain(|it| it.type_ != "Ready");
        Change::Upsert(Object::Pod(Box::new(self.shared.pod(pod))))
    }

    fn wire_pod(&self, number: usize, nodes: usize, restarts: i32) -> core::Pod {
        let mut pod = self.pod.clone();
        let deployment = number / SIBLINGS;
        if let Some(meta) = &mut pod.metadata {
            meta.name = pod_name(number);
            meta.namespace = namespace(deployment);
            meta.uid = uid(number);
            meta.labels.insert("app".into(), format!("web-{deployment}"));
            if let Some(owner) = meta.owner_references.first_mut() {
                owner.name = format!("web-{deployment}-5d9c7b8f6d");
            }
        }
        if let Some(spec) = &mut pod.spec {
            spec.node_name = node_name(number % nodes);
        }
        if let Some(status) = &mut pod.status {
            status.pod_ip = format!("10.{}.{}.{}", 64 + number / 65_536, number / 256 % 256, number % 256);
            status.container_statuses.iter_mut().for_each(|it| it.restart_count = restarts);
        }
        pod
    }

    /// A page of a list as the server sends it: about 6.6 KB for each pod, most of it never read.
    pub(crate) fn page(&self, pods: usize) -> Bytes {
        let items = (0..pods).map(|number| {
            let mut bytes = self.wire_pod(number, 1_000, 0).encode_to_vec();
            pad(&mut bytes);
            bytes
        });
        let list = meta::ListMeta { resource_version: "7".into(), ..meta::ListMeta::default() };
        frame::seal("v1", "PodList", frame::join_items(&list, items)).into()
    }

    fn node(&mut self, number: usize, trouble: Option<Trouble>) -> [Change; 2] {
        let silent = matches!(trouble, Some(Trouble::Evicting | Trouble::Queued));
        let node: core::Node = read(node_json(number, trouble));
        let lease = read::<core::Lease>(json!({
            "metadata": {"name": node_name(number), "namespace": "kube-node-lease"},
            "spec": {
                "holderIdentity": node_name(number), "leaseDurationSeconds": 40,
                "renewTime": if silent { "2026-03-01T11:50:00.000000Z" } else { "2026-03-01T11:59:55.000000Z" },
            },
        }));
        [
            Change::Upsert(Object::Node(Box::new(self.shared.node(node)))),
            Change::Upsert(Object::NodeLease(Box::new(self.shared.lease(lease)))),
        ]
    }

    /// A Deployment with its ReplicaSet.
    pub(crate) fn deployment(&mut self, number: usize, ready: usize) -> [Change; 2] {
        let name = format!("web-{number}");
        let selector = json!({"matchLabels": {"app": name}});
        let spec = json!({"replicas": SIBLINGS, "selector": selector});
        let status = json!({"replicas": SIBLINGS, "readyReplicas": ready, "availableReplicas": ready,
            "updatedReplicas": SIBLINGS});
        let deployment: apps::Deployment = read(json!({
            "metadata": {"name": name, "namespace": namespace(number), "uid": uid(number)},
            "spec": spec, "status": status,
        }));
        let owner =
            json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "controller": true}]);
        let set: apps::ReplicaSet = read(json!({
            "metadata": {"name": format!("{name}-5d9c7b8f6d"), "namespace": namespace(number), "ownerReferences": owner},
            "spec": spec, "status": status,
        }));
        [
            Change::Upsert(Object::Workload(Box::new(self.shared.deployment(deployment)))),
            Change::Upsert(Object::Workload(Box::new(self.shared.replica_set(set)))),
        ]
    }

    fn autoscaler(&mut self, number: usize) -> Change {
        let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": format!("web-{number}")});
        let it: autoscaling::HorizontalPodAutoscaler = read(json!({
            "metadata": {"name": format!("web-{number}"), "namespace": namespace(number)},
            "spec": {
                "scaleTargetRef": target, "minReplicas": 3, "maxReplicas": 60,
                "metrics": [{"type": "Resource", "resource":
                    {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}],
            },
            "status": {
                "currentReplicas": SIBLINGS, "desiredReplicas": SIBLINGS,
                "currentMetrics": [{"type": "Resource", "resource":
                    {"name": "cpu", "current": {"averageUtilization": 55, "averageValue": "137m"}}}],
            },
        }));
        Change::Upsert(Object::Autoscaler(Box::new(self.shared.autoscaler(it))))
    }
}

/// What the metrics of the first autoscalers were measured to be; another round is another measurement.
pub(crate) fn probes(autoscalers: usize, round: i64) -> Vec<Change> {
    // None is too old to be computed with.
    let at = now() + SignedDuration::from_millis(round);
    (0..autoscalers).map(|number| probe(number, at, round)).collect()
}

/// The same of one autoscaler at an instant.
pub(crate) fn probe(number: usize, at: Timestamp, round: i64) -> Change {
    let second = Second::of(at).expect("every instant lies in a second");
    let pods = number * SIBLINGS..(number + 1) * SIBLINGS;
    let samples = pods.map(|pod| sample(pod, second, round)).collect();
    let replicas = SIBLINGS as i32;
    let selector = format!("app=web-{number}");
    let scale = Scale { spec: replicas, status: replicas, selector, writers: Vec::new(), place: None };
    let name = format!("web-{number}").into();
    let target = ScaleTarget { api_version: "apps/v1".into(), kind: "Deployment".into(), name };
    let source = MetricSource::Resource { name: "cpu".into() };
    let asks = measured::asks(&target, &[Metric { source, goal: Goal::Missing, described: None }], 0);
    let probe = Probe { at, generation: 0, asks, scale: Ok(scale), answers: vec![Answer::Pods(samples)] };
    Change::Probed(Key::new(&namespace(number), &format!("web-{number}")), Arc::new(probe))
}

fn sample(pod: usize, at: Second, round: i64) -> PodSample {
    let cpu = |most: i64| Some((pod as i64 * 37 + round * 211) % most);
    let using = |name: &str, cpu| ContainerUse::new(name.into(), cpu, Some(100 << 20));
    let containers = vec![using("app", cpu(300)), using("log", cpu(20))].into();
    PodSample { pod: pod_name(pod).into(), at, window: 15_000, containers }
}

/// A sample of each of the first nodes; another round is another sample.
pub(crate) fn usage(nodes: usize, round: i64) -> Vec<Change> {
    let at = now() + SignedDuration::from_secs(15 * round - 30_000);
    let sample = |number: usize| Sample {
        at,
        window: 15,
        cpu: Some((number as i64 * 37 + round * 211) % 16_000),
        memory: Some((number as i64 % 60 + 1) << 30),
    };
    (0..nodes).map(|number| Change::Measured(node_name(number).into(), sample(number))).collect()
}

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("an object as the API sends it")
}

fn node_name(number: usize) -> String {
    format!("node-{number:05}")
}

fn pod_name(number: usize) -> String {
    format!("web-{}-5d9c7b8f6d-{number:05x}", number / SIBLINGS)
}

fn namespace(deployment: usize) -> String {
    format!("team-{:02}", deployment % NAMESPACES)
}

fn uid(number: usize) -> String {
    format!("0f3c2a1b-0001-4abc-8def-{number:012x}")
}

fn pod_json() -> Value {
    json!({
        "metadata": {
            "name": "", "creationTimestamp": "2026-02-27T09:00:00Z",
            "labels": {"app": "", "tier": "frontend", "pod-template-hash": "5d9c7b8f6d"},
            "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "9090"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "", "controller": true}],
        },
        "spec": {
            "containers": [
                {"name": "app", "resources": {"requests": {"cpu": "250m", "memory": "256Mi"}}},
                {"name": "log", "resources": {"requests": {"cpu": "20m", "memory": "32Mi"}}},
            ],
            "volumes": [{"name": "scratch", "emptyDir": {}}],
            "tolerations": [
                {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
                {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
            ],
        },
        "status": {
            "phase": "Running", "startTime": "2026-02-27T09:00:01Z",
            "conditions": [
                {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-02-27T09:00:00Z"},
                {"type": "Initialized", "status": "True", "lastTransitionTime": "2026-02-27T09:00:01Z"},
                {"type": "ContainersReady", "status": "True", "lastTransitionTime": "2026-02-27T09:00:05Z"},
                {"type": "Ready", "status": "True", "lastTransitionTime": "2026-02-27T09:00:05Z"},
            ],
            "containerStatuses": [
                {"name": "app", "ready": true, "restartCount": 0, "state": {"running": {}}},
                {"name": "log", "ready": true, "restartCount": 0, "state": {"running": {}}},
            ],
        },
    })
}

fn node_json(number: usize, trouble: Option<Trouble>) -> Value {
    let (a, b) = (number / 256, number % 256);
    let amounts = json!({"cpu": "16", "memory": "64Gi", "pods": "110", "ephemeral-storage": "200Gi"});
    let [ready, pressure] = trouble.map_or(["True", "False"], Trouble::conditions);
    let condition = |kind: &str, status: &str, reason: &str| {
        json!({"type": kind, "status": status, "reason": reason, "message": "As the kubelet says.",
            "lastTransitionTime": if trouble.is_some() { "2026-03-01T11:58:00Z" } else { "2026-02-20T09:00:00Z" }})
    };
    json!({
        "metadata": {
            "name": node_name(number), "uid": uid(number), "creationTimestamp": "2026-02-20T09:00:00Z",
            "labels": {"topology.kubernetes.io/zone": format!("zone-{}", number % 3), "node-role.kubernetes.io/worker": ""},
            "annotations": {
                "flannel.alpha.coreos.com/backend-type": "vxlan",
                "flannel.alpha.coreos.com/backend-data": format!("{{\"VNI\":1,\"VtepMAC\":\"02:00:00:00:{a:02x}:{b:02x}\"}}"),
                "flannel.alpha.coreos.com/public-ip": format!("172.16.{a}.{b}"),
                "flannel.alpha.coreos.com/kube-subnet-manager": "true",
            },
        },
        "spec": {
            "podCIDR": format!("10.{}.{b}.0/24", 64 + a), "podCIDRs": [format!("10.{}.{b}.0/24", 64 + a)],
            "taints": trouble.map_or(json!([]), Trouble::taints),
        },
        "status": {
            "capacity": amounts, "allocatable": amounts,
            "addresses": [{"type": "InternalIP", "address": format!("172.16.{a}.{b}")}],
            "conditions": [condition("MemoryPressure", pressure, "Memory"), condition("Ready", ready, "Kubelet")],
            "nodeInfo": {"kubeletVersion": "v1.36.3", "containerRuntimeVersion": "containerd://2.1.4"},
        },
    })
}

/// Appends what foretop never reads: protobuf merges messages that occur twice, so that each part gets fields more.
fn pad(pod: &mut Vec<u8>) {
    let inside = |fields: &[(u32, usize)]| {
        let mut bytes = Vec::new();
        for (tag, size) in fields {
            encode(*tag, &vec![b'x'; *size], &mut bytes);
        }
        bytes
    };
    // managedFields of four writers; then what the containers, the affinity and the volumes say besides.
    encode(1, &inside(&[(17, 1100), (17, 700), (17, 500), (17, 300)]), pod);
    let rest: Vec<(u32, usize)> = (0..40).map(|_| (18, 60)).collect();
    encode(2, &inside(&rest), pod);
}
