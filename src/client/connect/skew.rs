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

/// Answers closer together say the same: they lie alike in the second that Date is cut to.
const APART: SignedDuration = SignedDuration::from_secs(1);

/// Nobody's clock is further off; what can be added to any time of today is no absurd date.
const FURTHEST: SignedDuration = SignedDuration::from_hours(100 * 366 * 24);

/// The latest estimates, each with the time of its answer.
#[derive(Debug, Default)]
pub(super) struct Skew {
    recent: Mutex<VecDeque<(Timestamp, SignedDuration)>>,
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
        let ahead = theirs - ours;
        if ahead.abs() > FURTHEST {
            return;
        }
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.back().is_some_and(|(last, _)| received.duration_since(*last).abs() < APART) {
            return;
        }
        recent.push_back((received, ahead));
        if recent.len() > REMEMBERED {
            recent.pop_front();
        }
    }

    /// The median estimate; positive when the server's clock is ahead.
    pub(super) fn median(&self) -> Option<SignedDuration> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sorted: Vec<_> = recent.iter().map(|(_, estimate)| *estimate).collect();
        sorted.sort();
        sorted.get(sorted.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{SignedDuration, Skew, Timestamp, rfc2822};

    #[test]
    fn the_median_forgets_outliers_and_old_answers() {
        let skew = Skew::default();
        assert_eq!(skew.median(), None);
        let start: Timestamp = "2026-11-21T07:00:00Z".parse().unwrap();
        let note = |number: i64, ahead: i64| {
            let sent = start + SignedDuration::from_secs(10 * number);
            let date = rfc2822::to_string(&(sent + SignedDuration::from_secs(ahead)).to_zoned(TimeZone::UTC));
            skew.note(&date.unwrap(), sent, sent + SignedDuration::from_secs(1));
        };
        note(0, 7200);
        (1..3).for_each(|number| note(number, 7));
        assert_eq!(skew.median(), Some(SignedDuration::from_secs(7)));
        (3..13).for_each(|number| note(number, -60));
        assert_eq!(skew.median(), Some(SignedDuration::from_secs(-60)));
    }

    #[test]
    fn many_answers_of_one_moment_count_once() {
        let skew = Skew::default();
        let start: Timestamp = "2026-11-21T07:00:00Z".parse().unwrap();
        let note = |sent: Timestamp| skew.note("Sat, 21 Nov 2026 07:00:00 GMT", sent, sent);
        note(start);
        for number in 1..20 {
            note(start + SignedDuration::from_millis(900 + number));
        }
        assert_eq!(skew.median(), Some(SignedDuration::from_millis(500)), "not that of the twenty others");
    }

    #[test]
    fn slow_or_senseless_answers_do_not_count() {
        let skew = Skew::default();
        let sent: Timestamp = "2026-11-21T07:00:00Z".parse().unwrap();
        skew.note("Sat, 21 Nov 2026 07:00:07 GMT", sent, sent + SignedDuration::from_secs(9));
        skew.note("Sat, 21 Nov 2026 07:00:07 GMT", sent, sent - SignedDuration::from_secs(1));
        skew.note("yesterday", sent, sent);
        skew.note("Wed, 01 Dec 9999 00:00:00 GMT", sent, sent);
        skew.note("Mon, 01 Jan 1900 00:00:00 GMT", sent, sent);
        assert_eq!(skew.median(), None);
    }
}
