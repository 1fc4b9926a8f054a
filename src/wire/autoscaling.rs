//! autoscaling/v2: HorizontalPodAutoscaler with all five metric kinds. No meaning, only fields.
#![expect(missing_docs, reason = "the fields are named and documented by the Kubernetes API reference")]

use super::meta::{LabelSelector, ObjectMeta, Quantity, Time, or_default};

/// autoscaling/v2 HorizontalPodAutoscaler.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HorizontalPodAutoscaler {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<HorizontalPodAutoscalerSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<HorizontalPodAutoscalerStatus>,
}

/// autoscaling/v2 HorizontalPodAutoscalerSpec.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HorizontalPodAutoscalerSpec {
    #[prost(message, optional, tag = "1")]
    pub scale_target_ref: Option<CrossVersionObjectReference>,
    #[prost(int32, optional, tag = "2")]
    pub min_replicas: Option<i32>,
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub max_replicas: i32,
    #[prost(message, repeated, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub metrics: Vec<MetricSpec>,
    #[prost(message, optional, tag = "5")]
    pub behavior: Option<Behavior>,
}

/// autoscaling/v2 CrossVersionObjectReference.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CrossVersionObjectReference {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub kind: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub api_version: String,
}

/// autoscaling/v2 HorizontalPodAutoscalerBehavior.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Behavior {
    #[prost(message, optional, tag = "1")]
    pub scale_up: Option<ScalingRules>,
    #[prost(message, optional, tag = "2")]
    pub scale_down: Option<ScalingRules>,
}

/// autoscaling/v2 HPAScalingRules.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScalingRules {
    #[prost(string, optional, tag = "1")]
    pub select_policy: Option<String>,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub policies: Vec<ScalingPolicy>,
    #[prost(int32, optional, tag = "3")]
    pub stabilization_window_seconds: Option<i32>,
    #[prost(message, optional, tag = "4")]
    pub tolerance: Option<Quantity>,
}

/// autoscaling/v2 HPAScalingPolicy.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScalingPolicy {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    #[serde(rename = "type")]
    pub type_: String,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub value: i32,
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub period_seconds: i32,
}

/// autoscaling/v2 HorizontalPodAutoscalerStatus.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HorizontalPodAutoscalerStatus {
    #[prost(int64, optional, tag = "1")]
    pub observed_generation: Option<i64>,
    #[prost(message, optional, tag = "2")]
    pub last_scale_time: Option<Time>,
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub current_replicas: i32,
    #[prost(int32, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub desired_replicas: i32,
    #[prost(message, repeated, tag = "5")]
    #[serde(deserialize_with = "or_default")]
    pub current_metrics: Vec<MetricStatus>,
    #[prost(message, repeated, tag = "6")]
    #[serde(deserialize_with = "or_default")]
    pub conditions: Vec<HorizontalPodAutoscalerCondition>,
}

/// autoscaling/v2 HorizontalPodAutoscalerCondition.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HorizontalPodAutoscalerCondition {
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

/// autoscaling/v2 MetricSpec.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricSpec {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    #[serde(rename = "type")]
    pub type_: String,
    #[prost(message, optional, tag = "2")]
    pub object: Option<ObjectMetricSource>,
    #[prost(message, optional, tag = "3")]
    pub pods: Option<PodsMetricSource>,
    #[prost(message, optional, tag = "4")]
    pub resource: Option<ResourceMetricSource>,
    #[prost(message, optional, tag = "5")]
    pub external: Option<ExternalMetricSource>,
    #[prost(message, optional, tag = "7")]
    pub container_resource: Option<ContainerResourceMetricSource>,
}

/// autoscaling/v2 MetricTarget.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricTarget {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    #[serde(rename = "type")]
    pub type_: String,
    #[prost(message, optional, tag = "2")]
    pub value: Option<Quantity>,
    #[prost(message, optional, tag = "3")]
    pub average_value: Option<Quantity>,
    #[prost(int32, optional, tag = "4")]
    pub average_utilization: Option<i32>,
}

/// autoscaling/v2 MetricIdentifier.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricIdentifier {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub selector: Option<LabelSelector>,
}

/// autoscaling/v2 ResourceMetricSource.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceMetricSource {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub target: Option<MetricTarget>,
}

/// autoscaling/v2 ContainerResourceMetricSource.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerResourceMetricSource {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub target: Option<MetricTarget>,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub container: String,
}

/// autoscaling/v2 PodsMetricSource.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodsMetricSource {
    #[prost(message, optional, tag = "1")]
    pub metric: Option<MetricIdentifier>,
    #[prost(message, optional, tag = "2")]
    pub target: Option<MetricTarget>,
}

/// autoscaling/v2 ObjectMetricSource.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectMetricSource {
    #[prost(message, optional, tag = "1")]
    pub described_object: Option<CrossVersionObjectReference>,
    #[prost(message, optional, tag = "2")]
    pub target: Option<MetricTarget>,
    #[prost(message, optional, tag = "3")]
    pub metric: Option<MetricIdentifier>,
}

/// autoscaling/v2 ExternalMetricSource.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalMetricSource {
    #[prost(message, optional, tag = "1")]
    pub metric: Option<MetricIdentifier>,
    #[prost(message, optional, tag = "2")]
    pub target: Option<MetricTarget>,
}

/// autoscaling/v2 MetricStatus; an empty type is a metric that failed.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricStatus {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    #[serde(rename = "type")]
    pub type_: String,
    #[prost(message, optional, tag = "2")]
    pub object: Option<ObjectMetricStatus>,
    #[prost(message, optional, tag = "3")]
    pub pods: Option<PodsMetricStatus>,
    #[prost(message, optional, tag = "4")]
    pub resource: Option<ResourceMetricStatus>,
    #[prost(message, optional, tag = "5")]
    pub external: Option<ExternalMetricStatus>,
    #[prost(message, optional, tag = "7")]
    pub container_resource: Option<ContainerResourceMetricStatus>,
}

/// autoscaling/v2 MetricValueStatus.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricValueStatus {
    #[prost(message, optional, tag = "1")]
    pub value: Option<Quantity>,
    #[prost(message, optional, tag = "2")]
    pub average_value: Option<Quantity>,
    #[prost(int32, optional, tag = "3")]
    pub average_utilization: Option<i32>,
}

/// autoscaling/v2 ResourceMetricStatus.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceMetricStatus {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub current: Option<MetricValueStatus>,
}

/// autoscaling/v2 ContainerResourceMetricStatus.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerResourceMetricStatus {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub current: Option<MetricValueStatus>,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub container: String,
}

/// autoscaling/v2 PodsMetricStatus.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodsMetricStatus {
    #[prost(message, optional, tag = "1")]
    pub metric: Option<MetricIdentifier>,
    #[prost(message, optional, tag = "2")]
    pub current: Option<MetricValueStatus>,
}

/// autoscaling/v2 ObjectMetricStatus.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectMetricStatus {
    #[prost(message, optional, tag = "1")]
    pub metric: Option<MetricIdentifier>,
    #[prost(message, optional, tag = "2")]
    pub current: Option<MetricValueStatus>,
    #[prost(message, optional, tag = "3")]
    pub described_object: Option<CrossVersionObjectReference>,
}

/// autoscaling/v2 ExternalMetricStatus.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalMetricStatus {
    #[prost(message, optional, tag = "1")]
    pub metric: Option<MetricIdentifier>,
    #[prost(message, optional, tag = "2")]
    pub current: Option<MetricValueStatus>,
}
