//! The controllers of the simulated cluster, one file each. Each looks at one thing when it is told to, writes what
//! its real counterpart would write, and says when it wants to look again. None keeps a thread or a clock.

pub(crate) mod adapters;
mod autoscaler;
pub(crate) mod budgets;
mod collector;
mod daemon_sets;
mod deployments;
mod grouping;
mod incidents;
pub(crate) mod kubelet;
mod kubelet_pods;
mod kubelet_restarts;
pub(crate) mod lifecycle;
mod load;
mod node_taints;
pub(crate) mod pods;
mod proposals;
mod replica_sets;
mod replicas;
pub(crate) mod scaling;
mod scheduler;
pub(crate) mod scrape;
mod stateful_sets;
mod taint_eviction;
pub(crate) mod taints;
pub(crate) mod targets;
pub(crate) mod usage;
mod zones;

use super::crowd;
use super::world::{Work, World};

/// Looks at one thing.
pub(crate) fn run(world: &mut World, work: Work) {
    match work {
        Work::Incident(index) => incidents::happen(world, index),
        Work::RenewLease(node) => kubelet::renew_lease(world, &node),
        Work::PostStatus(node) => kubelet::post_on_schedule(world, &node),
        Work::RenewLeader(name) => kubelet::renew_leader(world, &name),
        Work::MonitorNodes => lifecycle::monitor(world),
        Work::TaintNode(node) => node_taints::taint_node(world, &node),
        Work::EvictFromZones => zones::evict_from_zones(world),
        Work::EvictPod(pod) => taint_eviction::look(world, &pod),
        Work::Deployment(key) => deployments::look(world, &key),
        Work::ReplicaSet(key) => replica_sets::look(world, &key),
        Work::StatefulSet(key) => stateful_sets::look(world, &key),
        Work::DaemonSets => daemon_sets::look_at_all(world),
        Work::DaemonSet(key) => daemon_sets::look(world, &key),
        Work::Collect(owner) => collector::collect(world, &owner),
        Work::CollectPod(pod) => collector::collect_pod(world, &pod),
        Work::Kubelet(pod) => kubelet_pods::look(world, &pod),
        Work::Schedule(pod) => scheduler::schedule(world, &pod),
        Work::Budgets(namespace) => budgets::look(world, &namespace),
        Work::Scrape => scrape::take(world),
        Work::Autoscaler(key) => autoscaler::pass(world, &key),
        Work::ExpireEvents => world.expire_events(),
        Work::StartPod(pod) => {
            crowd::start(world, &pod);
        }
    }
}
