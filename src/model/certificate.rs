//! Certificates that kubelets asked for and have not got. Those that were issued are of no interest here, and nothing
//! of a certificate or a key is ever read.

use jiff::Timestamp;

use super::text::Str;

/// For what a kubelet asks for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Signer {
    /// To serve logs, exec and metrics; nobody approves these by default.
    Serving,
    /// To speak to the API server; the controller manager approves renewals by itself.
    Client,
}

impl Signer {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Serving, Self::Client];

    /// spec.signerName.
    pub fn name(self) -> &'static str {
        match self {
            Self::Serving => "kubernetes.io/kubelet-serving",
            Self::Client => "kubernetes.io/kube-apiserver-client-kubelet",
        }
    }
}

/// What has become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Nobody has approved it, or it is approved and not signed.
    Waiting,
    /// Somebody refused it.
    Denied,
    /// The signer could not sign it.
    Failed,
}

/// The requests of one kubelet to one signer since it was last given a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unissued {
    /// The newest CertificateSigningRequest.
    pub name: Str,
    /// What has become of the newest.
    pub verdict: Verdict,
    /// When the oldest of them was made: kubelets ask again every quarter of an hour or so.
    pub since: Timestamp,
    /// How many there are.
    pub count: u32,
}
