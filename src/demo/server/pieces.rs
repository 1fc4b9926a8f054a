//! Lists in pieces: a head, the items one by one, an end. Joined they are the answer; a large list flows out while the
//! rest is still to be written; apart they can be spoiled one by one.

use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, Response, header};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};
use serde_json::{Value, json};

use super::encode::{Page, Style, metadata, text_of};
use super::negotiate::Format;
use super::{Body, Server};
use crate::demo::faults::Cut;
use crate::demo::store::object::Object;
use crate::demo::table;
use crate::wire::frame::{MAGIC, TypeMeta};
use crate::wire::meta::ListMeta;

/// Lists of more items flow.
const LARGE: usize = 2000;
/// A flowing list is sent in pieces of about so many bytes.
const PIECE: usize = 256 << 10;

/// A list in pieces.
pub(crate) struct Listed {
    head: Bytes,
    items: std::vec::IntoIter<Object>,
    style: Style,
    end: &'static [u8],
    /// The bytes of all items, where that is known before they are written.
    length: Option<usize>,
    begun: bool,
}

impl Listed {
    /// Whether it should rather not be in memory as a whole.
    pub(crate) fn is_large(&self) -> bool {
        self.items.len() > LARGE
    }

    /// All of it.
    pub(crate) fn joined(mut self) -> Bytes {
        let mut out = Vec::with_capacity(self.head.len() + self.length.unwrap_or(0) + self.end.len());
        out.extend_from_slice(&self.head);
        while self.write_item(&mut out) {}
        out.extend_from_slice(self.end);
        out.into()
    }

    /// A body in which each piece is a frame.
    pub(crate) fn apart(self) -> Body {
        self.body(0)
    }

    /// An answer that is written as fast as the client reads.
    pub(crate) fn flowing(self, server: &Server, content_type: &'static str) -> Response<Body> {
        let length = self.length.map(|items| self.head.len() + items + self.end.len());
        let mut response = server.stream(content_type, self.body(PIECE));
        if let Some(length) = length {
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        response
    }

    /// A body whose frames hold whole items, more than one where they are smaller than a piece.
    fn body(mut self, piece: usize) -> Body {
        let head = std::mem::take(&mut self.head);
        let end = Some(Bytes::from_static(self.end)).filter(|end| !end.is_empty());
        let items = std::iter::from_fn(move || {
            let mut out = Vec::with_capacity(piece + (piece >> 2));
            while self.write_item(&mut out) && out.len() < piece {}
            (!out.is_empty()).then(|| Bytes::from(out))
        });
        let frames = std::iter::once(head).chain(items).chain(end);
        StreamBody::new(stream::iter(frames.map(|bytes| Ok::<_, Cut>(Frame::data(bytes))))).boxed_unsync()
    }

    /// Appends the next item, if there is one.
    fn write_item(&mut self, out: &mut Vec<u8>) -> bool {
        let Some(object) = self.items.next() else { return false };
        if self.style.format == Format::Protobuf {
            let kind = self.style.resource.description().kind;
            encode_key(2, WireType::LengthDelimited, out);
            encode_varint(object.length(kind) as u64, out);
            object.write(kind, out);
            return true;
        }
        if std::mem::replace(&mut self.begun, true) {
            out.push(b',');
        }
        // Writing to memory does not fail.
        drop(serde_json::to_writer(&mut *out, &without_kind(&object.value())));
        true
    }
}

/// A list.
pub(crate) fn list(style: Style, page: &Page, objects: Vec<Object>) -> Listed {
    let values = || objects.iter().map(Object::value);
    let whole = match style.format {
        Format::Protobuf => return in_protobuf(style, page, objects),
        Format::Json => return in_json(style, page, objects),
        Format::Yaml => {
            let mut whole = empty(style, page);
            whole["items"] = values().map(|object| without_kind(&object)).collect();
            whole
        }
        Format::Table => {
            let mut table = table::of(style.resource, values(), style.now, style.include);
            table["metadata"] = metadata(page);
            table
        }
        Format::Metadata => {
            let items: Vec<Value> = values().map(|object| table::partial(&object)).collect();
            json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
                "metadata": metadata(page), "items": items})
        }
    };
    let head = text_of(style.format, &whole);
    Listed { head, items: Vec::new().into_iter(), style, end: b"", length: Some(0), begun: false }
}

fn empty(style: Style, page: &Page) -> Value {
    let description = style.resource.description();
    json!({"kind": format!("{}List", description.kind), "apiVersion": description.api_version(),
        "metadata": metadata(page), "items": []})
}

fn in_json(style: Style, page: &Page, objects: Vec<Object>) -> Listed {
    let mut head = serde_json::to_vec(&empty(style, page)).unwrap_or_default();
    // What stands open here is closed by the end.
    head.truncate(head.len().saturating_sub(2));
    Listed { head: head.into(), items: objects.into_iter(), style, end: b"]}\n", length: None, begun: false }
}

fn in_protobuf(style: Style, page: &Page, objects: Vec<Object>) -> Listed {
    let kind = style.resource.description().kind;
    let each = objects.iter().map(|object| {
        let length = object.length(kind);
        1 + encoded_len_varint(length as u64) + length
    });
    let length = each.sum();
    let head = protobuf_head(style, page, length);
    Listed { head, items: objects.into_iter(), style, end: b"", length: Some(length), begun: false }
}

/// The envelope of a list up to its first item; the items together have so many bytes.
fn protobuf_head(style: Style, page: &Page, items: usize) -> Bytes {
    let metadata = ListMeta {
        resource_version: page.version.to_string(),
        continue_token: page.next.clone(),
        remaining_item_count: page.remaining.map(|count| count as i64),
    };
    let mut inside = Vec::new();
    prost::encoding::message::encode(1, &metadata, &mut inside);
    let description = style.resource.description();
    let named =
        TypeMeta { api_version: description.api_version(), kind: format!("{}List", description.kind) };
    let mut head = MAGIC.to_vec();
    prost::encoding::message::encode(1, &named, &mut head);
    encode_key(2, WireType::LengthDelimited, &mut head);
    encode_varint((inside.len() + items) as u64, &mut head);
    head.extend(inside);
    head.into()
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
