//! Pods that a change of the replicas makes or deletes before the next pass, as far as that can be guessed. It decides
//! nothing for pods as they are.

use super::groups::Group;
use super::project::Crowd;
use super::replicas::{Member, Request, Samples};

/// More pods than this are not imagined one by one.
const MANY: i32 = 10_000;

/// What becomes of the pods before the next pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Supposed {
    /// They are as they are.
    #[default]
    Nothing,
    /// So many are made, and are Pending.
    Pending(i32),
    /// So many are made, and serve without a sample.
    Unmeasured(i32),
    /// So many are deleted.
    Deleted(i32, Order),
}

/// Which pods are deleted among those that are Ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Any: those that the selector finds first.
    Any,
    /// Those that use the least.
    Idle,
    /// Those that use the most; they no longer serve either.
    Busy,
}

impl Supposed {
    /// All that may become of the pods, the likeliest first.
    pub(super) fn cases(found: i32, replicas: i32) -> Vec<Self> {
        let more = replicas.saturating_sub(found).min(MANY);
        let fewer = found.saturating_sub(replicas);
        if more > 0 {
            return vec![Self::Pending(more), Self::Unmeasured(more), Self::Nothing];
        }
        let orders = [Order::Any, Order::Idle, Order::Busy];
        orders.map(|order| Self::Deleted(fewer, order)).into_iter().chain([Self::Nothing]).collect()
    }

    /// How many more pods serve.
    pub(super) fn serving(self) -> i64 {
        match self {
            Self::Unmeasured(more) => more.into(),
            Self::Deleted(fewer, Order::Busy) => -i64::from(fewer),
            _ => 0,
        }
    }

    /// The members of a metric with those that come and without those that go.
    pub(super) fn members(self, mut members: Vec<Member>, samples: &Samples) -> Vec<Member> {
        match self {
            Self::Nothing => {}
            Self::Pending(more) => join(&mut members, more, Group::Unready),
            Self::Unmeasured(more) => join(&mut members, more, Group::Missing),
            Self::Deleted(fewer, order) => leave(&mut members, fewer, order, samples),
        }
        members
    }

    /// The same of pods that are told apart without samples.
    pub(super) fn crowd(self, crowd: Crowd) -> Crowd {
        let serving = crowd.serving.saturating_add(self.serving()).max(0);
        let mut crowd = Crowd { serving, ..crowd };
        match self {
            Self::Nothing => {}
            Self::Pending(more) | Self::Unmeasured(more) => {
                crowd.pending += i64::from(more);
                crowd.all += i64::from(more);
            }
            Self::Deleted(fewer, _) => {
                let mut left = i64::from(fewer);
                for group in [&mut crowd.pending, &mut crowd.loose, &mut crowd.settled] {
                    let gone = left.min(*group);
                    *group -= gone;
                    left -= gone;
                }
            }
        }
        crowd
    }
}

/// New pods request what the others do.
fn join(members: &mut Vec<Member>, more: i32, group: Group) {
    let model = members.iter().find(|it| it.group != Group::Ignored);
    let request = model.map_or(Request::Of(0), |it| it.request.clone());
    let new = (0..more).map(|_| Member { name: "".into(), group, request: request.clone() });
    members.extend(new);
}

/// Those that are not ready go first.
fn leave(members: &mut [Member], fewer: i32, order: Order, samples: &Samples) {
    let mut going: Vec<(bool, i64, &mut Member)> = members
        .iter_mut()
        .filter(|it| it.group != Group::Ignored)
        .map(|it| {
            let used = samples.get(&it.name).copied().unwrap_or(0);
            let rank = match order {
                Order::Any => 0,
                Order::Idle => used,
                Order::Busy => used.saturating_neg(),
            };
            (it.group != Group::Unready, rank, it)
        })
        .collect();
    going.sort_by_key(|(ready, rank, _)| (*ready, *rank));
    for (_, _, member) in going.into_iter().take(usize::try_from(fewer).unwrap_or(0)) {
        member.group = Group::Ignored;
    }
}
