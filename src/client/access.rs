//! What the user may do: asked of the server, one permission at a time. It remembers nothing.

use http::Request;
use http::header::{ACCEPT, CONTENT_TYPE};
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};

use super::connect::{Failure, Session};
use crate::model::operation::Permission;
use crate::model::server::Access;

/// Where the question is put.
const PATH: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
/// No answer is longer.
const LARGEST: usize = 1 << 20;
/// Both ways.
const JSON: &str = "application/json";

/// Asks whether the user has a permission. A question that could not be answered is not a denial.
pub async fn review(session: &Session, permission: &Permission) -> Access {
    match ask(session, permission).await {
        Ok(review) => answer(review),
        Err(failure) => Access::Unknown(failure.short()),
    }
}

async fn ask(session: &Session, permission: &Permission) -> Result<SelfSubjectAccessReview, Failure> {
    let undecodable =
        |why: &dyn std::fmt::Display| Failure::Undecodable { path: PATH.to_owned(), why: why.to_string() };
    let body = serde_json::to_vec(&question(permission)).map_err(|error| undecodable(&error))?;
    let request = Request::post(PATH)
        .header(CONTENT_TYPE, JSON)
        .header(ACCEPT, JSON)
        .body(body)
        .map_err(|error| undecodable(&error))?;
    let body = session.send(request).await?.check().await?.body.collect(LARGEST).await?;
    serde_json::from_slice(&body).map_err(|error| undecodable(&error))
}

fn question(permission: &Permission) -> SelfSubjectAccessReview {
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(ResourceAttributes {
                verb: Some(permission.verb.to_owned()),
                group: filled(&permission.group),
                resource: Some(permission.resource.clone()),
                subresource: filled(permission.subresource),
                namespace: permission.namespace.clone(),
                ..ResourceAttributes::default()
            }),
            ..SelfSubjectAccessReviewSpec::default()
        },
        ..SelfSubjectAccessReview::default()
    }
}

fn answer(review: SelfSubjectAccessReview) -> Access {
    let status = review.status.unwrap_or_default();
    let error = status.evaluation_error.filter(|text| !text.is_empty());
    match (status.allowed, status.denied.unwrap_or_default(), error) {
        (true, _, _) => Access::Allowed,
        // Some authorizer could not decide; another one might have said yes.
        (false, false, Some(error)) => Access::Unknown(error),
        (false, _, _) => Access::Denied(status.reason.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answered(status: &serde_json::Value) -> Access {
        answer(serde_json::from_value(json!({ "spec": {}, "status": status })).unwrap())
    }

    #[test]
    fn unknown_is_not_denied() {
        assert_eq!(answered(&json!({ "allowed": true })), Access::Allowed);
        assert_eq!(
            answered(&json!({ "allowed": false, "reason": "no role" })),
            Access::Denied("no role".into())
        );
        let unsure = json!({ "allowed": false, "evaluationError": "webhook timed out" });
        assert_eq!(answered(&unsure), Access::Unknown("webhook timed out".into()));
        let sure = json!({ "allowed": false, "denied": true, "evaluationError": "x", "reason": "no" });
        assert_eq!(answered(&sure), Access::Denied("no".into()));
    }

    #[test]
    fn asks_with_the_names_of_rbac() {
        let permission = Permission {
            verb: "create",
            group: String::new(),
            resource: "pods".into(),
            subresource: "eviction",
            namespace: Some("shop".into()),
        };
        let asked = serde_json::to_value(question(&permission)).unwrap();
        let expected =
            json!({ "verb": "create", "resource": "pods", "subresource": "eviction", "namespace": "shop" });
        assert_eq!(asked["spec"]["resourceAttributes"], expected);
    }
}
