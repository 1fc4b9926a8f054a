//! What happens to the crowd: readiness comes and goes, containers end and start again, pods leave and others come. At
//! any time only a small share is in trouble.

use std::sync::Arc;

use super::START;
use super::pod::{Pod, State};
use crate::demo::resources::Key;
use crate::demo::store::object::Object;
use crate::demo::world::World;

/// One of so many pods may be unready through churn.
const TROUBLED: usize = 300;
/// Of a hundred events on a ready pod so many replace it, and so many more take its readiness.
const REPLACED: usize = 3;
const UNREADY: usize = 50;

/// Lets so many events happen, or as many as there are pods for.
pub(crate) fn churn(world: &mut World, events: usize) {
    let end = world.store.version() + events as u64;
    let mut misses = 0;
    while world.store.version() < end && misses < 1000 {
        if !happen(world) {
            misses += 1;
        }
    }
}

/// One event, or two when a pod is replaced. Says whether there was a pod for it.
fn happen(world: &mut World) -> bool {
    let now = world.now.as_second();
    let Some(crowd) = &mut world.crowd else { return false };
    if crowd.mending.len() > crowd.members.len() / TROUBLED
        && let Some(key) = crowd.mending.pop_front()
    {
        return start(world, &key);
    }
    if crowd.members.is_empty() {
        return false;
    }
    let at = crowd.random.below(crowd.members.len());
    let roll = crowd.random.below(100);
    let key = crowd.members[at].clone();
    let Some(Object::Pod(pod)) = world.store.object(&key) else {
        // Somebody else looks after it now, or it is gone.
        crowd.members.swap_remove(at);
        return false;
    };
    let pod = Arc::clone(pod);
    match pod.state {
        State::Starting | State::Unready => return false,
        State::Ready if roll < REPLACED => {
            let (new_key, new) = crowd.make(&pod.template, (pod.node, pod.host), now);
            crowd.members[at] = new_key.clone();
            crowd.mending.push_back(new_key.clone());
            world.store.delete(&key);
            world.store.put_pod(&new_key, Pod { state: State::Starting, turned: now, ..new });
        }
        State::Ready if roll < REPLACED + UNREADY => {
            crowd.mending.push_back(key.clone());
            world.store.put_pod(&key, Pod { state: State::Unready, turned: now, ..Pod::clone(&pod) });
        }
        State::Ready | State::Crashing => {
            let restarts = pod.restarts + 1;
            world.store.put_pod(&key, Pod { restarts, turned: now, ..Pod::clone(&pod) });
        }
    }
    true
}

/// Makes a pod ready. Says whether it was there and was not.
pub(crate) fn start(world: &mut World, key: &Key) -> bool {
    let Some(Object::Pod(pod)) = world.store.object(key) else { return false };
    if !matches!(pod.state, State::Starting | State::Unready) {
        return false;
    }
    let turned = world.now.as_second().max(pod.born + START);
    let ready = Pod { state: State::Ready, turned, ..Pod::clone(pod) };
    world.store.put_pod(key, ready);
    true
}
