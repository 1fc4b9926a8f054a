//! Pods by the thousand, for measuring clients: they are there and change, but no controller looks after them, and each
//! is only as much as distinguishes it. What it costs to serve them is the point; what they do is not.

mod build;
mod churn;
pub(crate) mod pod;
mod template;
mod workloads;
mod write;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub(crate) use build::build;
pub(crate) use churn::{churn, start};
use pod::{Pod, State};
use template::Template;

use super::json::{has, text};
use super::random::{Random, hash};
use super::resources::{Key, Resource};
use super::store::index::controller;
use super::store::{Change, Kind};
use super::time::later;
use super::world::{Work, World, matters};

/// Seconds from a pod's creation to its being ready.
const START: i64 = 4;
/// What the letters of generated names are.
const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// The crowd.
pub(crate) struct Crowd {
    templates: BTreeMap<(String, String), Arc<Template>>,
    members: Vec<Key>,
    /// Those that are to become ready again, the longest waiting first.
    mending: VecDeque<Key>,
    /// The number of the next pod.
    next: usize,
    seed: u64,
    random: Random,
}

impl Crowd {
    fn new(seed: u64) -> Self {
        Self {
            templates: BTreeMap::new(),
            members: Vec::new(),
            mending: VecDeque::new(),
            next: 0,
            seed,
            random: Random::new(seed),
        }
    }

    /// A new pod, not yet stored.
    fn make(&mut self, template: &Arc<Template>, (node, host): (usize, u8), born: i64) -> (Key, Pod) {
        let number = self.next;
        self.next += 1;
        let letters = suffix(number);
        let name = named(&template.prefix, letters);
        let half = |salt: &str| u128::from(hash(self.seed, &format!("{salt}/{number}")));
        let random = half("high") << 64 | half("low");
        // A UUID of version 4.
        let uid = random & !(0xf << 76) & !(0b11 << 62) | 0x4 << 76 | 0b10 << 62;
        let key = Key::new(Resource::Pods, &template.namespace, &name);
        let pod = Pod {
            template: Arc::clone(template),
            letters,
            uid,
            version: 0,
            size: 0,
            node,
            host,
            born,
            turned: born + START,
            restarts: 0,
            state: State::Ready,
        };
        (key, pod)
    }
}

/// Five letters that no other number has.
fn suffix(number: usize) -> [u8; 5] {
    const ALL: usize = 27_usize.pow(5);
    let mut rest = number.wrapping_mul(7_654_321) % ALL;
    [(); 5].map(|()| {
        let letter = LETTERS[rest % 27];
        rest /= 27;
        letter
    })
}

/// A name from what it begins with and its letters.
fn named(prefix: &str, letters: [u8; 5]) -> String {
    prefix.chars().chain(letters.map(char::from)).collect()
}

/// What follows from a change where there is a crowd: cordons become taints, and a pod that was deleted is replaced.
pub(crate) fn follow(world: &mut World, change: &Change) {
    match change.key.resource {
        Resource::Nodes if matters(change) => world.enqueue(Work::TaintNode(change.key.name.clone())),
        Resource::Pods if change.kind == Kind::Deleted => replace(world, change),
        Resource::Pods if has(&change.object, "/metadata/deletionTimestamp") => {
            world.enqueue(Work::Kubelet(change.key.clone()));
        }
        _ => {}
    }
}

/// Makes a pod in the place of one that is gone.
fn replace(world: &mut World, change: &Change) {
    let now = world.now.as_second();
    let Some(crowd) = &mut world.crowd else { return };
    let owner = controller(&change.object).map_or("", |owner| text(owner, "/name"));
    let Some(template) = crowd.templates.get(&(change.key.namespace.clone(), owner.to_owned())).cloned()
    else {
        return;
    };
    let node = text(&change.object, "/spec/nodeName");
    let node = template.site.find(node).unwrap_or(0);
    let host = text(&change.object, "/status/podIP").rsplit('.').next().and_then(|last| last.parse().ok());
    let (key, pod) = crowd.make(&template, (node, host.unwrap_or(250)), now);
    crowd.members.push(key.clone());
    world.store.put_pod(&key, Pod { state: State::Starting, turned: now, ..pod });
    world.at(later(world.now, START), Work::StartPod(key));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_numbers_have_the_same_letters() {
        let all: std::collections::BTreeSet<_> = (0..50_000).map(suffix).collect();
        assert_eq!(all.len(), 50_000);
    }
}
