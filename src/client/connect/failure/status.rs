//! Failures from what an API server says: an HTTP status and a metav1.Status, in JSON or in protobuf.

use std::time::Duration;

use bytes::Bytes;
use prost::Message;

use super::{Cause, CredentialKind, Failure};
use crate::wire::{
    frame::{self, MAGIC},
    meta::Status,
};

/// The longest sentence taken over from a body that is no Status.
const LONGEST_LINE: usize = 200;

impl Failure {
    /// The failure that an HTTP status with its body stands for, or a Status object inside a watch stream with its code.
    pub fn from_status(code: u16, body: &[u8]) -> Self {
        let status = read(body);
        let details = status.details.unwrap_or_default();
        let retry_after =
            u64::try_from(details.retry_after_seconds).ok().filter(|s| *s > 0).map(Duration::from_secs);
        let causes = details
            .causes
            .into_iter()
            .map(|cause| Cause { reason: cause.reason, message: cause.message, field: cause.field })
            .collect();
        let (reason, message) = (status.reason, status.message);
        match code {
            401 => Self::Unauthorized { user: String::new(), credential: CredentialKind::None },
            403 => forbidden(message),
            404 => Self::NotFound { message: or(message, "the server has no such resource") },
            409 => Self::Conflict { message: or(message, "the object has changed meanwhile"), reason },
            410 => Self::Gone { message: or(message, "the resource version is too old") },
            429 => Self::TooManyRequests {
                retry_after,
                message: or(message, "the server has too many requests"),
                causes,
            },
            _ => Self::Server { code, reason, message, causes, retry_after },
        }
    }

    /// The same failure with the delay from a `Retry-After` header, unless the body said more.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        if let Self::TooManyRequests { retry_after, .. } | Self::Server { retry_after, .. } = &mut self {
            *retry_after = retry_after.or(wait);
        }
        self
    }
}

fn or(message: String, otherwise: &str) -> String {
    if message.is_empty() { otherwise.to_owned() } else { message }
}

/// The Status in a body; of any other body only a short plain line, as load balancers send it.
fn read(body: &[u8]) -> Status {
    if body.starts_with(MAGIC) {
        let envelope = frame::open(Bytes::copy_from_slice(body)).ok();
        return envelope.and_then(|envelope| Status::decode(envelope.raw).ok()).unwrap_or_default();
    }
    if let Ok(status) = serde_json::from_slice::<Status>(body) {
        return status;
    }
    let text = String::from_utf8_lossy(body);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let plain = !line.starts_with(['<', '{', '[']) && !line.chars().any(char::is_control);
    let message = if plain { line.chars().take(LONGEST_LINE).collect() } else { String::new() };
    Status { message, ..Status::default() }
}

/// `pods is forbidden: User "x" cannot list resource "pods" in API group "" at the cluster scope` and the like.
fn forbidden(message: String) -> Failure {
    let (mut verb, mut resource) = (String::new(), String::new());
    if let Some((_, rest)) = message.split_once(" cannot ")
        && let Some((word, rest)) = rest.split_once(' ')
    {
        let quoted = rest
            .strip_prefix("resource \"")
            .or_else(|| rest.strip_prefix("path \""))
            .and_then(|rest| rest.split_once('"'));
        if let Some((name, _)) = quoted {
            word.clone_into(&mut verb);
            name.clone_into(&mut resource);
        }
    }
    Failure::Forbidden { verb, resource, message: or(message, "the server forbids it") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prost::Message;

    use super::{Failure, forbidden};
    use crate::wire::{
        frame::seal,
        meta::{Status, StatusCause, StatusDetails},
    };

    #[test]
    fn reads_who_may_not_do_what() {
        let say = |text: &str| match forbidden(text.to_owned()) {
            Failure::Forbidden { verb, resource, .. } => format!("{verb} {resource}"),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            say(
                "pods is forbidden: User \"x\" cannot list resource \"pods\" in API group \"\" at the cluster scope"
            ),
            "list pods"
        );
        assert_eq!(
            say("nodes \"a\" is forbidden: User \"x\" cannot get resource \"nodes/proxy\" in API group \"\""),
            "get nodes/proxy"
        );
        assert_eq!(say("forbidden: User \"x\" cannot get path \"/version\""), "get /version");
        assert_eq!(say("exceeded quota: cannot help it"), " ");
    }

    #[test]
    fn advice_depends_on_who_is_forbidden_what() {
        let say = |text: &str| {
            let failure = forbidden(text.to_owned());
            format!("{}; {}", failure.short(), failure.hint())
        };
        let list = "pods is forbidden: User \"x\" cannot list resource \"pods\"";
        assert!(say(list).starts_with(
            "may not list pods; Ask whoever administers the cluster for the right to list pods"
        ));
        assert!(say(&list.replace("\"x\"", "\"system:anonymous\"")).contains("took you for nobody"));
        for verb in ["impersonate", "impersonate-on:user-info:list"] {
            let said = say(&list.replace("list", verb));
            assert!(said.starts_with("may not impersonate; ") && said.contains("--as"), "{said}");
        }
    }

    #[test]
    fn reads_protobuf_and_json_alike() {
        let status = Status {
            status: "Failure".into(),
            message: "Cannot evict pod".into(),
            reason: "TooManyRequests".into(),
            code: 429,
            details: Some(StatusDetails {
                retry_after_seconds: 10,
                causes: vec![StatusCause { reason: "DisruptionBudget".into(), ..StatusCause::default() }],
                ..StatusDetails::default()
            }),
        };
        let protobuf = Failure::from_status(429, &seal("v1", "Status", status.encode_to_vec()));
        let json = Failure::from_status(
            429,
            br#"{"kind":"Status","metadata":{},"status":"Failure","message":"Cannot evict pod","reason":"TooManyRequests",
                "details":{"causes":[{"reason":"DisruptionBudget"}],"retryAfterSeconds":10},"code":429}"#,
        );
        assert_eq!(protobuf, json);
        assert_eq!(json.retry_after(), Some(Duration::from_secs(10)));
        assert_eq!(json.hint(), "Try again in 10 s.");
    }

    #[test]
    fn keeps_one_plain_line_of_other_bodies() {
        let say = |body: &[u8]| Failure::from_status(503, body).to_string();
        assert_eq!(say(b"no healthy upstream\n"), "the server answered 503: no healthy upstream");
        assert_eq!(say(b"<html>secret</html>"), "the server answered 503");
        assert_eq!(say(b"[{\"data\":1}]"), "the server answered 503");
        assert_eq!(say(b""), "the server answered 503");
    }

    #[test]
    fn gone_and_conflict_keep_the_servers_sentence() {
        let body = br#"{"message":"too old resource version: 1 (5)","reason":"Expired","code":410}"#;
        assert_eq!(Failure::from_status(410, body).to_string(), "too old resource version: 1 (5)");
        assert!(Failure::from_status(410, b"").is_retryable());
        let body = br#"{"message":"pods \"a\" already exists","reason":"AlreadyExists","code":409}"#;
        assert!(
            matches!(Failure::from_status(409, body), Failure::Conflict { reason, .. } if reason == "AlreadyExists")
        );
    }
}
