//! From JSON to protobuf. It checks nothing: what is not in the table is left out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prost::encoding::{WireType, encode_key, encode_varint};
use serde_json::Value;

use super::{Field, MESSAGES, Shape};

/// The bytes of an object of a kind, without an envelope.
pub(crate) fn encode(kind: &str, object: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(2048);
    message(kind, object, &mut out);
    out
}

fn message(name: &str, value: &Value, out: &mut Vec<u8>) {
    for field in MESSAGES.get(name).into_iter().flatten() {
        if field.name == "^" {
            let mut inside = Vec::new();
            one(field.shape, value, &mut inside);
            if !inside.is_empty() {
                delimited(field.number, &inside, out);
            }
            continue;
        }
        match value.get(field.name) {
            None | Some(Value::Null) => {}
            Some(Value::Array(items)) => items.iter().for_each(|item| entry(field, item, out)),
            Some(item) => entry(field, item, out),
        }
    }
}

/// One field with its key; maps are as many fields as they have entries.
fn entry(field: &Field, value: &Value, out: &mut Vec<u8>) {
    let of_map = match field.shape {
        Shape::Texts => Some(Shape::Text),
        Shape::ManyBytes => Some(Shape::Bytes),
        Shape::Quantities => Some(Shape::Quantity),
        Shape::Times => Some(Shape::Time),
        _ => None,
    };
    if let Some(shape) = of_map {
        for (key, value) in value.as_object().into_iter().flatten() {
            let mut pair = Vec::new();
            delimited(1, key.as_bytes(), &mut pair);
            let mut inside = Vec::new();
            one(shape, value, &mut inside);
            delimited(2, &inside, &mut pair);
            delimited(field.number, &pair, out);
        }
        return;
    }
    if let Shape::Number | Shape::Truth = field.shape {
        let number = value.as_i64().unwrap_or_else(|| i64::from(value.as_bool().unwrap_or(false)));
        varint(field.number, number, out);
        return;
    }
    let mut inside = Vec::new();
    one(field.shape, value, &mut inside);
    delimited(field.number, &inside, out);
}

/// The inside of a length-delimited value.
fn one(shape: Shape, value: &Value, out: &mut Vec<u8>) {
    match shape {
        Shape::Text => out.extend(value.as_str().unwrap_or_default().as_bytes()),
        Shape::Bytes => out.extend(STANDARD.decode(value.as_str().unwrap_or_default()).unwrap_or_default()),
        Shape::Time => {
            if let Ok(at) = value.as_str().unwrap_or_default().parse::<jiff::Timestamp>() {
                varint(1, at.as_second(), out);
                if at.subsec_nanosecond() != 0 {
                    varint(2, i64::from(at.subsec_nanosecond()), out);
                }
            }
        }
        Shape::Quantity => {
            let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            delimited(1, written.as_bytes(), out);
        }
        Shape::IntOrString => match value {
            Value::String(text) => {
                varint(1, 1, out);
                varint(2, 0, out);
                delimited(3, text.as_bytes(), out);
            }
            other => {
                varint(1, 0, out);
                varint(2, other.as_i64().unwrap_or(0), out);
                delimited(3, b"", out);
            }
        },
        Shape::RawFields => delimited(1, value.to_string().as_bytes(), out),
        Shape::Message(name) => message(name, value, out),
        Shape::Number | Shape::Truth | Shape::Texts | Shape::ManyBytes | Shape::Quantities | Shape::Times => {
        }
    }
}

fn varint(number: u32, value: i64, out: &mut Vec<u8>) {
    encode_key(number, WireType::Varint, out);
    encode_varint(value as u64, out);
}

fn delimited(number: u32, inside: &[u8], out: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(inside.len() as u64, out);
    out.extend(inside);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{apps, core};
    use prost::Message;
    use serde::Deserialize;
    use serde_json::json;

    #[test]
    fn bytes_and_json_read_the_same() {
        let pod = json!({"metadata": {"name": "p", "labels": {"a": "b"}, "creationTimestamp": "2026-03-01T10:00:00Z",
                "ownerReferences": [{"kind": "ReplicaSet", "name": "r", "controller": true}]},
            "spec": {"volumes": [{"name": "v", "emptyDir": {}}], "tolerations": [{"key": "k", "tolerationSeconds": 300}],
                "containers": [{"name": "c", "resources": {"requests": {"cpu": "100m"}}}]},
            "status": {"containerStatuses": [{"name": "c", "ready": true, "restartCount": 3,
                "state": {"terminated": {"exitCode": -1, "reason": "Error"}}}]}});
        let bytes = encode("Pod", &pod);
        assert_eq!(core::Pod::decode(bytes.as_slice()).unwrap(), core::Pod::deserialize(&pod).unwrap());
        let budget = json!({"spec": {"maxUnavailable": "25%", "minAvailable": 2}});
        let bytes = encode("PodDisruptionBudget", &budget);
        let read = apps::PodDisruptionBudget::decode(bytes.as_slice()).unwrap();
        assert_eq!(read, apps::PodDisruptionBudget::deserialize(&budget).unwrap());
    }
}
