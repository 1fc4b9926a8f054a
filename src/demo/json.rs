//! Short ways to read and change the JSON objects of the store. They know pointers (`/spec/nodeName`), not meanings.

use jiff::Timestamp;
use serde_json::{Map, Value};

/// What is read where nothing is.
const NOTHING: Value = Value::Null;

/// The value at a JSON pointer, or null.
pub(crate) fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    let mut place = value;
    // As `Value::pointer`, without a new string for each step: the simulation does little else than this.
    for token in pointer.split('/').skip(1) {
        let found = match place {
            Value::Object(map) if token.contains('~') => map.get(&unescape(token)),
            Value::Object(map) => map.get(token),
            Value::Array(items) => token.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => None,
        };
        let Some(found) = found else { return &NOTHING };
        place = found;
    }
    place
}

/// The text at a pointer, or the empty text.
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    at(value, pointer).as_str().unwrap_or_default()
}

/// The number at a pointer, or 0.
pub(crate) fn number(value: &Value, pointer: &str) -> i64 {
    at(value, pointer).as_i64().unwrap_or(0)
}

/// The boolean at a pointer, or false.
pub(crate) fn truth(value: &Value, pointer: &str) -> bool {
    at(value, pointer).as_bool().unwrap_or(false)
}

/// The elements at a pointer, or none.
pub(crate) fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    at(value, pointer).as_array().map_or(&[], Vec::as_slice)
}

/// The keys and texts of the map at a pointer.
pub(crate) fn pairs<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = (&'v str, &'v str)> {
    at(value, pointer)
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
}

/// The instant at a pointer, if there is one.
pub(crate) fn time(value: &Value, pointer: &str) -> Option<Timestamp> {
    text(value, pointer).parse().ok()
}

/// Whether something other than null is at a pointer.
pub(crate) fn has(value: &Value, pointer: &str) -> bool {
    !at(value, pointer).is_null()
}

/// Puts a value at a pointer and makes the objects on the way there.
pub(crate) fn put(value: &mut Value, pointer: &str, new: impl Into<Value>) {
    let mut place = value;
    for token in tokens(pointer) {
        if let Value::Array(items) = place {
            let last = items.len().saturating_sub(1);
            let index = token.parse::<usize>().unwrap_or(last).min(last);
            if items.is_empty() {
                items.push(Value::Null);
            }
            place = &mut items[index];
            continue;
        }
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(map) = place else { return };
        place = map.entry(token).or_insert(Value::Null);
    }
    *place = new.into();
}

/// Removes what is at a pointer.
pub(crate) fn remove(value: &mut Value, pointer: &str) {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return };
    if let Some(Value::Object(map)) = value.pointer_mut(parent) {
        map.shift_remove(&unescape(last));
    }
}

/// The elements at a pointer, made if absent.
pub(crate) fn list_mut<'v>(value: &'v mut Value, pointer: &str) -> &'v mut Vec<Value> {
    if !at(value, pointer).is_array() {
        put(value, pointer, Value::Array(Vec::new()));
    }
    match value.pointer_mut(pointer) {
        Some(Value::Array(items)) => items,
        _ => unreachable!("the list was put there a moment ago"),
    }
}

/// The tokens of a pointer, with `~1` and `~0` read back.
pub(crate) fn tokens(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(unescape)
}

fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn put_makes_the_way_and_reads_escapes() {
        let mut value = json!({"list": [{"a": 1}, {"a": 2}]});
        put(&mut value, "/metadata/annotations/x~1y", "z");
        put(&mut value, "/list/1/a", 3);
        assert_eq!(value, json!({"list": [{"a": 1}, {"a": 3}], "metadata": {"annotations": {"x/y": "z"}}}));
        remove(&mut value, "/metadata/annotations/x~1y");
        assert_eq!(at(&value, "/metadata/annotations"), &json!({}));
    }
}
