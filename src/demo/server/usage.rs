//! metrics.k8s.io as metrics-server serves it: samples of nodes and pods, to be read and no more. What they measure is
//! `controllers::usage`'s affair.

use std::sync::Arc;

use http::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::list::Selection;
use super::negotiate::{self, Offer};
use super::refusal::{Answer, Refusal};
use super::request::Request;
use super::route::Place;
use super::{Body, Server, encode};
use crate::demo::controllers::usage::{self, Used};
use crate::demo::json::at;
use crate::demo::resources::{Key, Resource};
use crate::demo::scenario::Api;
use crate::demo::store::object::Object;
use crate::demo::time::stamp;
use crate::demo::world::World;

/// Answers with one sample, or with all of them.
pub(super) fn answer(
    server: &Server,
    request: &Request,
    place: &Place,
    verb: &str,
) -> Answer<Response<Body>> {
    if !matches!(verb, "get" | "list") {
        return Err(Refusal::method_not_allowed());
    }
    let format = negotiate::choose(&request.accept, Offer::Text)?;
    let selection = Selection::read(request, place)?;
    let world = server.world();
    if world.blind.contains(&Api::Resource) {
        return Err(Refusal::unavailable());
    }
    let mut samples = samples(&world, place, &selection);
    let found = if verb == "get" {
        samples.pop().ok_or_else(|| Refusal::not_found(&place.key()))?
    } else {
        let description = place.resource.description();
        json!({"kind": format!("{}List", description.kind), "apiVersion": description.api_version(),
            "metadata": {}, "items": samples})
    };
    drop(world);
    Ok(server.respond(200, format.content_type(), encode::plain(format, &found)))
}

/// The samples at a place that are selected, by name.
fn samples(world: &World, place: &Place, selection: &Selection) -> Vec<Value> {
    let wanted = |name: &str| place.name.is_empty() || place.name == name;
    if place.resource == Resource::NodeMetrics {
        let all = usage::nodes(world).into_iter().filter(|(name, _)| wanted(name));
        let all = all.map(|(name, used)| Arc::new(node(world, &name, used)));
        let selected = all.filter(|sample| selection.selects(&Object::from(Arc::clone(sample))));
        return selected.map(Arc::unwrap_or_clone).collect();
    }
    // A sample has the names and labels of its pod.
    let selected = usage::pods(world, place.scope(), |key, pod| wanted(&key.name) && selection.selects(pod));
    selected.iter().map(|(key, containers)| pod(world, key, containers)).collect()
}

fn node(world: &World, name: &str, used: Used) -> Value {
    let mut sample = sample(world, Resource::NodeMetrics, &Key::node(name));
    sample["usage"] = amounts(used);
    sample
}

fn pod(world: &World, key: &Key, containers: &[(String, Used)]) -> Value {
    let mut sample = sample(world, Resource::PodMetrics, key);
    let all = containers.iter().map(|(name, used)| json!({"name": name, "usage": amounts(*used)}));
    sample["containers"] = all.collect();
    sample
}

/// Everything but the amounts. The labels are those of the object that was measured.
fn sample(world: &World, resource: Resource, of: &Key) -> Value {
    let description = resource.description();
    let second = usage::served(world);
    let window = usage::window(world.seed, &of.name, second) as f64 / 1000.0;
    let measured = world.store.object(of).map(Object::sketch);
    let labels = measured.map_or(Value::Null, |object| at(&object, "/metadata/labels").clone());
    let mut metadata = json!({"name": of.name});
    if !of.namespace.is_empty() {
        metadata["namespace"] = Value::from(of.namespace.as_str());
    }
    metadata["creationTimestamp"] = Value::from(stamp(world.now));
    if !labels.is_null() {
        metadata["labels"] = labels;
    }
    json!({"kind": description.kind, "apiVersion": description.api_version(), "metadata": metadata,
        "timestamp": stamp(Timestamp::from_second(second).unwrap_or(world.now)),
        "window": format!("{window:.3}s")})
}

fn amounts(used: Used) -> Value {
    json!({"cpu": format!("{}n", used.nano_cpu), "memory": format!("{}Ki", used.memory >> 10)})
}
