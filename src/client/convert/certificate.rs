//! A kubelet's request for a certificate: whose it is and what has become of it. The request itself is never read.

use jiff::Timestamp;

use super::meta::time;
use crate::model::certificate::Verdict;
use crate::wire::certificates::CertificateSigningRequest;

/// Kubelets that have joined ask under this name; what follows is the node's.
const KUBELET: &str = "system:node:";

/// A request of a kubelet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::client) struct Asked {
    /// The request's name.
    pub(in crate::client) name: String,
    /// The node's name.
    pub(in crate::client) node: String,
    /// When it was made.
    pub(in crate::client) created: Timestamp,
    /// What has become of it; `None` when there is a certificate.
    pub(in crate::client) verdict: Option<Verdict>,
}

/// Reads a request; `None` when no kubelet that has joined has made it.
pub(in crate::client) fn asked(request: CertificateSigningRequest) -> Option<Asked> {
    let (meta, spec) = (request.metadata?, request.spec?);
    let status = request.status.unwrap_or_default();
    let node = spec.username.strip_prefix(KUBELET).filter(|node| !node.is_empty())?;
    let has = |kind: &str| status.conditions.iter().any(|it| it.type_ == kind && it.status != "False");
    let verdict = if !status.certificate.is_empty() {
        None
    } else if has("Denied") {
        Some(Verdict::Denied)
    } else if has("Failed") {
        Some(Verdict::Failed)
    } else {
        Some(Verdict::Waiting)
    };
    Some(Asked { node: node.to_owned(), created: time(meta.creation_timestamp)?, name: meta.name, verdict })
}
