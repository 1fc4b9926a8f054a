//! core/v1 Pod as far as the command lines of its containers, for the few pods of which they are read. The pods of which
//! there are many are in `core`, where a command line would cost time and memory for each.
#![expect(missing_docs, reason = "the fields are named and documented by the Kubernetes API reference")]

use super::meta::{ObjectMeta, or_default};

/// core/v1 Pod.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CommandPod {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<CommandPodSpec>,
}

/// core/v1 PodSpec.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CommandPodSpec {
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub containers: Vec<CommandContainer>,
    #[prost(string, tag = "10")]
    #[serde(deserialize_with = "or_default")]
    pub node_name: String,
}

/// core/v1 Container.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CommandContainer {
    #[prost(string, repeated, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub command: Vec<String>,
    #[prost(string, repeated, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub args: Vec<String>,
}
