//! metrics.k8s.io/v1beta1, and of the APIs of custom and external metrics what every version has: what nodes, pods and
//! anything else were measured to be. JSON alone, which every server of them speaks. No meaning, only fields.
#![expect(missing_docs, reason = "the fields are named and documented by the Kubernetes API reference")]

use serde::Deserialize;

use super::meta::{Quantity, Time, or_default};

/// metrics.k8s.io/v1beta1 NodeMetricsList.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct NodeMetricsList {
    #[serde(deserialize_with = "or_default")]
    pub items: Vec<NodeMetrics>,
}

/// metrics.k8s.io/v1beta1 NodeMetrics.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct NodeMetrics {
    pub metadata: Option<Named>,
    pub timestamp: Option<Time>,
    /// metav1.Duration: `15.032s`.
    #[serde(deserialize_with = "or_default")]
    pub window: String,
    #[serde(deserialize_with = "or_default")]
    pub usage: Usage,
}

/// What is read of a core/v1 ResourceList: there are thousands of them in an answer.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Usage {
    pub cpu: Option<Quantity>,
    pub memory: Option<Quantity>,
}

/// metrics.k8s.io/v1beta1 PodMetricsList.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct PodMetricsList {
    #[serde(deserialize_with = "or_default")]
    pub items: Vec<PodMetrics>,
}

/// metrics.k8s.io/v1beta1 PodMetrics.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct PodMetrics {
    pub metadata: Option<Named>,
    pub timestamp: Option<Time>,
    /// metav1.Duration: `15.032s`.
    #[serde(deserialize_with = "or_default")]
    pub window: String,
    #[serde(deserialize_with = "or_default")]
    pub containers: Vec<ContainerMetrics>,
}

/// metrics.k8s.io/v1beta1 ContainerMetrics.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ContainerMetrics {
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[serde(deserialize_with = "or_default")]
    pub usage: Usage,
}

/// custom.metrics.k8s.io MetricValueList and external.metrics.k8s.io ExternalMetricValueList.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct MetricValueList {
    #[serde(deserialize_with = "or_default")]
    pub items: Vec<MetricValue>,
}

/// custom.metrics.k8s.io MetricValue; without a described object external.metrics.k8s.io ExternalMetricValue.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricValue {
    pub described_object: Option<Named>,
    pub value: Option<Quantity>,
}

/// Of the metadata only the name: servers repeat the node's labels there.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Named {
    #[serde(deserialize_with = "or_default")]
    pub name: String,
}
