//! Why an operation was refused, in full sentences, and what to do next. It asks the server only for the name of the
//! disruption budget that stood in the way, where the refusal does not say it.

use std::time::Duration;

use http::Request;
use http::header::ACCEPT;

use super::connect::failure::Cause;
use super::connect::{Failure, Session};
use super::convert::Shared;
use crate::model::key::Target;
use crate::model::kind::Kind;
use crate::model::operation::{Operation, OutcomeResult, RequestVerb};
use crate::wire;

/// The cause by which the eviction endpoint says that a disruption budget stood in the way.
const BUDGET: &str = "DisruptionBudget";
/// What its sentence begins with, before the budget's name.
const NAMED: &str = "The disruption budget ";
/// No list of budgets in one namespace, and no pod, is larger.
const LARGEST: usize = 64 << 20;

/// A refusal: the sentence, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    fate: Fate,
    why: String,
    hint: String,
}

/// What became of a request that was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Refused,
    Unknown,
    NotSent,
}

impl Refused {
    pub(super) fn new(why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { fate: Fate::Refused, why: why.into(), hint: hint.into() }
    }

    fn with(self, fate: Fate) -> Self {
        Self { fate, ..self }
    }

    /// The same refusal, when some of the operation's requests had been accepted before.
    pub(super) fn after(mut self, done: usize, all: usize) -> Self {
        if done > 0 {
            self.why = format!("{done} of {all} requests were accepted, then one was not: {}", self.why);
        }
        self
    }
}

impl Refused {
    /// The same refusal of the dry run that goes before: whatever became of it, nothing was changed.
    pub(super) fn rehearsed(self) -> Self {
        if self.fate != Fate::Unknown {
            return self;
        }
        let why = "the dry run that goes before it was not answered, so the change itself was not sent";
        Self { fate: Fate::NotSent, why: why.to_owned(), hint: "Nothing was changed; try again.".to_owned() }
    }
}

impl From<Refused> for OutcomeResult {
    fn from(refused: Refused) -> Self {
        let Refused { fate, why, hint } = refused;
        match fate {
            Fate::Refused => Self::Refused { why, hint },
            Fate::Unknown => Self::Unknown { why, hint },
            Fate::NotSent => Self::NotSent { why, hint },
        }
    }
}

/// Puts a failure into sentences about the operation that met it.
pub(super) async fn refused(session: &Session, operation: &Operation, failure: Failure) -> Refused {
    match &failure {
        Failure::TooManyRequests { causes, retry_after, message } => {
            match causes.iter().find(|cause| cause.reason == BUDGET) {
                Some(cause) => by_budget(session, &operation.target, cause, *retry_after).await,
                None => Refused::new(format!("the server has too much to do: {message}"), failure.hint()),
            }
        }
        Failure::Forbidden { verb, resource, message } => forbidden(operation, verb, resource, message),
        Failure::NotFound { message } => Refused::new(
            format!("{} is gone: {message}", operation.subject()),
            "Nothing was changed. Its row goes when the watch says so.",
        ),
        Failure::Conflict { message, .. } => Refused::new(
            format!("{} has changed meanwhile: {message}", operation.subject()),
            "Nothing was changed. Look at it again, and repeat if you still mean it.",
        ),
        // A condition of the patch no longer holds. The server's sentence does not say which.
        Failure::Server { code: 422, causes, message, .. }
            if conditional(operation) && causes.is_empty() && is_failed_test(message) =>
        {
            Refused::new(
                format!(
                    "{} has changed since you looked: {} is not what it was",
                    operation.subject(),
                    operation.field
                ),
                "Nothing was changed. Look at it again, and repeat if you still mean it.",
            )
        }
        // In the server's own words: admission plugins and webhooks explain themselves.
        Failure::Server { message, .. } if !message.is_empty() => {
            Refused::new(message, server_hint(&failure))
        }
        Failure::Timeout { .. } | Failure::HungUp { .. } | Failure::Reset { .. } => Refused::new(
            format!("{failure}; whether it did what it was asked is not known"),
            format!("Look at {} before you repeat it.", operation.subject()),
        )
        .with(Fate::Unknown),
        Failure::Refused { .. } | Failure::Dns { .. } => {
            Refused::new(failure.to_string(), failure.hint()).with(Fate::NotSent)
        }
        _ => Refused::new(failure.to_string(), failure.hint()),
    }
}

/// The API server's one sentence for a JSON patch of which a test fails; others, such as a webhook's, explain themselves.
fn is_failed_test(message: &str) -> bool {
    message.is_empty() || message.starts_with("the server rejected our request due to an error")
}

/// Whether any of the requests is a patch with conditions.
fn conditional(operation: &Operation) -> bool {
    operation.requests.iter().any(|request| request.verb == RequestVerb::JsonPatch)
}

fn server_hint(failure: &Failure) -> String {
    match failure {
        Failure::Server { code: 400..=499, .. } => "Nothing was changed.".to_owned(),
        other => other.hint(),
    }
}

fn forbidden(operation: &Operation, verb: &str, resource: &str, message: &str) -> Refused {
    if verb.is_empty() {
        // No missing right but an admission plugin or the endpoint itself, which says why.
        return Refused::new(message, "Nothing was changed.");
    }
    let namespace = operation.permission.namespace.as_deref();
    let place = namespace.map(|name| format!(" in namespace {name}")).unwrap_or_default();
    let flag = namespace.map(|name| format!(" -n {name}")).unwrap_or_default();
    Refused::new(
        format!("you may not {verb} {resource}{place}: {message}"),
        format!(
            "Ask for the verb {verb} on {resource}; `kubectl auth can-i {verb} {resource}{flag}` tells when you have it."
        ),
    )
}

async fn by_budget(session: &Session, target: &Target, cause: &Cause, wait: Option<Duration>) -> Refused {
    let mut names: Vec<String> = named(&cause.message).into_iter().collect();
    if names.is_empty() {
        // An older server's sentence names none; a failure to find it must not hide the refusal itself.
        names = matching(session, target).await.unwrap_or_default();
    }
    let namespace = &target.key.namespace;
    let budgets = match names.as_slice() {
        [] => "a PodDisruptionBudget".to_owned(),
        names => {
            let names: Vec<String> = names.iter().map(|name| format!("{namespace}/{name}")).collect();
            format!("PodDisruptionBudget {}", names.join(" and "))
        }
    };
    let detail = if cause.message.is_empty() { String::new() } else { format!(": {}", cause.message) };
    let again = wait.map(|wait| format!(" The server suggests {} s.", wait.as_secs())).unwrap_or_default();
    Refused::new(
        format!("{budgets} does not allow evicting {target} now{detail}"),
        format!("Nothing was changed. Wait until more of the pods that it protects are ready.{again}"),
    )
}

/// The budget's name in the eviction endpoint's sentence.
fn named(message: &str) -> Option<String> {
    let name = message.strip_prefix(NAMED)?.split([' ', '"']).find(|word| !word.is_empty())?;
    Some(name.to_owned())
}

/// The names of the budgets whose selectors match the pod's labels.
async fn matching(session: &Session, target: &Target) -> Result<Vec<String>, Failure> {
    let mut shared = Shared::default();
    let pod: wire::core::Pod = get(session, &target.path()).await?;
    let pod = shared.pod(pod);
    let path = Kind::PodDisruptionBudget.collection(Some(&target.key.namespace));
    let list: wire::List<wire::apps::PodDisruptionBudget> = get(session, &path).await?;
    let budgets = list.items.into_iter().map(|budget| shared.budget(budget));
    let mut names: Vec<String> = budgets
        .filter(|budget| {
            budget.selector.as_ref().is_some_and(|selector| selector.matches(&pod.template.labels))
        })
        .map(|budget| budget.meta.key.name.to_string())
        .collect();
    names.sort();
    Ok(names)
}

async fn get<T: serde::de::DeserializeOwned>(session: &Session, path: &str) -> Result<T, Failure> {
    let undecodable =
        |why: &dyn std::fmt::Display| Failure::Undecodable { path: path.to_owned(), why: why.to_string() };
    let request = Request::get(path)
        .header(ACCEPT, "application/json")
        .body(Vec::new())
        .map_err(|error| undecodable(&error))?;
    let body = session.send(request).await?.check().await?.body.collect(LARGEST).await?;
    serde_json::from_slice(&body).map_err(|error| undecodable(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoints_sentences_name_the_budget() {
        for (message, name) in [
            ("The disruption budget web needs 2 healthy pods and has 2 currently", Some("web")),
            ("The disruption budget web.a is still being processed by the server.", Some("web.a")),
            ("The disruption budget \"web\" does not allow it", Some("web")),
            ("Cannot evict pod as it would violate the pod's disruption budget.", None),
            ("", None),
        ] {
            assert_eq!(named(message).as_deref(), name, "{message}");
        }
    }
}
