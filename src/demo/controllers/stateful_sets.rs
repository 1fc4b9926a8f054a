//! The stateful set controller: numbered pods, one after the other.

use serde_json::Value;

use super::pods;
use super::replica_sets::put_count;
use crate::demo::json::{at, has, number, put, text};
use crate::demo::random::name_hash;
use crate::demo::resources::{Key, Resource};
use crate::demo::world::World;
use crate::demo::world::events::Note;
use crate::demo::world::writes::{CONTROLLERS_STATUS, is_ready};

const COMPONENT: &str = "statefulset-controller";

/// Looks at one stateful set.
pub(super) fn look(world: &mut World, key: &Key) {
    let Some(set) = world.store.get(key).cloned() else { return };
    let revision = format!("{}-{}", key.name, name_hash(&at(&set, "/spec/template").to_string()));
    settle(world, key, &set, &revision);
    post(world, key, &revision);
}

/// Does the first thing that is missing: a pod, a pod less, a pod of the new template.
fn settle(world: &mut World, key: &Key, set: &Value, revision: &str) {
    let wanted = number(set, "/spec/replicas").max(0);
    for index in 0..wanted {
        let pod_key = pod(key, index);
        let Some(pod) = world.store.get(&pod_key).cloned() else {
            create(world, key, index, revision);
            return;
        };
        if matches!(text(&pod, "/status/phase"), "Succeeded" | "Failed") {
            world.remove(&pod_key);
            return;
        }
        if !is_ready(&pod) || has(&pod, "/metadata/deletionTimestamp") {
            return;
        }
    }
    let surplus = last(world, set).filter(|last| *last >= wanted);
    let old = (0..wanted).rev().find(|index| {
        let label = "/metadata/labels/controller-revision-hash";
        world.store.get(&pod(key, *index)).is_some_and(|pod| text(pod, label) != revision)
    });
    if let Some(index) = surplus.or(old) {
        let victim = pod(key, index);
        if world.store.get(&victim).is_some_and(|pod| !has(pod, "/metadata/deletionTimestamp")) {
            world.delete_pod(&victim, None);
            let message = format!("delete Pod {} in StatefulSet {} successful", victim.name, key.name);
            world.record(key, Note::normal(COMPONENT, "SuccessfulDelete", message));
        }
    }
}

fn pod(set: &Key, index: i64) -> Key {
    Key::new(Resource::Pods, &set.namespace, &format!("{}-{index}", set.name))
}

fn last(world: &World, set: &Value) -> Option<i64> {
    let owned = world.store.index.owned_by(text(set, "/metadata/uid"));
    owned.iter().filter_map(|key| key.name.rsplit_once('-')?.1.parse::<i64>().ok()).max()
}

fn create(world: &mut World, key: &Key, index: i64, revision: &str) {
    let name = format!("{}-{index}", key.name);
    let message = format!("create Pod {name} in StatefulSet {} successful", key.name);
    let shape = |pod: &mut Value| {
        put(pod, "/metadata/labels/apps.kubernetes.io~1pod-index", index.to_string());
        put(pod, "/metadata/labels/controller-revision-hash", revision);
        put(pod, "/metadata/labels/statefulset.kubernetes.io~1pod-name", name.as_str());
        put(pod, "/spec/hostname", name.as_str());
        put(pod, "/spec/subdomain", key.name.as_str());
    };
    pods::create(world, key, &name, (COMPONENT, message), shape);
}

fn post(world: &mut World, key: &Key, revision: &str) {
    let Some(set) = world.store.get(key).cloned() else { return };
    let active = pods::active(world, &set);
    let objects = || active.iter().filter_map(|pod| world.store.get(pod));
    let ready = objects().filter(|pod| is_ready(pod)).count();
    let updated =
        objects().filter(|pod| text(pod, "/metadata/labels/controller-revision-hash") == revision).count();
    let all = active.len();
    world.amend(key, CONTROLLERS_STATUS, |set| {
        let generation = at(set, "/metadata/generation").clone();
        put(set, "/status/observedGeneration", generation);
        put(set, "/status/replicas", all);
        for (field, count) in
            [("readyReplicas", ready), ("currentReplicas", updated), ("updatedReplicas", updated)]
        {
            put_count(set, field, count);
        }
        put(set, "/status/availableReplicas", ready);
        if updated == all {
            put(set, "/status/currentRevision", revision);
        }
        put(set, "/status/updateRevision", revision);
        put(set, "/status/collisionCount", 0);
    });
}
