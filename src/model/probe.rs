//! What an autoscaler's metrics were measured to be, asked directly as its controller asks, and the questions that are
//! asked for it. It computes no replicas.

use jiff::Timestamp;

use super::autoscaler::{Metric, ScaleTarget};
use super::key::Key;
use super::text::Str;

/// What is asked for one autoscaler.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// For which one.
    pub autoscaler: Key,
    /// The generation of the spec that these metrics are of.
    pub generation: i64,
    /// What it scales, in its own namespace.
    pub target: ScaleTarget,
    /// spec.metrics in order; the text of a selector is in the form that the API takes.
    pub metrics: Vec<Metric>,
}

/// What was answered for one autoscaler.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// When it was asked, by the server's clock.
    pub at: Timestamp,
    /// The generation of the spec that was asked for.
    pub generation: i64,
    /// The target's scale, or why it cannot be read.
    pub scale: Result<Scale, String>,
    /// What the metrics were, in the order of the spec's.
    pub answers: Vec<Answer>,
}

/// The scale subresource of a target.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// spec.replicas.
    pub spec: i32,
    /// status.replicas.
    pub status: i32,
    /// status.selector, as text.
    pub selector: String,
    /// Who owns spec.replicas.
    pub writers: Vec<Writer>,
}

/// A field manager that owns spec.replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// Its name.
    pub manager: Str,
    /// The subresource that it wrote through; empty for the object itself.
    pub subresource: Str,
    /// When it wrote last.
    pub at: Option<Timestamp>,
}

/// What one metric was measured to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// What pods use: for Resource and ContainerResource metrics.
    Pods(Vec<PodSample>),
    /// A value for each pod, in thousandths: for Pods metrics.
    PerPod(Vec<(Str, i64)>),
    /// One value in thousandths: for Object metrics, and the sum of all series for External ones.
    Value(i64),
    /// The server's words, cleaned and cut.
    Failed(String),
    /// It was not asked, and why.
    NotAsked(&'static str),
}

/// What one pod was measured to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodSample {
    /// The pod's name.
    pub pod: Str,
    /// When the measurement ended.
    pub at: Timestamp,
    /// How long it lasted, in milliseconds.
    pub window: i64,
    /// By container.
    pub containers: Vec<ContainerUse>,
}

/// What one container was measured to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerUse {
    /// The container's name.
    pub name: Str,
    /// Thousandths of a core, rounded up as `Quantity.MilliValue` does.
    pub cpu: Option<i64>,
    /// Bytes.
    pub memory: Option<i64>,
}
