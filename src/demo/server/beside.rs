//! Long answers, made in a thread of their own: while a thread that serves connections computes, it may be the one that
//! all of them wait for. What is answered is decided elsewhere.

use std::sync::Arc;

use http::Response;

use super::refusal::{Answer, Refusal};
use super::request::Request;
use super::route::{self, Route};
use super::{Body, Server};
use crate::demo::resources::Resource;

/// Whether an answer takes longer than others may wait: what thousands of nodes use.
pub(super) fn is_long(request: &Request) -> bool {
    let Route::Objects(place) = route::read(&request.path) else { return false };
    place.resource == Resource::NodeMetrics && place.name.is_empty()
}

/// Answers a request.
pub(super) async fn answer(server: &Arc<Server>, request: &Arc<Request>) -> Answer<Response<Body>> {
    let (server, request) = (Arc::clone(server), Arc::clone(request));
    let answer = tokio::task::spawn_blocking(move || server.answer(&request)).await;
    answer.unwrap_or_else(|_panic| {
        Err(Refusal::new(500, "InternalError", "Internal error occurred: the answer could not be made"))
    })
}
