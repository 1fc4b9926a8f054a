//! A node as far as foretop reads it. It does not say whether the node is well.

use jiff::Timestamp;

use super::key::{Key, Keyed};
use super::meta::{Condition, Meta, condition};
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
    /// spec.unschedulable.
    pub unschedulable: bool,
    /// spec.taints.
    pub taints: Vec<Taint>,
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
    /// status.nodeInfo.
    pub system: System,
    /// What the overlay network wrote on the node, if one did.
    pub overlay: Option<Overlay>,
}

impl Node {
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
