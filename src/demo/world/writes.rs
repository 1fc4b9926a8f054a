//! The few ways in which objects come, change and go, with the bookkeeping that the API server does on each:
//! uid, creation time, generation, managed fields, graceful deletion. Permission and form are the server's affair.

use serde_json::{Map, Value, json};

use super::World;
use crate::demo::json::{at, has, list, list_mut, number, put, remove, text};
use crate::demo::resources::{Key, Resource};
use crate::demo::time::{later, stamp};

/// Who writes, as managedFields name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writer<'a> {
    pub(crate) manager: &'a str,
    /// `status`, `scale`, or nothing.
    pub(crate) subresource: &'a str,
}

/// The controller manager.
pub(crate) const CONTROLLERS: Writer<'static> =
    Writer { manager: "kube-controller-manager", subresource: "" };
/// The controller manager writing a status.
pub(crate) const CONTROLLERS_STATUS: Writer<'static> =
    Writer { manager: "kube-controller-manager", subresource: "status" };

impl World {
    /// Creates an object; its metadata gets what only the server can give.
    pub(crate) fn create(&mut self, resource: Resource, mut object: Value, manager: &str) -> Key {
        let key = self.prepare(resource, &mut object, manager);
        self.store.put(&key, object);
        key
    }

    /// Gives an object what only the server can give, without storing it.
    pub(crate) fn prepare(&mut self, resource: Resource, object: &mut Value, manager: &str) -> Key {
        let description = resource.description();
        let now = stamp(self.now);
        let mut whole =
            json!({"kind": description.kind, "apiVersion": description.api_version(), "metadata": {}});
        put(&mut whole, "/metadata/name", text(object, "/metadata/name"));
        if has(object, "/metadata/namespace") {
            put(&mut whole, "/metadata/namespace", at(object, "/metadata/namespace").clone());
        }
        put(&mut whole, "/metadata/uid", self.random.uuid());
        put(&mut whole, "/metadata/resourceVersion", "");
        if has(object, "/spec") && resource != Resource::Nodes && resource != Resource::Namespaces {
            put(&mut whole, "/metadata/generation", 1);
        }
        put(&mut whole, "/metadata/creationTimestamp", now.as_str());
        let fields = fields_of(object);
        let Value::Object(given) = std::mem::take(object) else { return Key::of(resource, &whole) };
        let server =
            ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"];
        for (name, value) in given {
            match (name.as_str(), value) {
                ("metadata", Value::Object(metadata)) => {
                    for (field, value) in
                        metadata.into_iter().filter(|(field, _)| !server.contains(&field.as_str()))
                    {
                        put(&mut whole, &format!("/metadata/{field}"), value);
                    }
                }
                ("kind" | "apiVersion", _) => {}
                (_, value) => put(&mut whole, &format!("/{name}"), value),
            }
        }
        let entry = json!({"manager": manager, "operation": "Update", "apiVersion": description.api_version(),
            "time": now, "fieldsType": "FieldsV1", "fieldsV1": fields});
        put(&mut whole, "/metadata/managedFields", json!([entry]));
        *object = whole;
        Key::of(resource, object)
    }

    /// Changes an object as a writer does: the generation counts changes of the spec, and managedFields name the
    /// writer. Says whether anything changed.
    pub(crate) fn amend(&mut self, key: &Key, writer: Writer<'_>, change: impl FnOnce(&mut Value)) -> bool {
        let Some(old) = self.store.get(key).cloned() else { return false };
        let mut new = Value::clone(&old);
        change(&mut new);
        if new == *old {
            return false;
        }
        self.sign(&old, &mut new, writer, key.resource);
        self.store.put(key, new);
        true
    }

    /// Counts the generation up where the spec changed, and names the writer in managedFields.
    pub(crate) fn sign(&self, old: &Value, new: &mut Value, writer: Writer<'_>, resource: Resource) {
        if at(old, "/spec") != at(new, "/spec") && has(old, "/metadata/generation") {
            put(new, "/metadata/generation", number(old, "/metadata/generation") + 1);
        }
        let mut changed = Map::new();
        for field in ["spec", "status", "data"] {
            let (before, after) = (at(old, &format!("/{field}")), at(new, &format!("/{field}")));
            if before != after {
                changed.insert(format!("f:{field}"), differing(before, after));
            }
        }
        if changed.is_empty() {
            return;
        }
        let now = stamp(self.now);
        let entries = list_mut(new, "/metadata/managedFields");
        let same = |entry: &Value| {
            text(entry, "/manager") == writer.manager && text(entry, "/subresource") == writer.subresource
        };
        if let Some(spec) = changed.get("f:spec") {
            entries.iter_mut().filter(|entry| !same(entry)).for_each(|entry| disown(entry, spec));
        }
        if let Some(entry) = entries.iter_mut().find(|entry| same(entry)) {
            put(entry, "/time", now);
            for (field, value) in changed {
                let known = list_of_fields(entry, &field, value);
                put(entry, &format!("/fieldsV1/{field}"), known);
            }
            return;
        }
        let mut entry = json!({"manager": writer.manager, "operation": "Update",
            "apiVersion": resource.description().api_version(), "time": now,
            "fieldsType": "FieldsV1", "fieldsV1": changed});
        if !writer.subresource.is_empty() {
            put(&mut entry, "/subresource", writer.subresource);
        }
        entries.push(entry);
    }

    /// Deletes an object at once.
    pub(crate) fn remove(&mut self, key: &Key) {
        self.store.delete(key);
    }

    /// Asks for the deletion of a pod: at once when no kubelet has to be waited for, otherwise with its grace period.
    pub(crate) fn delete_pod(&mut self, key: &Key, grace: Option<i64>) {
        let Some(pod) = self.store.get(key).cloned() else { return };
        let own = at(&pod, "/spec/terminationGracePeriodSeconds").as_i64().unwrap_or(30);
        let grace = grace.unwrap_or(own).max(0);
        let finished = matches!(text(&pod, "/status/phase"), "Succeeded" | "Failed");
        if text(&pod, "/spec/nodeName").is_empty() || grace == 0 || finished {
            self.store.delete(key);
            return;
        }
        let deadline = stamp(later(self.now, grace));
        if has(&pod, "/metadata/deletionTimestamp")
            && text(&pod, "/metadata/deletionTimestamp") <= deadline.as_str()
        {
            return;
        }
        self.store.update(key, |pod| {
            put(pod, "/metadata/deletionTimestamp", deadline);
            put(pod, "/metadata/deletionGracePeriodSeconds", grace);
            let generation = number(pod, "/metadata/generation");
            put(pod, "/metadata/generation", generation + 1);
        });
    }
}

/// Takes fields of the spec from an entry whose manager does not own them any more.
fn disown(entry: &mut Value, fields: &Value) {
    for field in fields.as_object().into_iter().flatten().map(|(field, _)| field) {
        remove(entry, &format!("/fieldsV1/f:spec/{field}"));
    }
}

fn list_of_fields(entry: &Value, field: &str, more: Value) -> Value {
    let mut known = at(entry, &format!("/fieldsV1/{field}")).clone();
    match (&mut known, more) {
        (Value::Object(known), Value::Object(more)) => known.extend(more),
        (known, more) => *known = more,
    }
    known
}

fn differing(before: &Value, after: &Value) -> Value {
    let empty = Map::new();
    let (before, after) = (before.as_object().unwrap_or(&empty), after.as_object().unwrap_or(&empty));
    let changed = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
    Value::Object(changed.map(|(name, _)| (format!("f:{name}"), json!({}))).collect())
}

fn fields_of(object: &Value) -> Value {
    let mut fields = Map::new();
    for part in ["metadata", "spec", "status", "data"] {
        if let Some(map) = at(object, &format!("/{part}")).as_object() {
            let inside = map.keys().filter(|name| !matches!(name.as_str(), "name" | "namespace"));
            fields.insert(
                format!("f:{part}"),
                Value::Object(inside.map(|name| (format!("f:{name}"), json!({}))).collect()),
            );
        }
    }
    Value::Object(fields)
}

/// Sets one condition of a status; `lastTransitionTime` moves only when the status flips.
pub(crate) fn set_condition(object: &mut Value, now: &str, [kind, status, reason, message]: [&str; 4]) {
    let conditions = list_mut(object, "/status/conditions");
    let known = conditions.iter_mut().find(|condition| text(condition, "/type") == kind);
    let Some(condition) = known else {
        conditions.push(json!({"type": kind, "status": status, "lastTransitionTime": now, "reason": reason, "message": message}));
        return;
    };
    if text(condition, "/status") != status {
        put(condition, "/lastTransitionTime", now);
        put(condition, "/status", status);
    }
    for (pointer, value) in [("/reason", reason), ("/message", message)] {
        if !value.is_empty() || has(condition, pointer) {
            put(condition, pointer, value);
        }
    }
}

/// One condition of a status, or null.
pub(crate) fn condition<'v>(object: &'v Value, kind: &str) -> &'v Value {
    list(object, "/status/conditions")
        .iter()
        .find(|condition| text(condition, "/type") == kind)
        .unwrap_or_else(|| at(object, "/nothing"))
}

/// Whether a pod counts for its controllers: neither finished nor being deleted.
pub(crate) fn is_active(pod: &Value) -> bool {
    !has(pod, "/metadata/deletionTimestamp") && !matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
}

/// Whether an object's Ready condition is True.
pub(crate) fn is_ready(object: &Value) -> bool {
    text(condition(object, "Ready"), "/status") == "True"
}
