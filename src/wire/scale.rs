//! autoscaling/v1 Scale, and who owns which fields of the object behind it, of which only spec.replicas is read. JSON
//! alone, because custom resources have nothing else. No meaning, only fields.
#![expect(missing_docs, reason = "the fields are named and documented by the Kubernetes API reference")]

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::meta::{Time, or_default};

/// autoscaling/v1 Scale.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Scale {
    pub spec: Option<ScaleSpec>,
    pub status: Option<ScaleStatus>,
}

/// autoscaling/v1 ScaleSpec.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ScaleSpec {
    #[serde(deserialize_with = "or_default")]
    pub replicas: i32,
}

/// autoscaling/v1 ScaleStatus.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ScaleStatus {
    #[serde(deserialize_with = "or_default")]
    pub replicas: i32,
    #[serde(deserialize_with = "or_default")]
    pub selector: String,
}

/// metav1.PartialObjectMetadata: the managed fields alone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Managed {
    pub metadata: Option<ManagedMeta>,
}

/// The managed fields of a metav1.ObjectMeta.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ManagedMeta {
    #[serde(deserialize_with = "or_default")]
    pub managed_fields: Vec<ManagedFields>,
}

/// metav1.ManagedFieldsEntry.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ManagedFields {
    #[serde(deserialize_with = "or_default")]
    pub manager: String,
    #[serde(deserialize_with = "or_default")]
    pub subresource: String,
    pub time: Option<Time>,
    pub fields_v1: Option<Fields>,
}

/// metav1.FieldsV1: of all fields the one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    #[serde(rename = "f:spec")]
    pub spec: Option<SpecFields>,
}

/// The fields below spec.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SpecFields {
    #[serde(rename = "f:replicas")]
    pub replicas: Option<IgnoredAny>,
}
