//! From protobuf to JSON, for the bodies of requests. It drops what the table does not have.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use serde_json::{Map, Value};

use super::{Field, MESSAGES, Shape};
use crate::demo::time::{micro, stamp};

/// Fields that are pointers in Go, so that zero and false are something other than nothing.
const POINTERS: &[&str] = &[
    "automountServiceAccountToken",
    "blockOwnerDeletion",
    "controller",
    "enableServiceLinks",
    "gracePeriodSeconds",
    "minReplicas",
    "orphanDependents",
    "partition",
    "replicas",
    "revisionHistoryLimit",
    "runAsNonRoot",
    "runAsUser",
    "stabilizationWindowSeconds",
    "terminationGracePeriodSeconds",
    "tolerationSeconds",
];

/// The object of a kind in some bytes without an envelope. Go writes what is not a pointer even where it is empty; that is left
/// out, as it is in JSON. None when the bytes are malformed.
pub(crate) fn decode(kind: &str, mut bytes: &[u8]) -> Option<Value> {
    let mut object = Map::new();
    let fields = MESSAGES.get(kind).map_or(&[][..], Vec::as_slice);
    while bytes.has_remaining() {
        let (number, wire) = decode_key(&mut bytes).ok()?;
        let Some(field) = fields.iter().find(|field| field.number == number) else {
            skip_field(wire, number, &mut bytes, DecodeContext::default()).ok()?;
            continue;
        };
        let value = match wire {
            WireType::Varint => scalar(field, decode_varint(&mut bytes).ok()? as i64),
            WireType::LengthDelimited => {
                let length = decode_varint(&mut bytes).ok()? as usize;
                let (inside, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                composed(field, inside)?
            }
            _ => return None,
        };
        if !value.is_null() {
            place(&mut object, field, value);
        }
    }
    Some(Value::Object(object))
}

fn place(object: &mut Map<String, Value>, field: &Field, value: Value) {
    match (object.get_mut(field.name), value) {
        (_, Value::Object(inside)) if field.name == "^" => object.extend(inside),
        (Some(Value::Object(known)), Value::Object(more)) if field.shape.is_map() => known.extend(more),
        (Some(Value::Array(known)), value) => known.push(value),
        (_, value) => {
            let value = if field.repeated { Value::Array(vec![value]) } else { value };
            object.insert(field.name.to_owned(), value);
        }
    }
}

fn scalar(field: &Field, number: i64) -> Value {
    if number == 0 && !field.repeated && !POINTERS.contains(&field.name) {
        return Value::Null;
    }
    if field.shape == Shape::Truth { Value::from(number != 0) } else { Value::from(number) }
}

/// The value in a length-delimited field; null where Go had nothing to say. None when the bytes are malformed.
fn composed(field: &Field, inside: &[u8]) -> Option<Value> {
    let written = |bytes: &[u8]| Value::from(String::from_utf8_lossy(bytes).into_owned());
    Some(match field.shape {
        Shape::Text if inside.is_empty() && !field.repeated => Value::Null,
        Shape::Text => written(inside),
        Shape::Bytes => Value::from(STANDARD.encode(inside)),
        Shape::Time => time(inside)?,
        Shape::Quantity => written(numbered(inside)?.bytes(1)),
        Shape::IntOrString => {
            let parts = numbered(inside)?;
            if parts.number(1) == 1 { written(parts.bytes(3)) } else { Value::from(parts.number(2)) }
        }
        Shape::RawFields => serde_json::from_slice(numbered(inside)?.bytes(1)).unwrap_or_default(),
        Shape::Texts | Shape::ManyBytes | Shape::Quantities | Shape::Times => {
            let parts = numbered(inside)?;
            let value = match field.shape {
                Shape::Texts => written(parts.bytes(2)),
                Shape::ManyBytes => Value::from(STANDARD.encode(parts.bytes(2))),
                Shape::Times => time(parts.bytes(2))?,
                _ => written(numbered(parts.bytes(2))?.bytes(1)),
            };
            let key = String::from_utf8_lossy(parts.bytes(1)).into_owned();
            Value::Object(Map::from_iter([(key, value)]))
        }
        Shape::Message(name) => decode(name, inside)?,
        Shape::Number | Shape::Truth => Value::Null,
    })
}

fn time(inside: &[u8]) -> Option<Value> {
    let parts = numbered(inside)?;
    let nanos = parts.number(2);
    let at = jiff::Timestamp::new(parts.number(1), nanos as i32).ok().filter(|_| !inside.is_empty());
    Some(at.map_or(Value::Null, |at| Value::from(if nanos == 0 { stamp(at) } else { micro(at) })))
}

/// The fields of a small message by number.
#[derive(Default)]
struct Parts<'b> {
    numbers: HashMap<u32, i64>,
    bytes: HashMap<u32, &'b [u8]>,
}

impl<'b> Parts<'b> {
    fn number(&self, field: u32) -> i64 {
        self.numbers.get(&field).copied().unwrap_or(0)
    }

    fn bytes(&self, field: u32) -> &'b [u8] {
        self.bytes.get(&field).copied().unwrap_or_default()
    }
}

fn numbered(mut bytes: &[u8]) -> Option<Parts<'_>> {
    let mut parts = Parts::default();
    while bytes.has_remaining() {
        let (number, wire) = decode_key(&mut bytes).ok()?;
        match wire {
            WireType::Varint => {
                parts.numbers.insert(number, decode_varint(&mut bytes).ok()? as i64);
            }
            WireType::LengthDelimited => {
                let length = decode_varint(&mut bytes).ok()? as usize;
                let (inside, rest) = bytes.split_at_checked(length)?;
                parts.bytes.insert(number, inside);
                bytes = rest;
            }
            _ => skip_field(wire, number, &mut bytes, DecodeContext::default()).ok()?,
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::super::encode;
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_back() {
        let pod = json!({"metadata": {"name": "p", "labels": {"a": "b", "c": ""}, "creationTimestamp": "2026-03-01T10:00:00Z"},
            "spec": {"volumes": [{"name": "v", "emptyDir": {"sizeLimit": "1Gi"}}], "terminationGracePeriodSeconds": 0,
                "containers": [{"name": "c", "command": ["sh", ""], "resources": {"requests": {"cpu": "100m"}},
                    "livenessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 5}}]}});
        assert_eq!(decode("Pod", &encode("Pod", &pod)), Some(pod));
        assert_eq!(decode("Pod", &[0x0a, 0x7f]), None, "cut off");
    }

    #[test]
    fn what_go_writes_for_nothing_is_nothing() {
        let bytes = encode(
            "Pod",
            &json!({"metadata": {"name": "", "generation": 0}, "spec": {"hostNetwork": false}}),
        );
        assert_eq!(decode("Pod", &bytes), Some(json!({"metadata": {}, "spec": {}})));
    }
}
