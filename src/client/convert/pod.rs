//! Pods: the row that a cluster has most of, so that everything that can be shared is.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;

use super::Shared;
use super::meta::second;
use super::node::milli_of;
use super::pod_status::Summary;
use super::requests::{Takes, is_sidecar};
use super::shared::{only, only_slice};
use crate::client::network;
use crate::model::pod::{EmptyDir, Phase, Pod, PodLevel, Requests, Template, Toleration};
use crate::model::quantity::Milli;
use crate::model::room::{Limit, Room};
use crate::model::second::Second;
use crate::wire;
use crate::wire::core::{PodSpec, PodStatus, ResourceRequirements, Volume};
use crate::wire::meta::{ObjectMeta, Quantity};

/// The annotation by which the API marks its mirror of a static pod.
const MIRROR: &str = "kubernetes.io/config.mirror";

impl Shared {
    /// A pod.
    pub fn pod(&mut self, pod: wire::core::Pod) -> Pod {
        let meta = pod.metadata.unwrap_or_default();
        let spec = pod.spec.unwrap_or_default();
        let status = pod.status.unwrap_or_default();
        let summary = Summary::of(&spec, &status, meta.deletion_timestamp.is_some());
        let template = self.template(&meta, &spec, &status);
        Pod {
            node: self.texts.some(&spec.node_name),
            phase: Phase::parse(&status.phase),
            ready: is_ready(&status),
            ready_unknown: is_unsure(&status),
            status: self.texts.get(&summary.word),
            containers: (summary.ready, summary.containers),
            restarts: summary.restarts,
            addresses: addresses(&spec, &status),
            ip: first_ip(&status),
            bound: bound(&status),
            started: second(status.start_time),
            ready_since: ready_since(&status),
            meta: self.meta(&meta),
            template,
        }
    }

    /// What the pod has in common with the others of its template.
    fn template(&mut self, meta: &ObjectMeta, spec: &PodSpec, status: &PodStatus) -> Arc<Template> {
        let takes = Takes::of(spec, status);
        let labels = self.labels(&meta.labels);
        let owner = self.controller(meta);
        let template = Template {
            cpu: takes.requests.cpu,
            memory: takes.requests.memory,
            containers: self.containers(spec),
            pod_level: pod_level(spec),
            room: self.room(takes),
            host_network: spec.host_network,
            mirror: meta.annotations.contains_key(MIRROR),
            empty_dirs: self.empty_dirs(spec),
            overlay_agent: network::ALL.iter().any(|it| (it.agent)(&labels, owner.as_deref())),
            tolerations: self.pod_tolerations(spec),
            labels,
        };
        only(&mut self.templates, template)
    }

    /// What each container asks for that goes on running, in the order in which the autoscaler's controller adds them up.
    fn containers(&mut self, spec: &PodSpec) -> Arc<[Requests]> {
        let sidecars = spec.init_containers.iter().filter(|it| is_sidecar(it));
        let mut list = std::mem::take(&mut self.requests);
        list.extend(spec.containers.iter().chain(sidecars).map(|container| {
            let (cpu, memory) = container.resources.as_ref().map(asked).unwrap_or_default();
            Requests { name: self.texts.get(&container.name), cpu, memory }
        }));
        let shared = only_slice(&mut self.containers, &list);
        list.clear();
        self.requests = list;
        shared
    }

    fn empty_dirs(&mut self, spec: &PodSpec) -> Arc<[EmptyDir]> {
        let all: Vec<EmptyDir> = spec.volumes.iter().filter_map(|volume| self.empty_dir(volume)).collect();
        // The empty one is shared by all that have none.
        if all.is_empty() { Arc::default() } else { all.into() }
    }

    fn empty_dir(&mut self, volume: &Volume) -> Option<EmptyDir> {
        let it = volume.volume_source.as_ref()?.empty_dir.as_ref()?;
        let limit = it.size_limit.as_ref().map_or("", |limit| limit.string.as_str());
        Some(EmptyDir {
            name: self.texts.get(&volume.name),
            medium: self.texts.get(&it.medium),
            // No limit is written as zero by those who write it at all.
            limit: self.texts.get(if limit == "0" { "" } else { limit }),
        })
    }

    fn room(&mut self, takes: Takes) -> Arc<Room> {
        let Takes { requests, limits, open } = takes;
        let extended = requests.others.into_iter().map(|(name, amount)| (self.texts.get(name), amount));
        let room = Room {
            cpu_limit: Limit { most: limits.cpu, open: open.cpu },
            memory_limit: Limit { most: limits.memory, open: open.memory },
            storage: requests.storage,
            storage_limit: limits.storage,
            extended: extended.collect(),
        };
        only(&mut self.rooms, room)
    }

    fn pod_tolerations(&mut self, spec: &PodSpec) -> Arc<[Toleration]> {
        let list = spec
            .tolerations
            .iter()
            .map(|it| Toleration {
                key: self.texts.get(&it.key),
                operator: self.texts.get(&it.operator),
                value: self.texts.get(&it.value),
                effect: self.texts.get(&it.effect),
                seconds: it.toleration_seconds,
            })
            .collect();
        self.tolerations(list)
    }
}

/// When the scheduler bound it; static pods, which it never sees, have their start.
fn bound(status: &PodStatus) -> Option<Second> {
    let scheduled = status.conditions.iter().find(|it| it.type_ == "PodScheduled" && it.status == "True");
    scheduled.and_then(|it| second(it.last_transition_time)).or_else(|| second(status.start_time))
}

/// Since when it is Ready or is not. A condition without a time has stood like that forever.
fn ready_since(status: &PodStatus) -> Option<Second> {
    let ready = status.conditions.iter().find(|it| it.type_ == "Ready")?;
    second(ready.last_transition_time).or_else(|| Second::of(Timestamp::UNIX_EPOCH))
}

/// What is asked for of cpu and memory, both in thousandths: `512m` of memory is half a byte.
fn asked(resources: &ResourceRequirements) -> (Option<i64>, Option<i64>) {
    let bytes = |it: &Quantity| Milli::parse(&it.string).map_or(0, |milli| milli.0.max(0));
    (resources.requests.get("cpu").map(milli_of), resources.requests.get("memory").map(bytes))
}

/// The pod level, where it asks for anything that it may ask for.
/// Source: component-helpers `resource/helpers.go`, IsPodLevelRequestsSet.
fn pod_level(spec: &PodSpec) -> Option<PodLevel> {
    let resources = spec.resources.as_ref()?;
    let (cpu, memory) = asked(resources);
    let pages = resources.requests.keys().any(|name| name.starts_with("hugepages-"));
    (cpu.is_some() || memory.is_some() || pages).then_some(PodLevel { cpu, memory })
}

fn is_ready(status: &PodStatus) -> bool {
    status.conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// Whether it has a Ready condition that says neither yes nor no.
fn is_unsure(status: &PodStatus) -> bool {
    let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready");
    ready.is_some_and(|it| !matches!(it.status.as_str(), "True" | "False"))
}

/// An address that is none is no address.
fn first_ip(status: &PodStatus) -> Option<IpAddr> {
    let listed = status.pod_ips.iter().map(|it| it.ip.as_str());
    std::iter::once(status.pod_ip.as_str()).chain(listed).find_map(|ip| ip.parse().ok())
}

/// Dual-stack pods have one address of each family, and each takes one from the node's range of that family.
fn addresses(spec: &PodSpec, status: &PodStatus) -> u8 {
    if spec.host_network {
        return 0;
    }
    let listed = status.pod_ips.iter().filter(|it| !it.ip.is_empty()).count();
    let count = if listed == 0 { usize::from(!status.pod_ip.is_empty()) } else { listed };
    u8::try_from(count).unwrap_or(u8::MAX)
}
