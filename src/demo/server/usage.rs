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
    let samples = samples(&server.world(), place);
    let found = if verb == "get" {
        samples.into_iter().next().ok_or_else(|| Refusal::not_found(&place.key()))?
    } else {
        let description = place.resource.description();
        let selected: Vec<Value> = samples
            .into_iter()
            .map(Arc::new)
            .filter(|sample| selection.selects(&Object::from(Arc::clone(sample))))
            .map(Arc::unwrap_or_clone)
            .collect();
        json!({"kind": format!("{}List", description.kind), "apiVersion": description.api_version(),
            "metadata": {}, "items": selected})
    };
    Ok(server.respond(200, format.content_type(), encode::plain(format, &found)))
}

/// The samples at a place, by name.
fn samples(world: &World, place: &Place) -> Vec<Value> {
    let wanted = |name: &str| place.name.is_empty() || place.name == name;
    if place.resource == Resource::NodeMetrics {
        let all = usage::nodes(world).into_iter().filter(|(name, _)| wanted(name));
        return all.map(|(name, used)| node(world, &name, used)).collect();
    }
    let all = usage::pods(world, place.scope()).into_iter().filter(|(key, _)| wanted(&key.name));
    all.map(|(key, containers)| pod(world, &key, &containers)).collect()
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
    let second = usage::sampled(world.now);
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
        "window": usage::window(world.seed, &of.name, second)})
}

fn amounts(used: Used) -> Value {
    json!({"cpu": format!("{}n", used.nano_cpu), "memory": format!("{}Ki", used.memory >> 10)})
}
