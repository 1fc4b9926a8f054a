//! Analysis: what the fields mean and what the cluster's controllers will do next. Pure functions that cannot fail;
//! the clock is a parameter, and nothing is asked of the network.

use jiff::Timestamp;

use crate::model::cluster::Cluster;
use crate::model::finding::Finding;

/// Everything that is wrong, the worst first.
pub fn findings(_cluster: &Cluster, _now: Timestamp) -> Vec<Finding> {
    Vec::new()
}
