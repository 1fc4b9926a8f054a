//! Whether a workload follows its autoscaler and, if not, what holds it: its controller's own word, no room, images,
//! crashes, or only that pods are young. It forecasts nothing.
//!
//! Source: kubernetes `pkg/controller/deployment/util/deployment_util.go` (Progressing, ReplicaFailure) and
//! `pkg/controller/replicaset/replica_set_utils.go` (ReplicaFailure); the controller of StatefulSets writes events and no
//! condition. The words are those of `pkg/kubelet/images/types.go` and `pkg/kubelet/kuberuntime`.

use jiff::Timestamp;

use super::groups::past;
use super::room::Room;
use crate::model::autoscaler::Autoscaler;
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::history::Event;
use crate::model::meta::Condition;
use crate::model::pod::{Phase, Pod};
use crate::model::workload::Workload;

/// A pod that starts takes no longer than this many seconds, or it is worth a look.
const STARTING: i64 = 300;
/// A pod that there is room for is scheduled within so many seconds.
const SCHEDULING: i64 = 30;

/// A workload that has fewer ready pods than it should, or whose controller says that it cannot go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Lag<'a> {
    /// The workload.
    pub workload: &'a Workload,
    /// What its controller says.
    pub held: Option<&'a Condition>,
    /// What its pods wait for: first that for which waiting does not help, and of that what explains most.
    pub waits: Vec<Wait<'a>>,
    /// Pods that should be there and do not exist.
    pub uncreated: i32,
    /// Whether that has lasted, and nothing else explains it.
    pub late: bool,
    /// When time alone next makes it worse.
    pub worsens: Option<Timestamp>,
}

/// Pods that wait for the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait<'a> {
    /// For what.
    pub reason: Reason,
    /// The word of the first of them, as kubectl shows it.
    pub word: &'a str,
    /// How many.
    pub pods: usize,
    /// For how many of them waiting does not help.
    pub stuck: usize,
    /// The first of them by name.
    pub first: &'a Pod,
    /// When the eldest of them was made; `None` when that is not known of one.
    pub since: Option<Timestamp>,
}

/// What a pod that is not ready waits for, in the order of what explains most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// No node has been found for it.
    Node,
    /// Its image cannot be had.
    Image,
    /// A ConfigMap, a Secret or something else that its containers are made from.
    Config,
    /// Its containers end again and again.
    Crash,
    /// Somebody must take its scheduling gates away.
    Gate,
    /// Its node does not answer.
    Lost,
    /// It is being started.
    Start,
    /// It runs, and its readiness probes do not pass yet.
    Probe,
}

impl Reason {
    /// What a pod waits for; `None` when it is ready, finished or going.
    fn of(pod: &Pod) -> Option<Self> {
        if !pod.awaited() {
            return None;
        }
        let word = pod.status.strip_prefix("Init:").unwrap_or(&pod.status);
        Some(match word {
            "SchedulingGated" => Self::Gate,
            _ if pod.node.is_none() && pod.phase == Phase::Pending => Self::Node,
            "ErrImagePull"
            | "ImagePullBackOff"
            | "InvalidImageName"
            | "ErrImageNeverPull"
            | "ImageInspectError"
            | "RegistryUnavailable"
            | "SignatureValidationFailed" => Self::Image,
            "CreateContainerConfigError" | "CreateContainerError" => Self::Config,
            "CrashLoopBackOff" | "Error" | "OOMKilled" | "RunContainerError" | "ContainerCannotRun"
            | "StartError" | "PostStartHookError" => Self::Crash,
            word if word.starts_with("ExitCode:") || word.starts_with("Signal:") => Self::Crash,
            "NodeLost" | "Unknown" => Self::Lost,
            "Running" | "NotReady" | "Completed" => Self::Probe,
            _ => Self::Start,
        })
    }

    /// For how many seconds waiting helps.
    fn patience(self) -> Option<i64> {
        match self {
            Self::Node => Some(SCHEDULING),
            Self::Start | Self::Probe => Some(STARTING),
            Self::Image | Self::Config | Self::Crash | Self::Gate | Self::Lost => None,
        }
    }
}

impl<'a> Wait<'a> {
    /// In words, with what the nodes lack where that was looked at: `2 pods wait for a node: of 5 nodes 3 lack cpu`.
    pub fn told(&self, room: Option<&Room>) -> String {
        let (pods, word) = (self.pods, self.word);
        let (noun, verb) = if pods == 1 { ("pod", "s") } else { ("pods", "") };
        match self.reason {
            Reason::Node => {
                let room = room.map_or_else(String::new, |room| format!(": {}", room.told()));
                format!("{pods} {noun} wait{verb} for a node{room}")
            }
            Reason::Gate => format!("{pods} {noun} wait{verb} for scheduling gates to be taken away"),
            Reason::Image => format!("{pods} {noun} cannot have an image ({word})"),
            Reason::Config => format!("{pods} {noun} cannot be made ({word})"),
            Reason::Crash => format!("{pods} {noun} crash{} ({word})", if pods == 1 { "es" } else { "" }),
            Reason::Lost => format!("{pods} {noun} on a node that does not answer"),
            Reason::Start => format!("{pods} {noun} being started ({word})"),
            Reason::Probe => format!("{pods} {noun} running but not ready"),
        }
    }

    /// How bad it is: for information while waiting helps all of them.
    pub fn severity(&self) -> Severity {
        if self.stuck == 0 { Severity::Info } else { Severity::Warning }
    }

    /// The room on the nodes, if it is that for which its pods wait.
    pub fn room(&self, cluster: &Cluster) -> Option<Room<'a>> {
        if self.reason == Reason::Node { Room::of(cluster, self.first) } else { None }
    }

    /// What mends it.
    pub fn remedy(&self) -> &'static str {
        match self.reason {
            Reason::Node => {
                "Add nodes, lower the requests, or lower the maximum; kubectl describe pod tells what the scheduler found."
            }
            Reason::Gate => "Find out who set spec.schedulingGates on the pods and what he waits for.",
            Reason::Image => "Check the image's name and tag, the registry, and imagePullSecrets.",
            Reason::Config => "Create the ConfigMap or Secret that the pod names; its events say which.",
            Reason::Crash => "Read the log of the container's last run: kubectl logs --previous.",
            Reason::Lost => {
                "Look at the node: its pods count as not ready until it is back or they are replaced."
            }
            Reason::Start => "Wait; if it lasts, read the pod's events: volumes, network, images.",
            Reason::Probe => "Wait; if it lasts, read the pod's events for its readiness probe.",
        }
    }
}

impl<'a> Lag<'a> {
    /// What keeps the target of an autoscaler from being what it should; `None` when it is, or is not known.
    pub fn of(cluster: &'a Cluster, autoscaler: &Autoscaler, now: Timestamp) -> Option<Self> {
        let workload = cluster.target_of(autoscaler)?;
        let held = workload.held.as_deref();
        let short = workload.ready < workload.desired && workload.desired > 0;
        if !short && held.is_none() {
            return None;
        }
        let mut pods = cluster.pods_of(workload.kind, &workload.meta.key);
        pods.sort_unstable_by(|a, b| a.meta.key.cmp(&b.meta.key));
        let (mut waits, mut ends): (Vec<Wait<'a>>, Vec<Timestamp>) = (Vec::new(), Vec::new());
        for pod in pods {
            let Some(reason) = Reason::of(pod) else { continue };
            let created = pod.meta.created.map(Timestamp::from);
            let end = created.zip(reason.patience()).map(|(at, patience)| past(at, patience));
            let stuck = usize::from(end.is_none_or(|end| end <= now));
            ends.extend(end);
            match waits.iter_mut().find(|wait| wait.reason == reason) {
                Some(wait) => {
                    wait.pods += 1;
                    wait.stuck += stuck;
                    wait.since = wait.since.min(created);
                }
                None => {
                    waits.push(Wait {
                        reason,
                        word: &pod.status,
                        pods: 1,
                        stuck,
                        first: pod,
                        since: created,
                    });
                }
            }
        }
        waits.sort_by_key(|wait| (wait.stuck == 0, wait.reason));
        let uncreated = workload.desired.saturating_sub(workload.created).max(0);
        let unexplained = uncreated > 0 && waits.is_empty();
        let moved = if unexplained { moved(cluster, autoscaler, workload) } else { Vec::new() };
        ends.extend(moved.iter().map(|at| past(*at, STARTING)));
        let late = unexplained && moved.iter().all(|at| past(*at, STARTING) <= now);
        let worsens = ends.into_iter().filter(|at| *at > now).min();
        Some(Self { workload, held, waits, uncreated, late, worsens })
    }

    /// Whether nothing is wrong but that pods are young.
    pub fn hopeful(&self) -> bool {
        self.held.is_none() && !self.late && self.waits.iter().all(|wait| wait.stuck == 0)
    }

    /// How bad it is: for information while waiting helps.
    pub fn severity(&self) -> Severity {
        if self.hopeful() { Severity::Info } else { Severity::Warning }
    }

    /// What of it no pod tells: that its controller has not looked yet, or that pods do not exist.
    pub fn untold(&self) -> Option<String> {
        if self.held.is_some() || !self.waits.is_empty() {
            return None;
        }
        if self.workload.outdated {
            return Some("its controller has not seen the new size yet".to_owned());
        }
        let (noun, verb) = if self.uncreated == 1 { ("pod", "is") } else { ("pods", "are") };
        let since = if self.late { ", for more than five minutes" } else { "" };
        (self.uncreated > 0).then(|| format!("{} {noun} {verb} not created yet{since}", self.uncreated))
    }

    /// Whether more replicas would fare no better: their controller cannot go on, there is no node for them, or so many
    /// do not come that it is hardly the fault of one pod.
    pub fn futile(&self) -> bool {
        let roomless = self.waits.iter().any(|wait| wait.reason == Reason::Node && wait.stuck > 0);
        let stuck: usize = self.waits.iter().map(|wait| wait.stuck).sum();
        let desired = usize::try_from(self.workload.desired).unwrap_or(0);
        self.held.is_some() || self.late || roomless || stuck > 0 && stuck.saturating_mul(2) >= desired
    }
}

/// When something has come of a workload, as far as is known: somebody changed its replicas, or another number was ready.
fn moved(cluster: &Cluster, autoscaler: &Autoscaler, workload: &Workload) -> Vec<Timestamp> {
    let made = workload.meta.created.map(Timestamp::from);
    let mut moved: Vec<Timestamp> = autoscaler.last_scale.into_iter().chain(made).collect();
    if let Some(history) = cluster.history(&autoscaler.meta.key) {
        moved.extend(history.events().map(Event::at));
        moved.extend(history.points().filter(|it| it.actual != workload.ready).map(|it| it.at));
    }
    moved
}
