//! The scale subresource of workloads: autoscaling/v1 Scale.

use http::Response;
use serde_json::{Value, json};

use super::refusal::{Answer, Refusal};
use super::request::Request;
use super::route::Place;
use super::write::{body_of_patch, check_version};
use super::{Body, Server, patch};
use crate::demo::json::{at, number, put, text};
use crate::demo::store::selector::Labels;
use crate::demo::world::writes::Writer;

/// Reads or changes a scale.
pub(super) fn answer(
    server: &Server,
    request: &Request,
    place: &Place,
    verb: &str,
) -> Answer<Response<Body>> {
    let key = place.key();
    if verb == "get" {
        let object = server.world().store.get(&key).cloned().ok_or_else(|| Refusal::not_found(&key))?;
        return server.plain(request, 200, &of(&object));
    }
    let dry = request.is_dry()?;
    let body = match verb {
        "update" => request.object()?,
        "patch" => body_of_patch(request)?,
        _ => return Err(Refusal::method_not_allowed()),
    };
    let scale = server.change(|world| {
        let old = world.store.get(&key).cloned().ok_or_else(|| Refusal::not_found(&key))?;
        let wanted = if verb == "patch" {
            patch::apply(&request.content_type, &of(&old), &body)?
        } else {
            body.clone()
        };
        check_version(&key, &old, &wanted)?;
        let replicas = number(&wanted, "/spec/replicas");
        if replicas < 0 {
            let why = format!("Invalid value: {replicas}: must be greater than or equal to 0");
            return Err(Refusal::invalid(&key, "spec.replicas", "FieldValueInvalid", &why));
        }
        if dry {
            let mut object = Value::clone(&old);
            put(&mut object, "/spec/replicas", replicas);
            return Ok(of(&object));
        }
        let writer = Writer { manager: request.manager(), subresource: "scale" };
        world.amend(&key, writer, |object| put(object, "/spec/replicas", replicas));
        Ok(world.store.get(&key).map(|object| of(object)).unwrap_or_default())
    })?;
    server.plain(request, 200, &scale)
}

/// The scale of a workload.
fn of(object: &Value) -> Value {
    let metadata = at(object, "/metadata");
    let selector = Labels::of(at(object, "/spec/selector")).unwrap_or_default().written();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {"name": text(metadata, "/name"), "namespace": text(metadata, "/namespace"), "uid": text(metadata, "/uid"),
            "resourceVersion": text(metadata, "/resourceVersion"), "creationTimestamp": text(metadata, "/creationTimestamp")},
        "spec": {"replicas": number(object, "/spec/replicas")},
        "status": {"replicas": number(object, "/status/replicas"), "selector": selector},
    })
}
