//! Objects, lists and watch events as bytes, in every encoding. The protobuf has the fields that `wire` declares.

use bytes::Bytes;
use jiff::Timestamp;
use prost::Message;
use serde::Deserialize;
use serde_json::{Value, json};

use super::negotiate::{Format, Offer};
use super::refusal::{Answer, Refusal};
use crate::demo::json::text;
use crate::demo::resources::Resource;
use crate::demo::table::{self, Include};
use crate::wire::meta::{ListMeta, Status};
use crate::wire::{apps, autoscaling, core, frame};

/// How answers about one kind are written.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    pub(crate) resource: Resource,
    pub(crate) format: Format,
    pub(crate) include: Include,
    pub(crate) now: Timestamp,
}

/// The place of a list in the course of versions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    pub(crate) version: u64,
    pub(crate) next: String,
    pub(crate) remaining: Option<usize>,
}

/// What encodings there are for a kind.
pub(crate) fn offer(resource: Resource) -> Offer {
    if resource == Resource::Namespaces { Offer::NoProtobuf } else { Offer::All }
}

fn raw<'v, T: Message + Deserialize<'v>>(object: &'v Value) -> Option<Vec<u8>> {
    T::deserialize(object).ok().map(|message| message.encode_to_vec())
}

/// The protobuf of an object without its envelope.
fn protobuf(resource: Resource, object: &Value) -> Answer<Vec<u8>> {
    let bytes = match resource {
        Resource::Namespaces => None,
        Resource::Nodes => raw::<core::Node>(object),
        Resource::ConfigMaps => raw::<core::ConfigMap>(object),
        Resource::Leases => raw::<core::Lease>(object),
        Resource::Deployments => raw::<apps::Deployment>(object),
        Resource::StatefulSets => raw::<apps::StatefulSet>(object),
        Resource::DaemonSets => raw::<apps::DaemonSet>(object),
        Resource::ReplicaSets => raw::<apps::ReplicaSet>(object),
        Resource::Pods => raw::<core::Pod>(object),
        Resource::PodDisruptionBudgets => raw::<apps::PodDisruptionBudget>(object),
        Resource::HorizontalPodAutoscalers => raw::<autoscaling::HorizontalPodAutoscaler>(object),
        Resource::Events => raw::<core::Event>(object),
    };
    bytes.ok_or_else(|| Refusal::new(500, "InternalError", "the object cannot be encoded"))
}

/// A Status as bytes, in protobuf where the client reads that.
pub(crate) fn status(format: Format, status: &Value) -> Bytes {
    match format {
        Format::Protobuf => {
            let bytes = raw::<Status>(status).unwrap_or_default();
            frame::seal("v1", "Status", bytes).into()
        }
        _ => text_of(format, status),
    }
}

fn text_of(format: Format, value: &Value) -> Bytes {
    match format {
        Format::Yaml => serde_yaml::to_string(value).unwrap_or_default().into(),
        _ => {
            let mut bytes = serde_json::to_vec(value).unwrap_or_default();
            bytes.push(b'\n');
            bytes.into()
        }
    }
}

/// One object.
///
/// # Errors
/// When it does not fit its protobuf message.
pub(crate) fn object(style: Style, object: &Value) -> Answer<Bytes> {
    if style.format == Format::Protobuf {
        let description = style.resource.description();
        let raw = protobuf(style.resource, object)?;
        return Ok(frame::seal(&description.api_version(), description.kind, raw).into());
    }
    Ok(text_of(style.format, &shaped(style, object, true)))
}

/// An object in the shape that a format asks for.
fn shaped(style: Style, object: &Value, with_columns: bool) -> Value {
    match style.format {
        Format::Table => {
            let page = Page {
                version: text(object, "/metadata/resourceVersion").parse().unwrap_or(0),
                ..Page::default()
            };
            let mut table = table::of(style.resource, std::iter::once(object), style.now, style.include);
            table["metadata"] = metadata(&page);
            if !with_columns {
                table["columnDefinitions"] = Value::Null;
            }
            table
        }
        Format::Metadata => table::partial(object),
        Format::Json | Format::Yaml | Format::Protobuf => object.clone(),
    }
}

fn metadata(page: &Page) -> Value {
    let mut metadata = json!({"resourceVersion": page.version.to_string()});
    if !page.next.is_empty() {
        metadata["continue"] = Value::from(page.next.as_str());
    }
    if let Some(remaining) = page.remaining {
        metadata["remainingItemCount"] = Value::from(remaining);
    }
    metadata
}

/// A list.
///
/// # Errors
/// When an object does not fit its protobuf message.
pub(crate) fn list<'v>(style: Style, page: &Page, objects: impl Iterator<Item = &'v Value>) -> Answer<Bytes> {
    let description = style.resource.description();
    let kind = format!("{}List", description.kind);
    let whole = match style.format {
        Format::Protobuf => {
            let metadata = ListMeta {
                resource_version: page.version.to_string(),
                continue_token: page.next.clone(),
                remaining_item_count: page.remaining.map(|count| count as i64),
            };
            let items = objects.map(|object| protobuf(style.resource, object)).collect::<Answer<Vec<_>>>()?;
            return Ok(
                frame::seal(&description.api_version(), &kind, frame::join_items(&metadata, items)).into()
            );
        }
        Format::Table => {
            let mut table = table::of(style.resource, objects, style.now, style.include);
            table["metadata"] = metadata(page);
            table
        }
        Format::Metadata => json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
            "metadata": metadata(page), "items": objects.map(table::partial).collect::<Vec<_>>()}),
        Format::Json | Format::Yaml => {
            let items: Vec<Value> = objects.map(without_kind).collect();
            json!({"kind": kind, "apiVersion": description.api_version(), "metadata": metadata(page), "items": items})
        }
    };
    Ok(text_of(style.format, &whole))
}

/// In a list the kind is said once.
fn without_kind(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(map) = object.as_object_mut() {
        map.shift_remove("kind");
        map.shift_remove("apiVersion");
    }
    object
}

/// One event of a watch. The columns of a table are said once.
///
/// # Errors
/// When the object does not fit its protobuf message.
pub(crate) fn event(style: Style, kind: &str, object: &Value, with_columns: bool) -> Answer<Bytes> {
    if style.format == Format::Protobuf {
        let description = style.resource.description();
        let raw = protobuf(style.resource, object)?;
        let sealed = frame::seal(&description.api_version(), description.kind, raw);
        return Ok(frame::watch_frame(kind, sealed).into());
    }
    let shaped = shaped(style, object, with_columns);
    Ok(text_of(Format::Json, &json!({"type": kind, "object": shaped})))
}

/// The event that ends a watch with a refusal.
pub(crate) fn error_event(format: Format, status: &Value) -> Bytes {
    if format == Format::Protobuf {
        let sealed = frame::seal("v1", "Status", raw::<Status>(status).unwrap_or_default());
        return frame::watch_frame("ERROR", sealed).into();
    }
    text_of(Format::Json, &json!({"type": "ERROR", "object": status}))
}

/// The object of a bookmark.
pub(crate) fn bookmark(resource: Resource, version: u64, ends_the_beginning: bool) -> Value {
    let description = resource.description();
    let mut object = json!({"kind": description.kind, "apiVersion": description.api_version(),
        "metadata": {"resourceVersion": version.to_string(), "creationTimestamp": null}});
    if ends_the_beginning {
        object["metadata"]["annotations"] = json!({"k8s.io/initial-events-end": "true"});
    }
    object
}
