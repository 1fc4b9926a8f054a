//! What can go wrong within a list or a watch while the server is there: each test is named after its fault, says what
//! the user is told meanwhile, and ends with the server's own state. Time is paused, as in `watch`.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use foretop::model::change::{Change, Freshness};
use foretop::model::kind::Kind;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::script::{Asked, Reply, STEP, Server, by_hand, refusal, status, stream, whole};
use crate::told::{Told, closing, event, list, names, node, quiet, scripted};

/// A page of nodes, with the token of the next one.
fn page(nodes: &[&str], more: &str) -> Value {
    let items: Vec<Value> = nodes.iter().map(|name| node(name, 3)).collect();
    json!({ "kind": "NodeList", "items": items,
        "metadata": { "resourceVersion": "7", "continue": more, "remainingItemCount": 2 } })
}

/// The tokens of the pages that were asked for, in order.
fn tokens(server: &Server) -> Vec<String> {
    server.asked().iter().filter(|it| !it.watches()).map(|it| it.query("continue").to_owned()).collect()
}

/// The versions from which watches were asked for, in order.
fn positions(server: &Server) -> Vec<String> {
    server.asked().iter().filter(|it| it.watches()).map(|it| it.query("resourceVersion").to_owned()).collect()
}

/// A list of three pages, of which the second is answered in these ways, one after the other, before it comes whole.
async fn three_pages(faults: Vec<Reply>) -> Server {
    let faults = Mutex::new(std::collections::VecDeque::from(faults));
    Server::start(move |asked| match asked.query("continue") {
        _ if asked.watches() => quiet(),
        "" => whole(200, &page(&["a", "b"], "t1")),
        "t1" => match faults.lock().unwrap().pop_front() {
            Some(fault) => fault,
            None => whole(200, &page(&["c", "d"], "t2")),
        },
        _ => whole(200, &page(&["e"], "")),
    })
    .await
}

/// Takes in everything until the stream is live: what was told, in words.
async fn words(told: &mut Told) -> Vec<String> {
    let mut seen = Vec::new();
    while seen.last().is_none_or(|last| last != "live") {
        seen.push(names(&told.next().await));
    }
    seen
}

fn count(seen: &[String], word: &str) -> usize {
    seen.iter().filter(|it| it.starts_with(word)).count()
}

/// Half of a page, and then an end in order or a cut.
fn half(cut: bool) -> Reply {
    let body = page(&["c", "d"], "t2").to_string();
    let end = body.find("\"d\"").unwrap();
    let half = Ok(Bytes::from(body[..end].to_owned()));
    let mut pieces = vec![half];
    pieces.extend(cut.then(|| Err(std::io::Error::other("cut"))));
    stream("application/json", futures::stream::iter(pieces))
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_cut_within_a_page_goes_on_with_that_page() {
    for cut in [true, false] {
        let server = three_pages(vec![half(cut)]).await;
        let mut told = Told::by(&server, Kind::Node).await;
        let seen = words(&mut told).await;
        let why = ["stale: server hung up", "stale: connection reset", "stale: undecodable answer"];
        assert_eq!(seen.iter().filter(|it| why.contains(&it.as_str())).count(), 1, "{seen:?}");
        assert_eq!(count(&seen, "relisting"), 1, "it is still the same list: {seen:?}");
        assert_eq!(told.cluster.count(Kind::Node), 5, "nothing is lost and nothing is doubled");
        let again = tokens(&server).into_iter().filter(|token| !token.is_empty()).collect::<Vec<_>>();
        assert_eq!(again.iter().filter(|token| *token == "t1").count(), 2, "{again:?}");
        assert_eq!(tokens(&server).iter().filter(|token| token.is_empty()).count(), 1, "no second list");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_busy_between_two_pages_is_not_asked_for_the_first_again() {
    let mut later = refusal(429, "TooManyRequests", "later");
    later.headers_mut().insert("retry-after", "17".parse().unwrap());
    let server = three_pages(vec![later, refusal(429, "TooManyRequests", "later")]).await;
    let mut told = Told::by(&server, Kind::Node).await;
    assert_eq!(told.stale().await, "server is busy");
    let start = Instant::now();
    assert_eq!(told.cluster.count(Kind::Node), 2, "the first page stays on screen");
    assert_eq!(told.stale().await, "server is busy");
    assert!(start.elapsed() >= Duration::from_secs(17), "the server's own delay: {:?}", start.elapsed());
    let start = Instant::now();
    told.live().await;
    assert!(start.elapsed() >= Duration::from_millis(500), "our own delay: {:?}", start.elapsed());
    assert_eq!(tokens(&server), ["", "t1", "t1", "t1", "t2"]);
    assert_eq!(told.cluster.count(Kind::Node), 5);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_fails_between_two_pages_is_asked_less_and_less_for_the_same_page() {
    let faults = [500, 503, 502].map(|code| refusal(code, "InternalError", "oops")).into();
    let server = three_pages(faults).await;
    let mut told = Told::by(&server, Kind::Node).await;
    assert_eq!(told.stale().await, "server error 500");
    let start = Instant::now();
    assert_eq!(told.stale().await, "server error 503");
    assert_eq!(told.stale().await, "server error 502");
    told.live().await;
    // 0.8, 1.6 and 3.2 s, each up to 30 percent shorter.
    assert!(start.elapsed() >= Duration::from_secs(3), "{:?}", start.elapsed());
    assert_eq!(tokens(&server), ["", "t1", "t1", "t1", "t1", "t2"]);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expired_begins_a_fresh_list_although_the_server_offers_an_inconsistent_one() {
    let mut expired = crate::script::status(410, "Expired", "The provided continue parameter is too old");
    expired["metadata"]["continue"] = json!("inconsistent");
    let server = three_pages(vec![whole(410, &expired)]).await;
    let mut told = Told::by(&server, Kind::Node).await;
    let seen = words(&mut told).await;
    assert_eq!((count(&seen, "stale"), count(&seen, "relisting")), (0, 2), "{seen:?}");
    assert_eq!(told.cluster.count(Kind::Node), 5);
    assert!(!tokens(&server).contains(&"inconsistent".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_cut_in_the_middle_is_read_again() {
    let (sender, reply) = by_hand();
    let first = Mutex::new(Some(reply));
    let server = Server::start(scripted(move |asked, _, watches| match (asked.watches(), watches) {
        (false, _) => list(7, &[node("a", 3)]),
        (true, 1) => first.lock().unwrap().take().unwrap(),
        (true, 2) => open(&[event("ADDED", &node("c", 9))]),
        _ => quiet(),
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    sender.send(Ok(event("ADDED", &node("b", 8)))).unwrap();
    told.until(|change| names(change) == "+b").await;
    sender.send(Ok(event("ADDED", &node("c", 9)).slice(..20))).unwrap();
    told.during(STEP, STEP).await;
    sender.send(Err(std::io::Error::other("cut"))).unwrap();
    let why = told.stale().await;
    assert!(["server hung up", "connection reset"].contains(&why.as_str()), "{why}");
    assert_eq!(told.cluster.count(Kind::Node), 2, "rows stay while the stream is away");
    told.until(|change| names(change) == "+c").await;
    assert_eq!(positions(&server), ["7", "8"]);
    assert_eq!(told.cluster.count(Kind::Node), 3);
}

/// A watch that brings these events and stays open.
fn open(events: &[Bytes]) -> Reply {
    let events: Vec<_> = events.iter().cloned().map(Ok).collect();
    stream(
        "application/json",
        futures::StreamExt::chain(futures::stream::iter(events), futures::stream::pending()),
    )
}

/// A watch whose answer is no watch.
fn garbage(kind: &str, body: &'static [u8]) -> Reply {
    stream(kind, futures::stream::iter([Ok(Bytes::from_static(body))]))
}

#[tokio::test(start_paused = true)]
async fn a_corrupt_frame_and_a_wrong_content_type_are_said_and_resumed() {
    const PROTOBUF: &str = "application/vnd.kubernetes.protobuf;stream=watch";
    let faults: [(&str, &'static [u8]); 3] = [
        (PROTOBUF, b"\xff\xff\xff\xff"),
        (PROTOBUF, b"{\"type\":\"ADDED\"}\n"),
        ("application/json", b"\0\0\0"),
    ];
    for (kind, body) in faults {
        let server = Server::start(scripted(move |asked, _, watches| match (asked.watches(), watches) {
            (false, _) => list(7, &[node("a", 3)]),
            (true, 1) => garbage(kind, body),
            (true, _) => quiet(),
        }))
        .await;
        let mut told = Told::by(&server, Kind::Node).await;
        told.live().await;
        let why = told.stale().await;
        assert!(
            ["undecodable answer", "the server closes the watch at once"].contains(&why.as_str()),
            "{why}"
        );
        told.live().await;
        assert_eq!(positions(&server), ["7", "7"]);
        assert_eq!(tokens(&server), [""], "nothing says that the list was wrong");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_of_another_content_type_than_its_bytes_sweeps_nothing() {
    let server = Server::start(scripted(|asked, lists, watches| match (asked.watches(), lists, watches) {
        (false, 2, _) => garbage("application/vnd.kubernetes.protobuf", b"{\"items\":[]}"),
        (false, 3, _) => whole(200, &json!({ "items": [] })),
        (false, ..) => list(7, &[node("a", 3)]),
        (true, _, 1) => refusal(410, "Expired", "too old"),
        (true, ..) => quiet(),
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    assert_eq!(told.stale().await, "undecodable answer");
    assert_eq!(told.stale().await, "undecodable answer", "a list without a version");
    assert!(told.cluster.node("a").is_some());
    told.live().await;
    assert!(told.cluster.node("a").is_some());
}

fn too_new(_: &Asked) -> Reply {
    let mut body = crate::script::status(504, "Timeout", "Too large resource version: 7, current: 5");
    body["details"] = json!({ "causes": [{ "reason": "ResourceVersionTooLarge", "message": "x" }] });
    whole(504, &body)
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_behind_may_catch_up_and_is_not_listed_again() {
    let server = Server::start(scripted(|asked, _, watches| match (asked.watches(), watches) {
        (false, _) => list(7, &[node("a", 3)]),
        (true, 1 | 2) => too_new(asked),
        (true, _) => quiet(),
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    assert_eq!(told.stale().await, "server is behind");
    told.live().await;
    assert_eq!((positions(&server), tokens(&server).len()), (vec!["7".to_owned(); 3], 1));
}

#[tokio::test(start_paused = true)]
async fn an_older_list_than_what_was_seen_does_not_take_the_state_back_in_time() {
    let server = Server::start(scripted(|asked, lists, watches| match (asked.watches(), lists, watches) {
        (false, 1, _) => list(7, &[node("a", 3)]),
        // Another replica, which has not seen yet that b exists.
        (false, 2, _) => list(5, &[]),
        (false, ..) => list(12, &[node("a", 3), node("b", 8)]),
        (true, _, 1) => closing(vec![event("ADDED", &node("b", 8))]),
        (true, _, 2) => refusal(410, "Expired", "too old"),
        (true, ..) => quiet(),
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    assert_eq!(told.stale().await, "server is behind");
    assert_eq!(told.cluster.count(Kind::Node), 2);
    let seen = words(&mut told).await;
    assert_eq!(told.cluster.count(Kind::Node), 2, "{seen:?}");
    assert_eq!(positions(&server).last().unwrap(), "12");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_was_restored_from_a_backup_is_believed_after_a_while() {
    let server = Server::start(scripted(|asked, lists, watches| match (asked.watches(), lists, watches) {
        (false, 1, _) => list(700, &[node("a", 3), node("b", 4)]),
        (false, ..) => list(5, &[node("a", 3)]),
        (true, _, 1) => refusal(410, "Expired", "too old"),
        (true, ..) => quiet(),
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    let seen = words(&mut told).await;
    assert!((1..=3).contains(&count(&seen, "stale: server is behind")), "{seen:?}");
    assert_eq!(told.cluster.count(Kind::Node), 1);
    assert_eq!(positions(&server).last().unwrap(), "5");
}

#[tokio::test(start_paused = true)]
async fn a_restored_cluster_is_believed_page_by_page_too() {
    let server = Server::start(scripted(|asked, lists, watches| match (asked.watches(), lists, watches) {
        (false, 1, _) => list(700, &[node("a", 3), node("b", 4)]),
        (false, ..) if asked.query("continue").is_empty() => {
            let metadata = json!({ "resourceVersion": "5", "continue": "more" });
            whole(200, &json!({ "kind": "NodeList", "metadata": metadata, "items": [node("a", 3)] }))
        }
        (false, ..) => list(5, &[node("c", 4)]),
        (true, _, 1) => refusal(410, "Expired", "too old"),
        (true, ..) => quiet(),
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    let seen = words(&mut told).await;
    assert!((1..=3).contains(&count(&seen, "stale: server is behind")), "{seen:?}");
    let there = ["a", "b", "c"].map(|name| told.cluster.node(name).is_some());
    assert_eq!(there, [true, false, true]);
    assert_eq!(positions(&server).last().unwrap(), "5");
}

#[tokio::test(start_paused = true)]
async fn watches_that_are_always_too_old_do_not_make_lists_in_a_loop() {
    let server = Server::start(scripted(|asked, _, _| {
        if asked.watches() {
            closing(vec![event("ERROR", &status(410, "Expired", "too old resource version"))])
        } else {
            list(7, &[node("a", 3)])
        }
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    told.during(Duration::from_mins(5), STEP).await;
    let lists = server.asked().iter().filter(|asked| !asked.watches()).count();
    assert!((5..=25).contains(&lists), "{lists} lists in five minutes");
    assert_eq!(told.stale().await, "too old, listing again");
    assert_eq!(told.cluster.count(Kind::Node), 1, "rows stay");
}

#[tokio::test(start_paused = true)]
async fn credentials_that_expire_are_said_and_not_asked_for_in_a_loop() {
    let logged_in = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let now = std::sync::Arc::clone(&logged_in);
    let server = Server::start(scripted(move |asked, _, watches| match (asked.watches(), watches) {
        (false, _) => list(7, &[node("a", 3)]),
        (true, 1) => closing(vec![event("ADDED", &node("b", 8))]),
        (true, _) if !now.load(std::sync::atomic::Ordering::SeqCst) => {
            refusal(401, "Unauthorized", "Unauthorized")
        }
        (true, _) => quiet(),
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    assert_eq!(told.stale().await, "not logged in");
    let before = server.asked().len();
    told.during(Duration::from_mins(5), STEP).await;
    let asked = server.asked().len() - before;
    assert!((5..=15).contains(&asked), "{asked} requests in five minutes");
    assert_eq!(told.cluster.count(Kind::Node), 2, "rows stay");
    logged_in.store(true, std::sync::atomic::Ordering::SeqCst);
    told.retry.notify_waiters();
    told.live().await;
    assert_eq!((tokens(&server).len(), positions(&server).last().unwrap().as_str()), (1, "8"));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_forgets_what_it_granted_while_it_starts_is_asked_again_soon() {
    let server = Server::start(scripted(|asked, _, watches| match (asked.watches(), watches) {
        (false, _) => list(7, &[node("a", 3)]),
        (true, 1) => closing(vec![event("ADDED", &node("b", 8))]),
        (true, 2 | 3) => refusal(403, "Forbidden", "RBAC: not yet"),
        (true, _) => quiet(),
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    told.until(|change| matches!(change, Change::Freshness(_, Freshness::Forbidden { .. }))).await;
    let start = Instant::now();
    told.live().await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(tokens(&server).len(), 1);
}
