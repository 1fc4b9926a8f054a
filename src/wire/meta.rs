//! metav1: object and list metadata, times, quantities, selectors, Status. No meaning, only fields.
#![expect(missing_docs, reason = "the fields are named and documented by the Kubernetes API reference")]

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// Reads `null` as the default, because Go marshals an absent slice or map that way.
///
/// # Errors
/// When the value is neither `null` nor a `T`.
pub fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// metav1.Time and metav1.MicroTime: seconds and nanoseconds since the epoch; RFC 3339 text in JSON.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Time {
    /// Seconds since 1970-01-01T00:00:00Z; `i64::MIN` stands for text that is no time.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds within the second.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

impl Time {
    /// The instant, or `None` when the server sent something that is no time.
    pub fn timestamp(&self) -> Option<jiff::Timestamp> {
        jiff::Timestamp::new(self.seconds, self.nanos).ok()
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Ok(match text.parse::<jiff::Timestamp>() {
            Ok(at) => Self { seconds: at.as_second(), nanos: at.subsec_nanosecond() },
            Err(_) => Self { seconds: i64::MIN, nanos: 0 },
        })
    }
}

/// resource.Quantity as its text, for example `500m` or `16Gi`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Quantity {
    /// The text as the server wrote it.
    #[prost(string, tag = "1")]
    pub string: String,
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self {
            string: match serde_json::Value::deserialize(deserializer)? {
                serde_json::Value::String(text) => text,
                other => other.to_string(),
            },
        })
    }
}

/// intstr.IntOrString: `0` in `kind` means the number, `1` the text.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct IntOrString {
    /// 0 for `int_val`, 1 for `str_val`.
    #[prost(int64, tag = "1")]
    pub kind: i64,
    /// The number.
    #[prost(int32, tag = "2")]
    pub int_val: i32,
    /// The text, usually a percentage.
    #[prost(string, tag = "3")]
    pub str_val: String,
}

impl std::fmt::Display for IntOrString {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.kind == 0 { write!(f, "{}", self.int_val) } else { f.write_str(&self.str_val) }
    }
}

impl<'de> Deserialize<'de> for IntOrString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::Number(n) => {
                Self { kind: 0, int_val: n.as_i64().unwrap_or(0) as i32, str_val: String::new() }
            }
            serde_json::Value::String(text) => Self { kind: 1, int_val: 0, str_val: text },
            other => Self { kind: 1, int_val: 0, str_val: other.to_string() },
        })
    }
}

/// metav1.ObjectMeta, of which managedFields are never read.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectMeta {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub namespace: String,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "or_default")]
    pub uid: String,
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "or_default")]
    pub resource_version: String,
    #[prost(int64, tag = "7")]
    #[serde(deserialize_with = "or_default")]
    pub generation: i64,
    #[prost(message, optional, tag = "8")]
    pub creation_timestamp: Option<Time>,
    #[prost(message, optional, tag = "9")]
    pub deletion_timestamp: Option<Time>,
    #[prost(btree_map = "string, string", tag = "11")]
    #[serde(deserialize_with = "or_default")]
    pub labels: BTreeMap<String, String>,
    #[prost(btree_map = "string, string", tag = "12")]
    #[serde(deserialize_with = "or_default")]
    pub annotations: BTreeMap<String, String>,
    #[prost(message, repeated, tag = "13")]
    #[serde(deserialize_with = "or_default")]
    pub owner_references: Vec<OwnerReference>,
}

/// metav1.OwnerReference.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "or_default")]
    pub api_version: String,
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub kind: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub uid: String,
    #[prost(bool, optional, tag = "6")]
    pub controller: Option<bool>,
}

/// metav1.ListMeta.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListMeta {
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub resource_version: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    #[serde(rename = "continue")]
    pub continue_token: String,
    #[prost(int64, optional, tag = "4")]
    pub remaining_item_count: Option<i64>,
}

/// metav1.Status: what the server says when it refuses.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub status: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub message: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    #[prost(message, optional, tag = "5")]
    pub details: Option<StatusDetails>,
    #[prost(int32, tag = "6")]
    #[serde(deserialize_with = "or_default")]
    pub code: i32,
}

/// metav1.StatusDetails.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatusDetails {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub group: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub kind: String,
    #[prost(message, repeated, tag = "4")]
    #[serde(deserialize_with = "or_default")]
    pub causes: Vec<StatusCause>,
    #[prost(int32, tag = "5")]
    #[serde(deserialize_with = "or_default")]
    pub retry_after_seconds: i32,
}

/// metav1.StatusCause. In JSON its reason is called `reason`.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatusCause {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub message: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub field: String,
}

/// metav1.LabelSelector.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    #[prost(btree_map = "string, string", tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub match_labels: BTreeMap<String, String>,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub match_expressions: Vec<LabelSelectorRequirement>,
}

/// metav1.LabelSelectorRequirement.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelectorRequirement {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub key: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub operator: String,
    #[prost(string, repeated, tag = "3")]
    #[serde(deserialize_with = "or_default")]
    pub values: Vec<String>,
}

/// The conditions of Pod and metav1.Condition, which share these numbers.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    #[serde(rename = "type")]
    pub type_: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub status: String,
    #[prost(message, optional, tag = "4")]
    pub last_transition_time: Option<Time>,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "or_default")]
    pub message: String,
}
