//! Whom a node's taints let in: which of the cluster's workloads could be scheduled onto a node, judged by the
//! tolerations of a pod of theirs. It knows no selectors, no affinity and no room.
//!
//! Source: the scheduler's plugins TaintToleration and NodeUnschedulable.

use std::sync::Arc;

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use super::lifecycle::UNSCHEDULABLE;
use super::taint_edit::{NO_SCHEDULE, PREFER_NO_SCHEDULE};
use super::tolerations::{Comparisons, NO_EXECUTE, first};
use crate::model::cluster::Cluster;
use crate::model::key::{Key, Target};
use crate::model::kind::Kind;
use crate::model::node::{Node, Taint};
use crate::model::pod::{Pod, Toleration};

/// How the taints of a node stand to some tolerations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// Pods may be scheduled there.
    Open,
    /// They may, but the scheduler looks elsewhere first.
    Avoided,
    /// They may not.
    Shut,
}

impl Entry {
    /// How a node stands to tolerations.
    pub fn of(node: &Node, tolerations: &[Toleration], comparisons: Comparisons) -> Self {
        let unanswered = |taint: &Taint| first(tolerations, taint, comparisons).is_none();
        let shuts = |taint: &&Taint| matches!(&*taint.effect, NO_SCHEDULE | NO_EXECUTE);
        // A cordon counts before its taint is there.
        let cordon = Taint {
            key: UNSCHEDULABLE.into(),
            value: "".into(),
            effect: NO_SCHEDULE.into(),
            added: None,
            since: None,
        };
        if (node.unschedulable && unanswered(&cordon)) || node.taints.iter().filter(shuts).any(unanswered) {
            return Self::Shut;
        }
        let steers = |taint: &&Taint| &*taint.effect == PREFER_NO_SCHEDULE;
        if node.taints.iter().filter(steers).any(unanswered) { Self::Avoided } else { Self::Open }
    }
}

/// The workloads that have pods, by what their pods tolerate.
#[derive(Clone, Debug, Default)]
pub struct Audience {
    groups: Vec<(Arc<[Toleration]>, Vec<Target>)>,
}

/// How the standing of workloads to some nodes changes. Each is named once, however many of the nodes it concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placing {
    /// Those that could be scheduled there and no longer can.
    pub shut: Vec<Target>,
    /// Those for which the scheduler will look elsewhere first.
    pub steered: Vec<Target>,
    /// Those that can be scheduled there again.
    pub opened: Vec<Target>,
    /// How many workloads were judged.
    pub all: usize,
}

impl Audience {
    /// The Deployments, ReplicaSets, StatefulSets and DaemonSets that have pods now. It looks at one pod of each owner.
    pub fn of(cluster: &Cluster) -> Self {
        let mut newest: FxHashMap<Target, &Pod> = FxHashMap::default();
        for (kind, pod) in cluster.owners() {
            let Some(target) = top(cluster, kind, pod) else { continue };
            let known = newest.entry(target).or_insert(pod);
            if born(known) < born(pod) {
                // While templates change, the newest one is what will be scheduled.
                *known = pod;
            }
        }
        let mut groups: Vec<(Arc<[Toleration]>, Vec<Target>)> = Vec::new();
        let mut places: FxHashMap<&Arc<[Toleration]>, usize> = FxHashMap::default();
        for (target, pod) in newest {
            let tolerations = &pod.template.tolerations;
            let at = *places.entry(tolerations).or_insert_with(|| {
                groups.push((Arc::clone(tolerations), Vec::new()));
                groups.len() - 1
            });
            groups[at].1.push(target);
        }
        Self { groups }
    }

    /// How many workloads there are.
    pub fn count(&self) -> usize {
        self.groups.iter().map(|(_, targets)| targets.len()).sum()
    }

    /// What changes for them when nodes become others, each given as it was and as it would be.
    pub fn placing(&self, nodes: &[(&Node, &Node)], comparisons: Comparisons) -> Placing {
        let mut placing = Placing { all: self.count(), ..Placing::default() };
        for (tolerations, targets) in &self.groups {
            let turns = nodes.iter().map(|(before, after)| {
                let entry = |node| Entry::of(node, tolerations, comparisons);
                (entry(before), entry(after))
            });
            let turns: Vec<(Entry, Entry)> = turns.collect();
            let list = if turns.iter().any(|(was, is)| *was < Entry::Shut && *is == Entry::Shut) {
                &mut placing.shut
            } else if turns.iter().any(|(was, is)| *was == Entry::Shut && *is < Entry::Shut) {
                &mut placing.opened
            } else if turns.contains(&(Entry::Open, Entry::Avoided)) {
                &mut placing.steered
            } else {
                continue;
            };
            list.extend(targets.iter().cloned());
        }
        for list in [&mut placing.shut, &mut placing.steered, &mut placing.opened] {
            list.sort();
        }
        placing
    }
}

fn born(pod: &Pod) -> Option<Timestamp> {
    pod.meta.created.map(Timestamp::from)
}

/// The workload at the top of a pod's owners: the Deployment of its ReplicaSet.
fn top(cluster: &Cluster, kind: &str, pod: &Pod) -> Option<Target> {
    let owner = pod.meta.controller.as_ref()?;
    let namespace = &pod.meta.key.namespace;
    let workload = cluster.workload_named(kind, namespace, &owner.name);
    let above = workload.and_then(|it| it.meta.controller.as_ref());
    let known = |kind: &str| {
        let kind = Kind::named(kind)?;
        let workloads = [Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet];
        workloads.contains(&kind).then_some(kind)
    };
    let top = above.filter(|it| known(&it.kind).is_some()).unwrap_or(owner);
    let key = Key { namespace: Arc::clone(namespace), name: Arc::clone(&top.name) };
    Some(Target::new(known(&top.kind)?, key))
}
