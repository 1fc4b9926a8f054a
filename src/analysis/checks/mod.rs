//! Checks: what is wrong with nodes, autoscalers and the network, each with evidence and remedy. Pure, and never
//! pods times nodes.
//!
//! A member is one file with one `Check` constant and its line in [`ALL`].

use jiff::Timestamp;

use super::overlay::Mesh;
use super::vigil::Vigil;
use crate::model::cluster::Cluster;
use crate::model::finding::Finding;
use crate::model::key::Key;
use crate::model::kind::Kind;

pub mod autoscalers;
pub mod network;
pub mod nodes;

/// A family of findings over one kind of object.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// What it looks at.
    pub name: &'static str,
    /// The kind of object whose findings it makes.
    pub subjects: Kind,
    /// Every code that it can find, explained.
    pub rules: &'static [Rule],
    /// The revision at which something last changed by which every object is judged.
    pub judged: fn(&Cluster, &Mesh) -> u64,
    /// All objects to look at.
    pub keys: fn(&Cluster) -> Vec<Key>,
    /// The objects that the passing of time alone may have brought into other trouble since they were looked at, or given
    /// another forecast.
    pub restless: fn(&mut Vigil, &Cluster, Timestamp) -> Vec<Key>,
    /// Everything that is wrong with one object; nothing when it is gone.
    pub of: fn(&Cluster, &Mesh, &Key, Timestamp) -> Diagnosis,
}

/// What is wrong with one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    /// All of it.
    pub findings: Vec<Finding>,
    /// Before when the passing of time changes no word of it.
    pub until: Timestamp,
}

impl Diagnosis {
    /// One in which every second may change a word.
    fn for_now(findings: Vec<Finding>) -> Self {
        Self { findings, until: Timestamp::MIN }
    }

    /// One that speaks of no times.
    fn for_ever(findings: Vec<Finding>) -> Self {
        Self { findings, until: Timestamp::MAX }
    }
}

/// What a finding's code means: one for each, beside the check that finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// For example `N101`.
    pub code: &'static str,
    /// In few words.
    pub title: &'static str,
    /// The rule: which fields are read, and what they mean.
    pub rule: &'static str,
    /// Where Kubernetes, or another project, has it written.
    pub source: &'static str,
    /// What mends it.
    pub remedy: &'static str,
}

/// The rules of all checks, in the order of the checks and their codes.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    ALL.iter().flat_map(|check| check.rules)
}

/// The rule of a code, however it is written.
pub fn rule(code: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.code.eq_ignore_ascii_case(code))
}

/// All nodes.
fn all_nodes(cluster: &Cluster) -> Vec<Key> {
    cluster.nodes().map(|node| node.meta.key.clone()).collect()
}

/// Nothing happens to its objects by the passing of time alone.
fn never(_vigil: &mut Vigil, _cluster: &Cluster, _now: Timestamp) -> Vec<Key> {
    Vec::new()
}

/// Every check.
pub const ALL: &[&Check] = &[&nodes::CHECK, &autoscalers::CHECK, &network::CHECK];
