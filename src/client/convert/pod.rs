//! Pods: the row that a cluster has most of, so that everything that can be shared is.

use std::sync::Arc;

use super::Shared;
use super::meta::time;
use super::pod_status::Summary;
use super::requests::Requests;
use crate::client::network;
use crate::model::pod::{Phase, Pod, Toleration};
use crate::model::text::Str;
use crate::wire;
use crate::wire::core::{PodSpec, PodStatus};

/// The annotation by which the API marks its mirror of a static pod.
const MIRROR: &str = "kubernetes.io/config.mirror";

impl Shared {
    /// A pod.
    pub fn pod(&mut self, pod: wire::core::Pod) -> Pod {
        let meta = pod.metadata.unwrap_or_default();
        let spec = pod.spec.unwrap_or_default();
        let status = pod.status.unwrap_or_default();
        let summary = Summary::of(&spec, &status, meta.deletion_timestamp.is_some());
        let requests = Requests::of(&spec, &status);
        let labels = self.labels(&meta.labels);
        let own = self.meta(&meta);
        Pod {
            node: self.texts.some(&spec.node_name),
            phase: Phase::parse(&status.phase),
            ready: is_ready(&status),
            status: self.texts.get(&summary.word),
            containers: (summary.ready, summary.containers),
            restarts: summary.restarts,
            cpu: requests.cpu,
            memory: requests.memory,
            addresses: addresses(&spec, &status),
            ip: first_ip(&status),
            host_network: spec.host_network,
            mirror: meta.annotations.contains_key(MIRROR),
            empty_dir: spec
                .volumes
                .iter()
                .any(|volume| volume.volume_source.as_ref().is_some_and(|it| it.empty_dir.is_some())),
            overlay_agent: network::ALL.iter().any(|it| (it.agent)(&labels, own.controller.as_ref())),
            tolerations: self.pod_tolerations(&spec),
            started: time(status.start_time),
            labels,
            meta: own,
        }
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

fn is_ready(status: &PodStatus) -> bool {
    status.conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

fn first_ip(status: &PodStatus) -> Option<Str> {
    let listed = status.pod_ips.iter().map(|it| it.ip.as_str());
    std::iter::once(status.pod_ip.as_str()).chain(listed).find(|ip| !ip.is_empty()).map(Str::from)
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
