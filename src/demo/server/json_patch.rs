//! RFC 6902 JSON patches.

use serde_json::Value;

use super::refusal::{Answer, Refusal};
use crate::demo::json::{at, list, text, tokens};

/// Applies a list of operations, in order.
///
/// # Errors
/// With the first that does not apply.
pub(super) fn apply(document: &mut Value, all: &Value) -> Answer<()> {
    for operation in list_of(all)? {
        let path = text(operation, "/path");
        let value = at(operation, "/value").clone();
        match text(operation, "/op") {
            "add" => add(document, path, value)?,
            "replace" => {
                let place = document.pointer_mut(path).ok_or_else(inapplicable)?;
                *place = value;
            }
            "remove" => drop(take(document, path)?),
            "move" => {
                let moved = take(document, text(operation, "/from"))?;
                add(document, path, moved)?;
            }
            "copy" => {
                let from = text(operation, "/from");
                let copied = document.pointer(from).cloned().ok_or_else(inapplicable)?;
                add(document, path, copied)?;
            }
            "test" => {
                if document.pointer(path).unwrap_or(&Value::Null) != &value {
                    return Err(inapplicable());
                }
            }
            other => return Err(Refusal::bad_request(format!("unexpected kind: {other:?}"))),
        }
    }
    Ok(())
}

fn list_of(patch: &Value) -> Answer<&[Value]> {
    if patch.is_array() {
        Ok(list(patch, ""))
    } else {
        Err(Refusal::bad_request("a JSON patch is a list of operations"))
    }
}

/// Whatever does not apply, the server says no more than this.
fn inapplicable() -> Refusal {
    let mut refusal =
        Refusal::new(422, "Invalid", "the server rejected our request due to an error in our request");
    refusal.status["details"] = serde_json::json!({});
    refusal
}

fn add(document: &mut Value, path: &str, value: Value) -> Answer<()> {
    let (parent, last) = path.rsplit_once('/').ok_or_else(inapplicable)?;
    match document.pointer_mut(parent) {
        Some(Value::Array(items)) => {
            let index = if last == "-" { Some(items.len()) } else { last.parse().ok() };
            match index.filter(|index| *index <= items.len()) {
                Some(index) => items.insert(index, value),
                None => return Err(inapplicable()),
            }
        }
        Some(Value::Object(map)) => {
            map.insert(tokens(path).last().unwrap_or_default(), value);
        }
        _ => return Err(inapplicable()),
    }
    Ok(())
}

fn take(document: &mut Value, path: &str) -> Answer<Value> {
    let (parent, last) = path.rsplit_once('/').ok_or_else(inapplicable)?;
    let taken = match document.pointer_mut(parent) {
        Some(Value::Array(items)) => {
            last.parse::<usize>().ok().filter(|index| *index < items.len()).map(|index| items.remove(index))
        }
        Some(Value::Object(map)) => map.shift_remove(&tokens(path).last().unwrap_or_default()),
        _ => None,
    };
    taken.ok_or_else(inapplicable)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn json_patches_apply_in_order_or_not_at_all() {
        let document = json!({"metadata": {"labels": {"a/b": "1"}}, "list": [1, 2]});
        let patch = json!([{"op": "test", "path": "/metadata/labels/a~1b", "value": "1"},
            {"op": "add", "path": "/list/-", "value": 3}, {"op": "remove", "path": "/list/0"},
            {"op": "replace", "path": "/metadata/labels/a~1b", "value": "2"}]);
        let patched = super::super::patch::apply("application/json-patch+json", &document, &patch).unwrap();
        assert_eq!(patched, json!({"metadata": {"labels": {"a/b": "2"}}, "list": [2, 3]}));
        let wrong = json!([{"op": "remove", "path": "/nothing"}]);
        assert_eq!(
            super::super::patch::apply("application/json-patch+json", &document, &wrong).err().unwrap().code,
            422
        );
        assert_eq!(
            super::super::patch::apply("application/apply-patch+yaml", &document, &wrong).err().unwrap().code,
            415
        );
    }
}
