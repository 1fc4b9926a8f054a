//! Nodes: roles, zone, taints, resources, and what the overlay network wrote on them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rustc_hash::FxHashSet;

use super::Shared;
use super::meta::time;
use crate::client::{clock, network};
use crate::model::meta::Condition;
use crate::model::node::{Astray, Extended, NamedBy, Node, Resources, System, Taint, Volumes};
use crate::model::quantity::{Milli, whole};
use crate::model::text::Str;
use crate::wire;
use crate::wire::core::{AttachedVolume, NodeCondition, NodeSpec, NodeStatus, NodeSystemInfo};
use crate::wire::meta::Quantity;

/// Labels of a node's zone, in the order in which the controllers look: the old one wins, even when it is empty.
const ZONE: [&str; 2] = ["failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"];
/// The same for its region.
const REGION: [&str; 2] = ["failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"];
/// The label, of any value, that keeps a node from being counted in its zone.
const EXCLUDED: &str = "node.kubernetes.io/exclude-disruption";
/// What follows names the role.
const ROLE_PREFIX: &str = "node-role.kubernetes.io/";
/// The older label, whose value names the role.
const ROLE: &str = "kubernetes.io/role";

/// No amount counts for more, so that sums over a cluster full of absurd ones cannot overflow: a pebibyte, or a
/// billion cores.
pub(super) const MOST: i64 = 1 << 50;

/// The resources of every node.
const COMMON: [&str; 4] = ["cpu", "memory", "ephemeral-storage", "pods"];

/// A resource in thousandths of its unit; zero when absent, unreadable or negative.
fn milli(list: &BTreeMap<String, Quantity>, name: &str) -> i64 {
    list.get(name).map_or(0, milli_of)
}

/// An amount in thousandths of its unit; zero when unreadable or negative.
pub(super) fn milli_of(quantity: &Quantity) -> i64 {
    Milli::parse(&quantity.string).map_or(0, |milli| milli.0.clamp(0, MOST))
}

/// A resource in its own unit; zero when absent, unreadable or negative.
fn units(list: &BTreeMap<String, Quantity>, name: &str) -> i64 {
    list.get(name).map_or(0, units_of)
}

/// An amount in its own unit; zero when unreadable or negative.
pub(super) fn units_of(quantity: &Quantity) -> i64 {
    whole(&quantity.string).unwrap_or(0).clamp(0, MOST)
}

fn resources(list: &BTreeMap<String, Quantity>) -> Resources {
    Resources {
        cpu: milli(list, "cpu"),
        memory: units(list, "memory"),
        ephemeral_storage: units(list, "ephemeral-storage"),
        pods: units(list, "pods"),
    }
}

impl Shared {
    /// A node.
    pub fn node(&mut self, node: wire::core::Node) -> Node {
        let meta = node.metadata.unwrap_or_default();
        let spec = node.spec.unwrap_or_default();
        let status = node.status.unwrap_or_default();
        Node {
            roles: self.roles(&meta.labels),
            zone: self.first_label(&meta.labels, ZONE),
            region: self.first_label(&meta.labels, REGION),
            excluded: meta.labels.contains_key(EXCLUDED),
            unschedulable: spec.unschedulable,
            taints: spec.taints.iter().map(|taint| self.taint(taint)).collect(),
            reported: reported(&status),
            conditions: self.node_conditions(&status.conditions),
            addresses: status
                .addresses
                .iter()
                .map(|it| (self.texts.get(&it.type_), Str::from(it.address.as_str())))
                .collect(),
            pod_cidrs: pod_cidrs(&spec),
            capacity: resources(&status.capacity),
            allocatable: resources(&status.allocatable),
            extended: self.extended(&status),
            system: self.system(&status.node_info.unwrap_or_default()),
            overlay: network::ALL.iter().find_map(|provider| (provider.overlay)(&meta.annotations)),
            volumes: volumes(&status.volumes_in_use, &status.volumes_attached),
            rebooted: None,
            meta: self.meta(&meta),
        }
    }

    /// What a node has beside the resources that every node has.
    fn extended(&mut self, status: &NodeStatus) -> Vec<Extended> {
        let mut names: Vec<&String> = status.capacity.keys().chain(status.allocatable.keys()).collect();
        names.retain(|name| !COMMON.contains(&name.as_str()));
        names.sort_unstable();
        names.dedup();
        let amount = |list: &BTreeMap<String, Quantity>, name: &String| {
            list.contains_key(name).then(|| units(list, name))
        };
        let all = names.into_iter().map(|name| Extended {
            name: self.texts.get(name),
            capacity: amount(&status.capacity, name),
            allocatable: amount(&status.allocatable, name),
        });
        let some = |it: &Extended| it.capacity.max(it.allocatable) > Some(0);
        // Devices that a node has lost are news, huge pages that it never had are not.
        all.filter(|it| some(it) || !it.name.starts_with("hugepages-")).collect()
    }

    fn node_conditions(&mut self, conditions: &[NodeCondition]) -> Vec<Condition> {
        let one = |it: &NodeCondition| {
            self.condition(&it.type_, &it.status, [&it.reason, &it.message], it.last_transition_time)
        };
        conditions.iter().map(one).collect()
    }

    fn roles(&mut self, labels: &BTreeMap<String, String>) -> Vec<Str> {
        let named = labels.keys().filter_map(|key| key.strip_prefix(ROLE_PREFIX));
        let older = labels.get(ROLE).map(String::as_str);
        let mut roles: Vec<&str> = named.chain(older).filter(|role| !role.is_empty()).collect();
        roles.sort_unstable();
        roles.dedup();
        roles.into_iter().map(|role| self.texts.get(role)).collect()
    }

    fn first_label(&mut self, labels: &BTreeMap<String, String>, keys: [&str; 2]) -> Option<Str> {
        let value = keys.iter().find_map(|key| labels.get(*key))?;
        self.texts.some(value)
    }

    fn taint(&mut self, taint: &wire::core::Taint) -> Taint {
        let added = time(taint.time_added);
        Taint {
            key: self.texts.get(&taint.key),
            value: self.texts.get(&taint.value),
            effect: self.texts.get(&taint.effect),
            added,
            since: (taint.effect == "NoExecute").then(|| added.unwrap_or_else(clock::now)),
        }
    }

    fn system(&mut self, it: &NodeSystemInfo) -> System {
        System {
            kubelet: self.texts.get(&it.kubelet_version),
            runtime: self.texts.get(&it.container_runtime_version),
            os_image: self.texts.get(&it.os_image),
            kernel: self.texts.get(&it.kernel_version),
            platform: match (it.operating_system.as_str(), it.architecture.as_str()) {
                ("", "") => self.texts.get(""),
                (os, architecture) => self.texts.get(&format!("{os}/{architecture}")),
            },
            boot_id: Str::from(it.boot_id.as_str()),
        }
    }
}

fn reported(status: &NodeStatus) -> Option<Timestamp> {
    let ready = status.conditions.iter().find(|it| it.type_ == "Ready")?;
    time(ready.last_heartbeat_time)
}

/// Counts the volumes, and names those that only one of the two lists has.
fn volumes(in_use: &[String], attached: &[AttachedVolume]) -> Volumes {
    let used: FxHashSet<&str> = in_use.iter().map(String::as_str).collect();
    let held: FxHashSet<&str> = attached.iter().map(|volume| volume.name.as_str()).collect();
    let count = |volumes: &FxHashSet<&str>| u32::try_from(volumes.len()).unwrap_or(u32::MAX);
    let (attached, in_use) = (count(&held), count(&used));
    if held == used {
        return Volumes { attached, in_use, astray: Vec::new() };
    }
    let seen = clock::now();
    let strays = |all: &FxHashSet<&str>, others: &FxHashSet<&str>, named_by| {
        let mut names: Vec<&str> = all.difference(others).copied().collect();
        names.sort_unstable();
        names.into_iter().map(|name| Astray { name: Str::from(name), named_by, seen }).collect::<Vec<_>>()
    };
    let mut astray = strays(&held, &used, NamedBy::Attached);
    astray.extend(strays(&used, &held, NamedBy::InUse));
    Volumes { attached, in_use, astray }
}

fn pod_cidrs(spec: &NodeSpec) -> Vec<Str> {
    let all: Vec<Str> =
        spec.pod_cidrs.iter().filter(|cidr| !cidr.is_empty()).map(|cidr| Str::from(cidr.as_str())).collect();
    if all.is_empty() && !spec.pod_cidr.is_empty() { vec![Str::from(spec.pod_cidr.as_str())] } else { all }
}
