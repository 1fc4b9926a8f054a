//! Reviews of one's own rights.

use serde_json::{Value, json};

use super::access::{User, Wish};
use super::refusal::{Answer, Refusal};
use super::route::Review;
use crate::demo::json::{at, has, put, text};

/// Answers a review.
pub(super) fn answer(user: User, review: Review, mut body: Value) -> Answer<Value> {
    if !has(&body, "/metadata") {
        put(&mut body, "/metadata", json!({}));
    }
    let status = match review {
        Review::Rules => json!({"resourceRules": user.rules(), "nonResourceRules": [{"verbs": ["get"],
            "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/readyz", "/version"]}],
            "incomplete": false}),
        Review::Access => access(user, &body)?,
    };
    put(&mut body, "/status", status);
    Ok(body)
}

fn access(user: User, body: &Value) -> Answer<Value> {
    let spec = at(body, "/spec/resourceAttributes");
    if has(body, "/spec/nonResourceAttributes") {
        return Ok(json!({"allowed": text(body, "/spec/nonResourceAttributes/verb") == "get"}));
    }
    if !spec.is_object() {
        let message = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        return Err(Refusal::new(422, "Invalid", message));
    }
    let wish = Wish {
        verb: text(spec, "/verb"),
        group: text(spec, "/group"),
        resource: text(spec, "/resource"),
        subresource: text(spec, "/subresource"),
        namespace: text(spec, "/namespace"),
        name: text(spec, "/name"),
    };
    if user.may(&wish) {
        return Ok(
            json!({"allowed": true, "reason": format!("RBAC: allowed by ClusterRoleBinding \"{0}\" of ClusterRole \"{0}\" to User \"{0}\"", user.name)}),
        );
    }
    Ok(json!({"allowed": false}))
}
