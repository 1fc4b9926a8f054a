//! A pod as far as foretop reads it: a few hundred bytes, most of them shared. Details are fetched when opened.

use std::net::IpAddr;
use std::sync::Arc;

use super::key::{Key, Keyed};
use super::meta::Meta;
use super::room::Room;
use super::second::Second;
use super::text::Str;

/// core/v1 Pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Pod {
    /// Name, UID, owner, times.
    pub meta: Meta,
    /// What it has in common with the other pods of its template.
    pub template: Arc<Template>,
    /// spec.nodeName; `None` until it is scheduled.
    pub node: Option<Str>,
    /// The word that kubectl shows as STATUS: the phase or a more telling reason, such as `CrashLoopBackOff`.
    pub status: Str,
    /// status.podIP.
    pub ip: Option<IpAddr>,
    /// When it was bound to its node: since when PodScheduled is True, else status.startTime.
    pub bound: Option<Second>,
    /// status.startTime.
    pub started: Option<Second>,
    /// Since when its Ready condition has its status, whatever that is; `None` when it has no such condition.
    pub ready_since: Option<Second>,
    /// Restarts of those containers that count; of the init containers while the pod is initialized.
    pub restarts: u32,
    /// Ready containers, of all containers; of the init containers only sidecars count, as in kubectl.
    pub containers: (u16, u16),
    /// status.phase.
    pub phase: Phase,
    /// Whether the Ready condition is True.
    pub ready: bool,
    /// Whether the Ready condition is neither True nor False.
    pub ready_unknown: bool,
    /// How many pod network addresses it uses; none with the host's network or before it has one.
    pub addresses: u8,
}

/// What all pods of one template have in common; a cluster has as many of these as it has workloads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Template {
    /// Labels, sorted by key.
    pub labels: Arc<[(Str, Str)]>,
    /// Tolerations in the pod's order, which decides.
    pub tolerations: Arc<[Toleration]>,
    /// Effective requests in thousandths of a core: containers, sidecars, init containers, overhead, pod level.
    pub cpu: i64,
    /// Effective requests in bytes, likewise.
    pub memory: i64,
    /// What each container asks for: first the containers, then the init containers that go on running.
    pub containers: Arc<[Requests]>,
    /// What spec.resources asks for; `None` when it asks for nothing that counts for a pod as a whole.
    pub pod_level: Option<PodLevel>,
    /// What else it takes, shared by all templates that take as much.
    pub room: Arc<Room>,
    /// spec.hostNetwork.
    pub host_network: bool,
    /// Whether it is the API's mirror of a static pod (annotation `kubernetes.io/config.mirror`).
    pub mirror: bool,
    /// Its emptyDirs, whose content is lost with the pod, in the pod's order.
    pub empty_dirs: Arc<[EmptyDir]>,
    /// Whether it is the overlay network's agent on its node, as the provider recognises it.
    pub overlay_agent: bool,
}

/// What a container asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requests {
    /// The container.
    pub name: Str,
    /// Thousandths of a core.
    pub cpu: Option<i64>,
    /// Thousandths of a byte, as the autoscaler's controller counts.
    pub memory: Option<i64>,
}

impl std::hash::Hash for Requests {
    /// Without the name: what is equal hashes alike, and names would have to be read for each of thousands of pods.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.cpu, self.memory).hash(state);
    }
}

/// What a pod asks for as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PodLevel {
    /// Thousandths of a core.
    pub cpu: Option<i64>,
    /// Thousandths of a byte.
    pub memory: Option<i64>,
}

/// An emptyDir volume.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmptyDir {
    /// The volume's name.
    pub name: Str,
    /// Empty for the node's disk; `Memory`, `HugePages` or `HugePages-<size>`.
    pub medium: Str,
    /// sizeLimit as the API has it; empty when there is none.
    pub limit: Str,
}

impl std::fmt::Display for EmptyDir {
    /// `cache`, `cache (memory, 1Gi)`, `cache (limit 1Gi)`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let medium = if &*self.medium == "Memory" { "memory" } else { &self.medium };
        match (medium, &*self.limit) {
            ("", "") => f.write_str(&self.name),
            ("", limit) => write!(f, "{} (limit {limit})", self.name),
            (medium, "") => write!(f, "{} ({medium})", self.name),
            (medium, limit) => write!(f, "{} ({medium}, {limit})", self.name),
        }
    }
}

impl Template {
    /// `emptyDir cache (memory, 1Gi)`, `emptyDirs cache, index`; `None` when it has none.
    pub fn scratch(&self) -> Option<String> {
        let names: Vec<String> = self.empty_dirs.iter().map(ToString::to_string).collect();
        let word = if names.len() == 1 { "emptyDir" } else { "emptyDirs" };
        (!names.is_empty()).then(|| format!("{word} {}", names.join(", ")))
    }

    /// Whether it is the launcher pod of a KubeVirt machine.
    pub fn machine(&self) -> bool {
        self.labels.iter().any(|(key, value)| &**key == "kubevirt.io" && &**value == "virt-launcher")
    }
}

impl Pod {
    /// Whether it has finished and so takes no room on its node.
    pub fn finished(&self) -> bool {
        matches!(self.phase, Phase::Succeeded | Phase::Failed)
    }

    /// Whether it is still to become ready: neither that, nor finished, nor going.
    pub fn awaited(&self) -> bool {
        !self.ready && !self.finished() && self.meta.deleted.is_none()
    }

    /// Whether it is not as it should be: waiting, failing, not ready, or terminating.
    pub fn troubled(&self) -> bool {
        match self.phase {
            Phase::Succeeded => false,
            Phase::Running => !self.ready || self.meta.deleted.is_some(),
            Phase::Pending | Phase::Failed | Phase::Unknown => true,
        }
    }
}

/// status.phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Accepted, not all containers started.
    Pending,
    /// At least one container runs.
    Running,
    /// All containers ended well.
    Succeeded,
    /// All containers ended, at least one badly.
    Failed,
    /// The node cannot be asked.
    Unknown,
}

impl Phase {
    /// Reads the API's text.
    pub fn parse(text: &str) -> Self {
        match text {
            "Pending" | "" => Self::Pending,
            "Running" => Self::Running,
            "Succeeded" => Self::Succeeded,
            "Failed" => Self::Failed,
            _ => Self::Unknown,
        }
    }
}

/// A toleration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Toleration {
    /// Empty tolerates every key.
    pub key: Str,
    /// `Exists`, `Equal` (also when empty), `Gt` or `Lt`.
    pub operator: Str,
    /// Compared by all operators but `Exists`.
    pub value: Str,
    /// Empty tolerates every effect.
    pub effect: Str,
    /// How long a NoExecute taint is tolerated; `None` is for ever, zero or less is not at all.
    pub seconds: Option<i64>,
}

impl Keyed for Pod {
    fn key(&self) -> &Key {
        &self.meta.key
    }
}
