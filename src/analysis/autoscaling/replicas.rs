//! How many replicas one metric asks for, exactly as the controller computes it: whole thousandths, truncated percents,
//! ratios in double precision. It neither normalises nor combines proposals.
//!
//! Source: `pkg/controller/podautoscaler/replica_calculator.go` and `metrics/utilization.go`, Kubernetes 1.36. Sums wrap
//! as Go's do; what does not fit the number of replicas is capped and said, for there it depends on the machine.

use rustc_hash::FxHashMap;

use super::groups::Group;
use crate::model::text::Str;

/// How far a ratio may be from one without anything being done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Below one.
    pub down: f64,
    /// Above one.
    pub up: f64,
}

impl Tolerance {
    /// Whether a ratio is close enough to one; both ends count as close.
    pub fn holds(&self, ratio: f64) -> bool {
        1.0 - self.down <= ratio && ratio <= 1.0 + self.up
    }
}

/// One pod that the selector found.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its name, by which samples are found.
    pub name: Str,
    /// What the controller does with it.
    pub group: Group,
    /// What it requests of the resource; only utilisation asks.
    pub request: Request,
}

/// What a pod requests of a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Thousandths.
    Of(i64),
    /// What is missing, in the controller's words.
    Lacks(String),
}

/// Samples by pod, in thousandths; those of pods that the selector did not find count where the controller counts them.
pub type Samples = FxHashMap<Str, i64>;

/// What became of one metric.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It asks for so many replicas.
    Asks(Proposal),
    /// It cannot be computed: why, in the controller's words.
    Fails(String),
}

impl Outcome {
    /// The replicas that it asks for.
    pub fn asked(&self) -> Option<i32> {
        match self {
            Self::Asks(proposal) => Some(proposal.replicas),
            Self::Fails(_) => None,
        }
    }
}

/// What one metric asks for, and how that was computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proposal {
    /// The replicas.
    pub replicas: i32,
    /// Measured over target, of the pods whose samples count.
    pub ratio: f64,
    /// The ratio that decided, where unready or missing pods were filled in; else `ratio`.
    pub filled: f64,
    /// What the ratio was multiplied with.
    pub pods: i64,
    /// What was measured: percent for utilisation, else thousandths.
    pub measured: i64,
    /// Why the number of replicas stays, where it does.
    pub kept: Option<Kept>,
    /// Whether the number did not fit, so that it depends on the controller's machine.
    pub overflows: bool,
}

/// Why a metric keeps the number of replicas as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The ratio is close enough to one.
    Tolerated,
    /// With unready and missing pods filled in it would turn the other way.
    Turned,
}

impl Proposal {
    fn new(ratio: f64, measured: i64) -> Self {
        Self { replicas: 0, ratio, filled: ratio, pods: 1, measured, kept: None, overflows: false }
    }

    /// So many replicas, whatever was measured.
    pub(super) fn constant(replicas: i32) -> Self {
        Self { replicas, ..Self::new(1.0, 0) }
    }

    fn keeps(self, replicas: i32, kept: Kept) -> Self {
        Self { replicas, kept: Some(kept), ..self }
    }

    /// The ratio that decided times so many pods, rounded up.
    fn times(self, pods: i64) -> Self {
        self.asks(self.filled * pods as f64, pods)
    }

    fn asks(self, exact: f64, pods: i64) -> Self {
        let up = exact.ceil();
        let overflows = !(f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&up);
        Self { replicas: up as i32, pods, overflows, ..self }
    }
}

/// A measured average over a set of samples.
#[derive(Clone, Copy)]
struct Average {
    ratio: f64,
    measured: i64,
}

/// Replicas for a resource's average utilisation in percent of what the pods request, in all containers or in one.
pub fn utilization(
    current: i32,
    target: i32,
    tolerance: &Tolerance,
    members: &[Member],
    samples: &Samples,
) -> Outcome {
    let mut pool = Pool::of(members, samples);
    // Nobody knows what these request; they only count.
    pool.strangers.used = 0;
    if let Some(why) = pool.refusal() {
        return Outcome::Fails(why.to_owned());
    }
    let lacking = members.iter().find_map(|it| match &it.request {
        Request::Of(_) => None,
        Request::Lacks(why) => Some(why),
    });
    if let Some(why) = lacking {
        return Outcome::Fails(why.clone());
    }
    let average = |tally: &Tally| {
        let percent = tally.used.wrapping_mul(100).checked_div(tally.requested)? as i32;
        Some(Average { ratio: f64::from(percent) / f64::from(target), measured: percent.into() })
    };
    let busy = |held: &Held| held.request.wrapping_mul(target.max(100).into()) / 100;
    let found = filled(current, tolerance, &pool, average, busy);
    found.map_or_else(|| Outcome::Fails("no metrics returned matched known pods".to_owned()), Outcome::Asks)
}

/// Replicas for an average value per pod, in thousandths, of a resource or of a pods metric.
pub fn average(
    current: i32,
    target: i64,
    tolerance: &Tolerance,
    members: &[Member],
    samples: &Samples,
) -> Outcome {
    let pool = Pool::of(members, samples);
    if let Some(why) = pool.refusal() {
        return Outcome::Fails(why.to_owned());
    }
    let average = |tally: &Tally| {
        let measured = tally.used.checked_div(tally.samples)?;
        Some(Average { ratio: measured as f64 / target as f64, measured })
    };
    let found = filled(current, tolerance, &pool, average, |_| target);
    found.map_or_else(|| Outcome::Fails(NO_SAMPLES.to_owned()), Outcome::Asks)
}

const NO_SAMPLES: &str = "did not receive metrics for targeted pods (pods might be unready)";

/// A pod with its sample.
struct Held {
    group: Group,
    request: i64,
    sample: Option<i64>,
}

/// Samples taken together.
#[derive(Clone, Copy, Default)]
struct Tally {
    used: i64,
    requested: i64,
    samples: i64,
}

impl Tally {
    fn with(self, used: i64, held: &Held) -> Self {
        Self {
            used: self.used.wrapping_add(used),
            requested: self.requested.wrapping_add(held.request),
            samples: self.samples + 1,
        }
    }

    /// Without the sample that a pod has nevertheless.
    fn without(self, held: &Held) -> Self {
        let Some(used) = held.sample else { return self };
        Self {
            used: self.used.wrapping_sub(used),
            requested: self.requested.wrapping_sub(held.request),
            samples: self.samples - 1,
        }
    }
}

/// The pods with their samples, each looked up once.
struct Pool {
    held: Vec<Held>,
    /// The samples of pods that the selector did not find.
    strangers: Tally,
}

impl Pool {
    fn of(members: &[Member], samples: &Samples) -> Self {
        let of = |member: &Member| Held {
            group: member.group,
            request: if let Request::Of(request) = member.request { request } else { 0 },
            sample: samples.get(&member.name).copied(),
        };
        let held: Vec<Held> = members.iter().map(of).collect();
        let known = held.iter().filter_map(|it| it.sample);
        let count = samples.len() as i64 - known.clone().count() as i64;
        let all = if count == 0 { 0 } else { samples.values().fold(0i64, |sum, it| sum.wrapping_add(*it)) };
        let used = if count == 0 { 0 } else { known.fold(all, i64::wrapping_sub) };
        Self { held, strangers: Tally { used, requested: 0, samples: count } }
    }

    fn of_group(&self, group: Group) -> impl Iterator<Item = &Held> {
        self.held.iter().filter(move |it| it.group == group)
    }

    /// The samples that count: all but those of unready and ignored pods.
    fn counted(&self) -> Tally {
        let standing = self.held.iter().filter(|it| !matches!(it.group, Group::Ignored | Group::Unready));
        standing.fold(self.strangers, |tally, held| held.sample.map_or(tally, |used| tally.with(used, held)))
    }

    /// Why nothing can be computed from these, in the controller's words.
    fn refusal(&self) -> Option<&'static str> {
        if self.held.is_empty() {
            return Some("no pods returned by selector while calculating replica count");
        }
        (self.counted().samples == 0).then_some(NO_SAMPLES)
    }
}

/// The proposal of an average, with unready and missing pods filled in. `None` when there is no average.
fn filled(
    current: i32,
    tolerance: &Tolerance,
    pool: &Pool,
    average: impl Fn(&Tally) -> Option<Average>,
    busy: impl Fn(&Held) -> i64,
) -> Option<Proposal> {
    let mut tally = pool.counted();
    let first = average(&tally)?;
    let (ready, missing) = (pool.of_group(Group::Counted).count(), pool.of_group(Group::Missing).count());
    let rising = pool.of_group(Group::Unready).next().is_some() && first.ratio > 1.0;
    let plain = Proposal::new(first.ratio, first.measured);
    if !rising && missing == 0 {
        return Some(if tolerance.holds(first.ratio) {
            plain.keeps(current, Kept::Tolerated)
        } else {
            plain.times(ready as i64)
        });
    }
    let absent = pool.of_group(Group::Missing);
    if first.ratio < 1.0 {
        tally = absent.fold(tally, |tally, held| tally.without(held).with(busy(held), held));
    } else if first.ratio > 1.0 {
        tally = absent.fold(tally, |tally, held| tally.without(held).with(0, held));
    }
    if rising {
        tally = pool.of_group(Group::Unready).fold(tally, |tally, held| tally.with(0, held));
    }
    let second = average(&tally)?.ratio;
    let plain = Proposal { filled: second, ..plain };
    if tolerance.holds(second) {
        return Some(plain.keeps(current, Kept::Tolerated));
    }
    if (first.ratio < 1.0 && second > 1.0) || (first.ratio > 1.0 && second < 1.0) {
        return Some(plain.keeps(current, Kept::Turned));
    }
    let asked = plain.times(tally.samples);
    let turned = (second < 1.0 && asked.replicas > current) || (second > 1.0 && asked.replicas < current);
    Some(if turned { asked.keeps(current, Kept::Turned) } else { asked })
}

/// Replicas for the value of an object or of an external metric, both in thousandths; `serving` counts pods that are
/// Running and Ready among those that the selector finds, `None` when it finds none.
pub fn value(current: i32, target: i64, tolerance: &Tolerance, used: i64, serving: Option<i64>) -> Outcome {
    let plain = Proposal::new(used as f64 / target as f64, used);
    if current == 0 {
        return Outcome::Asks(plain.asks(plain.ratio, 1));
    }
    if tolerance.holds(plain.ratio) {
        return Outcome::Asks(plain.keeps(current, Kept::Tolerated));
    }
    let Some(serving) = serving else {
        let why =
            "unable to calculate ready pods: no pods returned by selector while calculating replica count";
        return Outcome::Fails(why.to_owned());
    };
    let asked = plain.times(serving);
    // This path caps by itself what is too much.
    Outcome::Asks(Proposal { overflows: asked.overflows && asked.replicas < 0, ..asked })
}

/// Replicas for the value per pod of an object or of an external metric, both in thousandths; `created` is
/// status.replicas of the scale. Only external metrics are capped.
pub fn value_per_pod(created: i32, target: i64, tolerance: &Tolerance, used: i64, external: bool) -> Outcome {
    let ratio = used as f64 / (target as f64 * f64::from(created));
    let average = (used as f64 / f64::from(created)).ceil() as i64;
    let plain = Proposal::new(ratio, average);
    if tolerance.holds(ratio) {
        return Outcome::Asks(plain.keeps(created, Kept::Tolerated));
    }
    let asked = plain.asks(used as f64 / target as f64, created.into());
    let capped = external && asked.replicas == i32::MAX;
    Outcome::Asks(Proposal { overflows: asked.overflows && !capped, ..asked })
}
