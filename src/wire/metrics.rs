//! metrics.k8s.io/v1beta1: what nodes were measured to use. JSON alone, which every server of it speaks. No meaning,
//! only fields.
#![expect(missing_docs, reason = "the fields are named and documented by the Kubernetes API reference")]

use std::collections::HashMap;

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
    pub usage: HashMap<String, Quantity>,
}

/// Of the metadata only the name: servers repeat the node's labels there.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Named {
    #[serde(deserialize_with = "or_default")]
    pub name: String,
}
