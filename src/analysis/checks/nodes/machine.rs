//! What the machine behind a node did or lacks: it may be off for good, its volumes are astray, its kubelet has no
//! certificate, it was rebooted.

use jiff::Timestamp;

use super::Case;
use crate::model::certificate::{Signer, Unissued, Verdict};
use crate::model::finding::Finding;
use crate::model::node::NamedBy;
use crate::model::value::age;

/// How many volumes are named.
const NAMED: usize = 5;

/// One thing, or so many of them.
fn counted(count: u32, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

pub(super) fn abandoned(case: &Case, seconds: i64) -> Finding {
    let name = &case.node().meta.key.name;
    let (stuck, attached) = (case.standing.toll.stuck, case.node().volumes.attached);
    let pods = (stuck > 0).then(|| counted(stuck, "pod hangs", "pods hang"));
    let volumes = (attached > 0).then(|| counted(attached, "volume stays attached", "volumes stay attached"));
    let held = [pods, volumes].into_iter().flatten().collect::<Vec<_>>().join(" and ");
    let mut found =
        case.finding("N122", format!("down for {}, and nobody says that it is off: {held}", age(seconds)));
    found.evidence = case.node().condition("Ready").map(|ready| case.evidence(ready)).into_iter().collect();
    found
        .evidence
        .push(format!("status.volumesAttached: {attached}; pods with a deletionTimestamp: {stuck}"));
    found.evidence.push("spec.taints: none is node.kubernetes.io/out-of-service".to_owned());
    found.forecast = Some(
        "Nothing moves by itself. With the taint, pod garbage collection removes the node's deleted pods by force \
         within about 20 s, their volumes are detached at once, and StatefulSets make the pods anew elsewhere."
            .to_owned(),
    );
    found.remedy = format!(
        "Only if the machine is off for certain (see its console or the cloud, not this cluster): kubectl taint node \
         {name} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute. If it still runs, two pods write to one volume. \
         Take the taint away when it is back."
    )
    .into();
    found
}

pub(super) fn astray(case: &Case, seconds: i64) -> Finding {
    let volumes = &case.node().volumes;
    let of = |by: NamedBy| volumes.astray.iter().filter(move |it| it.named_by == by);
    let (attached, used) = (of(NamedBy::Attached).count(), of(NamedBy::InUse).count());
    let mut parts = Vec::new();
    if attached > 0 {
        parts.push(format!("attached and not in use: {attached}"));
    }
    if used > 0 {
        parts.push(format!("in use and not attached: {used}"));
    }
    let mut found = case.finding("N123", format!("volumes {}", parts.join(", ")));
    found.evidence = volumes
        .astray
        .iter()
        .take(NAMED)
        .map(|it| {
            let list = match it.named_by {
                NamedBy::Attached => "status.volumesAttached alone",
                NamedBy::InUse => "status.volumesInUse alone",
            };
            format!("{list}: {}, seen for {}", it.name, case.ago(it.seen))
        })
        .collect();
    let more = volumes.astray.len().saturating_sub(NAMED);
    found.evidence.extend((more > 0).then(|| format!("and {more} more")));
    found.forecast = Some(
        if used > 0 {
            "Pods that wait for such a volume stay in ContainerCreating; the attach/detach controller tries again."
        } else {
            "A volume that is not detached can be attached nowhere else, unless it may be shared."
        }
        .to_owned(),
    );
    found.remedy = remedy(seconds, used > 0).into();
    found
}

fn remedy(seconds: i64, wanted: bool) -> &'static str {
    match (seconds < 120, wanted) {
        (true, _) => "Nothing yet: attaching and detaching take a while.",
        (false, true) => {
            "kubectl get volumeattachments, and their events: it may still be attached to another node, or the node's limit is reached."
        }
        (false, false) => {
            "kubectl get volumeattachments: one that is being deleted names the error; see the CSI driver's controller."
        }
    }
}

pub(super) fn certificate(case: &Case, signer: Signer, it: &Unissued) -> Finding {
    let since = case.ago(it.since);
    let what = match it.verdict {
        Verdict::Waiting => format!("nobody has approved it for {since}"),
        Verdict::Denied => "it was denied".to_owned(),
        Verdict::Failed => "the signer failed".to_owned(),
    };
    let mut found = case.finding("N124", format!("its kubelet has asked for a certificate: {what}"));
    found.evidence = vec![
        format!("certificatesigningrequests/{}: spec.signerName={}", it.name, signer.name()),
        format!("requests without a certificate since the last one: {}, the oldest {since} ago", it.count),
    ];
    found.forecast = Some(
        match signer {
            Signer::Serving => {
                "Without a serving certificate logs, exec and metrics of its pods fail; the node itself stays Ready."
            }
            Signer::Client => {
                "When its old certificate runs out, the kubelet may no longer speak to the API server, and the node becomes Unknown."
            }
        }
        .to_owned(),
    );
    found.remedy = match signer {
        Signer::Serving => format!(
            "If the machine did ask (kubectl describe csr {0}; its addresses must be the node's): kubectl certificate approve {0}. \
             Nothing approves these by default; an approver must be installed.",
            it.name
        ),
        Signer::Client => format!(
            "See why kube-controller-manager (csrapproving, csrsigning) does not, then: kubectl certificate approve {}.",
            it.name
        ),
    }
    .into();
    found
}

pub(super) fn rebooted(case: &Case, at: Timestamp) -> Finding {
    let mut found = case.finding("N125", format!("rebooted about {} ago", case.ago(at)));
    found.evidence = vec![
        format!("status.nodeInfo.bootID changed to {}", case.node().system.boot_id),
        format!("its kubelet reported again at {at}"),
    ];
    found.forecast = Some(
        "Its pods were started anew, or their containers restarted; emptyDirs on its disk are kept."
            .to_owned(),
    );
    found.remedy =
        "If nobody meant it: the machine's log of the boot before (journalctl -b -1), and its events.".into();
    found
}
