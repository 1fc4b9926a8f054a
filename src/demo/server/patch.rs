//! The three kinds of patch: JSON merge patch, strategic merge patch with Kubernetes' merge keys, JSON patch. They
//! know documents, not rules.

use serde_json::{Map, Value};

use super::refusal::{Answer, Refusal};
use crate::demo::json::{at, list, put, text, tokens};

/// The content types of patches.
pub(super) const TYPES: &str =
    "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json";

/// Applies a patch of a content type to a document.
///
/// # Errors
/// When the type is unknown or the patch does not fit.
pub(super) fn apply(content_type: &str, document: &Value, patch: &Value) -> Answer<Value> {
    let mut patched = document.clone();
    match content_type.split(';').next().unwrap_or_default().trim() {
        "application/merge-patch+json" => merge(&mut patched, patch),
        "application/strategic-merge-patch+json" => strategic(&mut patched, patch),
        "application/json-patch+json" => operations(&mut patched, patch)?,
        _ => return Err(Refusal::unsupported_media(TYPES)),
    }
    Ok(patched)
}

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        patch.clone_into(target);
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(map) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            map.shift_remove(key);
        } else {
            merge(map.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

/// The key by which the elements of a list are told apart; lists without one are replaced whole, as node taints and
/// tolerations are.
fn merge_key(field: &str, elements: &[Value]) -> Option<&'static str> {
    Some(match field {
        "containers" | "initContainers" | "ephemeralContainers" | "volumes" | "env" | "imagePullSecrets" => {
            "name"
        }
        "conditions" | "addresses" => "type",
        "volumeMounts" => "mountPath",
        "volumeDevices" => "devicePath",
        "ports" if elements.iter().any(|element| element.get("containerPort").is_some()) => "containerPort",
        "ports" => "port",
        "hostAliases" | "podIPs" | "hostIPs" => "ip",
        "topologySpreadConstraints" => "topologyKey",
        "ownerReferences" => "uid",
        _ => return None,
    })
}

fn strategic(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        patch.clone_into(target);
        return;
    };
    match text_of(patch, "$patch") {
        "replace" => {
            *target = Value::Object(without_directives(patch));
            return;
        }
        "delete" => {
            *target = Value::Object(Map::new());
            return;
        }
        _ => {}
    }
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(map) = target else { return };
    if let Some(Value::Array(kept)) = patch.get("$retainKeys") {
        map.retain(|key, _| kept.iter().any(|keep| keep == key.as_str()));
    }
    for (key, value) in patch {
        match (key.strip_prefix("$deleteFromPrimitiveList/"), value) {
            (Some(field), Value::Array(gone)) => {
                if let Some(Value::Array(items)) = map.get_mut(field) {
                    items.retain(|item| !gone.contains(item));
                }
            }
            _ if key.starts_with('$') => {}
            (_, Value::Null) => drop(map.shift_remove(key)),
            (_, Value::Array(elements)) => {
                let slot = map.entry(key.clone()).or_insert_with(|| Value::Array(Vec::new()));
                strategic_list(slot, key, elements);
                if let Some(Value::Array(order)) = patch.get(&format!("$setElementOrder/{key}")) {
                    reorder(slot, key, order);
                }
            }
            _ => strategic(map.entry(key.clone()).or_insert(Value::Null), value),
        }
    }
}

fn text_of<'m>(map: &'m Map<String, Value>, key: &str) -> &'m str {
    map.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn without_directives(patch: &Map<String, Value>) -> Map<String, Value> {
    patch
        .iter()
        .filter(|(key, _)| !key.starts_with('$'))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn strategic_list(target: &mut Value, field: &str, elements: &[Value]) {
    let replaced = elements.iter().any(|element| text(element, "/$patch") == "replace");
    let plain: Vec<Value> =
        elements.iter().filter(|element| text(element, "/$patch").is_empty()).cloned().collect();
    let Value::Array(items) = target else {
        *target = Value::Array(plain);
        return;
    };
    if field == "finalizers" || field == "podCIDRs" {
        for element in plain {
            if !items.contains(&element) {
                items.push(element);
            }
        }
        return;
    }
    let Some(key) = merge_key(field, elements).filter(|_| !replaced) else {
        *items = plain;
        return;
    };
    for element in elements {
        let same = |item: &Value| item.get(key).is_some() && item.get(key) == element.get(key);
        if text(element, "/$patch") == "delete" {
            items.retain(|item| !same(item));
        } else if let Some(item) = items.iter_mut().find(|item| same(item)) {
            strategic(item, element);
        } else {
            let mut new = Value::Null;
            strategic(&mut new, element);
            items.push(new);
        }
    }
}

fn reorder(target: &mut Value, field: &str, order: &[Value]) {
    let (Value::Array(items), Some(key)) = (target, merge_key(field, order)) else { return };
    let place =
        |item: &Value| order.iter().position(|one| one.get(key) == item.get(key)).unwrap_or(order.len());
    items.sort_by_key(place);
}

/// RFC 6902.
fn operations(document: &mut Value, all: &Value) -> Answer<()> {
    for operation in list_of(all)? {
        let path = text(operation, "/path");
        let value = at(operation, "/value").clone();
        match text(operation, "/op") {
            "add" => add(document, path, value)?,
            "replace" => {
                let place = document.pointer_mut(path).ok_or_else(|| missing("replace", path))?;
                *place = value;
            }
            "remove" => drop(take(document, path)?),
            "move" => {
                let moved = take(document, text(operation, "/from"))?;
                add(document, path, moved)?;
            }
            "copy" => {
                let from = text(operation, "/from");
                let copied = document.pointer(from).cloned().ok_or_else(|| missing("copy", from))?;
                add(document, path, copied)?;
            }
            "test" => {
                if document.pointer(path).unwrap_or(&Value::Null) != &value {
                    let message = format!(
                        "the server rejected our request due to an error in our request: testing value {path} failed"
                    );
                    return Err(Refusal::new(422, "Invalid", message));
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

fn missing(operation: &str, path: &str) -> Refusal {
    Refusal::new(
        422,
        "Invalid",
        format!("{operation} operation does not apply: doc is missing path: {path:?}: missing value"),
    )
}

fn add(document: &mut Value, path: &str, value: Value) -> Answer<()> {
    let (parent, last) = path.rsplit_once('/').ok_or_else(|| missing("add", path))?;
    match document.pointer_mut(parent) {
        Some(Value::Array(items)) => {
            let index = if last == "-" { Some(items.len()) } else { last.parse().ok() };
            match index.filter(|index| *index <= items.len()) {
                Some(index) => items.insert(index, value),
                None => return Err(missing("add", path)),
            }
        }
        Some(Value::Object(map)) => {
            map.insert(tokens(path).last().unwrap_or_default(), value);
        }
        _ => return Err(missing("add", path)),
    }
    Ok(())
}

fn take(document: &mut Value, path: &str) -> Answer<Value> {
    let (parent, last) = path.rsplit_once('/').ok_or_else(|| missing("remove", path))?;
    let taken = match document.pointer_mut(parent) {
        Some(Value::Array(items)) => {
            last.parse::<usize>().ok().filter(|index| *index < items.len()).map(|index| items.remove(index))
        }
        Some(Value::Object(map)) => map.shift_remove(&tokens(path).last().unwrap_or_default()),
        _ => None,
    };
    taken.ok_or_else(|| missing("remove", path))
}

/// Copies parts of one document into another.
pub(super) fn restore(into: &mut Value, from: &Value, pointers: &[&str]) {
    for pointer in pointers {
        match from.pointer(pointer) {
            Some(value) => put(into, pointer, value.clone()),
            None => crate::demo::json::remove(into, pointer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn strategic_merge_follows_the_merge_keys() {
        let mut pod = json!({"spec": {"containers": [{"name": "a", "image": "x", "env": [{"name": "E", "value": "1"}]}, {"name": "b"}]}});
        let patch = json!({"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}],
            "containers": [{"name": "a", "image": "y", "env": [{"name": "F", "value": "2"}]}, {"name": "b", "$patch": "delete"}]}});
        strategic(&mut pod, &patch);
        assert_eq!(
            pod,
            json!({"spec": {"containers": [
            {"name": "a", "image": "y", "env": [{"name": "E", "value": "1"}, {"name": "F", "value": "2"}]}]}})
        );
    }

    #[test]
    fn taints_are_replaced_whole_and_null_removes() {
        let mut node =
            json!({"spec": {"unschedulable": true, "taints": [{"key": "a", "effect": "NoSchedule"}]}});
        strategic(
            &mut node,
            &json!({"spec": {"unschedulable": null, "taints": [{"key": "b", "effect": "NoSchedule"}]}}),
        );
        assert_eq!(node, json!({"spec": {"taints": [{"key": "b", "effect": "NoSchedule"}]}}));
    }

    #[test]
    fn retained_keys_and_replacements() {
        let mut strategy = json!({"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}});
        strategic(&mut strategy, &json!({"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}));
        assert_eq!(strategy, json!({"strategy": {"type": "Recreate"}}));
        let mut list = json!({"finalizers": ["a", "b"]});
        strategic(&mut list, &json!({"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"]}));
        assert_eq!(list, json!({"finalizers": ["b", "c"]}));
    }

    #[test]
    fn json_patches_apply_in_order_or_not_at_all() {
        let document = json!({"metadata": {"labels": {"a/b": "1"}}, "list": [1, 2]});
        let patch = json!([{"op": "test", "path": "/metadata/labels/a~1b", "value": "1"},
            {"op": "add", "path": "/list/-", "value": 3}, {"op": "remove", "path": "/list/0"},
            {"op": "replace", "path": "/metadata/labels/a~1b", "value": "2"}]);
        let patched = apply("application/json-patch+json", &document, &patch).unwrap();
        assert_eq!(patched, json!({"metadata": {"labels": {"a/b": "2"}}, "list": [2, 3]}));
        let wrong = json!([{"op": "remove", "path": "/nothing"}]);
        assert_eq!(apply("application/json-patch+json", &document, &wrong).err().unwrap().code, 422);
        assert_eq!(apply("application/apply-patch+yaml", &document, &wrong).err().unwrap().code, 415);
    }
}
