//! Why a forecast of an autoscaler is not certain, in few words. It decides nothing.

use std::fmt;

use crate::model::flag::Flag;
use crate::model::kind::Kind;

/// Something that the controller knows and that is not known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// A stream is not live, so what was last seen may be old.
    Stale(Kind),
    /// The target's replicas were last told by the autoscaler's own status.
    Target,
    /// The last pass could not find or scale the target, or could; now it seems otherwise.
    Attempt,
    /// The status is of an older spec.
    Unobserved,
    /// Which pods are unready or without a sample is not known.
    Pods,
    /// Pods are made or deleted by then.
    Changing,
    /// So many pods may count otherwise by the time of the next pass.
    Boundary(usize),
    /// What the metric was is known only from the last pass.
    LastPass(String),
    /// The metric could not be read some time ago, and was not asked for again.
    NotAgain(String),
    /// The status rounds a value per pod up.
    Rounded(String),
    /// Recommendations count from before this session watched, or from between two looks.
    Recommendations,
    /// Rescales count from before this session watched, or may just cease to.
    Rescales,
    /// A number is too large for the controller's arithmetic.
    Overflow(String),
    /// Whether another autoscaler counts the same pods is not the same here as in the last pass.
    Selector,
    /// A flag or gate is taken to be the default of the server's version, and it decides.
    Assumed(Flag),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(kind) => write!(f, "{} were last seen some time ago", kind.plural()),
            Self::Target => f.write_str("the target's replicas are only known from the last pass"),
            Self::Attempt => f.write_str("the last pass failed at the target"),
            Self::Unobserved => f.write_str("the status is of an older spec"),
            Self::Pods => f.write_str("which pods are unready or unmeasured is not known"),
            Self::Changing => f.write_str("the pods that are made or deleted by then may count otherwise"),
            Self::Boundary(1) => f.write_str("1 pod may count otherwise by then"),
            Self::Boundary(pods) => write!(f, "{pods} pods may count otherwise by then"),
            Self::LastPass(metric) => write!(f, "{metric} is only known from the last pass"),
            Self::NotAgain(metric) => {
                write!(f, "{metric} failed not long ago and is not asked for again yet")
            }
            Self::Rounded(metric) => write!(f, "{metric} is rounded up in the status"),
            Self::Recommendations => f.write_str("not all recommendations that count are known"),
            Self::Rescales => f.write_str("not all rescales that count are known"),
            Self::Overflow(metric) => write!(f, "{metric} is too large for the controller"),
            Self::Selector => f.write_str("whether other autoscalers count the same pods is not clear"),
            Self::Assumed(flag) => write!(f, "{} is assumed", flag.name()),
        }
    }
}
