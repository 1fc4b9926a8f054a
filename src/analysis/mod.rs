//! Analysis: what the fields mean and what the cluster's controllers will do next. Pure functions that cannot fail;
//! the clock is a parameter, and nothing is asked of the network.

pub mod addresses;
pub mod checks;
pub mod heartbeat;
pub mod metrics;
pub mod node;
pub mod overlay;
pub mod taints;

use jiff::Timestamp;

use crate::model::cluster::Cluster;
use crate::model::finding::Finding;

/// Everything that is wrong, the worst first; equal ones stand by code and name.
pub fn findings(cluster: &Cluster, now: Timestamp) -> Vec<Finding> {
    let mut all: Vec<Finding> = checks::ALL.iter().flat_map(|check| (check.run)(cluster, now)).collect();
    all.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then_with(|| a.code.cmp(b.code)).then_with(|| a.target.cmp(&b.target))
    });
    all
}
