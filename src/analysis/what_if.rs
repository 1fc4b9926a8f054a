//! What an edit of taints would do before anybody makes it: who would leave, who would stay, whom the node would no
//! longer take, and what the node lifecycle controller would undo. It changes nothing; `tell` puts it into words.

use std::sync::Arc;

use jiff::Timestamp;

use super::assumptions::Assumptions;
use super::eviction::{Ending, Eviction, Fate, Prospect};
use super::lifecycle::{self, EvictionTaint};
use super::placing::{Audience, Placing};
use super::standing::{Plan, Standing};
use super::taint_edit::{Edit, NO_SCHEDULE, Sense};
use super::taints::full;
use super::tolerations::{Comparisons, NO_EXECUTE, Writer, first};
use super::zones::Zone;
use crate::model::cluster::Cluster;
use crate::model::key::Key;
use crate::model::kind::Kind;
use crate::model::meta::Owner;
use crate::model::node::{Node, Resources, Taint};
use crate::model::pod::Pod;
use crate::model::text::Str;

mod losses;
pub mod sums;
pub mod tell;

use losses::{Budgets, losses};

/// What an edit would do to some nodes.
#[derive(Clone, Debug)]
pub struct WhatIf {
    /// The edit.
    pub edit: Edit,
    /// What it would do to each, in the order asked for.
    pub nodes: Vec<OfNode>,
    /// Who could no longer be scheduled onto them, or could again.
    pub placing: Placing,
    /// Whether all pods are known, so that nobody is missing.
    pub counted: bool,
    /// Whether all disruption budgets are known, so that none covers a pod unseen.
    pub covered: bool,
}

/// What an edit would do to one node.
#[derive(Clone, Debug)]
pub struct OfNode {
    /// The node's name.
    pub name: Str,
    /// What it would do, or why it would do nothing.
    pub result: Result<Effects, String>,
}

/// What changes on a node.
#[derive(Clone, Debug)]
pub struct Effects {
    /// How a deleted pod ends there.
    pub ending: Ending,
    /// What becomes of each of its pods, the worst first.
    pub pods: Vec<PodFate>,
    /// What the lifecycle controller would undo.
    pub undone: Vec<Undone>,
    /// What is free there by requests: of no use to those that it is shut to.
    pub free: Resources,
}

/// What becomes of one pod.
#[derive(Clone, Debug)]
pub struct PodFate {
    /// The pod.
    pub key: Key,
    /// Who controls it.
    pub owner: Option<Arc<Owner>>,
    /// What would become of it without the edit.
    pub before: Fate,
    /// What becomes of it with the edit.
    pub after: Fate,
    /// What decides.
    pub why: Why,
    /// What is lost with it, should it leave.
    pub losses: Vec<Loss>,
}

/// What decides a pod's fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is deleted already, or nothing threatens it.
    Nothing,
    /// It is a static pod, which the kubelet keeps.
    Static,
    /// It does not tolerate this taint.
    Untolerated(String),
    /// It tolerates a taint of this key for so many seconds, by a toleration of this writer.
    Limited(Str, i64, Writer),
    /// It tolerates the new taint for ever, by a toleration of this writer.
    Tolerated(Writer),
    /// It would be deleted after so many seconds, but the lifecycle controller takes the taint away before.
    Cancelled(i64),
}

/// What does not survive a pod, and who is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// It runs a machine of KubeVirt, which is killed and not migrated.
    Machine,
    /// The data in its emptyDir volumes goes with it.
    Scratch,
    /// No controller makes a new one.
    Bare,
    /// The disruption budget of this name covers it, and is not asked.
    Budget(Str),
}

/// What the node lifecycle controller would undo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Undone {
    /// It takes the NoSchedule taint away at the node's next event: no condition calls for it.
    Surplus,
    /// It adds the NoSchedule taint again at the node's next event: a condition, or the cordon, calls for it.
    Missing,
    /// It takes the NoExecute taint away at its next pass, within so many seconds.
    NextPass(i64),
    /// It swaps the NoExecute taint for the one that the Ready condition calls for, at once.
    Swapped,
    /// It adds the NoExecute taint again when it comes to that.
    Again(Plan),
}

impl WhatIf {
    /// Thinks an edit through for some nodes; `now` is the server's clock.
    pub fn of(cluster: &Cluster, nodes: &[&Node], edit: &Edit, audience: &Audience, now: Timestamp) -> Self {
        let edited = nodes.iter().map(|node| edited(node, edit, now)).collect::<Vec<_>>();
        let pairs: Vec<(&Node, &Node)> = nodes
            .iter()
            .zip(&edited)
            .filter_map(|(node, after)| Some((*node, after.as_ref().ok()?)))
            .collect();
        let comparisons = Assumptions::of(cluster).comparisons;
        let placing = audience.placing(&pairs, comparisons);
        let nodes = nodes.iter().zip(&edited).map(|(node, after)| OfNode {
            name: Str::clone(&node.meta.key.name),
            result: match after {
                Ok(after) => Ok(Effects::of(cluster, node, after, edit, now)),
                Err(why) => Err(why.clone()),
            },
        });
        let nodes = nodes.collect();
        Self {
            edit: edit.clone(),
            nodes,
            placing,
            counted: cluster.knows_all(Kind::Pod),
            covered: cluster.knows_all(Kind::PodDisruptionBudget),
        }
    }

    /// What becomes of the pods of all the nodes.
    pub fn pods(&self) -> impl Iterator<Item = &PodFate> {
        self.nodes.iter().filter_map(|node| node.result.as_ref().ok()).flat_map(|effects| &effects.pods)
    }
}

/// The node as it would be.
fn edited(node: &Node, edit: &Edit, now: Timestamp) -> Result<Node, String> {
    edit.apply(node, now).map(|taints| Node { taints, ..node.clone() })
}

impl Effects {
    fn of(cluster: &Cluster, node: &Node, after: &Node, edit: &Edit, now: Timestamp) -> Self {
        let (was, is) = (Standing::of(cluster, node, now), Standing::of(cluster, after, now));
        let undone = undone(cluster, &is, edit);
        // A taint that the lifecycle controller takes away at its next pass evicts until then, and one that comes while
        // all zones are down already stays.
        let passing = |taint: &&Taint| {
            edit.sense == Sense::Add && edit.concerns(taint) && !is.taints().any(|counted| counted == *taint)
        };
        let judged = Case {
            added: after.taints.iter().find(|taint| edit.sense == Sense::Add && edit.concerns(taint)),
            undone: &undone,
            comparisons: is.terms.comparisons,
            now,
        };
        let mut budgets = Budgets::of(cluster);
        let (mut before, mut eviction) =
            (was.eviction(), Eviction::new(is.taints().chain(after.taints.iter().filter(passing)), is.terms));
        let pods = cluster.pods_on(&node.meta.key.name).map(|pod| {
            let fate = before.fate(pod);
            judged.pod(&eviction.prospect(pod), fate, &mut budgets)
        });
        let mut pods: Vec<PodFate> = pods.collect();
        pods.sort_by(|a, b| {
            let owner = |it: &PodFate| it.owner.clone().map(|owner| (owner.kind.clone(), owner.name.clone()));
            a.after.order(b.after).then_with(|| owner(a).cmp(&owner(b))).then_with(|| a.key.cmp(&b.key))
        });
        Self { ending: is.terms.ending, pods, undone, free: free(cluster, node) }
    }
}

/// What one pod is judged by, besides its own tolerations.
struct Case<'a> {
    added: Option<&'a Taint>,
    undone: &'a [Undone],
    comparisons: Comparisons,
    now: Timestamp,
}

impl Case<'_> {
    fn pod(&self, prospect: &Prospect, before: Fate, budgets: &mut Budgets) -> PodFate {
        let pod = prospect.pod;
        let (after, why) = self.fate(prospect);
        let leaves = matches!(after, Fate::Now | Fate::At(_));
        PodFate {
            key: pod.meta.key.clone(),
            owner: pod.meta.controller.clone(),
            before,
            after,
            why,
            losses: if leaves { losses(pod, budgets) } else { Vec::new() },
        }
    }

    fn fate(&self, prospect: &Prospect) -> (Fate, Why) {
        let pod = prospect.pod;
        let why = match (prospect.taint, prospect.toleration) {
            (Some(taint), None) => Why::Untolerated(full(taint)),
            (Some(taint), Some(toleration)) => {
                let seconds = toleration.seconds.unwrap_or_default();
                if let Some(seconds) = self.cancelled(prospect, taint) {
                    return (Fate::Never, Why::Cancelled(seconds));
                }
                Why::Limited(Str::clone(&taint.key), seconds, Writer::of(pod, toleration))
            }
            _ if prospect.fate != Fate::Never => Why::Nothing,
            _ if pod.template.mirror => Why::Static,
            _ => self.tolerated(pod),
        };
        (prospect.fate, why)
    }

    /// The seconds left of a wait that ends with its taint, which the lifecycle controller takes away before.
    fn cancelled(&self, prospect: &Prospect, taint: &Taint) -> Option<i64> {
        let Fate::At(at) = prospect.fate else { return None };
        let pass = self.undone.iter().find_map(|undone| match undone {
            Undone::NextPass(seconds) => Some(*seconds),
            _ => None,
        })?;
        let left = at.duration_since(self.now).as_secs();
        (self.added == Some(taint) && left > pass).then_some(left)
    }

    fn tolerated(&self, pod: &Pod) -> Why {
        let Some(taint) = self.added.filter(|taint| &*taint.effect == NO_EXECUTE) else {
            return Why::Nothing;
        };
        let tolerations = &pod.template.tolerations;
        first(tolerations, taint, self.comparisons)
            .and_then(|at| tolerations.get(at))
            .map_or(Why::Nothing, |toleration| Why::Tolerated(Writer::of(pod, toleration)))
    }
}

/// What the lifecycle controller would undo of an edit, judged by the node as it would be.
fn undone(cluster: &Cluster, is: &Standing, edit: &Edit) -> Vec<Undone> {
    let touches = |effect: &str| edit.effect.is_none_or(|it| it == effect);
    let mut found = Vec::new();
    if touches(NO_SCHEDULE) {
        let (adds, removes) = (is.disagreement.adds, is.disagreement.removes);
        match edit.sense {
            Sense::Add if removes.iter().any(|key| key == &*edit.key) => found.push(Undone::Surplus),
            Sense::Remove if adds.iter().any(|key| key == &*edit.key) => found.push(Undone::Missing),
            _ => {}
        }
    }
    let theirs = matches!(&*edit.key, super::tolerations::NOT_READY | super::tolerations::UNREACHABLE);
    if touches(NO_EXECUTE) && theirs {
        let wanted = lifecycle::wanted(is.node) == Some(&*edit.key);
        match (edit.sense, is.disagreement.eviction) {
            (Sense::Add, EvictionTaint::Surplus) => {
                found.push(Undone::NextPass(Assumptions::of(cluster).period));
            }
            // Also while all zones are down: taints are taken away when that begins, and those that come later stay.
            (Sense::Add, EvictionTaint::Swapped) if !wanted => found.push(Undone::Swapped),
            (Sense::Remove, EvictionTaint::Queued) if wanted => {
                found.push(Undone::Again(queued(is)));
            }
            _ => {}
        }
    }
    found
}

/// What is done about a node that joins the queue of its zone, where nobody counts it yet.
fn queued(is: &Standing) -> Plan {
    let joined = is.zone.map(|zone| Zone { waiting: zone.waiting + 1, ..zone });
    match (is.plan, joined.and_then(|zone| zone.longest_wait())) {
        (Plan::Queued(_), Some(wait)) => Plan::Queued(wait),
        (plan, _) => plan,
    }
}

/// What requests leave free on a node.
fn free(cluster: &Cluster, node: &Node) -> Resources {
    let load = cluster.load(&node.meta.key.name).cloned().unwrap_or_default();
    Resources {
        cpu: node.allocatable.cpu.saturating_sub(load.cpu.get()).max(0),
        memory: node.allocatable.memory.saturating_sub(load.memory.get()).max(0),
        ephemeral_storage: 0,
        pods: (node.allocatable.pods - i64::from(load.pods)).max(0),
    }
}
