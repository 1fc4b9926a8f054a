//! HorizontalPodAutoscalers with all five metric kinds and three target types. It computes no replicas.

use jiff::Timestamp;

use super::key::{Key, Keyed};
use super::meta::{Condition, Meta, condition};
use super::quantity::Milli;
use super::text::Str;

/// autoscaling/v2 HorizontalPodAutoscaler.
#[derive(Clone, Debug, PartialEq)]
pub struct Autoscaler {
    /// Name, UID, owner, times.
    pub meta: Meta,
    /// spec.scaleTargetRef.
    pub target: ScaleTarget,
    /// spec.minReplicas; 1 when absent.
    pub min: i32,
    /// spec.maxReplicas.
    pub max: i32,
    /// spec.metrics in order.
    pub metrics: Vec<Metric>,
    /// spec.behavior; without it the controller works by older rules.
    pub behavior: Option<Behavior>,
    /// metadata.generation: the number of the spec.
    pub generation: i64,
    /// status.observedGeneration: which spec the status speaks of.
    pub observed: Option<i64>,
    /// status.currentMetrics in order; an element whose source is `None` is a metric that could not be read.
    pub readings: Vec<Reading>,
    /// status.currentReplicas: spec.replicas of the target when the controller last looked.
    pub current: i32,
    /// status.desiredReplicas.
    pub desired: i32,
    /// status.lastScaleTime.
    pub last_scale: Option<Timestamp>,
    /// status.conditions.
    pub conditions: Vec<Condition>,
}

impl Autoscaler {
    /// The condition of the given type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        condition(&self.conditions, kind)
    }

    /// The key of the scale target, which lives in the autoscaler's own namespace.
    pub fn target_key(&self) -> Key {
        Key { namespace: Str::clone(&self.meta.key.namespace), name: Str::clone(&self.target.name) }
    }
}

/// What an autoscaler scales.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScaleTarget {
    /// For example `apps/v1`; only the group matters.
    pub api_version: Str,
    /// For example `Deployment`.
    pub kind: Str,
    /// In the autoscaler's own namespace.
    pub name: Str,
}

impl ScaleTarget {
    /// The API group, empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }
}

/// How fast it may scale, as the API server fills it in.
#[derive(Clone, Debug, PartialEq)]
pub struct Behavior {
    /// To more replicas.
    pub up: Rules,
    /// To fewer.
    pub down: Rules,
}

/// How fast it may scale in one direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// For how many seconds recommendations count; `None` for as long as the controller is told to.
    pub window: Option<i32>,
    /// Which of the policies decides.
    pub select: Select,
    /// The policies, in order.
    pub policies: Vec<Policy>,
    /// How far from its target a metric may be in this direction; `None` for as far as the controller is told to.
    pub tolerance: Option<Amount>,
}

/// Which of several policies decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Select {
    /// The one that allows the largest change.
    Max,
    /// The one that allows the smallest change.
    Min,
    /// None: there is no scaling in this direction.
    Disabled,
}

/// By how much replicas may change within a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What the value counts.
    pub kind: PolicyKind,
    /// So many.
    pub value: i32,
    /// In so many seconds.
    pub period: i32,
}

/// What a policy's value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// Pods.
    Pods,
    /// Percent of the replicas at the beginning of the period.
    Percent,
}

impl Rules {
    /// What the API server fills in where nothing is said of scaling up.
    /// Source: kubernetes `pkg/apis/autoscaling/v2/defaults.go`.
    pub fn up() -> Self {
        let policies = vec![
            Policy { kind: PolicyKind::Pods, value: 4, period: 15 },
            Policy { kind: PolicyKind::Percent, value: 100, period: 15 },
        ];
        Self { window: Some(0), select: Select::Max, policies, tolerance: None }
    }

    /// The same of scaling down.
    pub fn down() -> Self {
        let policies = vec![Policy { kind: PolicyKind::Percent, value: 100, period: 15 }];
        Self { window: None, select: Select::Max, policies, tolerance: None }
    }
}

/// What identifies a metric, in spec and status alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MetricSource {
    /// A resource of all containers.
    Resource {
        /// `cpu` or `memory`.
        name: Str,
    },
    /// A resource of one container.
    ContainerResource {
        /// `cpu` or `memory`.
        name: Str,
        /// The container.
        container: Str,
    },
    /// A custom metric, averaged over the pods.
    Pods {
        /// The metric's name.
        name: Str,
        /// The metric's selector as text, empty for none.
        selector: Str,
    },
    /// A custom metric of another object.
    Object {
        /// The metric's name.
        name: Str,
        /// The metric's selector as text, empty for none.
        selector: Str,
        /// The described object as `Kind/name`.
        object: Str,
    },
    /// A metric from outside the cluster.
    External {
        /// The metric's name.
        name: Str,
        /// The metric's selector as text, empty for none.
        selector: Str,
    },
    /// A kind that this version does not know.
    Unknown {
        /// The type as the server wrote it.
        kind: Str,
    },
}

/// One entry of spec.metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// What is measured.
    pub source: MetricSource,
    /// What it should be.
    pub goal: Goal,
    /// The API version of the object that an Object metric describes.
    pub described: Option<Str>,
}

/// A metric's target.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// Percent of the requests.
    Utilization(i32),
    /// An absolute value.
    Value(Amount),
    /// A value per pod.
    AverageValue(Amount),
    /// The server sent none that can be read.
    Missing,
}

/// A quantity as number and as the user wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    /// Thousandths.
    pub milli: Milli,
    /// The text, for example `500Mi`.
    pub text: Str,
}

/// One entry of status.currentMetrics.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// What was measured; `None` when the controller could not read the metric.
    pub source: Option<MetricSource>,
    /// Percent of the requests.
    pub utilization: Option<i32>,
    /// The absolute value.
    pub value: Option<Amount>,
    /// The value per pod.
    pub average: Option<Amount>,
}

impl Keyed for Autoscaler {
    fn key(&self) -> &Key {
        &self.meta.key
    }
}
