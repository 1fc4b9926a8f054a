//! Pods of a metric that time alone may put into another group before the next pass, and between which numbers that
//! leaves what the metric asks for. It groups no pod by itself.

use super::Span;
use super::crew::Crew;
use super::groups::{Group, Subject, Taken};
use super::replicas::{Member, Outcome, Proposal, Tolerance};
use crate::model::pod::Pod;

/// More pods than this that may turn are not tried in every combination.
const TRIED: usize = 5;

/// More pods than this that may turn are not tried at all: anything is possible then.
const SORTED: usize = 24;

impl Crew<'_> {
    /// The places of the pods that time alone may put into another group until the next pass.
    pub(super) fn turning(&self) -> Vec<usize> {
        let case = self.case;
        let later = case.settings.next_pass(case.now);
        let cpu = self.sampled.is_cpu();
        let turns = |(pod, taken): (&&Pod, &Option<Taken>)| {
            Subject::of(pod).turns(taken.as_ref(), cpu, &case.settings.patience, case.now, later).1
        };
        let all = self.pods.iter().zip(&self.taken).enumerate();
        all.filter(|(_, it)| turns(*it)).map(|(at, _)| at).collect()
    }

    /// What is asked for at least and at most while some pods may be counted or not, and whether it may fail.
    pub(super) fn turned(
        &self,
        mut members: Vec<Member>,
        turning: &[usize],
        tolerance: &Tolerance,
    ) -> (Span, bool) {
        let rest = |members: &[Member]| {
            let counts =
                |at: usize, it: &Member| it.group == Group::Counted && turning.binary_search(&at).is_err();
            members.iter().enumerate().filter(|(at, it)| counts(*at, it)).count()
        };
        if turning.len() > SORTED {
            return (Span::ANY, rest(&members) == 0);
        }
        let mut found = Vec::new();
        let chosen = if turning.len() <= TRIED { subsets(turning.len()) } else { self.extremes(turning) };
        for counted in chosen {
            for (at, counts) in turning.iter().zip(counted) {
                if let Some(member) = members.get_mut(*at) {
                    member.group = if counts { Group::Counted } else { Group::Unready };
                }
            }
            found.push(self.outcome(&members, tolerance));
        }
        if turning.len() > TRIED {
            let least = rest(&members) as i32;
            found.extend([self.case.scaled.current, least].map(|it| Outcome::Asks(Proposal::constant(it))));
        }
        let fails = found.iter().any(|it| matches!(it, Outcome::Fails(_)));
        let numbers = found.iter().filter_map(Outcome::asked).map(Span::exact);
        (numbers.reduce(Span::join).unwrap_or(Span::ANY), fails)
    }

    /// For each number of pods that count, those that use the least and those that use the most: between them the sum
    /// has its ends.
    fn extremes(&self, turning: &[usize]) -> Vec<Vec<bool>> {
        let used = |at: usize| {
            let pod = self.pods.get(at).and_then(|pod| self.sampled.values.get(&pod.meta.key.name));
            pod.copied().unwrap_or(0)
        };
        let mut sorted: Vec<(i64, usize)> =
            turning.iter().enumerate().map(|(n, at)| (used(*at), n)).collect();
        sorted.sort_unstable();
        let mut rank = vec![0; sorted.len()];
        for (place, (_, n)) in sorted.iter().enumerate() {
            if let Some(rank) = rank.get_mut(*n) {
                *rank = place;
            }
        }
        let many = rank.len();
        let least = (0..=many).map(|counted| rank.iter().map(|it| *it < counted).collect());
        let most = (0..=many).map(|counted| rank.iter().map(|it| *it >= many - counted).collect());
        least.chain(most).collect()
    }
}

/// Every choice among so many.
fn subsets(many: usize) -> Vec<Vec<bool>> {
    (0..1usize << many).map(|set| (0..many).map(|bit| set >> bit & 1 == 1).collect()).collect()
}
