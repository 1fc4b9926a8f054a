//! What becomes of the pods of a node with NoExecute taints: evicting, about to, stuck.

use super::Case;
use crate::analysis::eviction::{Ending, Fate, Toll};
use crate::analysis::lifecycle;
use crate::analysis::standing::{Plan, Standing};
use crate::analysis::taints::full;
use crate::analysis::tolerations::NO_EXECUTE;
use crate::model::finding::Finding;
use crate::model::value::age;

/// How many pods are named.
const NAMED: usize = 5;

/// What becomes of so many pods, in words: `12 pods leave in 4m10s, 3 stay`.
pub fn fates(standing: &Standing, toll: &Toll) -> String {
    let until = |at: jiff::Timestamp| age(at.duration_since(standing.terms.now).as_secs());
    if !standing.counted {
        return "not all known".to_owned();
    }
    let mut parts = Vec::new();
    if toll.stuck > 0 {
        parts.push(format!("{} stuck Terminating", toll.stuck));
    }
    if toll.now > 0 {
        parts.push(format!("{} now", Toll::leaves(toll.now)));
    }
    match (toll.next, toll.last) {
        (Some(next), Some(last)) if next == last => {
            parts.push(format!("{} in {}", Toll::leaves(toll.later), until(next)));
        }
        (Some(next), Some(last)) => {
            parts.push(format!("{} in {} to {}", Toll::leaves(toll.later), until(next), until(last)));
        }
        _ => {}
    }
    if toll.leaving > 0 {
        parts.push(format!("{} ending", toll.leaving));
    }
    if toll.never > 0 {
        let stay = if toll.never == 1 { "stays" } else { "stay" };
        parts.push(format!("{} {stay}", toll.never));
    }
    if parts.is_empty() { "none is there".to_owned() } else { parts.join(", ") }
}

/// What the controllers do next to a node that is not Ready, and to its pods; `None` when they do nothing.
pub fn consequence(standing: &Standing) -> Option<String> {
    let pods = fates(standing, &standing.toll);
    let text = match standing.plan {
        Plan::Suspended => {
            "No zone has a Ready node: evictions are suspended, NoExecute taints are taken away \
                            and waits that ran are cancelled."
                .to_owned()
        }
        Plan::Held => {
            "Its zone is in partial disruption and small: no node of it gets a NoExecute taint, and its \
                       pods stay bound to it."
                .to_owned()
        }
        Plan::Queued(wait) => {
            format!("It gets its NoExecute taint within {}; then its pods: {pods}.", age(wait))
        }
        Plan::Nothing if standing.threatened() => format!("Its pods: {pods}."),
        Plan::Nothing => return None,
    };
    Some(format!("{text}{}", hanging(standing)))
}

/// What deletion comes to on this node.
fn hanging(standing: &Standing) -> &'static str {
    let toll = standing.toll;
    if toll.leave() + toll.stuck == 0 {
        return "";
    }
    match standing.terms.ending {
        Ending::Confirmed => "",
        Ending::Hanging => {
            " No kubelet is there to confirm: deleted pods stay Terminating, and StatefulSets do not replace them."
        }
        Ending::Collected => {
            " The node is marked out of service: pod garbage collection removes deleted pods by force."
        }
    }
}

/// The taints that evict.
fn evicting_taints(case: &Case) -> Vec<String> {
    let evicts = |taint: &&crate::model::node::Taint| &*taint.effect == NO_EXECUTE;
    let told = case.node().taints.iter().filter(evicts).map(|taint| {
        let since = taint.added.or(taint.since);
        let since = since.map_or("at an unknown time".to_owned(), |at| format!("{} ago", case.ago(at)));
        format!("spec.taints: {}, added {since}", full(taint))
    });
    told.collect()
}

pub(super) fn evicting(case: &Case) -> Finding {
    let standing = case.standing;
    let toll = &standing.toll;
    let mut found = case.finding("N111", format!("pods are evicted: {}", fates(standing, toll)));
    found.evidence = evicting_taints(case);
    found.evidence.push(restart(standing));
    found.forecast = Some(format!(
        "Plain deletion, which asks no disruption budget; emptyDirs go with the pods.{}",
        hanging(standing)
    ));
    found.remedy = if case.node().taints.iter().any(lifecycle::is_lifecycle) {
        "Bring the kubelet back before the time is up: waits that run are then cancelled."
    } else {
        "Take the taint away before the time is up, if it is not meant: kubectl taint node NAME KEY:NoExecute-"
    }
    .into();
    found
}

/// Whether the times know of the controller's restart.
fn restart(standing: &Standing) -> String {
    standing.terms.restarted.map_or_else(
        || "times are not adjusted for a restart of the controller, which is not known".to_owned(),
        |at| format!("the controller manager's leader took over at {at}; waits begin then at the earliest"),
    )
}

pub(super) fn queued(case: &Case, wait: i64) -> Finding {
    let standing = case.standing;
    let taint = standing.coming().map_or(String::new(), full);
    let summary = format!("waits for its taint {taint}, at most {}", age(wait));
    let mut found = case.finding("N112", summary);
    if let Some(zone) = standing.zone {
        found.evidence = vec![format!(
            "zone {}: {} nodes wait, one gets its taint per {:.0} s",
            zone.state.word(),
            zone.waiting,
            1.0 / zone.rate.max(f64::MIN_POSITIVE)
        )];
    }
    found.forecast = Some(format!("Then its pods: {}.", fates(standing, &standing.toll)));
    found.remedy = "Bring the kubelet back before that; the node then leaves the queue.".into();
    found
}

pub(super) fn stuck(case: &Case) -> Finding {
    let (standing, name) = (case.standing, &case.node().meta.key.name);
    let count = standing.toll.stuck;
    let mut found =
        case.finding("N116", format!("deleted pods stay Terminating, as no kubelet confirms: {count}"));
    let prospects = standing.eviction().prospects(case.cluster.pods_on(name));
    let stuck = prospects.iter().filter(|it| it.fate == Fate::Stuck).take(NAMED);
    found.evidence = stuck
        .map(|it| {
            let since = it.pod.meta.deleted.map_or(String::new(), |at| case.ago(at.into()));
            format!("pod {}: deletionTimestamp {since} ago", it.pod.meta.key)
        })
        .collect();
    found.forecast = Some(
        "They leave when the kubelet is back or the Node object is deleted; their volumes stay attached until then."
            .to_owned(),
    );
    found.remedy = format!(
        "Only when the machine is off for certain: kubectl taint node {name} \
         node.kubernetes.io/out-of-service=nodeshutdown:NoExecute; on a machine that still runs this corrupts volumes."
    )
    .into();
    found
}
