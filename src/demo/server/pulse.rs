//! What the simulated clock says at an instant of the machine's. It moves nothing.

use jiff::Timestamp;
use tokio::time::Instant;

/// How simulated time passes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pulse {
    /// With real time, from an instant on.
    Beating { simulated: Timestamp, real: Instant },
    /// Not at all.
    Still(Timestamp),
}

impl Pulse {
    /// The simulated instant.
    pub(crate) fn now(self) -> Timestamp {
        match self {
            Self::Still(at) => at,
            Self::Beating { simulated, real } => {
                let passed = jiff::SignedDuration::try_from(real.elapsed()).unwrap_or_default();
                simulated.checked_add(passed).unwrap_or(simulated)
            }
        }
    }
}
