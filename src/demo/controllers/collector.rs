//! The garbage collectors: what an object that is gone leaves behind, and pods whose node is gone.

use crate::demo::json::text;
use crate::demo::resources::{Key, Resource};
use crate::demo::time::{later, stamp};
use crate::demo::world::writes::set_condition;
use crate::demo::world::{Pace, Work, World};

/// Seconds that PodGC waits before it believes that a node is gone.
const QUARANTINE: i64 = 40;

/// Deletes what an owner that is gone owned.
pub(super) fn collect(world: &mut World, owner: &str) {
    for key in world.store.index.owned_by(owner) {
        if key.resource == Resource::Pods { world.delete_pod(&key, None) } else { world.remove(&key) }
    }
}

/// Deletes a pod whose node stays away.
pub(super) fn collect_pod(world: &mut World, key: &Key) {
    let Some(pod) = world.store.get(key).cloned() else {
        world.orphans.remove(key);
        return;
    };
    if world.store.get(&Key::node(text(&pod, "/spec/nodeName"))).is_some() {
        world.orphans.remove(key);
        return;
    }
    let wait = if world.pace == Pace::Instant { 0 } else { QUARANTINE };
    let due = *world.orphans.entry(key.clone()).or_insert(later(world.now, wait));
    if due > world.now {
        world.at(due, Work::CollectPod(key.clone()));
        return;
    }
    world.orphans.remove(key);
    let now = stamp(world.now);
    world.store.update(key, |pod| {
        set_condition(
            pod,
            &now,
            ["DisruptionTarget", "True", "DeletionByPodGC", "PodGC: node no longer exists"],
        );
    });
    world.remove(key);
}
