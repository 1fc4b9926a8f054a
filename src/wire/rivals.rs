//! keda.sh/v1alpha1 ScaledObject and autoscaling.k8s.io/v1 VerticalPodAutoscaler. JSON alone, because custom resources
//! have nothing else. No meaning, only fields.
#![expect(missing_docs, reason = "the fields are named and documented by the two projects' API references")]

use serde::Deserialize;

use super::autoscaling::CrossVersionObjectReference;
use super::meta::{Condition, ObjectMeta, or_default};

/// keda.sh/v1alpha1 ScaledObject.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ScaledObject {
    pub metadata: Option<ObjectMeta>,
    pub spec: Option<ScaledObjectSpec>,
    pub status: Option<ScaledObjectStatus>,
}

/// keda.sh/v1alpha1 ScaledObjectSpec.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScaledObjectSpec {
    pub scale_target_ref: Option<CrossVersionObjectReference>,
    pub idle_replica_count: Option<i32>,
    pub min_replica_count: Option<i32>,
    pub max_replica_count: Option<i32>,
    #[serde(deserialize_with = "or_default")]
    pub triggers: Vec<ScaleTrigger>,
    pub fallback: Option<Fallback>,
}

/// keda.sh/v1alpha1 ScaleTriggers, of which only the type is read: the rest may name secrets.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ScaleTrigger {
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub type_: String,
}

/// keda.sh/v1alpha1 Fallback.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Fallback {
    #[serde(deserialize_with = "or_default")]
    pub replicas: i32,
}

/// keda.sh/v1alpha1 ScaledObjectStatus.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ScaledObjectStatus {
    #[serde(deserialize_with = "or_default")]
    pub conditions: Vec<Condition>,
}

/// autoscaling.k8s.io/v1 VerticalPodAutoscaler.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct VerticalPodAutoscaler {
    pub metadata: Option<ObjectMeta>,
    pub spec: Option<VerticalPodAutoscalerSpec>,
}

/// autoscaling.k8s.io/v1 VerticalPodAutoscalerSpec.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VerticalPodAutoscalerSpec {
    pub target_ref: Option<CrossVersionObjectReference>,
    pub update_policy: Option<PodUpdatePolicy>,
    pub resource_policy: Option<PodResourcePolicy>,
}

/// autoscaling.k8s.io/v1 PodUpdatePolicy.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodUpdatePolicy {
    #[serde(deserialize_with = "or_default")]
    pub update_mode: String,
}

/// autoscaling.k8s.io/v1 PodResourcePolicy.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodResourcePolicy {
    #[serde(deserialize_with = "or_default")]
    pub container_policies: Vec<ContainerResourcePolicy>,
}

/// autoscaling.k8s.io/v1 ContainerResourcePolicy.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerResourcePolicy {
    #[serde(deserialize_with = "or_default")]
    pub container_name: String,
    #[serde(deserialize_with = "or_default")]
    pub mode: String,
    pub controlled_resources: Option<Vec<String>>,
}
