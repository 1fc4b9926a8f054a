//! What the scenario lets happen.

use crate::demo::json::{put, text};
use crate::demo::resources::{Key, Resource};
use crate::demo::scenario::What;
use crate::demo::time::later;
use crate::demo::world::events::Note;
use crate::demo::world::writes::{Writer, is_active, is_ready};
use crate::demo::world::{Work, World};

use super::{kubelet, kubelet_restarts};

/// The person who scales and deploys.
const PERSON: Writer<'static> = Writer { manager: "kubectl-edit", subresource: "" };

/// Lets one incident happen, and plans its next time.
pub(super) fn happen(world: &mut World, index: usize) {
    let Some(incident) = world.incidents.get(index).cloned() else { return };
    if let Some(every) = incident.every {
        // Not like clockwork: the next time comes between half and one and a half times the span.
        let next = every.0 / 2 + world.random.below(every.0.max(1) as usize) as i64;
        world.at(later(world.now, next.max(1)), Work::Incident(index));
    }
    match &incident.what {
        What::StopKubelets { zone, node } => {
            for node in nodes(world, zone.as_deref(), node.as_deref()) {
                kubelet::stop(world, &node);
            }
        }
        What::StartKubelets { zone, node } => {
            for node in nodes(world, zone.as_deref(), node.as_deref()) {
                kubelet::start(world, &node);
            }
        }
        What::Pressure { node, condition, status } => {
            kubelet::report(world, node, condition, status, kubelet::words(condition, status));
            let reason = kubelet::words(condition, status)[0].replace("Kubelet", "Node");
            let message = format!("Node {node} status is now: {reason}");
            world.record(&Key::node(node), Note::normal("kubelet", &reason, message).on(node));
        }
        What::RestartPod { namespaces, reason, exit_code } => {
            if let Some(pod) = some_pod(world, namespaces) {
                kubelet_restarts::restart(world, &pod, reason, *exit_code);
            }
        }
        What::Roll { namespace, deployments } => {
            let chosen = world.random.below(deployments.len());
            if let Some(name) = deployments.get(chosen) {
                roll(world, &Key::new(Resource::Deployments, namespace, name));
            }
        }
        What::Scale { namespace, deployment, replicas, manager } => {
            let key = Key::new(Resource::Deployments, namespace, deployment);
            let writer = Writer { manager: manager.as_deref().unwrap_or(PERSON.manager), ..PERSON };
            world.amend(&key, writer, |object| put(object, "/spec/replicas", *replicas));
        }
        What::LoseMetrics { api } => {
            world.blind.insert(*api);
        }
        What::RegainMetrics { api } => {
            world.blind.remove(api);
        }
        What::Report { namespaces, reason, message } => {
            if let Some(pod) = some_pod(world, namespaces) {
                let node = world
                    .store
                    .get(&pod)
                    .map(|pod| text(pod, "/spec/nodeName").to_owned())
                    .unwrap_or_default();
                world.record(&pod, Note::warning("kubelet", reason, message.clone()).on(&node));
            }
        }
    }
}

fn nodes(world: &World, zone: Option<&str>, node: Option<&str>) -> Vec<String> {
    let label = "/metadata/labels/topology.kubernetes.io~1zone";
    world
        .store
        .list(Resource::Nodes, None)
        .filter(|(key, object)| {
            node == Some(&key.name) || zone.is_some_and(|zone| text(object, label) == zone)
        })
        .map(|(key, _)| key.name.clone())
        .collect()
}

/// A healthy pod whose kubelet is heard.
fn some_pod(world: &mut World, namespaces: &[String]) -> Option<Key> {
    let mut candidates = Vec::new();
    for namespace in namespaces {
        for (key, pod) in world.store.list(Resource::Pods, Some(namespace)) {
            if is_active(pod) && is_ready(pod) && kubelet::is_heard(world, text(pod, "/spec/nodeName")) {
                candidates.push(key.clone());
            }
        }
    }
    let chosen = world.random.below(candidates.len());
    candidates.into_iter().nth(chosen)
}

/// Gives a deployment the next patch release of its image.
fn roll(world: &mut World, key: &Key) {
    world.amend(key, PERSON, |deployment| {
        let image = text(deployment, "/spec/template/spec/containers/0/image").to_owned();
        if let Some((release, patch)) = image.rsplit_once('.')
            && let Ok(patch) = patch.parse::<u32>()
        {
            put(deployment, "/spec/template/spec/containers/0/image", format!("{release}.{}", patch + 1));
        }
    });
}
