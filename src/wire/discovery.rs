//! What a server says of its own API: groups with their versions, and the resources of a version. JSON alone. No
//! meaning, only fields.
#![expect(missing_docs, reason = "the fields are named and documented by the Kubernetes API reference")]

use serde::Deserialize;

use super::meta::or_default;

/// metav1.APIGroup.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiGroup {
    #[serde(deserialize_with = "or_default")]
    pub versions: Vec<GroupVersion>,
    #[serde(deserialize_with = "or_default")]
    pub preferred_version: GroupVersion,
}

/// metav1.GroupVersionForDiscovery.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct GroupVersion {
    #[serde(deserialize_with = "or_default")]
    pub version: String,
}

/// metav1.APIResourceList.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ApiResourceList {
    #[serde(deserialize_with = "or_default")]
    pub resources: Vec<ApiResource>,
}

/// metav1.APIResource; a subresource has a slash in its name.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ApiResource {
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[serde(deserialize_with = "or_default")]
    pub kind: String,
}
