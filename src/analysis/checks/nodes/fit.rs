//! Whether a node fits its cluster: the kubelet's version, its number of pods, its pod CIDR.

use super::Case;
use crate::analysis::trouble::room;
use crate::model::finding::Finding;

pub(super) fn version(case: &Case, kubelet: u32, server: u32) -> Finding {
    let newer = kubelet > server;
    let summary = if newer {
        "its kubelet is newer than the API server".to_owned()
    } else {
        format!("its kubelet is {} minor versions older than the API server", server - kubelet)
    };
    let mut found = case.finding("N117", summary);
    let version = case.cluster.server.version.as_deref().unwrap_or("unknown");
    found.evidence = vec![
        format!("status.nodeInfo.kubeletVersion={}", case.node().system.kubelet),
        format!("the API server's gitVersion is {version}"),
    ];
    found.forecast = Some("That is outside what Kubernetes supports: anything may fail.".to_owned());
    found.remedy = if newer {
        "Upgrade the API server first, or this kubelet back."
    } else {
        "Drain the node and upgrade its kubelet."
    }
    .into();
    found
}

pub(super) fn crowded(case: &Case) -> Finding {
    let (pods, room) = room(case.cluster, case.node());
    let mut found = case.finding("N118", format!("it has {pods} pods, and takes {room}"));
    found.evidence =
        vec![format!("status.allocatable.pods={room}"), format!("pods that have not ended: {pods}")];
    found.forecast =
        Some("No further pod is placed here; a restarted kubelet refuses those beyond.".to_owned());
    found.remedy = "Move pods away, or raise the kubelet's maxPods as far as its pod CIDR reaches.".into();
    found
}

pub(super) fn no_cidr(case: &Case) -> Finding {
    let mut found = case.finding("N119", "it has no pod CIDR, while others have".to_owned());
    found.evidence = vec!["spec.podCIDRs is empty".to_owned()];
    found.forecast = Some("Networks that hand out addresses from it start no pod here.".to_owned());
    found.remedy =
        "See in kube-controller-manager's log whether --cluster-cidr has ranges left (event CIDRNotAvailable)."
            .into();
    found
}
