//! Patches: JSON merge patch and strategic merge patch with Kubernetes' merge keys; JSON patch is in `json_patch`. They
//! know documents, not rules.

use serde_json::{Map, Value};

use super::json_patch;
use super::refusal::{Answer, Refusal};
use crate::demo::json::{put, text};

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
        "application/json-patch+json" => json_patch::apply(&mut patched, patch)?,
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
}
