//! Writing: create, replace, patch, delete, with versions, dry runs and the rules that matter to the simulation.

use http::Response;
use serde_json::{Value, json};

use super::encode;
use super::list::{Selection, style};
use super::patch as patches;
use super::refusal::{Answer, Refusal};
use super::request::Request;
use super::route::Place;
use super::validate::{self, defaulted};
use super::{Body, Server};
use crate::demo::json::{at, has, number, put, text};
use crate::demo::resources::{Key, Resource, Scope};
use crate::demo::store::object::Object;
use crate::demo::world::World;
use crate::demo::world::writes::Writer;

/// What only the server writes.
const SERVERS_OWN: &[&str] = &[
    "/metadata/name",
    "/metadata/namespace",
    "/metadata/uid",
    "/metadata/creationTimestamp",
    "/metadata/deletionTimestamp",
    "/metadata/deletionGracePeriodSeconds",
    "/metadata/generation",
    "/metadata/managedFields",
    "/metadata/resourceVersion",
];

/// Creates an object.
pub(super) fn create(server: &Server, request: &Request, place: &Place) -> Answer<Response<Body>> {
    let style = style(server, request, place)?;
    let dry = request.is_dry()?;
    let mut object = request.object()?;
    let namespaced = place.resource.description().scope == Scope::Namespaced;
    if namespaced && place.namespace.is_empty() {
        return Err(Refusal::method_not_allowed());
    }
    if namespaced {
        let given = text(&object, "/metadata/namespace");
        if !given.is_empty() && given != place.namespace {
            let message =
                "the namespace of the provided object does not match the namespace sent on the request";
            return Err(Refusal::bad_request(message));
        }
        put(&mut object, "/metadata/namespace", place.namespace.as_str());
    }
    let created = server.change(|world| {
        let random = world.random.clone();
        let outcome = admit(world, place, object, request.manager()).map(|(key, object)| {
            if dry { std::sync::Arc::new(object) } else { world.store.put(&key, object) }
        });
        if dry {
            world.random = random;
        }
        outcome
    })?;
    Ok(server.respond(201, style.format.content_type(), encode::object(style, &created)))
}

fn admit(world: &mut World, place: &Place, mut object: Value, manager: &str) -> Answer<(Key, Value)> {
    let prefix = text(&object, "/metadata/generateName").to_owned();
    if text(&object, "/metadata/name").is_empty() && !prefix.is_empty() {
        let name = format!("{prefix}{}", world.random.suffix(5));
        put(&mut object, "/metadata/name", name);
    }
    let key = Key::new(place.resource, &place.namespace, text(&object, "/metadata/name"));
    if key.name.is_empty() {
        return Err(Refusal::invalid(
            &key,
            "metadata.name",
            "FieldValueRequired",
            "Required value: name or generateName is required",
        ));
    }
    if !place.namespace.is_empty()
        && world.store.get(&Key::new(Resource::Namespaces, "", &place.namespace)).is_none()
    {
        return Err(Refusal::not_found(&Key::new(Resource::Namespaces, "", &place.namespace)));
    }
    if world.store.get(&key).is_some() {
        return Err(Refusal::already_exists(&key));
    }
    defaulted(place.resource, &mut object);
    validate::object(&key, &object)?;
    let key = world.prepare(place.resource, &mut object, manager);
    Ok((key, object))
}

/// Replaces an object, or its status.
pub(super) fn update(server: &Server, request: &Request, place: &Place) -> Answer<Response<Body>> {
    let new = request.object()?;
    let named = text(&new, "/metadata/name");
    if named != place.name {
        let message =
            format!("the name of the object ({named}) does not match the name on the URL ({})", place.name);
        return Err(Refusal::bad_request(message));
    }
    replace(server, request, place, |_| Ok(new))
}

/// Patches an object, or its status.
pub(super) fn patch(server: &Server, request: &Request, place: &Place) -> Answer<Response<Body>> {
    let patch = body_of_patch(request)?;
    replace(server, request, place, |old| patches::apply(&request.content_type, old, &patch))
}

/// The body of a patch request.
///
/// # Errors
/// When it is no JSON.
pub(super) fn body_of_patch(request: &Request) -> Answer<Value> {
    if !patches::TYPES.contains(request.content_type.split(';').next().unwrap_or_default().trim()) {
        return Err(Refusal::unsupported_media(patches::TYPES));
    }
    serde_json::from_slice(&request.body)
        .map_err(|error| Refusal::bad_request(format!("error decoding patch: {error}")))
}

fn replace(
    server: &Server,
    request: &Request,
    place: &Place,
    make: impl FnOnce(&Value) -> Answer<Value>,
) -> Answer<Response<Body>> {
    let style = style(server, request, place)?;
    let dry = request.is_dry()?;
    let key = place.key();
    let stored = server.change(|world| {
        let old = world.store.get(&key).cloned().ok_or_else(|| Refusal::not_found(&key))?;
        let mut new = make(&old)?;
        check_version(&key, &old, &new)?;
        patches::restore(&mut new, &old, SERVERS_OWN);
        patches::restore(&mut new, &old, &["/kind", "/apiVersion"]);
        if place.subresource == "status" {
            let mut with_status = Value::clone(&old);
            patches::restore(
                &mut with_status,
                &new,
                &["/status", "/metadata/annotations", "/metadata/labels"],
            );
            new = with_status;
        } else if place.resource.description().subresources.contains(&"status") {
            patches::restore(&mut new, &old, &["/status"]);
        }
        validate::object(&key, &new)?;
        validate::change(&key, &old, &new)?;
        if new == *old {
            return Ok(old);
        }
        let writer = Writer { manager: request.manager(), subresource: &place.subresource };
        world.sign(&old, &mut new, writer, place.resource);
        Ok(if dry { std::sync::Arc::new(new) } else { world.store.put(&key, new) })
    })?;
    Ok(server.respond(200, style.format.content_type(), encode::object(style, &stored)))
}

/// A version in the new object must be the present one.
pub(super) fn check_version(key: &Key, old: &Value, new: &Value) -> Answer<()> {
    let given = text(new, "/metadata/resourceVersion");
    let uid = text(new, "/metadata/uid");
    if !given.is_empty() && given != text(old, "/metadata/resourceVersion") {
        return Err(Refusal::modified(key));
    }
    if !uid.is_empty() && uid != text(old, "/metadata/uid") {
        let present = text(old, "/metadata/uid");
        let why = format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {present}");
        return Err(Refusal::conflict(key, &why));
    }
    Ok(())
}

/// The options of a deletion, from the body or the parameters.
pub(super) struct DeleteOptions {
    pub(super) dry: bool,
    pub(super) grace: Option<i64>,
    preconditions: Value,
}

impl DeleteOptions {
    /// Reads them.
    ///
    /// # Errors
    /// When the body is malformed.
    pub(super) fn read(request: &Request, body: &Value) -> Answer<Self> {
        let in_body = at(body, "/dryRun").as_array().is_some_and(|all| all.iter().any(|one| one == "All"));
        let parameter = request.number("gracePeriodSeconds")?.map(|seconds| seconds as i64);
        Ok(Self {
            dry: request.is_dry()? || in_body,
            grace: at(body, "/gracePeriodSeconds").as_i64().or(parameter),
            preconditions: at(body, "/preconditions").clone(),
        })
    }

    /// Checks the preconditions against the present object.
    ///
    /// # Errors
    /// When they do not hold.
    pub(super) fn check(&self, key: &Key, object: &Value) -> Answer<()> {
        check_version(key, object, &json!({"metadata": self.preconditions}))
    }
}

/// Deletes an object.
pub(super) fn delete(server: &Server, request: &Request, place: &Place) -> Answer<Response<Body>> {
    let style = style(server, request, place)?;
    let body = request.options()?;
    let options = DeleteOptions::read(request, &body)?;
    let key = place.key();
    let (object, remains) = server.change(|world| {
        let object = world.store.get(&key).cloned().ok_or_else(|| Refusal::not_found(&key))?;
        options.check(&key, &object)?;
        if options.dry {
            return Ok((object, key.resource == Resource::Pods));
        }
        remove(world, &key, options.grace);
        // Pods go gracefully: the answer shows the pod with its deadline.
        Ok(world.store.get(&key).cloned().map_or((object, false), |pod| (pod, true)))
    })?;
    if remains {
        return Ok(server.respond(200, style.format.content_type(), encode::object(style, &object)));
    }
    let description = place.resource.description();
    let mut details =
        json!({"name": place.name, "kind": description.plural, "uid": text(&object, "/metadata/uid")});
    if !description.group.is_empty() {
        put(&mut details, "/group", description.group);
    }
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
    server.plain(request, 200, &status)
}

/// Deletes whatever it is, and a namespace with everything in it.
fn remove(world: &mut World, key: &Key, grace: Option<i64>) {
    match key.resource {
        Resource::Pods => world.delete_pod(key, grace),
        Resource::Namespaces => {
            for row in crate::demo::resources::ALL {
                for inside in world.store.keys(row.resource, Some(&key.name)) {
                    world.remove(&inside);
                }
            }
            world.remove(key);
        }
        _ => world.remove(key),
    }
}

/// Deletes all selected objects of a collection.
pub(super) fn delete_all(server: &Server, request: &Request, place: &Place) -> Answer<Response<Body>> {
    let selection = Selection::read(request, place)?;
    let style = style(server, request, place)?;
    let body = request.options()?;
    let options = DeleteOptions::read(request, &body)?;
    let (gone, version) = server.change(|world| {
        let all = world.store.list(place.resource, place.scope());
        let selected: Vec<_> = all
            .map(|(key, object)| (key.clone(), Object::from(object.clone())))
            .filter(|(_, object)| selection.selects(object))
            .collect();
        if !options.dry {
            for (key, _) in &selected {
                remove(world, key, options.grace);
            }
        }
        Ok((selected, world.store.version()))
    })?;
    let page = encode::Page { version, ..encode::Page::default() };
    let bytes = encode::list(style, &page, gone.into_iter().map(|(_, object)| object).collect());
    Ok(server.respond(200, style.format.content_type(), bytes.joined()))
}

/// Whether the replicas of a workload are being taken below nothing.
pub(super) fn check_replicas(key: &Key, object: &Value) -> Answer<()> {
    if has(object, "/spec/replicas") && number(object, "/spec/replicas") < 0 {
        let value = number(object, "/spec/replicas");
        let why = format!("Invalid value: {value}: must be greater than or equal to 0");
        return Err(Refusal::invalid(key, "spec.replicas", "FieldValueInvalid", &why));
    }
    Ok(())
}
