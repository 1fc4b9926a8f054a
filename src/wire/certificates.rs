//! certificates.k8s.io/v1: who asked for a certificate and whether there is one. The request is
//! not read, the certificate only for whether it is there. No meaning, only fields.
#![expect(missing_docs, reason = "the fields are named and documented by the Kubernetes API reference")]

use serde::{Deserialize, Deserializer};

use super::meta::{Condition, ObjectMeta, or_default};

/// certificates.k8s.io/v1 CertificateSigningRequest.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateSigningRequest {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<CertificateSigningRequestSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<CertificateSigningRequestStatus>,
}

/// certificates.k8s.io/v1 CertificateSigningRequestSpec.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateSigningRequestSpec {
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "or_default")]
    pub username: String,
    #[prost(string, tag = "7")]
    #[serde(deserialize_with = "or_default")]
    pub signer_name: String,
}

/// certificates.k8s.io/v1 CertificateSigningRequestStatus; of the certificate only its presence counts.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateSigningRequestStatus {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub conditions: Vec<Condition>,
    #[prost(bytes = "vec", tag = "2")]
    #[serde(deserialize_with = "presence")]
    pub certificate: Vec<u8>,
}

/// One byte when there is any text, and none when there is not.
fn presence<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.is_empty()).map(|_| vec![1]).unwrap_or_default())
}
