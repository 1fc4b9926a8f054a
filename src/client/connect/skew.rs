//! How far the server's clock is ahead of ours, from the Date header of its answers. It corrects nothing.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};

/// How many answers are remembered.
const REMEMBERED: usize = 10;

/// An answer that took longer says too little about when it was written.
const SLOWEST: SignedDuration = SignedDuration::from_secs(5);

/// The latest estimates.
#[derive(Debug, Default)]
pub(super) struct Skew {
    recent: Mutex<VecDeque<SignedDuration>>,
}

impl Skew {
    /// Notes one answer's Date, between sending and receiving.
    pub(super) fn note(&self, date: &str, sent: Timestamp, received: Timestamp) {
        let round_trip = received.duration_since(sent);
        let Ok(date) = rfc2822::DateTimeParser::new().parse_timestamp(date) else { return };
        if round_trip.is_negative() || round_trip > SLOWEST {
            return;
        }
        // Date is cut to the second, so on average the server's clock is half a second further.
        let theirs = date.duration_since(Timestamp::UNIX_EPOCH) + SignedDuration::from_millis(500);
        let ours = sent.duration_since(Timestamp::UNIX_EPOCH) + round_trip / 2;
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.push_back(theirs - ours);
        if recent.len() > REMEMBERED {
            recent.pop_front();
        }
    }

    /// The median estimate; positive when the server's clock is ahead.
    pub(super) fn median(&self) -> Option<SignedDuration> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sorted: Vec<_> = recent.iter().copied().collect();
        sorted.sort();
        sorted.get(sorted.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{SignedDuration, Skew, Timestamp};

    #[test]
    fn the_median_forgets_outliers_and_old_answers() {
        let skew = Skew::default();
        assert_eq!(skew.median(), None);
        let sent: Timestamp = "2026-11-21T07:00:00Z".parse().unwrap();
        let note = |date: &str| skew.note(date, sent, sent + SignedDuration::from_secs(1));
        note("Sat, 21 Nov 2026 09:00:00 GMT");
        for _ in 0..2 {
            note("Sat, 21 Nov 2026 07:00:07 GMT");
        }
        assert_eq!(skew.median(), Some(SignedDuration::from_secs(7)));
        for _ in 0..10 {
            note("Sat, 21 Nov 2026 06:59:00 GMT");
        }
        assert_eq!(skew.median(), Some(SignedDuration::from_secs(-60)));
    }

    #[test]
    fn slow_or_senseless_answers_do_not_count() {
        let skew = Skew::default();
        let sent: Timestamp = "2026-11-21T07:00:00Z".parse().unwrap();
        skew.note("Sat, 21 Nov 2026 07:00:07 GMT", sent, sent + SignedDuration::from_secs(9));
        skew.note("Sat, 21 Nov 2026 07:00:07 GMT", sent, sent - SignedDuration::from_secs(1));
        skew.note("yesterday", sent, sent);
        assert_eq!(skew.median(), None);
    }
}
