//! The workloads, budgets and autoscalers of a scenario. The pods are made by the controllers.

use serde_json::{Value, json};

use super::build::Ages;
use super::build_pods::{bare_pod, mirror_pods, template};
use super::{Habit, World};
use crate::demo::json::{at, list, list_mut, put, text};
use crate::demo::resources::{Key, Resource};
use crate::demo::scenario::{Budget, Scenario, Workload, WorkloadKind};
use crate::demo::time::{later, stamp};

/// Makes all workloads, and lets those that have an earlier image roll to the present one.
pub(super) fn workloads(world: &mut World, scenario: &Scenario, ages: &mut Ages) {
    for workload in &scenario.workloads {
        let habit = Habit { start: workload.start, crashes: workload.crashes };
        world.habits.insert((workload.namespace.clone(), workload.name.clone()), habit);
        match workload.kind {
            WorkloadKind::Deployment => deployment(world, workload, ages),
            WorkloadKind::StatefulSet => {
                let key =
                    world.create(Resource::StatefulSets, stateful_set(workload), "kubectl-client-side-apply");
                ages.note(key, workload.age);
            }
            WorkloadKind::DaemonSet => {
                let key =
                    world.create(Resource::DaemonSets, daemon_set(workload), "kubectl-client-side-apply");
                ages.note(key, workload.age);
            }
            WorkloadKind::Static => mirror_pods(world, workload, ages),
            WorkloadKind::Bare => bare_pod(world, workload, ages),
        }
        world.settle();
    }
}

fn deployment(world: &mut World, workload: &Workload, ages: &mut Ages) {
    let first = workload.before.as_ref().unwrap_or(&workload.image);
    let mut object = controller_of_pods(workload, first);
    put(&mut object, "/metadata/annotations", json!({"deployment.kubernetes.io/revision": "1"}));
    put(
        &mut object,
        "/spec/strategy",
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}),
    );
    put(&mut object, "/spec/revisionHistoryLimit", 10);
    put(&mut object, "/spec/progressDeadlineSeconds", 600);
    let key = world.create(Resource::Deployments, object, "kubectl-client-side-apply");
    world.settle();
    if workload.before.is_some() {
        let image = workload.image.as_str();
        let writer = super::writes::Writer { manager: "kubectl-client-side-apply", subresource: "" };
        world.amend(&key, writer, |object| put(object, "/spec/template/spec/containers/0/image", image));
    }
    ages.note(key, workload.age);
}

fn stateful_set(workload: &Workload) -> Value {
    let mut object = controller_of_pods(workload, &workload.image);
    put(&mut object, "/spec/serviceName", workload.name.as_str());
    put(&mut object, "/spec/podManagementPolicy", "OrderedReady");
    put(
        &mut object,
        "/spec/updateStrategy",
        json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}),
    );
    put(&mut object, "/spec/revisionHistoryLimit", 10);
    object
}

fn daemon_set(workload: &Workload) -> Value {
    let mut object = controller_of_pods(workload, &workload.image);
    super::super::json::remove(&mut object, "/spec/replicas");
    put(&mut object, "/metadata/annotations", json!({"deprecated.daemonset.template.generation": "1"}));
    put(
        &mut object,
        "/spec/updateStrategy",
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}),
    );
    put(&mut object, "/spec/revisionHistoryLimit", 10);
    object
}

fn controller_of_pods(workload: &Workload, image: &str) -> Value {
    let template = template(workload, image);
    json!({
        "metadata": {"name": workload.name, "namespace": workload.namespace, "labels": at(&template, "/metadata/labels")},
        "spec": {"replicas": workload.replicas,
            "selector": {"matchLabels": {"app.kubernetes.io/name": workload.name}}, "template": template},
        "status": {},
    })
}

/// Makes all budgets.
pub(super) fn budgets(world: &mut World, scenario: &Scenario, ages: &mut Ages) {
    for budget in &scenario.budgets {
        let key =
            world.create(Resource::PodDisruptionBudgets, budget_object(budget), "kubectl-client-side-apply");
        ages.note(key, budget.age);
    }
}

fn budget_object(budget: &Budget) -> Value {
    let mut spec = json!({"selector": {"matchLabels": {"app.kubernetes.io/name": budget.workload}}});
    let limits = [("/minAvailable", &budget.min_available), ("/maxUnavailable", &budget.max_unavailable)];
    for (pointer, value) in limits {
        if let Some(value) = value {
            put(&mut spec, pointer, value.clone());
        }
    }
    if let Some(policy) = &budget.unhealthy {
        put(&mut spec, "/unhealthyPodEvictionPolicy", policy.as_str());
    }
    json!({"metadata": {"name": budget.name, "namespace": budget.namespace}, "spec": spec, "status": {}})
}

/// Gives the first pod of some workloads restarts that it has behind it.
pub(super) fn past_restarts(world: &mut World, scenario: &Scenario) {
    for workload in scenario.workloads.iter().filter(|workload| workload.restarts > 0) {
        let first = world
            .store
            .list(Resource::Pods, Some(&workload.namespace))
            .find(|(_, pod)| text(pod, "/metadata/labels/app.kubernetes.io~1name") == workload.name)
            .map(|(key, _)| key.clone());
        if let Some(key) = first {
            restarted(world, &key, workload);
        }
    }
}

fn restarted(world: &mut World, key: &Key, workload: &Workload) {
    let ago = if workload.crashes { 140 } else { 5_400 };
    let (began, ended) = (stamp(later(world.now, -ago - 12)), stamp(later(world.now, -ago)));
    let again = stamp(later(world.now, 2 - ago));
    world.store.update(key, |pod| {
        if list(pod, "/status/containerStatuses").is_empty() {
            return;
        }
        for status in list_mut(pod, "/status/containerStatuses").iter_mut().take(1) {
            put(status, "/restartCount", workload.restarts);
            put(
                status,
                "/lastState",
                json!({"terminated": {"exitCode": 1, "reason": "Error",
                "startedAt": began, "finishedAt": ended, "containerID": at(status, "/containerID")}}),
            );
            put(status, "/state", json!({"running": {"startedAt": again}}));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::scenario::read;
    use crate::demo::world::build::build;

    #[test]
    fn the_calm_cluster_is_settled_and_its_parts_are_as_described() {
        let scenario = read("calm").unwrap();
        let world = build(&scenario, 1, "2026-03-01T10:00:00Z".parse().unwrap());
        let pods: Vec<_> = world.store.list(Resource::Pods, None).map(|(_, pod)| pod.clone()).collect();
        assert!((120..220).contains(&pods.len()), "{} pods", pods.len());
        let running = pods.iter().filter(|pod| text(pod, "/status/phase") == "Running").count();
        assert!(running + 6 > pods.len(), "{running} of {} run", pods.len());
        assert!(world.store.list(Resource::HorizontalPodAutoscalers, None).count() >= 8);
        for (_, node) in world.store.list(Resource::Nodes, None) {
            assert!(crate::demo::world::writes::is_ready(node));
        }
    }
}
