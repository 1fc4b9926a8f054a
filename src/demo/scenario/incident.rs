//! What can befall a simulated cluster.

use serde::Deserialize;

use super::Span;

/// Something that happens, once or again and again.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Incident {
    /// Since the beginning of the settling.
    pub(crate) at: Span,
    pub(crate) every: Option<Span>,
    pub(crate) what: What,
}

/// What happens.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "kind", deny_unknown_fields)]
pub(crate) enum What {
    /// The kubelets of a zone or of a node fall silent.
    StopKubelets { zone: Option<String>, node: Option<String> },
    /// They come back.
    StartKubelets { zone: Option<String>, node: Option<String> },
    /// A kubelet reports a pressure condition or reports it gone.
    Pressure { node: String, condition: String, status: String },
    /// A container of a random pod of one of the namespaces ends and is started again.
    RestartPod { namespaces: Vec<String>, reason: String, exit_code: i64 },
    /// One of the deployments gets a new image.
    Roll { namespace: String, deployments: Vec<String> },
    /// A deployment is scaled by hand, or by somebody else that has a name of its own.
    Scale { namespace: String, deployment: String, replicas: i64, manager: Option<String> },
    /// What serves an API of metrics goes down.
    LoseMetrics { api: Api },
    /// It is back.
    RegainMetrics { api: Api },
    /// An image pull, a probe or the like is reported for a random pod, without other consequences.
    Report { namespaces: Vec<String>, reason: String, message: String },
}

/// An API of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Api {
    /// metrics.k8s.io
    Resource,
    /// custom.metrics.k8s.io
    Custom,
    /// external.metrics.k8s.io
    External,
}
