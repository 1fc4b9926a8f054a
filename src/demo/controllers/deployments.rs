//! The deployment controller: one replica set per template, rolling from the old ones to the new one within the
//! bounds of surge and unavailability.
//!
//! Source: `pkg/controller/deployment/{sync,rolling}.go`.

use serde_json::{Value, json};

use super::replica_sets::put_count;
use crate::demo::json::{at, list_mut, number, put, text, truth};
use crate::demo::random::name_hash;
use crate::demo::resources::{Key, Resource};
use crate::demo::time::stamp;
use crate::demo::world::World;
use crate::demo::world::events::Note;
use crate::demo::world::writes::{CONTROLLERS, CONTROLLERS_STATUS, set_condition};

const COMPONENT: &str = "deployment-controller";
const REVISION: &str = "/metadata/annotations/deployment.kubernetes.io~1revision";

/// Looks at one deployment.
pub(super) fn look(world: &mut World, key: &Key) {
    let Some(deployment) = world.store.get(key).cloned() else { return };
    let mut sets = owned_sets(world, &deployment);
    let hash = name_hash(&at(&deployment, "/spec/template").to_string());
    let name = format!("{}-{hash}", key.name);
    let replicas = number(&deployment, "/spec/replicas").max(0);
    if !truth(&deployment, "/spec/paused") {
        if !sets.iter().any(|set| set.name == name) {
            let room = (replicas + surge(&deployment) - total(world, &sets)).clamp(0, replicas);
            let created = make_set(world, key, &deployment, &name, &hash, room, &sets);
            sets.push(created);
        }
        let new = Key::new(Resource::ReplicaSets, &key.namespace, &name);
        roll(world, key, &deployment, &new, &sets);
        number_revisions(world, key, &new, &sets);
    } else if let Some(newest) = sets.last().cloned() {
        scale(world, key, &newest, replicas);
    }
    tidy(world, &deployment, &name);
    post(world, key, &name);
}

/// The deployment's replica sets, oldest revision first.
fn owned_sets(world: &World, deployment: &Value) -> Vec<Key> {
    let owned = world.store.index.owned_by(text(deployment, "/metadata/uid"));
    let mut sets: Vec<_> = owned.into_iter().filter(|key| key.resource == Resource::ReplicaSets).collect();
    sets.sort_by_key(|key| revision(world, key));
    sets
}

fn revision(world: &World, key: &Key) -> i64 {
    world.store.get(key).and_then(|set| text(set, REVISION).parse().ok()).unwrap_or(0)
}

fn count(world: &World, key: &Key, pointer: &str) -> i64 {
    world.store.get(key).map_or(0, |set| number(set, pointer))
}

fn total(world: &World, sets: &[Key]) -> i64 {
    sets.iter().map(|set| count(world, set, "/spec/replicas")).sum()
}

fn bound(deployment: &Value, field: &str, round_up: bool) -> i64 {
    let replicas = number(deployment, "/spec/replicas");
    match at(deployment, &format!("/spec/strategy/rollingUpdate/{field}")) {
        Value::Number(number) => number.as_i64().unwrap_or(0),
        Value::String(text) => {
            let percent: i64 = text.trim_end_matches('%').parse().unwrap_or(25);
            if round_up { (replicas * percent + 99) / 100 } else { replicas * percent / 100 }
        }
        _ => i64::from(field == "maxSurge"),
    }
}

fn surge(deployment: &Value) -> i64 {
    bound(deployment, "maxSurge", true)
}

fn unavailable(deployment: &Value) -> i64 {
    let allowed = bound(deployment, "maxUnavailable", false);
    if allowed == 0 && surge(deployment) == 0 { 1 } else { allowed }
}

fn make_set(
    world: &mut World,
    key: &Key,
    deployment: &Value,
    name: &str,
    hash: &str,
    replicas: i64,
    sets: &[Key],
) -> Key {
    let mut template = at(deployment, "/spec/template").clone();
    put(&mut template, "/metadata/labels/pod-template-hash", hash);
    let mut selector = at(deployment, "/spec/selector").clone();
    put(&mut selector, "/matchLabels/pod-template-hash", hash);
    let newest = sets.iter().map(|set| revision(world, set)).max().unwrap_or(0) + 1;
    let wanted = number(deployment, "/spec/replicas");
    let object = json!({
        "metadata": {"name": name, "namespace": key.namespace, "labels": at(&template, "/metadata/labels"),
            "annotations": {"deployment.kubernetes.io/desired-replicas": wanted.to_string(),
                "deployment.kubernetes.io/max-replicas": (wanted + surge(deployment)).to_string(),
                "deployment.kubernetes.io/revision": newest.to_string()},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": key.name,
                "uid": text(deployment, "/metadata/uid"), "controller": true, "blockOwnerDeletion": true}]},
        "spec": {"replicas": replicas, "selector": selector, "template": template},
        "status": {"replicas": 0},
    });
    let created = world.create(Resource::ReplicaSets, object, "kube-controller-manager");
    if replicas > 0 {
        let message = format!("Scaled up replica set {name} from 0 to {replicas}");
        world.record(key, Note::normal(COMPONENT, "ScalingReplicaSet", message));
    }
    created
}

fn scale(world: &mut World, key: &Key, set: &Key, replicas: i64) {
    let before = count(world, set, "/spec/replicas");
    if before == replicas {
        return;
    }
    world.amend(set, CONTROLLERS, |set| put(set, "/spec/replicas", replicas));
    let way = if replicas > before { "up" } else { "down" };
    let message = format!("Scaled {way} replica set {} from {before} to {replicas}", set.name);
    world.record(key, Note::normal(COMPONENT, "ScalingReplicaSet", message));
}

/// One turn of a rolling update; without old replicas it is plain scaling.
fn roll(world: &mut World, key: &Key, deployment: &Value, new: &Key, sets: &[Key]) {
    let replicas = number(deployment, "/spec/replicas").max(0);
    let old: Vec<_> = sets.iter().filter(|set| *set != new).cloned().collect();
    let present = count(world, new, "/spec/replicas");
    if total(world, &old) == 0 || present > replicas {
        return scale(world, key, new, replicas);
    }
    let room = replicas + surge(deployment) - total(world, sets);
    if room > 0 && present < replicas {
        return scale(world, key, new, replicas.min(present + room));
    }
    let least = replicas - unavailable(deployment);
    let missing = count(world, new, "/spec/replicas") - count(world, new, "/status/availableReplicas");
    let mut spare = total(world, sets) - least - missing.max(0);
    // Old pods that serve nobody go first; they cost no availability.
    for set in &old {
        let (asked, available) =
            (count(world, set, "/spec/replicas"), count(world, set, "/status/availableReplicas"));
        let dead = (asked - available).clamp(0, spare.max(0));
        if dead > 0 {
            scale(world, key, set, asked - dead);
            spare -= dead;
        }
    }
    let available: i64 = sets.iter().map(|set| count(world, set, "/status/availableReplicas")).sum();
    let mut spare = spare.min(available - least);
    for set in &old {
        let asked = count(world, set, "/spec/replicas");
        let gone = asked.clamp(0, spare.max(0));
        if gone > 0 {
            scale(world, key, set, asked - gone);
            spare -= gone;
        }
    }
}

/// A template that comes back gets the newest revision.
fn number_revisions(world: &mut World, key: &Key, new: &Key, sets: &[Key]) {
    let newest = sets.iter().filter(|set| *set != new).map(|set| revision(world, set)).max().unwrap_or(0);
    let mine = revision(world, new);
    let mine = if mine <= newest { newest + 1 } else { mine }.to_string();
    for key in [new, key] {
        if world.store.get(key).is_some_and(|object| text(object, REVISION) != mine) {
            world.amend(key, CONTROLLERS, |object| put(object, REVISION, mine.as_str()));
        }
    }
}

fn tidy(world: &mut World, deployment: &Value, new: &str) {
    let limit = at(deployment, "/spec/revisionHistoryLimit").as_u64().unwrap_or(10) as usize;
    let mut empty = owned_sets(world, deployment);
    empty.retain(|set| {
        set.name != new && count(world, set, "/spec/replicas") + count(world, set, "/status/replicas") == 0
    });
    let surplus = empty.len().saturating_sub(limit);
    for set in &empty[..surplus] {
        world.remove(set);
    }
}

fn post(world: &mut World, key: &Key, new: &str) {
    let Some(deployment) = world.store.get(key).cloned() else { return };
    let sets = owned_sets(world, &deployment);
    let sum = |pointer: &str| sets.iter().map(|set| count(world, set, pointer)).sum::<i64>().max(0) as usize;
    let (all, ready, available) =
        (sum("/status/replicas"), sum("/status/readyReplicas"), sum("/status/availableReplicas"));
    let newest = Key::new(Resource::ReplicaSets, &key.namespace, new);
    let updated = count(world, &newest, "/status/replicas").max(0) as usize;
    let wanted = number(&deployment, "/spec/replicas").max(0) as usize;
    let enough = available as i64 >= wanted as i64 - unavailable(&deployment);
    let done = updated == wanted && all == wanted && available == wanted;
    let now = stamp(world.now);
    world.amend(key, CONTROLLERS_STATUS, |object| {
        let generation = at(object, "/metadata/generation").clone();
        put(object, "/status/observedGeneration", generation);
        for (field, count) in [
            ("replicas", all),
            ("updatedReplicas", updated),
            ("readyReplicas", ready),
            ("availableReplicas", available),
            ("unavailableReplicas", wanted.max(all).saturating_sub(available)),
        ] {
            put_count(object, field, count);
        }
        let available = if enough {
            ["Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability."]
        } else {
            [
                "Available",
                "False",
                "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.",
            ]
        };
        let progress = if done {
            ("NewReplicaSetAvailable", format!("ReplicaSet {new:?} has successfully progressed."))
        } else {
            ("ReplicaSetUpdated", format!("ReplicaSet {new:?} is progressing."))
        };
        for words in [available, ["Progressing", "True", progress.0, &progress.1]] {
            update_condition(object, &now, words);
        }
    });
}

/// Deployments' conditions also say when they were last written.
fn update_condition(object: &mut Value, now: &str, words: [&str; 4]) {
    let same = |condition: &Value| {
        ["/type", "/status", "/reason", "/message"]
            .iter()
            .zip(words)
            .all(|(pointer, word)| text(condition, pointer) == word)
    };
    if list_mut(object, "/status/conditions").iter().any(same) {
        return;
    }
    set_condition(object, now, words);
    for condition in list_mut(object, "/status/conditions") {
        if text(condition, "/type") == words[0] {
            put(condition, "/lastUpdateTime", now);
        }
    }
}
