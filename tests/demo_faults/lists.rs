//! Lists that break off, expire, or arrive wrong.

use crate::watched::{PAGED, Watched, survives};

#[tokio::test]
async fn a_page_that_breaks_off_in_an_item() {
    let script = "- {match: {resource: pods, namespace: '', verb: list, page: next}, times: 2, fault: {kind: cut, at: {inside-item: 100}}}";
    survives(&format!("{PAGED}{script}"), 14).await;
}

#[tokio::test]
async fn a_first_page_that_breaks_off_after_some_bytes() {
    let script = "- {match: {resource: pods, namespace: '', verb: list, page: first}, times: 2, fault: {kind: cut, at: {bytes: 100000}}}";
    survives(&format!("{PAGED}{script}"), 14).await;
}

#[tokio::test]
async fn a_first_list_of_any_kind_that_breaks_off() {
    let script = "- {match: {resource: pods, namespace: '', page: first}, times: 2, fault: {kind: cut, at: {inside-item: 300}}}";
    survives(script, 14).await;
}

#[tokio::test]
async fn a_first_list_of_any_kind_that_ends_too_soon() {
    let script = "- {match: {resource: pods, namespace: '', page: first, verb: watch}, times: 1, fault: {kind: close, at: {items: 300}}}
- {match: {resource: pods, namespace: '', page: first, verb: list}, times: 1, fault: {kind: close, at: {bytes: 30000}}}";
    let mut watched = Watched::with(script.parse().unwrap()).await;
    watched.agrees().await;
    assert!(watched.asked_for_pods().iter().any(|asked| asked.faults == ["close"]));
}

#[tokio::test]
async fn a_version_that_expires_in_the_middle_of_a_list() {
    let script = "- {match: {resource: pods, namespace: '', verb: list, page: next}, times: 2, fault: {kind: answer, code: 410}}";
    survives(&format!("{PAGED}{script}"), 14).await;
}

#[tokio::test]
async fn a_page_that_is_corrupt() {
    let script = "- {match: {resource: pods, namespace: '', verb: list}, after: 1, times: 2, fault: {kind: corrupt, item: 77}}";
    survives(&format!("{PAGED}{script}"), 14).await;
}

#[tokio::test]
async fn a_list_that_drips() {
    let script = "- {match: {resource: pods, namespace: '', verb: list}, times: 3, fault: {kind: drip, bytes: 65536, every: 1ms}}";
    let told = survives(&format!("{PAGED}{script}"), 8).await;
    assert!(told.is_empty(), "slow is not broken: {told:?}");
}
