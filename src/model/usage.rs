//! What a node was measured to use: the last sample in full, those before it in few bytes. It asks nobody and judges
//! nothing.
//!
//! Source: metrics.k8s.io/v1beta1 NodeMetrics; metrics-server scrapes the kubelets every 15 s by its manifest.

use std::collections::VecDeque;

use jiff::Timestamp;

/// How many samples are kept: ten minutes of metrics-server's 15 s.
pub const KEPT: usize = 40;
/// Between two samples, in seconds, where a window says less: metrics-server's resolution.
const RESOLUTION: i64 = 15;
/// How much older a sample may be that is passed over, because one of several servers lags behind; what is older still
/// comes after a clock was put right. In seconds.
const LAGGING: i64 = 300;
/// What stands for an amount that was not measured.
const NONE: u32 = u32::MAX;

/// One sample of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When its window ended, by the node's clock.
    pub at: Timestamp,
    /// Seconds over which the processor time was measured.
    pub window: u32,
    /// Thousandths of a core, rounded up.
    pub cpu: Option<i64>,
    /// Bytes of the working set.
    pub memory: Option<i64>,
}

impl Sample {
    /// The age in seconds from which it is old: two windows have passed without another, and so much as asking for it
    /// every 15 s takes.
    pub fn good_for(&self) -> i64 {
        2 * self.step() + RESOLUTION
    }

    /// Seconds to the next sample.
    fn step(&self) -> i64 {
        i64::from(self.window).max(RESOLUTION)
    }
}

/// A sample of which little is kept, in twelve bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Point {
    /// Seconds since 1970.
    at: u32,
    /// Thousandths of a core.
    cpu: u32,
    /// Mebibytes.
    memory: u32,
}

impl Point {
    fn of(sample: &Sample) -> Self {
        let small = |amount: Option<i64>| {
            amount.map_or(NONE, |amount| u32::try_from(amount.max(0)).unwrap_or(NONE - 1).min(NONE - 1))
        };
        Self {
            at: u32::try_from(sample.at.as_second().max(0)).unwrap_or(u32::MAX),
            cpu: small(sample.cpu),
            memory: small(sample.memory.map(|bytes| bytes >> 20)),
        }
    }
}

/// Which of the measured resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// Processor time.
    Cpu,
    /// Memory.
    Memory,
}

/// What a node was measured to use.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    /// The newest sample.
    pub latest: Sample,
    history: VecDeque<Point>,
}

impl Usage {
    /// A first sample.
    pub fn new(first: Sample) -> Self {
        let mut history = VecDeque::with_capacity(KEPT);
        history.push_back(Point::of(&first));
        Self { latest: first, history }
    }

    /// Takes in a sample; tells whether it says anything new.
    pub fn take(&mut self, sample: Sample) -> bool {
        let ahead = sample.at.as_second().saturating_sub(self.latest.at.as_second());
        if sample == self.latest || (-LAGGING..0).contains(&ahead) {
            return false;
        }
        if ahead < 0 {
            // The clock was put back: what was measured before lies in a future that nobody will see.
            self.history.clear();
        }
        if ahead == 0 {
            self.history.pop_back();
        }
        while self.history.len() >= KEPT {
            self.history.pop_front();
        }
        self.history.push_back(Point::of(&sample));
        self.latest = sample;
        true
    }

    /// How many samples are kept.
    pub fn samples(&self) -> usize {
        self.history.len()
    }

    /// Whole percent of `all` (thousandths of a core, or bytes) for the last `most` moments, the newest last; `None`
    /// where a sample is missing.
    pub fn trend(&self, which: Measured, all: i64, most: usize) -> Vec<Option<u16>> {
        let step = self.latest.step();
        let mut points = Vec::with_capacity(most);
        let mut later: Option<i64> = None;
        for point in self.history.iter().rev() {
            let at = i64::from(point.at);
            // Windows vary by some seconds, so only what lies beyond the middle of the next step is a gap.
            let missing = later.map_or(0, |later| (later - at + step / 2) / step - 1);
            for _ in 0..missing.clamp(0, KEPT as i64) {
                points.push(None);
            }
            points.push(point.percent(which, all));
            later = Some(at);
            if points.len() >= most {
                break;
            }
        }
        points.truncate(most);
        points.reverse();
        points
    }
}

impl Point {
    fn percent(self, which: Measured, all: i64) -> Option<u16> {
        let (amount, all) = match which {
            Measured::Cpu => (self.cpu, all),
            Measured::Memory => (self.memory, all >> 20),
        };
        (amount != NONE && all > 0)
            .then(|| u16::try_from(u64::from(amount) * 100 / all as u64).unwrap_or(u16::MAX))
    }
}

/// A share in whole percent as `kubectl top` rounds it; `None` of nothing.
///
/// It divides and multiplies in floating point and then cuts, so that 29 of 100 are 28 percent.
/// Source: kubectl `pkg/metricsutil/metrics_printer.go`, printAllResourceUsages.
pub fn percent(used: i64, all: i64) -> Option<i64> {
    (all > 0).then(|| (used as f64 / all as f64 * 100.0) as i64)
}

/// Blocks of eight heights, one for each percentage of a whole: what is nothing has the lowest, what is more than all
/// the highest, what is missing none.
pub fn blocks(trend: &[Option<u16>]) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let block = |percent: &Option<u16>| {
        percent.map_or(' ', |percent| {
            BLOCKS[usize::from(percent.saturating_sub(1)).min(99) * BLOCKS.len() / 100]
        })
    };
    trend.iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    fn sample(second: i64, cpu: i64) -> Sample {
        Sample { at: at(second), window: 15, cpu: Some(cpu), memory: Some(cpu << 20) }
    }

    fn usage(samples: &[(i64, i64)]) -> Usage {
        let mut usage = Usage::new(sample(samples[0].0, samples[0].1));
        for (second, cpu) in &samples[1..] {
            usage.take(sample(*second, *cpu));
        }
        usage
    }

    #[test]
    fn percentages_are_those_of_kubectl_top() {
        for (used, all, wanted) in
            [(29, 100, 28), (57, 100, 56), (1, 3, 33), (2, 3, 66), (0, 8, 0), (16, 8, 200), (999, 1000, 99)]
        {
            assert_eq!(percent(used, all), Some(wanted), "{used} of {all}");
        }
        assert_eq!(percent(i64::MAX, 1), Some(i64::MAX));
        assert_eq!(percent(5, 0), None);
    }

    #[test]
    fn the_ring_is_bounded_and_the_same_sample_is_no_news() {
        let mut usage = usage(&[(0, 1)]);
        assert!(!usage.take(sample(0, 1)), "asked again before the next scrape");
        for step in 1..200 {
            assert!(usage.take(sample(step * 15, step)));
        }
        assert_eq!(usage.samples(), KEPT);
        assert_eq!(usage.trend(Measured::Cpu, 1000, 99).len(), KEPT);
        assert_eq!(size_of::<Point>(), 12);
    }

    #[test]
    fn a_replica_that_lags_is_passed_over_and_a_clock_put_back_begins_anew() {
        let mut usage = usage(&[(1000, 1), (1015, 2)]);
        assert!(!usage.take(sample(1010, 7)), "an older sample of another server");
        assert_eq!(usage.latest.cpu, Some(2));
        assert!(usage.take(sample(0, 3)));
        assert_eq!((usage.samples(), usage.latest.cpu), (1, Some(3)));
        assert!(usage.take(sample(0, 4)), "another reading of the same moment replaces it");
        assert_eq!((usage.samples(), usage.latest.cpu), (1, Some(4)));
    }

    #[test]
    fn trends_have_a_place_for_what_is_missing() {
        let trend = |samples: &[(i64, i64)], most| usage(samples).trend(Measured::Cpu, 1000, most);
        assert_eq!(trend(&[(0, 500)], 5), [Some(50)], "one sample");
        assert_eq!(trend(&[(0, 0), (14, 100), (31, 2000)], 5), [Some(0), Some(10), Some(200)]);
        let gap = [Some(10), None, None, Some(20)];
        assert_eq!(trend(&[(0, 100), (45, 200)], 9), gap);
        assert_eq!(trend(&[(0, 100), (45, 200)], 3), gap[1..], "the newest are shown");
        assert_eq!(trend(&[(0, 100), (90_000, 200)], 3), [None, None, Some(20)]);
        assert_eq!(usage(&[(0, 1)]).trend(Measured::Cpu, 0, 3), [None], "of nothing there is no share");
        assert_eq!(usage(&[(0, 512)]).trend(Measured::Memory, 1 << 30, 3), [Some(50)]);
    }

    #[test]
    fn blocks_stand_between_the_floor_and_the_ceiling() {
        let all =
            [Some(0), Some(1), Some(13), Some(50), Some(88), Some(89), Some(100), Some(101), Some(u16::MAX)];
        assert_eq!(blocks(&all), "▁▁▁▄▇████");
        assert_eq!(blocks(&[Some(40); 4]), "▄▄▄▄", "all equal");
        assert_eq!(blocks(&[Some(40), None, Some(40)]), "▄ ▄", "a gap is no zero");
        assert_eq!(blocks(&[]), "");
    }

    #[test]
    fn a_sample_is_old_after_two_windows_and_a_question() {
        assert_eq!(sample(0, 1).good_for(), 45);
        assert_eq!(Sample { window: 60, ..sample(0, 1) }.good_for(), 135);
        assert_eq!(Sample { window: 0, ..sample(0, 1) }.good_for(), 45);
    }

    #[test]
    fn absurd_amounts_stay_finite() {
        let huge =
            Sample { at: Timestamp::MAX, window: u32::MAX, cpu: Some(i64::MAX), memory: Some(i64::MIN) };
        let mut usage = Usage::new(huge);
        assert!(usage.take(sample(0, 1)));
        assert_eq!(Usage::new(huge).trend(Measured::Cpu, 1, 3), [Some(u16::MAX)]);
        assert!(huge.good_for() > 0);
    }
}
