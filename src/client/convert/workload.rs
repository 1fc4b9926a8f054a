//! Deployments, ReplicaSets, StatefulSets and DaemonSets.

use super::Shared;
use crate::model::kind::Kind;
use crate::model::meta::Condition;
use crate::model::workload::Workload;
use crate::wire::apps::{
    DaemonSet, Deployment, DeploymentCondition, ReplicaSet, ReplicaSetCondition, StatefulSet,
};
use crate::wire::meta::{LabelSelector, ObjectMeta};

/// What the API assumes where replicas are not given.
const DEFAULT_REPLICAS: i32 = 1;

/// Replicas as a workload's status counts them.
struct Counts {
    desired: i32,
    created: i32,
    updated: i32,
    ready: i32,
    available: i32,
    observed_generation: i64,
}

impl Shared {
    fn workload(
        &mut self,
        kind: Kind,
        meta: Option<ObjectMeta>,
        selector: Option<LabelSelector>,
        counts: &Counts,
    ) -> Workload {
        let meta = meta.unwrap_or_default();
        Workload {
            kind,
            desired: counts.desired,
            created: counts.created,
            updated: counts.updated,
            ready: counts.ready,
            available: counts.available,
            outdated: counts.observed_generation < meta.generation,
            selector: self.selector(&selector.unwrap_or_default()),
            meta: self.meta(&meta),
            held: None,
        }
    }

    /// The condition that says why a Deployment does not go on. That pods cannot be created explains a deadline too.
    fn held_by(&mut self, conditions: &[DeploymentCondition]) -> Option<Box<Condition>> {
        let is =
            |kind: &str, status: &str| conditions.iter().find(|it| it.type_ == kind && it.status == status);
        let it = is("ReplicaFailure", "True").or_else(|| is("Progressing", "False"))?;
        let since = it.last_transition_time;
        Some(Box::new(self.condition(&it.type_, &it.status, [&it.reason, &it.message], since)))
    }

    /// The condition that says why a ReplicaSet can create no pods.
    fn refused_by(&mut self, conditions: &[ReplicaSetCondition]) -> Option<Box<Condition>> {
        let it = conditions.iter().find(|it| it.type_ == "ReplicaFailure" && it.status == "True")?;
        let since = it.last_transition_time;
        Some(Box::new(self.condition(&it.type_, &it.status, [&it.reason, &it.message], since)))
    }

    /// A Deployment.
    pub fn deployment(&mut self, it: Deployment) -> Workload {
        let (spec, status) = (it.spec.unwrap_or_default(), it.status.unwrap_or_default());
        let counts = Counts {
            desired: spec.replicas.unwrap_or(DEFAULT_REPLICAS),
            created: status.replicas,
            updated: status.updated_replicas,
            ready: status.ready_replicas,
            available: status.available_replicas,
            observed_generation: status.observed_generation,
        };
        let held = self.held_by(&status.conditions);
        Workload { held, ..self.workload(Kind::Deployment, it.metadata, spec.selector, &counts) }
    }

    /// A ReplicaSet; all its pods are of its one template.
    pub fn replica_set(&mut self, it: ReplicaSet) -> Workload {
        let (spec, status) = (it.spec.unwrap_or_default(), it.status.unwrap_or_default());
        let counts = Counts {
            desired: spec.replicas.unwrap_or(DEFAULT_REPLICAS),
            created: status.replicas,
            updated: status.replicas,
            ready: status.ready_replicas,
            available: status.available_replicas,
            observed_generation: status.observed_generation,
        };
        let held = self.refused_by(&status.conditions);
        Workload { held, ..self.workload(Kind::ReplicaSet, it.metadata, spec.selector, &counts) }
    }

    /// A StatefulSet.
    pub fn stateful_set(&mut self, it: StatefulSet) -> Workload {
        let (spec, status) = (it.spec.unwrap_or_default(), it.status.unwrap_or_default());
        let counts = Counts {
            desired: spec.replicas.unwrap_or(DEFAULT_REPLICAS),
            created: status.replicas,
            updated: status.updated_replicas,
            ready: status.ready_replicas,
            available: status.available_replicas,
            observed_generation: status.observed_generation,
        };
        self.workload(Kind::StatefulSet, it.metadata, spec.selector, &counts)
    }

    /// A DaemonSet, whose replicas are the nodes that it should run on.
    pub fn daemon_set(&mut self, it: DaemonSet) -> Workload {
        let (spec, status) = (it.spec.unwrap_or_default(), it.status.unwrap_or_default());
        let counts = Counts {
            desired: status.desired_number_scheduled,
            created: status.current_number_scheduled,
            updated: status.updated_number_scheduled,
            ready: status.number_ready,
            available: status.number_available,
            observed_generation: status.observed_generation,
        };
        self.workload(Kind::DaemonSet, it.metadata, spec.selector, &counts)
    }
}
