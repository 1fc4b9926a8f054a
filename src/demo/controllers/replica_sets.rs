//! The replica set controller: as many pods as asked for.

use serde_json::Value;

use super::pods;
use crate::demo::json::{at, number, put, text};
use crate::demo::resources::Key;
use crate::demo::world::World;
use crate::demo::world::writes::{CONTROLLERS_STATUS, is_ready};

const COMPONENT: &str = "replicaset-controller";

/// Looks at one replica set.
pub(super) fn look(world: &mut World, key: &Key) {
    let Some(set) = world.store.get(key).cloned() else { return };
    let mut active = pods::active(world, &set);
    let wanted = number(&set, "/spec/replicas").max(0) as usize;
    if active.len() > wanted {
        let surplus = active.len() - wanted;
        active.sort_by_cached_key(|pod| worth(world, pod));
        for pod in &active[..surplus] {
            pods::delete(world, key, pod, COMPONENT);
        }
    }
    for _ in active.len()..wanted {
        let name = format!("{}-{}", key.name, world.random.suffix(5));
        let message = format!("Created pod: {name}");
        pods::create(world, key, &name, (COMPONENT, message), |_| ());
    }
    post(world, key);
}

/// What a pod is worth keeping for: bound, running, ready, old. The least worthy is deleted first.
fn worth(world: &World, key: &Key) -> (bool, bool, bool, std::cmp::Reverse<String>, String) {
    let Some(pod) = world.store.get(key) else {
        return (false, false, false, std::cmp::Reverse(String::new()), String::new());
    };
    (
        !text(pod, "/spec/nodeName").is_empty(),
        text(pod, "/status/phase") == "Running",
        is_ready(pod),
        std::cmp::Reverse(text(pod, "/metadata/creationTimestamp").to_owned()),
        key.name.clone(),
    )
}

fn post(world: &mut World, key: &Key) {
    let Some(set) = world.store.get(key).cloned() else { return };
    let active = pods::active(world, &set);
    let ready = active.iter().filter(|pod| world.store.get(pod).is_some_and(|pod| is_ready(pod))).count();
    world.amend(key, CONTROLLERS_STATUS, |set| {
        put(set, "/status/replicas", active.len());
        for (field, count) in
            [("fullyLabeledReplicas", active.len()), ("readyReplicas", ready), ("availableReplicas", ready)]
        {
            put_count(set, field, count);
        }
        let generation = at(set, "/metadata/generation").clone();
        put(set, "/status/observedGeneration", generation);
    });
}

/// Writes a count into a status; a zero is left out, as Go's `omitempty` has it.
pub(super) fn put_count(object: &mut Value, field: &str, count: usize) {
    let pointer = format!("/status/{field}");
    if count == 0 {
        crate::demo::json::remove(object, &pointer);
    } else {
        put(object, &pointer, count);
    }
}
