//! What the autoscaler's controller is taken to be set to, and how well that is known. It judges no autoscaler.

use jiff::{SignedDuration, Timestamp};

use super::groups::{Patience, after};
use super::replicas::Tolerance;
use crate::analysis::assumptions::{known, minor};
use crate::model::autoscaler::{Amount, Autoscaler, Rules};
use crate::model::cluster::Cluster;
use crate::model::flag::Flag;

/// What the controller is taken to be set to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Seconds between two passes.
    pub period: f64,
    /// The tolerance without one of the autoscaler's own.
    pub tolerance: f64,
    /// Seconds for which recommendations count for scaling down, without a window of the autoscaler's own.
    pub window: f64,
    /// The periods after a pod's start.
    pub patience: Patience,
    /// Whether an autoscaler's own tolerance counts.
    pub own_tolerance: bool,
    /// Whether the controller remembers that it scaled to zero, as it does since 1.36.
    pub remembers_zero: bool,
    /// The minor number of the server's version, where it is known.
    pub minor: Option<u32>,
    /// When the leader took over, where that is known.
    pub restarted: Option<Timestamp>,
    assumed: [bool; 5],
}

/// Those flags that may be assumed.
const FLAGS: [Flag; 5] = [
    Flag::Tolerance,
    Flag::DownscaleStabilization,
    Flag::CpuInitialization,
    Flag::InitialReadiness,
    Flag::ConfigurableTolerance,
];

impl Settings {
    /// Those of a cluster's controller.
    pub fn of(cluster: &Cluster) -> Self {
        let value = |flag| known(cluster, flag).0;
        let time = |flag| SignedDuration::try_from_secs_f64(value(flag)).unwrap_or_default();
        let minor = cluster.server.version.as_deref().and_then(minor);
        Self {
            period: value(Flag::SyncPeriod),
            tolerance: value(Flag::Tolerance),
            window: value(Flag::DownscaleStabilization),
            patience: Patience {
                initialization: time(Flag::CpuInitialization),
                readiness: time(Flag::InitialReadiness),
            },
            own_tolerance: value(Flag::ConfigurableTolerance) > 0.0,
            remembers_zero: minor.is_none_or(|minor| minor >= 36),
            minor,
            restarted: cluster.server.leader,
            assumed: FLAGS.map(|flag| !known(cluster, flag).1),
        }
    }

    /// Whether a flag is neither said nor seen.
    pub fn assumes(&self, flag: Flag) -> bool {
        FLAGS.iter().position(|it| *it == flag).is_some_and(|at| self.assumed[at])
    }

    /// By when the next pass has happened at the latest: a period from now, and a moment for the pass itself.
    pub fn next_pass(&self, now: Timestamp) -> Timestamp {
        after(now, SignedDuration::try_from_secs_f64(self.period + 2.0).unwrap_or_default())
    }

    /// Within so many seconds a pass comes for sure: passes wait for slow metrics, and for each other.
    pub(super) fn delay(&self) -> f64 {
        (self.period * 4.0).max(60.0)
    }

    /// The tolerance that counts for an autoscaler.
    pub fn tolerance_of(&self, autoscaler: &Autoscaler) -> Tolerance {
        self.tolerance_with(autoscaler, self.tolerance, self.own_tolerance)
    }

    /// The same with another flag and another gate.
    pub fn tolerance_with(&self, autoscaler: &Autoscaler, general: f64, own: bool) -> Tolerance {
        let of = |rules: &Rules| {
            let said = rules.tolerance.as_ref().filter(|_| own);
            said.map_or(general, approximate)
        };
        let behavior = autoscaler.behavior.as_ref();
        Tolerance {
            down: behavior.map_or(general, |it| of(&it.down)),
            up: behavior.map_or(general, |it| of(&it.up)),
        }
    }
}

/// A quantity as a number, with the same last bit as `Quantity.AsApproximateFloat64` gives to the API's canonical text.
fn approximate(amount: &Amount) -> f64 {
    let scaled =
        [("n", 1e-9), ("u", 1e-6), ("m", 1e-3), ("", 1.0)].into_iter().find_map(|(suffix, scale)| {
            let number: i64 = amount.text.strip_suffix(suffix)?.parse().ok()?;
            Some(number as f64 * scale)
        });
    scaled.unwrap_or(amount.milli.0 as f64 * 1e-3)
}
