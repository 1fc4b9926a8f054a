//! A zone in disruption, told once, by the first of its nodes that are not Ready.

use super::Case;
use crate::analysis::assumptions::stated;
use crate::analysis::zones::State;
use crate::model::finding::Finding;
use crate::model::flag::Flag;

pub(super) fn disrupted(case: &Case) -> Finding {
    let node = case.node();
    let name = node.zone.as_deref().or(node.region.as_deref()).unwrap_or("without a name");
    let Some(zone) = case.standing.zone else { return case.finding("N113", String::new()) };
    let counts = format!("{} of {} nodes are not Ready", zone.not_ready, zone.size());
    let (code, forecast, flags): (_, _, &[Flag]) = match zone.state {
        _ if zone.all_down => (
            "N115",
            "No zone has a Ready node: evictions are suspended, NoExecute taints are taken away, waits are cancelled. \
             With the first Ready node everybody gets a fresh grace period."
                .to_owned(),
            &[],
        ),
        State::FullDisruption => (
            "N114",
            format!("Its nodes are evicted at the normal rate, because other zones are well; {} wait.", zone.waiting),
            &[Flag::EvictionRate],
        ),
        _ if zone.rate > 0.0 => (
            "N113",
            format!("The zone is large, so its nodes are evicted slowly; {} wait.", zone.waiting),
            &[Flag::UnhealthyZone, Flag::LargeClusterSize, Flag::SecondaryEvictionRate],
        ),
        _ => (
            "N113",
            "The zone is small, so no more of its nodes get a NoExecute taint; waits that run go on.".to_owned(),
            &[Flag::UnhealthyZone, Flag::LargeClusterSize],
        ),
    };
    let what = if zone.all_down { "every zone is down; zone" } else { "zone" };
    let mut found = case.finding(code, format!("{what} {name} is in {}: {counts}", zone.state.word()));
    found.evidence = flags.iter().map(|flag| stated(case.cluster, *flag)).collect();
    found.evidence.insert(
        0,
        format!("Ready conditions of the zone's nodes: {} True, {} other", zone.ready, zone.not_ready),
    );
    found.forecast = Some(forecast);
    found.remedy =
        "So many at once share a cause: network, power, the way to the API server, an expired certificate."
            .into();
    found
}
