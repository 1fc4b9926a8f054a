//! Checks: what is wrong with nodes, autoscalers and the network, each with evidence and remedy. Pure, and never
//! pods times nodes.
//!
//! A member is one file with one `Check` constant and its line in [`ALL`].

use jiff::Timestamp;

use crate::model::cluster::Cluster;
use crate::model::finding::Finding;

pub mod autoscalers;
pub mod network;
pub mod nodes;

/// A family of findings over one kind of object.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// What it looks at.
    pub name: &'static str,
    /// All its findings, in no order.
    pub run: fn(&Cluster, Timestamp) -> Vec<Finding>,
}

/// Every check.
pub const ALL: &[&Check] = &[&nodes::CHECK, &autoscalers::CHECK, &network::CHECK];
