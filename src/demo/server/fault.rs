//! Where the fault script meets the server: what a request is to the script, and what the script makes of the answer.
//! Which requests are struck is the script's affair.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Response};

use super::negotiate::{self, Offer};
use super::refusal::Refusal;
use super::request::{Pieces, Request};
use super::route::{self, Route};
use super::{Body, Server, beside, encode, list, verb, whole};
use crate::demo::faults::{self, Cut, Fault, Harm, How, Paging, Shape, Wait, spoil};

impl Server {
    /// Answers a request, or does to it what the script says.
    ///
    /// # Errors
    /// When the connection is to be closed without an answer.
    pub(super) async fn answer_or_fail(
        self: &Arc<Self>,
        mut request: Request,
    ) -> Result<Response<Body>, Cut> {
        let facts = facts(&request);
        let struck = self.script.strike(&facts);
        let names: Vec<_> = struck.iter().map(Fault::name).collect();
        for fault in &struck {
            match fault {
                Fault::Delay { time, until } => {
                    if let Some(wait) = Wait::of(*time, until.as_deref()) {
                        self.script.wait(&wait).await;
                    }
                }
                Fault::Behind { versions } => request.behind = *versions,
                Fault::Drop {} => {
                    self.book.note(&facts, 0, names);
                    return Err(Cut);
                }
                _ => {}
            }
        }
        let harms = harms(&request, &struck);
        request.pieces = if harms.is_empty() { Pieces::Joined } else { Pieces::Apart };
        let request = Arc::new(request);
        let answer = match struck.iter().find_map(|fault| refusal(&request, &facts, fault)) {
            Some(refusal) => Err(refusal),
            None if beside::is_long(&request) => beside::answer(self, &request).await,
            None => self.answer(&request),
        };
        let shape = if facts.verb == "list" && answer.is_ok() { Shape::List } else { Shape::Items };
        let mut response = answer.unwrap_or_else(|refusal| self.refuse(&request.accept, &refusal));
        for fault in &struck {
            disguise(&mut response, fault);
        }
        self.book.note(&facts, response.status().as_u16(), names);
        if harms.is_empty() {
            return Ok(response);
        }
        Ok(response.map(|body| spoil(body, shape, harms, Arc::clone(&self.script))))
    }
}

/// What a request is to the script.
fn facts(request: &Request) -> faults::Request {
    let plain = faults::Request {
        verb: if request.method == http::Method::GET { "get" } else { "create" },
        path: request.path.clone(),
        query: request.query.clone(),
        ..faults::Request::default()
    };
    let place = match route::read(&request.path) {
        Route::Objects(place) => place,
        Route::Adapter(measure) => {
            let verb = if measure.resource.is_empty() { "list" } else { "get" };
            let (resource, namespace, name) = (measure.group, measure.namespace, measure.metric);
            return faults::Request { verb, resource, namespace, name, ..plain };
        }
        _ => return plain,
    };
    let verb = verb(request, &place).unwrap_or(plain.verb);
    let from_version = !matches!(request.parameter("resourceVersion"), "" | "0");
    let goes_on = match verb {
        "list" => !request.parameter("continue").is_empty(),
        "watch" => from_version && !request.is_set("sendInitialEvents"),
        _ => false,
    };
    faults::Request {
        verb,
        resource: place.resource.description().known_as(),
        namespace: place.namespace,
        name: place.name,
        subresource: place.subresource,
        paging: if goes_on { Paging::Next } else { Paging::First },
        ..plain
    }
}

fn harms(request: &Request, struck: &[Fault]) -> Vec<Harm> {
    let harm = |fault: &Fault| match fault {
        Fault::Cut { at } => Some(Harm::End { at: *at, how: How::Broken }),
        Fault::Close { at } => Some(Harm::End { at: *at, how: How::InGoodOrder }),
        Fault::Stall { at } => Some(Harm::End { at: *at, how: How::Silent }),
        Fault::Corrupt { item } => Some(Harm::Corrupt(*item)),
        Fault::Error { code, after } => {
            let format = negotiate::choose(&request.accept, Offer::All).ok()?;
            let status = of_code(request, *code, None).status;
            Some(Harm::Last { after: *after, bytes: encode::error_event(format, &status) })
        }
        Fault::Drip { bytes, every } => Some(Harm::Drip { bytes: *bytes, every: every.0 }),
        Fault::HoldBack { time, until } => Wait::of(*time, until.as_deref()).map(Harm::HoldBack),
        Fault::Drop {}
        | Fault::Delay { .. }
        | Fault::Answer { .. }
        | Fault::ContentType { .. }
        | Fault::Behind { .. } => None,
    };
    struck.iter().filter_map(harm).collect()
}

/// The refusal that a fault asks for.
fn refusal(request: &Request, facts: &faults::Request, fault: &Fault) -> Option<Refusal> {
    let Fault::Answer { code, retry_after, message } = fault else { return None };
    let refusal = match (code, facts.verb, facts.paging) {
        (410, "list", Paging::Next) if message.is_none() => {
            Refusal::expired_page(&list::without_version(request.parameter("continue")))
        }
        _ => of_code(request, *code, message.as_deref()),
    };
    Some(match retry_after {
        Some(seconds) => refusal.retry_after(*seconds),
        None => refusal,
    })
}

/// A refusal as the server words it.
fn of_code(request: &Request, code: u16, message: Option<&str>) -> Refusal {
    let version = request.parameter("resourceVersion").parse().unwrap_or(0);
    let (reason, words) = match code {
        400 => ("BadRequest", "the server rejected our request for an unknown reason"),
        401 => ("Unauthorized", "Unauthorized"),
        403 => ("Forbidden", "forbidden by the fault script"),
        404 => ("NotFound", "the server could not find the requested resource"),
        410 if message.is_none() => return Refusal::too_old(version, version + 1),
        410 => ("Expired", ""),
        429 => ("TooManyRequests", "Too many requests, please try again later."),
        500 => ("InternalError", "Internal error occurred: etcdserver: request timed out"),
        503 => ("ServiceUnavailable", "apiserver is shutting down"),
        504 if message.is_none() => return Refusal::too_large(version, version.saturating_sub(1)),
        504 => ("Timeout", ""),
        _ => ("", "the fault script refuses"),
    };
    Refusal::new(code, reason, message.unwrap_or(words))
}

/// Makes an answer look like something else.
fn disguise(response: &mut Response<Body>, fault: &Fault) {
    let Fault::ContentType { name, body } = fault else { return };
    if let Ok(name) = HeaderValue::from_str(name) {
        response.headers_mut().insert(http::header::CONTENT_TYPE, name);
    }
    if let Some(body) = body {
        *response.body_mut() = whole(Bytes::from(body.clone()));
    }
}
