//! A node as far as foretop reads it. It does not say whether the node is well.

use jiff::{SignedDuration, Timestamp};

use super::key::{Key, Keyed};
use super::meta::{Condition, ConditionStatus, Meta, condition};
use super::overlay::Overlay;
use super::text::Str;

/// core/v1 Node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Name, UID, times.
    pub meta: Meta,
    /// From `node-role.kubernetes.io/*` labels, sorted.
    pub roles: Vec<Str>,
    /// The zone label, the beta label first, as the controllers read it.
    pub zone: Option<Str>,
    /// The region label, likewise.
    pub region: Option<Str>,
    /// Whether the label `node.kubernetes.io/exclude-disruption` keeps it from being counted in its zone.
    pub excluded: bool,
    /// spec.unschedulable.
    pub unschedulable: bool,
    /// spec.taints.
    pub taints: Vec<Taint>,
    /// When the kubelet last posted its status: lastHeartbeatTime of the Ready condition.
    pub reported: Option<Timestamp>,
    /// status.conditions.
    pub conditions: Vec<Condition>,
    /// status.addresses as (type, address).
    pub addresses: Vec<(Str, Str)>,
    /// spec.podCIDRs, or podCIDR where only that is set.
    pub pod_cidrs: Vec<Str>,
    /// status.capacity.
    pub capacity: Resources,
    /// status.allocatable.
    pub allocatable: Resources,
    /// What else it has, by name: devices, huge pages. Huge pages of which there are none are left out.
    pub extended: Vec<Extended>,
    /// status.nodeInfo.
    pub system: System,
    /// What the overlay network wrote on the node, if one did.
    pub overlay: Option<Overlay>,
    /// The volumes that are attached to it and those that its kubelet uses.
    pub volumes: Volumes,
    /// When its kubelet first reported, by the node's clock, after a reboot that was seen: its bootID changed. Carried
    /// over from change to change.
    pub rebooted: Option<Timestamp>,
}

impl Node {
    /// Whether its Ready condition is True.
    pub fn ready(&self) -> bool {
        self.condition("Ready").is_some_and(|ready| ready.status == ConditionStatus::True)
    }

    /// Whether it is not Ready and bears no NoExecute taint for that yet: the lifecycle controller has it queued.
    pub fn waits(&self) -> bool {
        let bears = |taint: &Taint| {
            &*taint.effect == "NoExecute"
                && matches!(&*taint.key, "node.kubernetes.io/not-ready" | "node.kubernetes.io/unreachable")
        };
        let posted = self.condition("Ready").is_some();
        posted && !self.ready() && !self.taints.iter().any(bears)
    }

    /// The condition of the given type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        condition(&self.conditions, kind)
    }
}

/// A taint.
#[derive(Clone, Debug, PartialEq)]
pub struct Taint {
    /// For example `node.kubernetes.io/unreachable`.
    pub key: Str,
    /// Possibly empty.
    pub value: Str,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: Str,
    /// When a controller added it; kubectl does not say.
    pub added: Option<Timestamp>,
    /// For NoExecute: since when the node bears it or, when it replaced the other one of not-ready and unreachable,
    /// that one; where nobody says, when it was first seen. Carried over from change to change.
    pub since: Option<Timestamp>,
}

/// Amounts of the resources that foretop adds up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Thousandths of a core.
    pub cpu: i64,
    /// Bytes.
    pub memory: i64,
    /// Bytes of local disk.
    pub ephemeral_storage: i64,
    /// Pods.
    pub pods: i64,
}

/// The volumes of a node as far as they are judged: how many there are, and by name only those where the attach/detach
/// controller and the kubelet disagree, which for longer than moments are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volumes {
    /// How many status.volumesAttached names.
    pub attached: u32,
    /// How many status.volumesInUse names.
    pub in_use: u32,
    /// Those that only one of the two names.
    pub astray: Vec<Astray>,
}

/// A volume of which the attach/detach controller and the kubelet say different things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Astray {
    /// For example `kubernetes.io/csi/ebs.csi.aws.com^vol-0a1b`.
    pub name: Str,
    /// Who names it.
    pub named_by: NamedBy,
    /// When it was first seen so: by our clock until the cluster takes it in, then by the server's.
    pub seen: Timestamp,
}

/// Which of the two lists names a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NamedBy {
    /// status.volumesAttached alone: attached, and the kubelet does not use it.
    Attached,
    /// status.volumesInUse alone: the kubelet uses it or wants to, and it is not attached.
    InUse,
}

/// An amount of another resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extended {
    /// For example `nvidia.com/gpu`, in pieces, or `hugepages-2Mi`, in bytes.
    pub name: Str,
    /// Of status.capacity; `None` where it is not named there.
    pub capacity: Option<i64>,
    /// Of status.allocatable.
    pub allocatable: Option<i64>,
}

/// What runs the node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct System {
    /// For example `v1.36.3`.
    pub kubelet: Str,
    /// For example `containerd://2.1.4`.
    pub runtime: Str,
    /// For example `Debian GNU/Linux 13 (trixie)`.
    pub os_image: Str,
    /// Kernel version.
    pub kernel: Str,
    /// `os/architecture`.
    pub platform: Str,
    /// Changes with every reboot.
    pub boot_id: Str,
}

/// coordination.k8s.io/v1 Lease of a node in kube-node-lease.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeLease {
    /// Its name is the node's name.
    pub meta: Meta,
    /// When the kubelet last renewed it, by the node's clock.
    pub renewed: Option<Timestamp>,
    /// spec.leaseDurationSeconds, 40 by default.
    pub duration_seconds: i32,
    /// When this renewal was first heard of; by our clock until the cluster takes it in, then by the server's.
    pub heard: Option<Timestamp>,
    /// How long after their renewTime the last two renewals were heard, the newer one first. Renewals that were there
    /// before anybody watched are none of them. A node's clock that is wrong shows here.
    pub lags: [Option<SignedDuration>; 2],
}

impl NodeLease {
    /// When it was renewed by the server's clock, as far as that can be told: a wrong clock of the node shows in how
    /// long after renewTime its renewals are heard. Delays on the way only add, so the smaller of two counts.
    pub fn lived(&self) -> Option<Timestamp> {
        let lag = self.lag().unwrap_or_default();
        self.renewed.map(|renewed| renewed.checked_add(lag).unwrap_or(renewed))
    }

    /// How far the server's clock is ahead of the node's, with what a renewal takes to be heard.
    pub fn lag(&self) -> Option<SignedDuration> {
        let [newer, older] = self.lags;
        Some(newer?.min(older?))
    }
}

impl Keyed for Node {
    fn key(&self) -> &Key {
        &self.meta.key
    }
}

impl Keyed for NodeLease {
    fn key(&self) -> &Key {
        &self.meta.key
    }
}
