//! The two framings of Kubernetes' protobuf: the `k8s\0` envelope around one object, and length-prefixed watch
//! events. It decodes bytes that are already here; it reads no sockets.
//!
//! Source: `apimachinery/pkg/runtime/serializer/protobuf` and `.../streaming`.

use prost::Message;
use prost::bytes::{Buf, Bytes, BytesMut};
use prost::encoding::{
    WireType, decode_key, decode_varint, encode_key, encode_varint, encoded_len_varint, skip_field,
};

use super::meta::ListMeta;

/// The four bytes before every protobuf object.
pub const MAGIC: &[u8; 4] = b"k8s\0";

/// One watch frame may not be larger than this many bytes; etcd's own limit for an object is 1.5 MB.
pub const LARGEST_FRAME: usize = 64 << 20;

/// Bytes that are not what the server promised.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The envelope's magic bytes are missing.
    #[error("the answer is not Kubernetes protobuf: it does not begin with k8s\\0")]
    Magic,
    /// A frame announces more bytes than any object can have.
    #[error("{0} bytes at once are more than any object can have")]
    TooLarge(usize),
    /// The protobuf itself is malformed.
    #[error("malformed protobuf: {0}")]
    Decode(#[from] prost::DecodeError),
    /// What goes around the objects is malformed.
    #[error("malformed protobuf: {0}")]
    Malformed(&'static str),
    /// It ends in the middle.
    #[error("the answer ends in the middle")]
    Truncated,
}

/// runtime.TypeMeta: what the envelope holds.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TypeMeta {
    /// For example `v1` or `apps/v1`.
    #[prost(string, tag = "1")]
    pub api_version: String,
    /// For example `Pod`, `PodList` or `Status`.
    #[prost(string, tag = "2")]
    pub kind: String,
}

/// runtime.Unknown: the envelope.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Envelope {
    /// What `raw` is.
    #[prost(message, optional, tag = "1")]
    pub type_meta: Option<TypeMeta>,
    /// The object's own bytes.
    #[prost(bytes = "bytes", tag = "2")]
    pub raw: Bytes,
}

/// runtime.RawExtension: an enveloped object inside a watch event.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RawExtension {
    /// The enveloped object.
    #[prost(bytes = "bytes", tag = "1")]
    pub raw: Bytes,
}

/// metav1.WatchEvent as protobuf.
#[derive(Clone, PartialEq, prost::Message)]
pub struct WatchEvent {
    /// `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK` or `ERROR`.
    #[prost(string, tag = "1")]
    pub type_: String,
    /// The object.
    #[prost(message, optional, tag = "2")]
    pub object: Option<RawExtension>,
}

/// A list in JSON.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(bound = "T: serde::Deserialize<'de>")]
pub struct List<T> {
    /// Resource version and continuation.
    #[serde(default)]
    pub metadata: ListMeta,
    /// The page's objects.
    #[serde(default = "Vec::new", deserialize_with = "super::meta::or_default")]
    pub items: Vec<T>,
}

/// Opens the `k8s\0` envelope.
///
/// # Errors
/// When the magic bytes are missing or the envelope is malformed.
pub fn open(mut bytes: Bytes) -> Result<Envelope, FrameError> {
    if bytes.len() < MAGIC.len() || &bytes[..MAGIC.len()] != MAGIC {
        return Err(FrameError::Magic);
    }
    bytes.advance(MAGIC.len());
    Ok(Envelope::decode(bytes)?)
}

/// Puts an encoded object into the `k8s\0` envelope.
pub fn seal(api_version: &str, kind: &str, raw: Vec<u8>) -> Vec<u8> {
    let envelope = Envelope {
        type_meta: Some(TypeMeta { api_version: api_version.to_owned(), kind: kind.to_owned() }),
        raw: raw.into(),
    };
    let mut out = MAGIC.to_vec();
    out.extend(envelope.encode_to_vec());
    out
}

/// Decodes the inside of an enveloped list item by item, so that one page is never in memory twice.
///
/// # Errors
/// When the bytes are malformed; items already given to `each` stay given.
pub fn each_item<T: Message + Default>(raw: Bytes, mut each: impl FnMut(T)) -> Result<ListMeta, FrameError> {
    split_items(raw, |item| {
        each(T::decode(item)?);
        Ok(())
    })
}

/// Splits the inside of an enveloped list into its items, still encoded, so that one bad item spoils no other.
///
/// # Errors
/// When the list itself is malformed, or `each` fails; items already given to `each` stay given.
pub fn split_items(
    mut raw: Bytes,
    mut each: impl FnMut(Bytes) -> Result<(), FrameError>,
) -> Result<ListMeta, FrameError> {
    let mut metadata = ListMeta::default();
    while raw.has_remaining() {
        let (tag, wire) = decode_key(&mut raw)?;
        match (tag, wire) {
            (1 | 2, WireType::LengthDelimited) => {
                let length = decode_varint(&mut raw)? as usize;
                if length > raw.len() {
                    return Err(FrameError::TooLarge(length));
                }
                let inside = raw.split_to(length);
                if tag == 1 { metadata = ListMeta::decode(inside)? } else { each(inside)? }
            }
            _ => skip_field(wire, tag, &mut raw, prost::encoding::DecodeContext::default())?,
        }
    }
    Ok(metadata)
}

/// Encodes a list of already encoded items, without the envelope.
pub fn join_items(metadata: &ListMeta, items: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::message::encode(1, metadata, &mut out);
    for item in items {
        prost::encoding::bytes::encode(2, &item, &mut out);
    }
    out
}

/// Takes the next length-prefixed frame, if it is complete: a frame that was begun goes on in the piece, and what lies
/// whole in the piece is shared with it and not copied.
///
/// # Errors
/// When the announced length is absurd; the stream is then out of step and must be dropped.
pub fn next_frame(begun: &mut BytesMut, piece: &mut Bytes) -> Result<Option<Bytes>, FrameError> {
    if begun.is_empty() && lacking(piece)? == 0 {
        let frame = piece.split_to(length(piece).unwrap_or_default());
        return Ok(Some(frame.slice(PREFIX..)));
    }
    loop {
        let lacking = lacking(begun)?;
        if lacking == 0 {
            return Ok(Some(begun.split().freeze().slice(PREFIX..)));
        }
        if piece.is_empty() {
            return Ok(None);
        }
        begun.extend_from_slice(&piece.split_to(lacking.min(piece.len())));
    }
}

/// Bytes of the length before a frame.
const PREFIX: usize = 4;

/// How long the frame is with its prefix, if that has arrived.
fn length(bytes: &[u8]) -> Option<usize> {
    let prefix = bytes.first_chunk::<PREFIX>()?;
    Some(PREFIX + u32::from_be_bytes(*prefix) as usize)
}

/// How many bytes are needed before more is known of a frame.
fn lacking(bytes: &[u8]) -> Result<usize, FrameError> {
    let wanted = length(bytes).unwrap_or(PREFIX);
    if wanted > LARGEST_FRAME {
        return Err(FrameError::TooLarge(wanted));
    }
    Ok(wanted.saturating_sub(bytes.len()))
}

/// Encodes one watch event around an enveloped object, with its length before it.
pub fn watch_frame(type_: &str, enveloped: Vec<u8>) -> Vec<u8> {
    let event = WatchEvent { type_: type_.to_owned(), object: Some(RawExtension { raw: enveloped.into() }) };
    let body = event.encode_to_vec();
    let mut out = (body.len() as u32).to_be_bytes().to_vec();
    out.extend(body);
    out
}

/// Appends what [`watch_frame`] encodes around what [`seal`] seals, without copying the object: its encoding has so
/// many bytes, and `write` appends them.
pub fn write_event(
    type_: &str,
    named: &TypeMeta,
    length: usize,
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>),
) {
    let field = |length: usize| 1 + encoded_len_varint(length as u64) + length;
    let begin = |number: u32, length: usize, out: &mut Vec<u8>| {
        encode_key(number, WireType::LengthDelimited, out);
        encode_varint(length as u64, out);
    };
    let name = named.encoded_len();
    let sealed = MAGIC.len() + field(name) + field(length);
    let body = field(type_.len()) + field(field(sealed));
    out.extend((body as u32).to_be_bytes());
    begin(1, type_.len(), out);
    out.extend(type_.as_bytes());
    begin(2, field(sealed), out);
    begin(1, sealed, out);
    out.extend(MAGIC);
    begin(1, name, out);
    named.encode_raw(out);
    begin(2, length, out);
    write(out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_the_same_whether_its_object_is_copied_or_not() {
        for length in [1, 100, 127, 128, 20_000, 3_000_000] {
            let raw: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let named = TypeMeta { api_version: "apps/v1".into(), kind: "ReplicaSet".into() };
            let mut out = b"before".to_vec();
            write_event("ADDED", &named, raw.len(), &mut out, |out| out.extend(&raw));
            let copied = watch_frame("ADDED", seal(&named.api_version, &named.kind, raw));
            assert!(out.strip_prefix(b"before") == Some(&copied), "{length}");
        }
    }
}
