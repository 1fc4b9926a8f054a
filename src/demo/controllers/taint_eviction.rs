//! The taint eviction controller: who leaves a node with NoExecute taints, and when. It asks no budget.
//!
//! Source: `pkg/controller/tainteviction/taint_eviction.go`.

use serde_json::Value;

use super::taints::{Stay, stay};
use crate::demo::json::{has, list, text};
use crate::demo::resources::Key;
use crate::demo::time::{later, stamp};
use crate::demo::world::events::Note;
use crate::demo::world::writes::set_condition;
use crate::demo::world::{Work, World};

const COMPONENT: &str = "taint-eviction-controller";

/// Looks at one pod and the taints of its node.
pub(super) fn look(world: &mut World, key: &Key) {
    let Some(pod) = world.store.get(key).cloned() else { return };
    if has(&pod, "/metadata/deletionTimestamp") {
        world.evictions.remove(key);
        return;
    }
    let Some(node) = world.store.get(&Key::node(text(&pod, "/spec/nodeName"))).cloned() else { return };
    match stay(&pod, list(&node, "/spec/taints")) {
        Stay::No => delete(world, key),
        Stay::Forever => {
            if world.evictions.remove(key).is_some() {
                let message = format!("Cancelling deletion of Pod {}/{}", key.namespace, key.name);
                world.record(key, Note::normal(COMPONENT, "TaintManagerEviction", message));
            }
        }
        Stay::Seconds(seconds) => {
            // A deletion that is scheduled already keeps its time, whatever the tolerations say now.
            let due = *world.evictions.entry(key.clone()).or_insert(later(world.now, seconds));
            if due <= world.now {
                delete(world, key);
            } else {
                world.at(due, Work::EvictPod(key.clone()));
            }
        }
    }
}

fn delete(world: &mut World, key: &Key) {
    world.evictions.remove(key);
    let message = format!("Marking for deletion Pod {}/{}", key.namespace, key.name);
    world.record(key, Note::normal(COMPONENT, "TaintManagerEviction", message));
    let now = stamp(world.now);
    world.store.update(key, |pod: &mut Value| {
        let words = [
            "DisruptionTarget",
            "True",
            "DeletionByTaintManager",
            "Taint manager: deleting due to NoExecute taint",
        ];
        set_condition(pod, &now, words);
    });
    world.delete_pod(key, None);
}
