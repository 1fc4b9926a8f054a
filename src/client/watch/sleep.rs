//! Noticing that this machine has slept: the wall clock has gone on, the other clock has not. A wall clock that somebody
//! sets forward looks the same, and does no harm. Pure: the times are parameters.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// How often to look.
pub(super) const LOOK: Duration = Duration::from_secs(1);
/// How much further the wall clock must have gone; clocks that are put right go in smaller steps.
const JUMP: SignedDuration = SignedDuration::from_secs(15);

/// Both clocks as they were last seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clocks {
    wall: Timestamp,
    running: Instant,
}

impl Clocks {
    pub(super) fn new(wall: Timestamp, running: Instant) -> Self {
        Self { wall, running }
    }

    /// Takes in both clocks. Whether the machine has slept since they were last seen.
    pub(super) fn slept(&mut self, wall: Timestamp, running: Instant) -> bool {
        let passed = wall.duration_since(self.wall);
        let ran =
            SignedDuration::try_from(running.saturating_duration_since(self.running)).unwrap_or_default();
        *self = Self { wall, running };
        passed.saturating_sub(ran) > JUMP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_of_sleep_is_noticed_and_a_clock_that_is_put_right_is_not() {
        let (wall, running) = (Timestamp::UNIX_EPOCH, Instant::now());
        let at = |wall_seconds: i64, ran: u64| {
            (wall + SignedDuration::from_secs(wall_seconds), running + Duration::from_secs(ran))
        };
        let mut clocks = Clocks::new(wall, running);
        let mut look = |(wall, running)| clocks.slept(wall, running);
        assert!(!look(at(100, 100)));
        assert!(!look(at(111, 101)), "ten seconds forward");
        assert!(look(at(3712, 102)), "an hour's sleep");
        assert!(!look(at(3713, 103)), "noticed once");
        assert!(!look(at(13, 104)), "an hour back");
        assert!(!look(at(14, 200)), "a clock that stands");
    }
}
