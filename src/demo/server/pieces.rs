//! Lists in pieces: a head, the items one by one, an end. Joined they are the answer; apart they can be sent while the
//! rest is still to be written, or spoiled one by one.

use bytes::{Bytes, BytesMut};
use futures::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use serde_json::{Value, json};

use super::Body;
use super::encode::{Page, Style, metadata, text_of};
use super::negotiate::Format;
use super::protobuf;
use crate::demo::faults::Cut;
use crate::demo::table;
use crate::wire::frame::{MAGIC, TypeMeta};
use crate::wire::meta::ListMeta;

/// A list in pieces.
pub(crate) struct Listed {
    head: Bytes,
    items: Vec<Bytes>,
    end: Bytes,
}

impl Listed {
    /// All of it.
    pub(crate) fn joined(self) -> Bytes {
        let length = self.head.len() + self.items.iter().map(Bytes::len).sum::<usize>() + self.end.len();
        let mut out = BytesMut::with_capacity(length);
        self.pieces().for_each(|piece| out.extend_from_slice(&piece));
        out.freeze()
    }

    /// A body in which each piece is a frame.
    pub(crate) fn apart(self) -> Body {
        let frames = self.pieces().map(|piece| Ok::<_, Cut>(Frame::data(piece)));
        StreamBody::new(stream::iter(frames)).boxed_unsync()
    }

    fn pieces(self) -> impl Iterator<Item = Bytes> {
        let end = Some(self.end).filter(|end| !end.is_empty());
        std::iter::once(self.head).chain(self.items).chain(end)
    }
}

/// A list.
pub(crate) fn list<'v>(style: Style, page: &Page, objects: impl Iterator<Item = &'v Value>) -> Listed {
    let whole = match style.format {
        Format::Protobuf => return in_protobuf(style, page, objects),
        Format::Json => return in_json(style, page, objects),
        Format::Yaml => {
            let items: Vec<Value> = objects.map(without_kind).collect();
            let mut whole = empty(style, page);
            whole["items"] = Value::from(items);
            whole
        }
        Format::Table => {
            let mut table = table::of(style.resource, objects, style.now, style.include);
            table["metadata"] = metadata(page);
            table
        }
        Format::Metadata => json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
            "metadata": metadata(page), "items": objects.map(table::partial).collect::<Vec<_>>()}),
    };
    Listed { head: text_of(style.format, &whole), items: Vec::new(), end: Bytes::new() }
}

fn empty(style: Style, page: &Page) -> Value {
    let description = style.resource.description();
    json!({"kind": format!("{}List", description.kind), "apiVersion": description.api_version(),
        "metadata": metadata(page), "items": []})
}

fn in_json<'v>(style: Style, page: &Page, objects: impl Iterator<Item = &'v Value>) -> Listed {
    let mut head = serde_json::to_vec(&empty(style, page)).unwrap_or_default();
    // What stands open here is closed by the end.
    head.truncate(head.len().saturating_sub(2));
    let items = objects.enumerate().map(|(number, object)| {
        let mut bytes = if number == 0 { Vec::new() } else { vec![b','] };
        bytes.extend(serde_json::to_vec(&without_kind(object)).unwrap_or_default());
        Bytes::from(bytes)
    });
    Listed { head: head.into(), items: items.collect(), end: Bytes::from_static(b"]}\n") }
}

fn in_protobuf<'v>(style: Style, page: &Page, objects: impl Iterator<Item = &'v Value>) -> Listed {
    let description = style.resource.description();
    let items: Vec<Bytes> = objects
        .map(|object| {
            let mut bytes = Vec::new();
            prost::encoding::bytes::encode(2, &protobuf::encode(description.kind, object), &mut bytes);
            Bytes::from(bytes)
        })
        .collect();
    let length = items.iter().map(Bytes::len).sum();
    let kind = format!("{}List", description.kind);
    let head = protobuf_head(&description.api_version(), &kind, page, length);
    Listed { head, items, end: Bytes::new() }
}

/// The envelope of a list up to its first item; the items together have so many bytes.
fn protobuf_head(api_version: &str, kind: &str, page: &Page, items: usize) -> Bytes {
    let metadata = ListMeta {
        resource_version: page.version.to_string(),
        continue_token: page.next.clone(),
        remaining_item_count: page.remaining.map(|count| count as i64),
    };
    let mut inside = Vec::new();
    prost::encoding::message::encode(1, &metadata, &mut inside);
    let named = TypeMeta { api_version: api_version.to_owned(), kind: kind.to_owned() };
    let mut head = MAGIC.to_vec();
    encode_key(1, WireType::LengthDelimited, &mut head);
    encode_varint(named.encoded_len() as u64, &mut head);
    head.extend(named.encode_to_vec());
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
