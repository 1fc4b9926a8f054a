//! Objects, lists and watch events as bytes, in every encoding.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::negotiate::Format;
use crate::demo::json::text;
use crate::demo::protobuf;
use crate::demo::resources::Resource;
use crate::demo::store::object::Object;
use crate::demo::table::{self, Include};
use crate::wire::frame::{self, TypeMeta};

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

pub(crate) use super::pieces::list;

/// An object in no other shape than its own, under the kind that it says it has.
pub(crate) fn plain(format: Format, value: &Value) -> Bytes {
    match format {
        Format::Protobuf => {
            let kind = text(value, "/kind");
            frame::seal(text(value, "/apiVersion"), kind, protobuf::encode(kind, value)).into()
        }
        _ => text_of(format, value),
    }
}

pub(super) fn text_of(format: Format, value: &Value) -> Bytes {
    if format == Format::Yaml {
        return serde_yaml::to_string(value).unwrap_or_default().into();
    }
    let mut bytes = serde_json::to_vec(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes.into()
}

/// One object.
pub(crate) fn object(style: Style, object: &Value) -> Bytes {
    if style.format == Format::Protobuf {
        let description = style.resource.description();
        let raw = protobuf::encode(description.kind, object);
        return frame::seal(&description.api_version(), description.kind, raw).into();
    }
    text_of(style.format, &shaped(style, object, true))
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

pub(super) fn metadata(page: &Page) -> Value {
    let mut metadata = json!({"resourceVersion": page.version.to_string()});
    if !page.next.is_empty() {
        metadata["continue"] = Value::from(page.next.as_str());
    }
    if let Some(remaining) = page.remaining {
        metadata["remainingItemCount"] = Value::from(remaining);
    }
    metadata
}

/// Appends one event of a watch. The columns of a table are said once.
pub(crate) fn event(style: Style, kind: &str, object: &Object, with_columns: bool, out: &mut Vec<u8>) {
    if style.format == Format::Protobuf {
        let description = style.resource.description();
        let named = TypeMeta { api_version: description.api_version(), kind: description.kind.to_owned() };
        let length = object.length(description.kind);
        return frame::write_event(kind, &named, length, out, |out| object.write(description.kind, out));
    }
    let shaped = shaped(style, &object.value(), with_columns);
    out.extend(text_of(Format::Json, &json!({"type": kind, "object": shaped})));
}

/// The event that ends a watch with a refusal.
pub(crate) fn error_event(format: Format, status: &Value) -> Bytes {
    if format == Format::Protobuf {
        return frame::watch_frame("ERROR", plain(format, status).to_vec()).into();
    }
    text_of(Format::Json, &json!({"type": "ERROR", "object": status}))
}

/// The object of a bookmark.
pub(crate) fn bookmark(resource: Resource, version: u64, ends_the_beginning: bool) -> Object {
    let description = resource.description();
    let mut object = json!({"kind": description.kind, "apiVersion": description.api_version(),
        "metadata": {"resourceVersion": version.to_string(), "creationTimestamp": null}});
    if ends_the_beginning {
        object["metadata"]["annotations"] = json!({"k8s.io/initial-events-end": "true"});
    }
    Arc::new(object).into()
}
