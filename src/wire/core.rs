//! core/v1 and coordination/v1: nodes, pods, config maps, events, leases. No meaning, only fields.
#![expect(missing_docs, reason = "the fields are named and documented by the Kubernetes API reference")]

use std::collections::BTreeMap;

use super::meta::{Condition, ObjectMeta, Quantity, Time, or_default};

/// core/v1 Node.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Node {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<NodeSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<NodeStatus>,
}

/// core/v1 NodeSpec.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSpec {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    #[serde(rename = "podCIDR")]
    pub pod_cidr: String,
    #[prost(string, repeated, tag = "7")]
    #[serde(deserialize_with = "or_default")]
    #[serde(rename = "podCIDRs")]
    pub pod_cidrs: Vec<String>,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    #[serde(rename = "providerID")]
    pub provider_id: String,
    #[prost(bool, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub unschedulable: bool,
    #[prost(message, repeated, tag = "5")]
    #[serde(deserialize_with = "or_default")]
    pub taints: Vec<Taint>,
}

/// core/v1 Taint.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Taint {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub key: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub value: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub effect: String,
    #[prost(message, optional, tag = "4")]
    pub time_added: Option<Time>,
}

/// core/v1 Toleration.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Toleration {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub key: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub operator: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub value: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub effect: String,
    #[prost(int64, optional, tag = "5")]
    pub toleration_seconds: Option<i64>,
}

/// core/v1 NodeCondition.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeCondition {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    #[serde(rename = "type")]
    pub type_: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub status: String,
    #[prost(message, optional, tag = "3")]
    pub last_heartbeat_time: Option<Time>,
    #[prost(message, optional, tag = "4")]
    pub last_transition_time: Option<Time>,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "or_default")]
    pub message: String,
}

/// core/v1 NodeStatus.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatus {
    #[prost(btree_map = "string, message", tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub capacity: BTreeMap<String, Quantity>,
    #[prost(btree_map = "string, message", tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub allocatable: BTreeMap<String, Quantity>,
    #[prost(message, repeated, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub conditions: Vec<NodeCondition>,
    #[prost(message, repeated, tag = "5")]
    #[serde(deserialize_with = "or_default")]
    pub addresses: Vec<NodeAddress>,
    #[prost(message, optional, tag = "7")]
    pub node_info: Option<NodeSystemInfo>,
    #[prost(string, repeated, tag = "9")]
    #[serde(deserialize_with = "or_default")]
    pub volumes_in_use: Vec<String>,
    #[prost(message, repeated, tag = "10")]
    #[serde(deserialize_with = "or_default")]
    pub volumes_attached: Vec<AttachedVolume>,
}

/// core/v1 AttachedVolume; its device is not read.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AttachedVolume {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub name: String,
}

/// core/v1 NodeAddress.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeAddress {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    #[serde(rename = "type")]
    pub type_: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub address: String,
}

/// core/v1 NodeSystemInfo.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSystemInfo {
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    #[serde(rename = "bootID")]
    pub boot_id: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub kernel_version: String,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "or_default")]
    pub os_image: String,
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "or_default")]
    pub container_runtime_version: String,
    #[prost(string, tag = "7")]
    #[serde(deserialize_with = "or_default")]
    pub kubelet_version: String,
    #[prost(string, tag = "9")]
    #[serde(deserialize_with = "or_default")]
    pub operating_system: String,
    #[prost(string, tag = "10")]
    #[serde(deserialize_with = "or_default")]
    pub architecture: String,
}

/// core/v1 Pod.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pod {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<PodSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<PodStatus>,
}

/// core/v1 PodSpec.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub volumes: Vec<Volume>,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub containers: Vec<Container>,
    #[prost(message, repeated, tag = "20")]
    #[serde(deserialize_with = "or_default")]
    pub init_containers: Vec<Container>,
    #[prost(int64, optional, tag = "4")]
    pub termination_grace_period_seconds: Option<i64>,
    #[prost(string, tag = "10")]
    #[serde(deserialize_with = "or_default")]
    pub node_name: String,
    #[prost(bool, tag = "11")]
    #[serde(deserialize_with = "or_default")]
    pub host_network: bool,
    #[prost(message, repeated, tag = "22")]
    #[serde(deserialize_with = "or_default")]
    pub tolerations: Vec<Toleration>,
    #[prost(int32, optional, tag = "25")]
    pub priority: Option<i32>,
    #[prost(btree_map = "string, message", tag = "32")]
    #[serde(deserialize_with = "or_default")]
    pub overhead: BTreeMap<String, Quantity>,
    #[prost(message, optional, tag = "40")]
    pub resources: Option<ResourceRequirements>,
}

/// core/v1 Volume; only emptyDirs are read.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// In JSON the source is inlined beside the name.
    #[prost(message, optional, tag = "2")]
    #[serde(flatten)]
    pub volume_source: Option<VolumeSource>,
}

/// core/v1 VolumeSource.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeSource {
    #[prost(message, optional, tag = "2")]
    pub empty_dir: Option<EmptyDir>,
}

/// core/v1 EmptyDirVolumeSource.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EmptyDir {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub medium: String,
    #[prost(message, optional, tag = "2")]
    pub size_limit: Option<Quantity>,
}

/// core/v1 Container.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[prost(message, optional, tag = "8")]
    pub resources: Option<ResourceRequirements>,
    #[prost(string, optional, tag = "24")]
    pub restart_policy: Option<String>,
}

/// core/v1 ResourceRequirements.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceRequirements {
    #[prost(btree_map = "string, message", tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub limits: BTreeMap<String, Quantity>,
    #[prost(btree_map = "string, message", tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub requests: BTreeMap<String, Quantity>,
}

/// core/v1 PodStatus.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub phase: String,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub conditions: Vec<Condition>,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub message: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "or_default")]
    #[serde(rename = "podIP")]
    pub pod_ip: String,
    #[prost(message, repeated, tag = "12")]
    #[serde(deserialize_with = "or_default")]
    #[serde(rename = "podIPs")]
    pub pod_ips: Vec<PodIp>,
    #[prost(message, optional, tag = "7")]
    pub start_time: Option<Time>,
    #[prost(message, repeated, tag = "8")]
    #[serde(deserialize_with = "or_default")]
    pub container_statuses: Vec<ContainerStatus>,
    #[prost(message, repeated, tag = "10")]
    #[serde(deserialize_with = "or_default")]
    pub init_container_statuses: Vec<ContainerStatus>,
}

/// core/v1 PodIP.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodIp {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub ip: String,
}

/// core/v1 ContainerStatus.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStatus {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub state: Option<ContainerState>,
    #[prost(bool, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub ready: bool,
    #[prost(int32, tag = "5")]
    #[serde(deserialize_with = "or_default")]
    pub restart_count: i32,
    #[prost(bool, optional, tag = "9")]
    pub started: Option<bool>,
    #[prost(btree_map = "string, message", tag = "10")]
    #[serde(deserialize_with = "or_default")]
    pub allocated_resources: BTreeMap<String, Quantity>,
    #[prost(message, optional, tag = "11")]
    pub resources: Option<ResourceRequirements>,
}

/// core/v1 ContainerState.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerState {
    #[prost(message, optional, tag = "1")]
    pub waiting: Option<ContainerStateReason>,
    #[prost(message, optional, tag = "2")]
    pub running: Option<ContainerStateRunning>,
    #[prost(message, optional, tag = "3")]
    pub terminated: Option<ContainerStateTerminated>,
}

/// core/v1 ContainerStateRunning; only its presence is read.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStateRunning {
    #[prost(message, optional, tag = "1")]
    pub started_at: Option<Time>,
}

/// core/v1 ContainerStateWaiting.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStateReason {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub message: String,
}

/// core/v1 ContainerStateTerminated.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStateTerminated {
    #[prost(int32, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub exit_code: i32,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub signal: i32,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub message: String,
}

/// core/v1 ConfigMap.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConfigMap {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(btree_map = "string, string", tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub data: BTreeMap<String, String>,
}

/// core/v1 Event.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub involved_object: Option<ObjectReference>,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub message: String,
    #[prost(message, optional, tag = "5")]
    pub source: Option<EventSource>,
    #[prost(message, optional, tag = "6")]
    pub first_timestamp: Option<Time>,
    #[prost(message, optional, tag = "7")]
    pub last_timestamp: Option<Time>,
    #[prost(int32, tag = "8")]
    #[serde(deserialize_with = "or_default")]
    pub count: i32,
    #[prost(string, tag = "9")]
    #[serde(deserialize_with = "or_default")]
    #[serde(rename = "type")]
    pub type_: String,
    #[prost(message, optional, tag = "10")]
    pub event_time: Option<Time>,
    #[prost(message, optional, tag = "11")]
    pub series: Option<EventSeries>,
    #[prost(string, tag = "14")]
    #[serde(deserialize_with = "or_default")]
    pub reporting_component: String,
}

/// core/v1 ObjectReference.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectReference {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub kind: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub namespace: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub uid: String,
}

/// core/v1 EventSource.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventSource {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub component: String,
}

/// core/v1 EventSeries.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventSeries {
    #[prost(int32, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub count: i32,
    #[prost(message, optional, tag = "2")]
    pub last_observed_time: Option<Time>,
}

/// coordination/v1 Lease.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Lease {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<LeaseSpec>,
}

/// coordination/v1 LeaseSpec.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LeaseSpec {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub holder_identity: String,
    #[prost(int32, optional, tag = "2")]
    pub lease_duration_seconds: Option<i32>,
    #[prost(message, optional, tag = "3")]
    pub acquire_time: Option<Time>,
    #[prost(message, optional, tag = "4")]
    pub renew_time: Option<Time>,
}
