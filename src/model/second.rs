//! An instant in whole seconds, which is all that metadata's times have. It reads no clock.

use std::num::NonZeroU8;

use jiff::Timestamp;

/// An instant in whole seconds, in five bytes also where it may be missing: a cluster has a million of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Second {
    /// The highest byte of the seconds since `ZERO`, which no instant that can be written in the API has as zero.
    high: NonZeroU8,
    /// The others, the higher ones first, so that they are ordered as the instants are.
    low: [u8; 4],
}

/// In seconds before 1970: the whole range of instants is above it and less than five bytes wide.
const ZERO: i64 = 1 << 39;

impl Second {
    /// The second in which an instant lies.
    pub fn of(at: Timestamp) -> Option<Self> {
        let [_, _, _, high, low @ ..] = (at.as_second() + ZERO).to_be_bytes();
        NonZeroU8::new(high).map(|high| Self { high, low })
    }

    /// The beginning of the second.
    pub fn timestamp(self) -> Timestamp {
        let seconds = (i64::from(self.high.get()) << 32) | i64::from(u32::from_be_bytes(self.low));
        Timestamp::from_second(seconds - ZERO).unwrap_or_default()
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
        assert_eq!(size_of::<Option<Second>>(), 5);
        let second = |number| Second::of(Timestamp::constant(number, 0));
        assert!(second(-1) < second(0) && second(0) < second(1) && None < second(-1));
    }
}
