//! metrics.k8s.io as metrics-server serves it: samples of nodes and pods, to be read and no more. What they measure is
//! `controllers::usage`'s affair.

use std::sync::{Arc, MutexGuard};

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
    let mut samples = if place.resource == Resource::NodeMetrics {
        nodes(server, place, &selection)?
    } else {
        pods(&*seen(server)?, place, &selection)
    };
    let found = if verb == "get" {
        samples.pop().ok_or_else(|| Refusal::not_found(&place.key()))?
    } else {
        let description = place.resource.description();
        json!({"kind": format!("{}List", description.kind), "apiVersion": description.api_version(),
            "metadata": {}, "items": samples})
    };
    Ok(server.respond(200, format.content_type(), encode::plain(format, &found)))
}

/// What was measured of one object.
struct Measured {
    key: Key,
    /// The object, for its labels.
    object: Option<Object>,
    used: Amounts,
}

impl Measured {
    fn of(world: &World, key: Key, used: Amounts) -> Self {
        Self { object: world.store.object(&key).cloned(), key, used }
    }
}

/// A node's use, or that of a pod's containers.
enum Amounts {
    Node(Used),
    Pod(usage::Sample),
}

/// The world, unless nobody serves what is measured in it.
fn seen(server: &Server) -> Answer<MutexGuard<'_, World>> {
    let world = server.world();
    if world.blind.contains(&Api::Resource) { Err(Refusal::unavailable()) } else { Ok(world) }
}

/// So many nodes are looked at before others may look at the world or change it.
const PORTION: usize = 100;

/// The selected samples of nodes, by name.
fn nodes(server: &Server, place: &Place, selection: &Selection) -> Answer<Vec<Value>> {
    let mut names = seen(server)?.store.keys(Resource::Nodes, None);
    names.retain(|key| place.name.is_empty() || place.name == key.name);
    let mut samples = Vec::with_capacity(names.len());
    for some in names.chunks(PORTION) {
        let world = seen(server)?;
        let scrape = Scrape::of(&world);
        let used = some.iter().filter_map(|key| Some((key, usage::node(&world, &key.name)?)));
        let measured: Vec<Measured> =
            used.map(|(key, used)| Measured::of(&world, key.clone(), Amounts::Node(used))).collect();
        // They take longer to write than to find.
        drop(world);
        let written = measured.iter().map(|it| Arc::new(scrape.sample(it, place.resource)));
        let selected = written.filter(|sample| selection.selects(&Object::from(Arc::clone(sample))));
        samples.extend(selected.map(Arc::unwrap_or_clone));
    }
    Ok(samples)
}

/// The samples of the selected pods, by name: a sample has the names and labels of its pod.
fn pods(world: &World, place: &Place, selection: &Selection) -> Vec<Value> {
    let wanted =
        |key: &Key, pod: &Object| (place.name.is_empty() || place.name == key.name) && selection.selects(pod);
    let found = usage::pods(world, place.scope(), wanted).into_iter();
    let scrape = Scrape::of(world);
    let sample = |(key, containers)| {
        scrape.sample(&Measured::of(world, key, Amounts::Pod(containers)), place.resource)
    };
    found.map(sample).collect()
}

/// What all samples of an answer have in common, so that they are written without the world.
struct Scrape {
    seed: u64,
    now: Timestamp,
    second: i64,
}

impl Scrape {
    fn of(world: &World) -> Self {
        Self { seed: world.seed, now: world.now, second: usage::served(world) }
    }

    /// One sample. Its labels are those of the object that was measured.
    fn sample(&self, measured: &Measured, resource: Resource) -> Value {
        let Measured { key, object, used } = measured;
        let description = resource.description();
        let window = usage::window(self.seed, &key.name, self.second) as f64 / 1000.0;
        let mut metadata = json!({"name": key.name});
        if !key.namespace.is_empty() {
            metadata["namespace"] = Value::from(key.namespace.as_str());
        }
        metadata["creationTimestamp"] = Value::from(stamp(self.now));
        if let Some(labels) = object.as_ref().map(Object::labels).filter(|labels| !labels.is_null()) {
            metadata["labels"] = labels.clone();
        }
        let mut sample = json!({"kind": description.kind, "apiVersion": description.api_version(),
            "metadata": metadata,
            "timestamp": stamp(Timestamp::from_second(self.second).unwrap_or(self.now)),
            "window": format!("{window:.3}s")});
        match used {
            Amounts::Node(used) => sample["usage"] = amounts(*used),
            Amounts::Pod(containers) => {
                let all =
                    containers.iter().map(|(name, used)| json!({"name": name, "usage": amounts(*used)}));
                sample["containers"] = all.collect();
            }
        }
        sample
    }
}

fn amounts(used: Used) -> Value {
    json!({"cpu": format!("{}n", used.nano_cpu), "memory": format!("{}Ki", used.memory >> 10)})
}
