//! What one pod was measured to use, in little space: large clusters have tens of thousands of these beside their
//! autoscalers. It adds nothing up.

use std::fmt;
use std::num::NonZeroI64;
use std::ops::Deref;

use super::second::Second;
use super::text::Str;

/// What one pod was measured to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodSample {
    /// The pod's name.
    pub pod: Str,
    /// When the measurement ended; the API tells it in whole seconds.
    pub at: Second,
    /// How long it lasted, in milliseconds.
    pub window: i64,
    /// By container.
    pub containers: Containers,
}

/// What the containers of a pod were measured to use. One is the usual case, and needs no place of its own.
#[derive(Clone, PartialEq, Eq)]
pub struct Containers(Few);

#[derive(Clone, PartialEq, Eq)]
enum Few {
    One(ContainerUse),
    Other(Box<[ContainerUse]>),
}

impl From<Vec<ContainerUse>> for Containers {
    fn from(mut all: Vec<ContainerUse>) -> Self {
        match all.pop() {
            Some(only) if all.is_empty() => Self(Few::One(only)),
            last => {
                all.extend(last);
                Self(Few::Other(all.into()))
            }
        }
    }
}

impl FromIterator<ContainerUse> for Containers {
    fn from_iter<I: IntoIterator<Item = ContainerUse>>(all: I) -> Self {
        all.into_iter().collect::<Vec<_>>().into()
    }
}

impl Deref for Containers {
    type Target = [ContainerUse];

    fn deref(&self) -> &[ContainerUse] {
        match &self.0 {
            Few::One(only) => std::slice::from_ref(only),
            Few::Other(all) => all,
        }
    }
}

impl fmt::Debug for Containers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// What one container was measured to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerUse {
    /// The container's name.
    pub name: Str,
    cpu: Measured,
    memory: Measured,
}

impl ContainerUse {
    /// By amounts in the units of [`Self::cpu`] and [`Self::memory`].
    pub fn new(name: Str, cpu: Option<i64>, memory: Option<i64>) -> Self {
        Self { name, cpu: cpu.into(), memory: memory.into() }
    }

    /// Thousandths of a core, rounded up as `Quantity.MilliValue` does.
    pub fn cpu(&self) -> Option<i64> {
        self.cpu.into()
    }

    /// Bytes.
    pub fn memory(&self) -> Option<i64> {
        self.memory.into()
    }
}

/// A number that may be missing, in eight bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Measured(Option<NonZeroI64>);

/// Nothing is measured to be this, so it stands for what is missing; it turns into its neighbour.
const NONE: i64 = i64::MIN + 1;

impl From<Option<i64>> for Measured {
    fn from(number: Option<i64>) -> Self {
        let kept = |number| NonZeroI64::new(number ^ NONE).or(NonZeroI64::new((NONE - 1) ^ NONE));
        Self(number.and_then(kept))
    }
}

impl From<Measured> for Option<i64> {
    fn from(Measured(kept): Measured) -> Self {
        kept.map(|it| it.get() ^ NONE)
    }
}

impl fmt::Debug for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Option::<i64>::from(*self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn using(name: &str, cpu: Option<i64>) -> ContainerUse {
        ContainerUse::new(name.into(), cpu, None)
    }

    #[test]
    fn every_number_survives_and_none_costs_nothing() {
        for number in [None, Some(0), Some(-1), Some(7), Some(i64::MAX), Some(i64::MIN)] {
            assert_eq!((using("app", number).cpu(), using("app", number).memory()), (number, None));
        }
        assert_eq!(
            using("app", Some(i64::MIN + 1)).cpu(),
            Some(i64::MIN),
            "but one, which turns into its neighbour"
        );
        assert_eq!((size_of::<ContainerUse>(), size_of::<PodSample>()), (32, 64));
    }

    #[test]
    fn containers_are_what_they_were_made_of() {
        let all = [using("a", Some(1)), using("b", None), using("c", Some(3))];
        for many in 0..=3 {
            let containers = Containers::from(all[..many].to_vec());
            assert_eq!(*containers, all[..many]);
            assert_eq!(containers, all[..many].iter().cloned().collect());
        }
    }
}
