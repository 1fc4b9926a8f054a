//! How busy a stream is: whether events come so thickly that it pays to gather them for a moment. Pure: the time is a
//! parameter, and nothing sleeps here.

use std::time::Duration;

use tokio::time::Instant;

/// How long a busy stream's events are gathered: nobody sees the difference, and a wake-up costs more than an event.
pub(super) const GATHER: Duration = Duration::from_millis(6);
/// How long the initial objects are gathered when they come more slowly than they are read: a server sends each by
/// itself, and being woken for each costs both sides more than the object.
pub(super) const TRICKLE: Duration = Duration::from_millis(4);
/// How long to wait for what is as good as here: every piece is handed over by the connection's own task.
pub(super) const AT_HAND: Duration = Duration::from_millis(2);
/// About how many bytes are read before they are decoded: enough to be worth a wake-up, and little memory.
pub(super) const BITE: usize = 1 << 18;
/// More events than this in a second are gathered; with fewer, each is handed on at once.
const MANY: usize = 100;
/// The span over which is counted.
const SECOND: Duration = Duration::from_secs(1);

/// The events of this second and of the one before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    since: Instant,
    now: usize,
    before: usize,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, now: 0, before: 0 }
    }

    /// Takes in that so many events came. Whether there are many now.
    pub(super) fn note(&mut self, events: usize, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.since);
        if passed >= SECOND {
            self.before = if passed < 2 * SECOND { self.now } else { 0 };
            (self.since, self.now) = (now, 0);
        }
        self.now += events;
        self.now.max(self.before) > MANY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_noticed_within_its_second_and_forgotten_after_it() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut pace = Pace::new(start);
        assert!(!pace.note(100, at(10)), "the first hundred are handed on at once");
        assert!(pace.note(1, at(11)));
        assert!(pace.note(1, at(1500)), "the second before was busy");
        assert!(!pace.note(1, at(2600)));
        pace.note(1000, at(2700));
        assert!(!pace.note(1, at(60_000)), "long ago");
    }
}
