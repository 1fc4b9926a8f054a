//! What the simulated clock says at an instant of the machine's. It moves nothing.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use tokio::time::Instant;

/// How simulated time passes.
#[derive(Debug)]
pub(crate) enum Pulse {
    /// With real time, from an instant on.
    Beating { simulated: Timestamp, real: Instant },
    /// Not at all.
    Still(Timestamp),
    /// As far as it is told to; in seconds since 1970.
    Driven(AtomicI64),
}

impl Pulse {
    /// The simulated instant.
    pub(crate) fn now(&self) -> Timestamp {
        match self {
            Self::Still(at) => *at,
            Self::Beating { simulated, real } => {
                let passed = jiff::SignedDuration::try_from(real.elapsed()).unwrap_or_default();
                simulated.checked_add(passed).unwrap_or(*simulated)
            }
            Self::Driven(second) => {
                Timestamp::from_second(second.load(Ordering::Acquire)).unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// Moves a clock that is driven.
    pub(crate) fn advance(&self, seconds: u32) {
        if let Self::Driven(second) = self {
            second.fetch_add(i64::from(seconds), Ordering::AcqRel);
        }
    }
}
