//! An instant in whole seconds, which is all that metadata's times have. It reads no clock.

use std::num::NonZeroI64;

use jiff::Timestamp;

/// An instant in whole seconds since 1970, in eight bytes also where it may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Second(NonZeroI64);

/// No instant that can be written in the API has this number, so it stands for none.
const NONE: i64 = i64::MIN;

impl Second {
    /// The second in which an instant lies.
    pub fn of(at: Timestamp) -> Option<Self> {
        NonZeroI64::new(at.as_second() ^ NONE).map(Self)
    }

    /// The beginning of the second.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_second(self.0.get() ^ NONE).unwrap_or_default()
    }
}

impl Ord for Second {
    /// By time; the number that is kept is turned round.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0.get() ^ NONE).cmp(&(other.0.get() ^ NONE))
    }
}

impl PartialOrd for Second {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl From<Second> for Timestamp {
    fn from(second: Second) -> Self {
        second.timestamp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instant_survives_and_none_costs_nothing() {
        for at in
            [Timestamp::UNIX_EPOCH, Timestamp::MIN, Timestamp::MAX, Timestamp::constant(1_790_000_000, 0)]
        {
            assert_eq!(Second::of(at).map(|it| it.timestamp().as_second()), Some(at.as_second()));
        }
        assert_eq!(size_of::<Option<Second>>(), 8);
        let second = |number| Second::of(Timestamp::constant(number, 0));
        assert!(second(-1) < second(0) && second(0) < second(1) && None < second(-1));
    }
}
