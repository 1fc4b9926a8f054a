//! What the lease says of the kubelet: late, silent, never renewed, or renewed by a clock that is wrong.

use jiff::{SignedDuration, Timestamp};

use super::Case;
use crate::analysis::assumptions::{Assumptions, stated};
use crate::model::finding::Finding;
use crate::model::flag::Flag;
use crate::model::value::age;

/// What a lease says, and by which assumption it is judged.
fn evidence(case: &Case) -> Vec<String> {
    let name = &case.node().meta.key.name;
    let Some(lease) = case.standing.lease else { return vec![format!("no lease kube-node-lease/{name}")] };
    let at = lease.renewed.map_or("never".to_owned(), |at| at.to_string());
    let mut evidence = vec![
        format!("lease kube-node-lease/{name}: spec.renewTime={at}"),
        stated(case.cluster, Flag::MonitorGracePeriod),
    ];
    if let Some(at) = case.standing.terms.restarted {
        evidence.push(format!("the controller manager's leader took over at {at}"));
    }
    evidence
}

pub(super) fn late(case: &Case, left: i64) -> Finding {
    let mut found = case.finding("N105", "its kubelet has missed a heartbeat".to_owned());
    found.evidence = evidence(case);
    let latest = left + Assumptions::of(case.cluster).period;
    found.evidence.push(stated(case.cluster, Flag::MonitorPeriod));
    found.forecast = Some(format!(
        "Ready becomes Unknown in {left} to {latest} s unless the lease is renewed: by then the controller has looked."
    ));
    found.remedy = "Look at the kubelet and at its way to the API server.".into();
    found
}

pub(super) fn silent(case: &Case, at: Timestamp) -> Finding {
    let mut found = case.finding("N105", format!("its kubelet is silent for {}", case.ago(at)));
    found.evidence = evidence(case);
    found.forecast = Some("Ready becomes Unknown at any moment.".to_owned());
    found.remedy = "Look at the kubelet and at its way to the API server.".into();
    found
}

pub(super) fn no_lease(case: &Case) -> Finding {
    let mut found = case.finding("N108", "it has no heartbeat lease".to_owned());
    found.evidence = evidence(case);
    found.forecast = Some(
        "The controller then goes by the node's status alone, which is written every 5 minutes: longer than it waits."
            .to_owned(),
    );
    found.remedy = "See in the kubelet's log why it cannot write its lease in kube-node-lease.".into();
    found
}

pub(super) fn clock(case: &Case, lag: SignedDuration) -> Finding {
    let seconds = lag.as_secs();
    let direction = if seconds > 0 { "behind" } else { "ahead" };
    let far = age(seconds.abs());
    let mut found = case.finding("N120", format!("its clock is about {far} {direction}"));
    found.evidence = evidence(case);
    found
        .evidence
        .push(format!("its last two renewals were heard {seconds} s or more after their renewTime"));
    found.forecast =
        Some("The controllers do not mind; certificates, tokens and logs on that machine do.".to_owned());
    found.remedy = "Look at the time service on that machine.".into();
    found
}
