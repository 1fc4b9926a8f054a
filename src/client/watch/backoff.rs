//! How long to wait before the next attempt. Pure: randomness is a parameter, and nothing sleeps here.

use std::time::Duration;

/// The first delay.
pub(super) const FIRST: Duration = Duration::from_millis(800);
/// No delay is longer, unless the server asks for it or asking again is pointless.
pub(super) const LONGEST: Duration = Duration::from_secs(30);
/// Between attempts that only somebody's doing can make succeed.
pub(super) const SLOW: Duration = Duration::from_mins(1);

/// The delay after so many failures in a row, the first being 1. `dice` in 0..1 spreads those who failed together.
pub(super) fn delay(failures: u32, dice: f64) -> Duration {
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16));
    spread(doubled.min(LONGEST), dice)
}

/// Takes up to 30 percent off, so that many streams that broke together do not come back together.
pub(super) fn spread(delay: Duration, dice: f64) -> Duration {
    delay.mul_f64(1.0 - 0.3 * dice.clamp(0.0, 1.0))
}

/// A twentieth more or less, for what is asked at a steady pace.
pub(super) fn jitter(time: Duration, dice: f64) -> Duration {
    time.mul_f64(0.95 + 0.1 * dice.clamp(0.0, 1.0))
}

/// A number in 0..1, different each time. Good enough to spread load; nothing secret hangs on it.
pub(super) fn dice() -> f64 {
    use std::hash::{BuildHasher, Hasher};
    let bits = std::collections::hash_map::RandomState::new().build_hasher().finish();
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_longest() {
        let seconds: Vec<f64> = (1..=7).map(|n| delay(n, 0.0).as_secs_f64()).collect();
        assert_eq!(seconds, [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0]);
        assert_eq!(delay(u32::MAX, 0.0), LONGEST);
    }

    #[test]
    fn the_dice_only_shorten() {
        for _ in 0..1000 {
            let delay = delay(1, dice());
            assert!(delay <= FIRST && delay >= FIRST.mul_f64(0.69), "{delay:?}");
        }
    }

    #[test]
    fn the_pace_varies_by_a_twentieth() {
        for _ in 0..1000 {
            let pause = jitter(Duration::from_secs(15), dice());
            assert!((14.2..=15.8).contains(&pause.as_secs_f64()), "{pause:?}");
        }
    }
}
