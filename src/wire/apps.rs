//! apps/v1 and policy/v1: workloads and disruption budgets. No meaning, only fields.
#![expect(missing_docs, reason = "the fields are named and documented by the Kubernetes API reference")]

use super::meta::{Condition, IntOrString, LabelSelector, ObjectMeta, Time, or_default};

/// apps/v1 Deployment.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Deployment {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<DeploymentSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<DeploymentStatus>,
}

/// apps/v1 DeploymentSpec.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentSpec {
    #[prost(int32, optional, tag = "1")]
    pub replicas: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub selector: Option<LabelSelector>,
    #[prost(bool, tag = "7")]
    #[serde(deserialize_with = "or_default")]
    pub paused: bool,
}

/// apps/v1 DeploymentStatus.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentStatus {
    #[prost(int64, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub observed_generation: i64,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub replicas: i32,
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub updated_replicas: i32,
    #[prost(int32, tag = "7")]
    #[serde(deserialize_with = "or_default")]
    pub ready_replicas: i32,
    #[prost(int32, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub available_replicas: i32,
    #[prost(message, repeated, tag = "6")]
    #[serde(deserialize_with = "or_default")]
    pub conditions: Vec<DeploymentCondition>,
}

/// apps/v1 DeploymentCondition.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentCondition {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    #[serde(rename = "type")]
    pub type_: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub status: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "or_default")]
    pub message: String,
    #[prost(message, optional, tag = "7")]
    pub last_transition_time: Option<Time>,
}

/// apps/v1 ReplicaSet.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSet {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<ReplicaSetSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<ReplicaSetStatus>,
}

/// apps/v1 ReplicaSetSpec.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSetSpec {
    #[prost(int32, optional, tag = "1")]
    pub replicas: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub selector: Option<LabelSelector>,
}

/// apps/v1 ReplicaSetStatus.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSetStatus {
    #[prost(int32, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub replicas: i32,
    #[prost(int32, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub ready_replicas: i32,
    #[prost(int32, tag = "5")]
    #[serde(deserialize_with = "or_default")]
    pub available_replicas: i32,
    #[prost(int64, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub observed_generation: i64,
    #[prost(message, repeated, tag = "6")]
    #[serde(deserialize_with = "or_default")]
    pub conditions: Vec<ReplicaSetCondition>,
}

/// apps/v1 ReplicaSetCondition.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSetCondition {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    #[serde(rename = "type")]
    pub type_: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub status: String,
    #[prost(message, optional, tag = "3")]
    pub last_transition_time: Option<Time>,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "or_default")]
    pub message: String,
}

/// apps/v1 StatefulSet.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatefulSet {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<StatefulSetSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<StatefulSetStatus>,
}

/// apps/v1 StatefulSetSpec.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatefulSetSpec {
    #[prost(int32, optional, tag = "1")]
    pub replicas: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub selector: Option<LabelSelector>,
}

/// apps/v1 StatefulSetStatus.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatefulSetStatus {
    #[prost(int64, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub observed_generation: i64,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub replicas: i32,
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub ready_replicas: i32,
    #[prost(int32, tag = "5")]
    #[serde(deserialize_with = "or_default")]
    pub updated_replicas: i32,
    #[prost(int32, tag = "11")]
    #[serde(deserialize_with = "or_default")]
    pub available_replicas: i32,
}

/// apps/v1 DaemonSet.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DaemonSet {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<DaemonSetSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<DaemonSetStatus>,
}

/// apps/v1 DaemonSetSpec.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DaemonSetSpec {
    #[prost(message, optional, tag = "1")]
    pub selector: Option<LabelSelector>,
}

/// apps/v1 DaemonSetStatus.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DaemonSetStatus {
    #[prost(int32, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub current_number_scheduled: i32,
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub desired_number_scheduled: i32,
    #[prost(int32, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub number_ready: i32,
    #[prost(int64, tag = "5")]
    #[serde(deserialize_with = "or_default")]
    pub observed_generation: i64,
    #[prost(int32, tag = "6")]
    #[serde(deserialize_with = "or_default")]
    pub updated_number_scheduled: i32,
    #[prost(int32, tag = "7")]
    #[serde(deserialize_with = "or_default")]
    pub number_available: i32,
}

/// policy/v1 PodDisruptionBudget.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodDisruptionBudget {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<PodDisruptionBudgetSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<PodDisruptionBudgetStatus>,
}

/// policy/v1 PodDisruptionBudgetSpec.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodDisruptionBudgetSpec {
    #[prost(message, optional, tag = "1")]
    pub min_available: Option<IntOrString>,
    #[prost(message, optional, tag = "2")]
    pub selector: Option<LabelSelector>,
    #[prost(message, optional, tag = "3")]
    pub max_unavailable: Option<IntOrString>,
    #[prost(string, optional, tag = "4")]
    pub unhealthy_pod_eviction_policy: Option<String>,
}

/// policy/v1 PodDisruptionBudgetStatus.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodDisruptionBudgetStatus {
    #[prost(int64, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub observed_generation: i64,
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub disruptions_allowed: i32,
    #[prost(int32, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub current_healthy: i32,
    #[prost(int32, tag = "5")]
    #[serde(deserialize_with = "or_default")]
    pub desired_healthy: i32,
    #[prost(int32, tag = "6")]
    #[serde(deserialize_with = "or_default")]
    pub expected_pods: i32,
    #[prost(message, repeated, tag = "7")]
    #[serde(deserialize_with = "or_default")]
    pub conditions: Vec<Condition>,
}
