//! Watches that break off, expire, stop or come late.

use foretop::demo::{Asked, Paging};
use foretop::model::kind::Kind;

use crate::paused::soon;
use crate::watched::{PAGED, Watched, survives};

#[tokio::test]
async fn a_watch_that_breaks_off_in_an_event() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, times: 2, fault: {kind: cut, at: {inside-item: 5}}}";
    let told = survives(&format!("{PAGED}{script}"), 10).await;
    assert!(!told.is_empty(), "the screen says so");
}

#[tokio::test]
async fn a_watch_that_breaks_off_between_events() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, times: 2, fault: {kind: cut, at: {items: 5}}}";
    survives(&format!("{PAGED}{script}"), 10).await;
}

#[tokio::test]
async fn a_version_that_expires_in_the_middle_of_a_watch() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, times: 2, fault: {kind: error, code: 410, after: 3}}";
    survives(&format!("{PAGED}{script}"), 16).await;
}

#[tokio::test]
async fn a_version_that_has_expired_before_the_watch_begins() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, times: 2, fault: {kind: answer, code: 410}}";
    survives(&format!("{PAGED}{script}"), 16).await;
}

#[tokio::test]
async fn a_server_that_closes_watches_at_once() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, times: 5, fault: {kind: close, at: {items: 0}}}";
    survives(&format!("{PAGED}{script}"), 16).await;
}

#[tokio::test]
async fn a_frame_that_is_corrupt() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, times: 2, fault: {kind: corrupt, item: 4}}";
    survives(&format!("{PAGED}{script}"), 12).await;
}

#[tokio::test]
async fn a_replica_that_is_behind_the_list() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, times: 2, fault: {kind: behind, versions: 20}}";
    survives(&format!("{PAGED}{script}"), 16).await;
}

#[tokio::test]
async fn pods_that_come_later_than_nodes() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, fault: {kind: hold-back, until: later}}";
    let mut watched = Watched::with(format!("{PAGED}{script}").parse().unwrap()).await;
    watched.agrees().await;
    watched.until(|it| it.cluster.freshness(Kind::Node).is_live()).await;
    let before = watched.in_the_client();
    watched.demo.churn(40);
    let next =
        |asked: &Asked| asked.path == "/api/v1/pods" && asked.verb == "watch" && asked.paging == Paging::Next;
    watched.demo.asked(1, next).await;
    assert!(watched.in_the_client() == before && watched.on_the_server().await != before);
    watched.demo.release("later");
    watched.agrees().await;
}

#[tokio::test]
async fn a_watch_that_says_nothing_more_on_an_open_connection() {
    let script = "- {match: {resource: pods, namespace: '', verb: watch, page: next}, times: 1, fault: {kind: stall, at: {items: 3}}}";
    let mut watched = Watched::with(format!("{PAGED}{script}").parse().unwrap()).await;
    watched.agrees().await;
    watched.demo.churn(40);
    let wanted = watched.on_the_server().await;
    // The clock is paused and goes on to the client's patience; how long that is, is its own affair.
    tokio::time::pause();
    while watched.in_the_client() != wanted {
        let batch = soon("what the stalled watch did not say", watched.batches.recv()).await.unwrap();
        watched.cluster.apply_all(batch);
    }
    assert!(watched.asked_for_pods().len() <= 16);
}
