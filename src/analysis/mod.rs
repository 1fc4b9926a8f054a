//! Analysis: what the fields mean and what the cluster's controllers will do next. Pure functions that cannot fail;
//! the clock is a parameter, and nothing is asked of the network.

pub mod addresses;
pub mod assumptions;
pub mod autoscaling;
pub mod cause;
pub mod checks;
pub mod eviction;
pub mod heartbeat;
pub mod lifecycle;
pub mod metrics;
pub mod node;
pub mod outlook;
pub mod overlay;
pub mod placing;
pub mod standing;
pub mod taint_edit;
pub mod taints;
pub mod tolerations;
pub mod trouble;
pub mod vigil;
pub mod what_if;
pub mod zones;

use std::sync::Arc;

use jiff::Timestamp;

use crate::model::cluster::Cluster;
use crate::model::finding::Finding;

use outlook::Outlook;

/// Everything that is wrong, the worst first; equal ones stand by code and name.
pub fn findings(cluster: &Cluster, now: Timestamp) -> Vec<Arc<Finding>> {
    Outlook::of(cluster, now).findings().to_vec()
}
