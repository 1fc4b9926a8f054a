//! metav1.Status: what the server says when it refuses, in Kubernetes' own words and shape.

use serde_json::{Value, json};

use crate::demo::json::put;
use crate::demo::resources::{Key, Resource};

/// A refusal.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) code: u16,
    /// metav1.Status as JSON.
    pub(crate) status: Value,
}

/// What a request comes to.
pub(crate) type Answer<T> = Result<T, Refusal>;

impl Refusal {
    /// A refusal with a reason and a sentence.
    pub(crate) fn new(code: u16, reason: &str, message: impl Into<String>) -> Self {
        let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message.into(), "reason": reason, "code": code});
        Self { code, status }
    }

    /// The same with details about the object.
    fn about(mut self, resource: Resource, name: &str) -> Self {
        let description = resource.description();
        let mut details = json!({});
        for (field, value) in [("name", name), ("group", description.group), ("kind", description.plural)] {
            if !value.is_empty() {
                put(&mut details, &format!("/{field}"), value);
            }
        }
        // Kept before the code, as Go writes the struct.
        let code = self.status["code"].take();
        if let Some(map) = self.status.as_object_mut() {
            map.shift_remove("code");
            map.insert("details".to_owned(), details);
            map.insert("code".to_owned(), code);
        }
        self
    }

    /// The same with a cause.
    pub(crate) fn because(mut self, reason: &str, message: &str) -> Self {
        put(&mut self.status, "/details/causes", json!([{"reason": reason, "message": message}]));
        self
    }

    /// The same with the seconds after which to try again.
    pub(crate) fn retry_after(mut self, seconds: i64) -> Self {
        put(&mut self.status, "/details/retryAfterSeconds", seconds);
        self
    }

    /// The seconds after which to try again, if said.
    pub(crate) fn retry_seconds(&self) -> Option<i64> {
        self.status.pointer("/details/retryAfterSeconds").and_then(Value::as_i64)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    pub(crate) fn not_found(key: &Key) -> Self {
        let message = format!("{} {:?} not found", key.resource.description().qualified(), key.name);
        Self::new(404, "NotFound", message).about(key.resource, &key.name)
    }

    pub(crate) fn no_such_resource() -> Self {
        let mut refusal = Self::new(404, "NotFound", "the server could not find the requested resource");
        refusal.status["details"] = json!({});
        refusal
    }

    /// What serves an aggregated API is down.
    pub(crate) fn unavailable() -> Self {
        Self::new(503, "ServiceUnavailable", "the server is currently unable to handle the request")
    }

    pub(crate) fn already_exists(key: &Key) -> Self {
        let message = format!("{} {:?} already exists", key.resource.description().qualified(), key.name);
        Self::new(409, "AlreadyExists", message).about(key.resource, &key.name)
    }

    pub(crate) fn conflict(key: &Key, why: &str) -> Self {
        let what = key.resource.description().qualified();
        let message = format!("Operation cannot be fulfilled on {what} {:?}: {why}", key.name);
        Self::new(409, "Conflict", message).about(key.resource, &key.name)
    }

    pub(crate) fn modified(key: &Key) -> Self {
        let why =
            "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(key, why)
    }

    pub(crate) fn forbidden(key: &Key, why: &str) -> Self {
        let description = key.resource.description();
        let name = if key.name.is_empty() { String::new() } else { format!(" {:?}", key.name) };
        let message = format!("{}{name} is forbidden: {why}", description.qualified());
        Self::new(403, "Forbidden", message).about(key.resource, &key.name)
    }

    /// The object breaks a rule about one of its fields.
    pub(crate) fn invalid(key: &Key, field: &str, kind: &str, why: &str) -> Self {
        let description = key.resource.description();
        let mut what = description.kind.to_owned();
        if !description.group.is_empty() {
            what = format!("{what}.{}", description.group);
        }
        let message = format!("{what} {:?} is invalid: {field}: {why}", key.name);
        let mut refusal = Self::new(422, "Invalid", message).about(key.resource, &key.name);
        refusal.status["details"]["kind"] = Value::from(description.kind);
        refusal.status["details"]["causes"] = json!([{"reason": kind, "message": why, "field": field}]);
        refusal
    }

    /// The list or watch options contradict each other.
    pub(crate) fn invalid_options(field: &str, why: &str) -> Self {
        let message = format!("ListOptions.meta.k8s.io \"\" is invalid: {field}: {why}");
        let mut refusal = Self::new(422, "Invalid", message);
        refusal.status["details"] = json!({"group": "meta.k8s.io", "kind": "ListOptions",
            "causes": [{"reason": "FieldValueForbidden", "message": why, "field": field}]});
        refusal
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(crate) fn method_not_allowed() -> Self {
        let mut refusal = Self::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        );
        refusal.status["details"] = json!({});
        refusal
    }

    pub(crate) fn not_acceptable(types: &str) -> Self {
        Self::new(406, "NotAcceptable", format!("only the following media types are accepted: {types}"))
    }

    pub(crate) fn unsupported_media(types: &str) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {types}"
        );
        Self::new(415, "UnsupportedMediaType", message)
    }

    /// A watch begins before the history does.
    pub(crate) fn too_old(version: u64, oldest: u64) -> Self {
        Self::new(410, "Expired", format!("too old resource version: {version} ({oldest})"))
    }

    /// A page continues a list that cannot be rebuilt any more; `rest` lists what follows as it is now.
    pub(crate) fn expired_page(rest: &str) -> Self {
        let message = "The provided continue parameter is too old to display a consistent list result. You can start a \
                       new list without the continue parameter, or use the continue token in this response to retrieve \
                       the remainder of the results. Continuing with the provided token results in an inconsistent \
                       list - objects that were created, modified, or deleted between the time the first chunk was \
                       returned and now may show up in the list.";
        let mut refusal = Self::new(410, "Expired", message);
        refusal.status["metadata"] = json!({"continue": rest});
        refusal
    }

    /// The version asked for does not exist yet.
    pub(crate) fn too_large(version: u64, current: u64) -> Self {
        let message = format!("Too large resource version: {version}, current: {current}");
        let mut refusal = Self::new(504, "Timeout", format!("Timeout: {message}"));
        refusal.status["details"] = json!({"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1});
        refusal
    }
}
