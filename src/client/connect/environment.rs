//! The process environment as far as connecting depends on it, captured once. It interprets nothing.

use std::{ffi::OsString, path::PathBuf};

use secrecy::SecretString;

/// Where a pod finds its service account.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The variables and folders that decide how a cluster is reached.
///
/// Proxy URLs are secrets because they may carry a password.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `KUBECONFIG`: a list of files.
    pub kubeconfig: Option<OsString>,
    /// The home folder.
    pub home: Option<PathBuf>,
    /// `HTTPS_PROXY` or `https_proxy`.
    pub https_proxy: Option<SecretString>,
    /// `HTTP_PROXY` or `http_proxy`.
    pub http_proxy: Option<SecretString>,
    /// `NO_PROXY` or `no_proxy`.
    pub no_proxy: Option<String>,
    /// `KUBERNETES_SERVICE_HOST`, set in every pod.
    pub service_host: Option<String>,
    /// `KUBERNETES_SERVICE_PORT`, set in every pod.
    pub service_port: Option<String>,
    /// `POD_NAMESPACE`, by which a pod may be told its namespace.
    pub pod_namespace: Option<String>,
    /// The folder with `token`, `ca.crt` and `namespace` of a pod's service account.
    pub service_account: PathBuf,
}

impl Environment {
    /// Reads this process's environment.
    pub fn capture() -> Self {
        let text = |names: &[&str]| {
            names.iter().filter_map(|name| std::env::var(name).ok()).find(|value| !value.is_empty())
        };
        Self {
            kubeconfig: std::env::var_os("KUBECONFIG").filter(|list| !list.is_empty()),
            home: std::env::home_dir(),
            https_proxy: text(&["HTTPS_PROXY", "https_proxy"]).map(Into::into),
            http_proxy: text(&["HTTP_PROXY", "http_proxy"]).map(Into::into),
            no_proxy: text(&["NO_PROXY", "no_proxy"]),
            service_host: text(&["KUBERNETES_SERVICE_HOST"]),
            service_port: text(&["KUBERNETES_SERVICE_PORT"]),
            pod_namespace: text(&["POD_NAMESPACE"]),
            service_account: PathBuf::from(SERVICE_ACCOUNT),
        }
    }
}
