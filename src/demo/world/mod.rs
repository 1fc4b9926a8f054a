//! The simulated cluster: its objects, its clock, and the queue that drives its controllers. Everything that happens
//! in it follows from the scenario, the seed, the passing of simulated seconds and the writes of clients; it reads no
//! clock, no file and no socket.

pub(crate) mod build;
mod build_autoscalers;
pub(crate) mod build_nodes;
mod build_pods;
mod build_workloads;
pub(crate) mod events;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_autoscalers;
pub(crate) mod writes;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::controllers::{self, kubelet::Kubelet, lifecycle::Lifecycle, scrape::Scrape, targets::Memory};
use super::crowd::{self, Crowd};
use super::json::text;
use super::random::Random;
use super::resources::{Key, Resource};
use super::scenario::{Api, Incident};
use super::store::index::controller;
use super::store::{Change, Kind, Store};
use super::time::later;

/// More turns than any reaction to one write needs; a loop of controllers ends here instead of hanging the server.
const MOST_TURNS: usize = 2_000_000;

/// How long reactions take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Pods take seconds to start and to stop.
    Live,
    /// Whatever follows from a write has followed when the write is answered.
    Instant,
}

/// One thing to look at. The order of the variants is the order of work that is due at the same time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Work {
    Incident(usize),
    RenewLease(String),
    PostStatus(String),
    RenewLeader(String),
    MonitorNodes,
    TaintNode(String),
    EvictFromZones,
    EvictPod(Key),
    Deployment(Key),
    ReplicaSet(Key),
    StatefulSet(Key),
    DaemonSets,
    DaemonSet(Key),
    Collect(String),
    CollectPod(Key),
    Kubelet(Key),
    Schedule(Key),
    Budgets(String),
    Scrape,
    Autoscaler(Key),
    ExpireEvents,
    StartPod(Key),
}

/// What a workload's pods do, which no object says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Habit {
    /// Seconds from being bound to being Ready.
    pub(crate) start: i64,
    /// Whether the main process ends with an error again and again.
    pub(crate) crashes: bool,
}

/// The cluster.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) now: Timestamp,
    /// When the settling began.
    pub(crate) began: Timestamp,
    pub(crate) seed: u64,
    pub(crate) random: Random,
    pub(crate) pace: Pace,
    pub(crate) kubelets: BTreeMap<String, Kubelet>,
    pub(crate) lifecycle: Lifecycle,
    /// When the taint eviction controller will delete which pod.
    pub(crate) evictions: BTreeMap<Key, Timestamp>,
    pub(crate) autoscalers: BTreeMap<Key, Memory>,
    /// What was measured last; nothing is before the building has ended, and nothing of a crowd.
    pub(crate) scrape: Option<Scrape>,
    /// The APIs of metrics that are down.
    pub(crate) blind: BTreeSet<Api>,
    pub(crate) habits: BTreeMap<(String, String), Habit>,
    /// When the garbage collector will believe that a pod's node is gone.
    pub(crate) orphans: BTreeMap<Key, Timestamp>,
    /// Pods that found no node.
    pub(crate) waiting: BTreeSet<Key>,
    pub(crate) events: events::Book,
    pub(crate) incidents: Vec<Incident>,
    /// The pods that no controller looks after, where a scenario has such.
    pub(crate) crowd: Option<Crowd>,
    queue: BTreeSet<Work>,
    timers: BTreeSet<(Timestamp, Work)>,
}

impl World {
    /// A world without anything in it.
    pub(crate) fn empty(now: Timestamp, seed: u64, history: usize) -> Self {
        Self {
            // Like a cluster that has been up for a while: versions in the tens of millions.
            store: Store::new(38_000_000 + seed % 1_000_000, history),
            now,
            began: now,
            seed,
            random: Random::new(seed),
            pace: Pace::Live,
            kubelets: BTreeMap::new(),
            lifecycle: Lifecycle::default(),
            evictions: BTreeMap::new(),
            orphans: BTreeMap::new(),
            autoscalers: BTreeMap::new(),
            scrape: None,
            blind: BTreeSet::new(),
            habits: BTreeMap::new(),
            waiting: BTreeSet::new(),
            events: events::Book::default(),
            incidents: Vec::new(),
            crowd: None,
            queue: BTreeSet::new(),
            timers: BTreeSet::new(),
        }
    }

    /// Has something looked at in this turn.
    pub(crate) fn enqueue(&mut self, work: Work) {
        self.queue.insert(work);
    }

    /// Has something looked at when the clock reaches an instant.
    pub(crate) fn at(&mut self, due: Timestamp, work: Work) {
        self.timers.insert((due, work));
    }

    /// The state of a workload's habits that a pod belongs to.
    pub(crate) fn habit_of(&self, pod: &serde_json::Value) -> Habit {
        let place = (
            text(pod, "/metadata/namespace").to_owned(),
            text(pod, "/metadata/labels/app.kubernetes.io~1name").to_owned(),
        );
        self.habits.get(&place).copied().unwrap_or(Habit { start: 4, crashes: false })
    }

    /// Lets everything that is due happen, and everything that follows from it at once.
    pub(crate) fn settle(&mut self) {
        for _ in 0..MOST_TURNS {
            self.notice();
            while let Some((due, _)) = self.timers.first()
                && *due <= self.now
                && let Some((_, work)) = self.timers.pop_first()
            {
                self.queue.insert(work);
            }
            let Some(work) = self.queue.pop_first() else { return };
            controllers::run(self, work);
        }
    }

    /// Turns what was written since the last look into work.
    fn notice(&mut self) {
        for change in self.store.take_unseen() {
            match self.crowd {
                None => self.follow(&change),
                Some(_) => crowd::follow(self, &change),
            }
        }
    }

    fn follow(&mut self, change: &Change) {
        let key = change.key.clone();
        match key.resource {
            Resource::Nodes if matters(change) => {
                self.enqueue(Work::DaemonSets);
                self.enqueue(Work::TaintNode(key.name.clone()));
                self.retry_waiting();
                if change.kind == Kind::Deleted {
                    self.store
                        .index
                        .pods_on(&key.name)
                        .into_iter()
                        .for_each(|pod| self.enqueue(Work::CollectPod(pod)));
                }
            }
            Resource::Pods => self.follow_pod(change),
            Resource::Deployments => self.enqueue(Work::Deployment(key.clone())),
            Resource::ReplicaSets => {
                self.enqueue(Work::ReplicaSet(key.clone()));
                self.follow_owner(change);
            }
            Resource::StatefulSets => self.enqueue(Work::StatefulSet(key.clone())),
            Resource::DaemonSets => self.enqueue(Work::DaemonSet(key.clone())),
            Resource::PodDisruptionBudgets => self.enqueue(Work::Budgets(key.namespace.clone())),
            Resource::HorizontalPodAutoscalers if change.kind != Kind::Deleted => {
                let generation =
                    |object: &serde_json::Value| super::json::number(object, "/metadata/generation");
                if change.previous.as_ref().is_none_or(|old| generation(old) != generation(&change.object)) {
                    if self.scrape.is_some() {
                        self.enqueue(Work::Scrape);
                    }
                    self.enqueue(Work::Autoscaler(key.clone()));
                }
            }
            _ => {}
        }
        if change.kind == Kind::Deleted {
            self.enqueue(Work::Collect(text(&change.object, "/metadata/uid").to_owned()));
        }
    }

    fn follow_pod(&mut self, change: &Change) {
        let key = change.key.clone();
        self.follow_owner(change);
        self.enqueue(Work::Budgets(key.namespace.clone()));
        if change.kind == Kind::Deleted {
            self.waiting.remove(&key);
            self.evictions.remove(&key);
            self.retry_waiting();
        } else {
            self.enqueue(Work::Kubelet(key.clone()));
            self.enqueue(Work::EvictPod(key));
        }
    }

    fn follow_owner(&mut self, change: &Change) {
        let Some(owner) = controller(&change.object) else { return };
        let Some(resource) = Resource::of_kind(text(owner, "/apiVersion"), text(owner, "/kind")) else {
            return;
        };
        let key = Key::new(resource, &change.key.namespace, text(owner, "/name"));
        match resource {
            Resource::Deployments => self.enqueue(Work::Deployment(key)),
            Resource::ReplicaSets => self.enqueue(Work::ReplicaSet(key)),
            Resource::StatefulSets => self.enqueue(Work::StatefulSet(key)),
            Resource::DaemonSets => self.enqueue(Work::DaemonSet(key)),
            _ => {}
        }
    }

    fn retry_waiting(&mut self) {
        for pod in std::mem::take(&mut self.waiting) {
            self.enqueue(Work::Schedule(pod));
        }
    }
}

/// Whether a change of a node is more than a heartbeat.
pub(crate) fn matters(change: &Change) -> bool {
    let Some(previous) = &change.previous else { return true };
    let states = |node: &serde_json::Value| {
        let conditions = super::json::list(node, "/status/conditions").iter();
        conditions
            .map(|one| (text(one, "/type").to_owned(), text(one, "/status").to_owned()))
            .collect::<Vec<_>>()
    };
    let same = |pointer: &str| super::json::at(previous, pointer) == super::json::at(&change.object, pointer);
    change.kind == Kind::Deleted
        || !(same("/spec") && same("/metadata/labels") && same("/status/allocatable"))
        || states(previous) != states(&change.object)
}

/// Moves the clock to an instant, second by second, with all that happens on the way.
pub(crate) fn step(world: &mut World, now: Timestamp) {
    while world.now < now {
        world.now = later(world.now, 1).min(now);
        world.settle();
    }
}
