//! What an autoscaler's next pass does, and why: computed from pods and samples as its controller does, or projected
//! from its status. It scales nothing, and it says where it does not know.

pub mod after;
mod calendar;
pub mod combine;
pub mod consequences;
mod crew;
mod doubt;
mod failure;
pub mod fights;
pub mod flapping;
pub mod following;
mod forecast;
mod gathered;
pub mod groups;
mod measured;
mod memory;
pub mod missing;
mod normal;
pub mod normalise;
mod notes;
pub mod owner;
pub mod project;
mod questions;
mod rates;
pub mod remedy;
pub mod replicas;
mod requests;
pub mod room;
mod settings;
mod span;
mod steps;
mod supposed;
mod tell;
mod turning;
mod verdict;
pub mod writers;

pub use after::{after_bounds, after_scale};
pub use calendar::{BLUR, Calendar};
pub use doubt::Doubt;
pub use failure::{Api, Cause, Failure};
pub use forecast::forecast;
pub use notes::notes;
pub use questions::questions;
pub use settings::Settings;
pub use span::Span;
pub use steps::{Step, steps};
pub use tell::{led, reason, sentence};

use jiff::Timestamp;

use crate::model::autoscaler::Goal;
use normalise::Bounds;

/// What the next pass of an autoscaler does.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// What it was computed from.
    pub basis: Basis,
    /// spec.replicas of the target.
    pub current: i32,
    /// What the metrics ask for together, before anything stands in between; `None` when they are not read or fail.
    pub raw: Option<i32>,
    /// What it writes into status.desiredReplicas. One number without doubts is certain, at the values measured.
    pub next: Span,
    /// The likeliest number of these.
    pub likely: i32,
    /// Why it is not certain.
    pub doubts: Vec<Doubt>,
    /// Each of spec.metrics.
    pub metrics: Vec<MetricForecast>,
    /// The metric that asks for the most, by its index.
    pub winner: Option<usize>,
    /// What stands between the proposal and the number, in the order in which it does.
    pub limits: Vec<Limit>,
    /// What the controller is taken to be set to.
    pub settings: Settings,
    /// spec.minReplicas and spec.maxReplicas that it was made with.
    pub bounds: Bounds,
}

impl Forecast {
    /// Whether the target stays as it is whatever is written, because nothing is computed or the target refuses.
    fn is_stuck(&self) -> bool {
        self.limits.iter().any(|it| matches!(it, Limit::Blind(_) | Limit::Refused(_)))
    }

    /// What the target's replicas most likely are after the pass. The number in the status may be from before; what was
    /// not computed, or was refused, changes nothing.
    pub fn target(&self) -> i32 {
        if self.is_stuck() { self.current } else { self.likely }
    }

    /// Whether the number is certain, at the values measured.
    pub fn is_certain(&self) -> bool {
        self.next.is_exact() && self.doubts.is_empty()
    }
}

/// What a forecast was computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Pods and samples, as the controller does.
    Measured {
        /// When they were asked for.
        at: Timestamp,
    },
    /// The readings that the controller left in the status.
    Status,
    /// No metric is read: why.
    None(String),
}

/// What one metric asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricForecast {
    /// Its name, as short as it stays unambiguous.
    pub name: String,
    /// What it should be.
    pub goal: Goal,
    /// What it is: percent for utilisation, else thousandths; `None` when it is not known.
    pub measured: Option<i64>,
    /// Measured over target.
    pub ratio: Option<f64>,
    /// The ratio that decided, where unready or missing pods were filled in.
    pub filled: Option<f64>,
    /// What the ratio is multiplied with.
    pub pods: Option<i64>,
    /// The replicas that it asks for; `None` when it fails.
    pub asks: Option<i32>,
    /// Between which numbers what it asks for lies.
    pub span: Span,
    /// Why it keeps the number as it is, where it does.
    pub kept: Option<replicas::Kept>,
    /// How its pods are grouped; `None` for a metric that is not measured per pod, and where that is not known.
    pub groups: Option<Groups>,
    /// Why it cannot be computed.
    pub failure: Option<Failure>,
    /// Whether it may still fail, or no longer.
    pub unsure: bool,
    /// Whether it comes from pods and samples, and not from the status.
    pub direct: bool,
}

impl MetricForecast {
    /// The ratio that decided where that is another one than was measured, because pods were filled in.
    pub fn refilled(&self) -> Option<f64> {
        let filled = self.filled?;
        let same = self.ratio.is_some_and(|ratio| (ratio - filled).abs() < f64::EPSILON);
        (!same).then_some(filled)
    }
}

/// How many pods there are of each group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// Their samples count.
    pub counted: usize,
    /// Pending, or not trusted yet.
    pub unready: usize,
    /// Without a sample.
    pub missing: usize,
    /// Failed or being deleted.
    pub ignored: usize,
}

/// What stands between what the metrics ask for and what is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// The winning metric is close enough to its target.
    Tolerated,
    /// With unready and missing pods filled in it would turn the other way.
    Turned,
    /// Unready or missing pods make it ask for fewer replicas up, or for more down.
    Pods(Groups),
    /// Recent recommendations hold it at a number.
    Stabilised {
        /// At which.
        to: i32,
        /// For how many seconds they count.
        window: i64,
        /// Until when at most, where that is known.
        until: Option<Timestamp>,
        /// Whether it would rise.
        up: bool,
    },
    /// The rate lets it go only so far.
    RateLimited {
        /// How far.
        to: i32,
        /// The policy in words: `4 pods per 15 s`.
        policy: String,
        /// Whether it rises.
        up: bool,
    },
    /// There is no scaling in this direction.
    Forbidden {
        /// Whether it would rise.
        up: bool,
    },
    /// spec.maxReplicas.
    AtMax,
    /// spec.minReplicas.
    AtMin,
    /// There are more replicas than spec.maxReplicas: no metric is read.
    AboveMax,
    /// There are fewer replicas than spec.minReplicas: no metric is read.
    BelowMin,
    /// The target has no replicas, and that switches it off.
    Disabled,
    /// Some metrics fail: it may scale up by the others, but not down.
    PartlyBlind,
    /// No metric can be computed, or the others are not believed: the number stays as it was.
    Blind(Failure),
    /// The last attempt to scale the target was refused.
    Refused(String),
}
