//! Sends an operation: the only place where foretop changes a cluster. It plans nothing, repeats nothing, and shows
//! nothing; the watch brings the new state.

use http::Request;
use http::header::{ACCEPT, CONTENT_TYPE};

use super::audit::Audit;
use super::connect::{Failure, Session};
use super::gate::Mode;
use super::refusal::{Refused, refused};
use crate::model::operation::{ApiRequest, Operation, Outcome, OutcomeResult, Rehearsal, RequestVerb};
use crate::wire::meta::Status;

/// Who changed it, as managedFields will tell.
const FIELD_MANAGER: &str = "foretop";
/// No answer to a change is longer: it is the object, or a Status.
const LARGEST: usize = 16 << 20;

/// Sends the operation's requests in order, up to the first that is refused. Nothing is sent twice but what is rehearsed
/// as a dry run first, and nothing is sent that cannot be logged.
///
/// Dropping the future gives up waiting for the answer; the server may have carried out the request all the same, and
/// the log then says `unanswered`.
pub async fn perform(session: &Session, operation: Operation, mode: Mode, audit: &Audit) -> Outcome {
    // The session's own mode stands above what the caller believes.
    let mode = mode.max(session.mode);
    let result = match mode {
        Mode::ReadOnly => {
            Refused::new("foretop is read-only; nothing was sent", "Start it without --read-only.").into()
        }
        Mode::Real | Mode::DryRun => logged(session, &operation, mode, audit).await,
    };
    Outcome { operation, result }
}

async fn logged(session: &Session, operation: &Operation, mode: Mode, audit: &Audit) -> OutcomeResult {
    let attempt = match audit.begin(operation, mode == Mode::DryRun) {
        Ok(attempt) => attempt,
        Err(sentence) => {
            let hint = "Make room or mend its permissions; what cannot be logged is not done.";
            return Refused::new(format!("nothing was sent, because {sentence}"), hint).into();
        }
    };
    let result = match rehearsed(session, operation, mode).await {
        Ok(()) if mode == Mode::DryRun => OutcomeResult::AcceptedDryRun,
        Ok(()) => OutcomeResult::Accepted,
        Err(refused) => refused.into(),
    };
    if let Err(sentence) = attempt.finish(&result) {
        tracing::error!("{sentence}");
    }
    result
}

/// Sends the requests, after a dry run of all of them where the operation wants one.
async fn rehearsed(session: &Session, operation: &Operation, mode: Mode) -> Result<(), Refused> {
    if mode == Mode::Real && operation.rehearsal == Rehearsal::First {
        all(session, operation, Mode::DryRun).await.map_err(Refused::rehearsed)?;
    }
    all(session, operation, mode).await
}

async fn all(session: &Session, operation: &Operation, mode: Mode) -> Result<(), Refused> {
    for (done, request) in operation.requests.iter().enumerate() {
        if let Err(failure) = one(session, request, mode).await {
            let refused = refused(session, operation, failure).await;
            return Err(refused.after(done, operation.requests.len()));
        }
    }
    Ok(())
}

async fn one(session: &Session, request: &ApiRequest, mode: Mode) -> Result<(), Failure> {
    let answer = session.send(http_request(request, mode)?).await?.check().await?;
    let code = answer.status.as_u16();
    let body = answer.body.collect(LARGEST).await?;
    // An eviction under two budgets is answered with success outside and failure inside.
    match serde_json::from_slice::<Status>(&body) {
        Ok(status) if status.status == "Failure" => {
            let inside = u16::try_from(status.code).ok().filter(|code| *code >= 400);
            Err(Failure::from_status(inside.unwrap_or(code), &body))
        }
        _ => Ok(()),
    }
}

fn http_request(request: &ApiRequest, mode: Mode) -> Result<Request<Vec<u8>>, Failure> {
    let wrong = |why: String| Failure::Setting { what: request.path.clone(), why };
    let dry_run = if mode == Mode::DryRun { "&dryRun=All" } else { "" };
    let uri = format!("{}?fieldManager={FIELD_MANAGER}{dry_run}", request.path);
    let (builder, content) = match request.verb {
        RequestVerb::MergePatch => (Request::patch(uri), "application/merge-patch+json"),
        RequestVerb::StrategicMergePatch => (Request::patch(uri), "application/strategic-merge-patch+json"),
        RequestVerb::JsonPatch => (Request::patch(uri), "application/json-patch+json"),
        RequestVerb::Create => (Request::post(uri), "application/json"),
    };
    let body = serde_json::to_vec(&request.body).map_err(|error| wrong(error.to_string()))?;
    builder
        .header(CONTENT_TYPE, content)
        .header(ACCEPT, "application/json")
        .body(body)
        .map_err(|error| wrong(error.to_string()))
}
