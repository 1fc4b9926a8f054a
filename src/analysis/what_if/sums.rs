//! What the pods of some nodes come to in an imagined eviction, in counts. It names none of them.

use jiff::Timestamp;

use super::PodFate;
use crate::analysis::eviction::Fate;

/// What pods come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Deleted at once.
    pub now: usize,
    /// Deleted later.
    pub later: usize,
    /// After so many seconds the first and the last of them.
    pub within: Option<(i64, i64)>,
    /// Staying.
    pub stay: usize,
    /// Deleted already.
    pub ending: usize,
    /// Of those that are deleted, the ones that would be without the edit too.
    pub anyway: usize,
    /// Staying, although they would be deleted without the edit.
    pub spared: usize,
}

impl Sums {
    /// Adds pods up.
    pub fn of<'a>(pods: impl Iterator<Item = &'a PodFate>, now: Timestamp) -> Self {
        let mut sums = Self::default();
        for pod in pods {
            let doomed = |fate: Fate| matches!(fate, Fate::Now | Fate::At(_));
            sums.anyway += usize::from(doomed(pod.before) && doomed(pod.after));
            match pod.after {
                Fate::At(at) if at > now => {
                    let left = at.duration_since(now).as_secs();
                    let (first, last) = sums.within.unwrap_or((left, left));
                    sums.within = Some((first.min(left), last.max(left)));
                    sums.later += 1;
                }
                Fate::Now | Fate::At(_) => sums.now += 1,
                Fate::Never => {
                    sums.stay += 1;
                    sums.spared += usize::from(doomed(pod.before));
                }
                Fate::Stuck | Fate::Leaving => sums.ending += 1,
            }
        }
        sums
    }

    /// How many are deleted.
    pub fn leave(&self) -> usize {
        self.now + self.later
    }

    /// `12 pods leave at once, 3 after 300 s, 4 stay`.
    pub fn words(&self) -> String {
        let mut parts = Vec::new();
        if self.now > 0 {
            parts.push(format!("{} at once", leaves(self.now)));
        }
        if let Some((first, last)) = self.within {
            let who = if parts.is_empty() { leaves(self.later) } else { self.later.to_string() };
            let when =
                if first == last { format!("after {first} s") } else { format!("after {first} to {last} s") };
            parts.push(format!("{who} {when}"));
        }
        let leave = self.leave() > 0;
        if self.anyway > 0 {
            let who = if self.anyway == self.leave() { "all".to_owned() } else { self.anyway.to_string() };
            parts.push(format!("{who} of them also without it"));
        }
        match self.stay {
            0 => {}
            stay if leave => parts.push(format!("{stay} {}", if stay == 1 { "stays" } else { "stay" })),
            1 => parts.push("nobody leaves: its one pod tolerates it".to_owned()),
            stay => parts.push(format!("nobody leaves: all {stay} pods tolerate it")),
        }
        if self.ending > 0 {
            parts.push(format!("{} deleted already", self.ending));
        }
        if parts.is_empty() { "nobody leaves: no pod is there".to_owned() } else { parts.join(", ") }
    }
}

fn leaves(count: usize) -> String {
    if count == 1 { "1 pod leaves".to_owned() } else { format!("{count} pods leave") }
}
