//! Who is at the other end, in the words that messages need. It holds no credentials.

use super::{certificate::Validity, failure::CredentialKind};

/// The server as messages name it, and what is shown to it.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    /// Host and port.
    pub address: String,
    /// The host alone; with `tls-server-name` it is still the host that is called.
    pub host: String,
    /// Whether the URL says https.
    pub https: bool,
    /// Host and port of the proxy, if one is used.
    pub proxy: Option<String>,
    /// The user entry of the kubeconfig; empty when there is none.
    pub user: String,
    /// How foretop shows who is asking.
    pub credential: CredentialKind,
    /// When the kubeconfig's client certificate is valid.
    pub client_certificate: Option<Validity>,
}

impl Peer {
    /// The address that is really called: the proxy's, or the server's.
    pub(super) fn dialled(&self) -> &str {
        self.proxy.as_deref().unwrap_or(&self.address)
    }

    /// The host part of `dialled`.
    pub(super) fn dialled_host(&self) -> &str {
        match &self.proxy {
            Some(proxy) => proxy.rsplit_once(':').map_or(proxy.as_str(), |(host, _)| host),
            None => &self.host,
        }
    }
}
