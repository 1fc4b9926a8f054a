//! One round of measuring: metrics-server and the adapters take their samples every fifteen seconds, and whoever asks
//! in between is told the same. What is measured is `usage`'s and `adapters`' affair.

use std::collections::BTreeMap;

use super::adapters::{self, Value};
use super::usage::{self, RESOLUTION, Used, sampled};
use crate::demo::resources::Key;
use crate::demo::time::later;
use crate::demo::world::{Work, World};

/// What was measured last.
pub(crate) struct Scrape {
    /// When, in seconds since 1970.
    pub(crate) second: i64,
    /// What the containers of each pod use.
    pub(crate) pods: BTreeMap<Key, Vec<(String, Used)>>,
    pub(crate) nodes: BTreeMap<String, Used>,
    /// What the adapters know, by autoscaler and index of the metric.
    pub(crate) values: BTreeMap<(Key, usize), Value>,
}

/// Takes all samples, and comes back when the next are due. Out of turn it takes those of the same instant anew, so that
/// a new autoscaler finds its metrics.
pub(super) fn take(world: &mut World) {
    let second = sampled(world.now);
    let pods = usage::measure_pods(world, second);
    let nodes = usage::measure_nodes(world, second, &pods);
    let values = adapters::measure(world, second, &pods);
    world.scrape = Some(Scrape { second, pods, nodes, values });
    let next = second + RESOLUTION - world.now.as_second();
    world.at(later(world.now, next), Work::Scrape);
}
