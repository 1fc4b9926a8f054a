//! The list-and-watch machine with everything that a server can do to it. Time is tokio's and paused: it goes on in
//! steps when nothing happens, so that delays can be measured and need not be waited for.

use std::sync::Arc;
use std::time::Duration;

use foretop::client::watch::{Usage, WatchOptions, spawn};
use foretop::model::change::{Change, Freshness};
use foretop::model::cluster::Cluster;
use foretop::model::kind::Kind;
use serde_json::json;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::script::{Server, by_hand, refusal, soon, status, whole};
use crate::told::{Told, closing, event, list, names, node, quiet, scripted};

#[tokio::test(start_paused = true)]
async fn lists_watches_and_resumes_where_it_was() {
    let server = Server::start(scripted(|asked, _, watches| match (asked.watches(), watches) {
        (false, _) => list(7, &[node("a", 3)]),
        (true, 1) => {
            let bookmark = json!({ "metadata": { "resourceVersion": "12" } });
            closing(vec![
                event("ADDED", &node("b", 8)),
                event("DELETED", &node("a", 9)),
                event("BOOKMARK", &bookmark),
            ])
        }
        (true, _) => quiet(),
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.push(names(&told.next().await));
    }
    assert_eq!(seen, ["relisting", "+a", "synced", "live", "+b", "-a"]);
    let asked = server.asked_times(3).await;
    assert_eq!(asked.len(), 3);
    assert_eq!((asked[0].query("limit"), asked[0].watches()), ("500", false));
    assert_eq!((asked[1].query("resourceVersion"), asked[1].query("allowWatchBookmarks")), ("7", "true"));
    assert_eq!(asked[2].query("resourceVersion"), "12", "the bookmark moved the position on");
    let seconds: u64 = asked[1].query("timeoutSeconds").parse().unwrap();
    assert!((300..=600).contains(&seconds), "{seconds}");
    assert_eq!(asked[0].headers["accept"], "application/vnd.kubernetes.protobuf, application/json");
    assert!(told.cluster.freshness(Kind::Node).is_live(), "a resumed watch is not news");
}

#[tokio::test(start_paused = true)]
async fn an_expired_watch_lists_again_and_rows_stay_until_the_list_is_complete() {
    let expired = status(410, "Expired", "too old resource version: 7 (20)");
    for in_stream in [true, false] {
        let expired = expired.clone();
        let server =
            Server::start(scripted(move |asked, lists, watches| match (asked.watches(), lists, watches) {
                (false, 1, _) => list(7, &[node("a", 3), node("b", 4)]),
                (false, _, _) => list(20, &[node("b", 4), node("c", 19)]),
                (true, _, 1) if in_stream => closing(vec![event("ERROR", &expired)]),
                (true, _, 1) => whole(410, &expired),
                (true, _, _) => quiet(),
            }))
            .await;
        let mut told = Told::by(&server, Kind::Node).await;
        told.until(|change| matches!(change, Change::Synced(_))).await;
        told.until(|change| matches!(change, Change::Relisting(_))).await;
        assert!(told.cluster.node("a").is_some(), "nothing is blanked while the list arrives");
        told.until(|change| matches!(change, Change::Synced(_))).await;
        let left: Vec<bool> = ["a", "b", "c"].map(|name| told.cluster.node(name).is_some()).into();
        assert_eq!(left, [false, true, true], "in stream: {in_stream}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closes_every_watch_at_once_is_asked_less_and_less() {
    let server = Server::start(scripted(
        |asked, _, _| {
            if asked.watches() { closing(Vec::new()) } else { list(7, &[]) }
        },
    ))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    told.live().await;
    let start = Instant::now();
    for _ in 0..6 {
        assert_eq!(told.stale().await, "the server closes the watch at once");
    }
    // Five delays: 0.8, 1.6, 3.2, 6.4 and 12.8 s, each up to 30 percent shorter.
    let took = start.elapsed().as_secs_f64();
    assert!((17.0..29.0).contains(&took), "{took}");
    assert_eq!(server.asked().iter().filter(|asked| !asked.watches()).count(), 1, "no need to list again");
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_says_how_long_to_wait() {
    let server = Server::start(scripted(|asked, lists, _| match (asked.watches(), lists) {
        (false, 1) => {
            let mut busy = refusal(429, "TooManyRequests", "later");
            busy.headers_mut().insert("retry-after", "17".parse().unwrap());
            busy
        }
        (false, _) => list(7, &[]),
        (true, _) => quiet(),
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    assert_eq!(told.stale().await, "server is busy");
    let start = Instant::now();
    told.live().await;
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(17) && took < Duration::from_secs(19), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_cut_connection_resumes_from_the_last_event_after_a_pause() {
    let (sender, reply) = by_hand();
    let first = std::sync::Mutex::new(Some(reply));
    let server = Server::start(scripted(move |asked, _, _| {
        if asked.watches() {
            first.lock().unwrap().take().unwrap_or_else(quiet)
        } else {
            list(7, &[node("a", 3)])
        }
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    sender.send(Ok(event("ADDED", &node("b", 8)))).unwrap();
    told.until(|change| names(change) == "+b").await;
    sender.send(Err(std::io::Error::other("cut"))).unwrap();
    let (start, why) = (Instant::now(), told.stale().await);
    assert!(["server hung up", "connection reset"].contains(&why.as_str()), "{why}");
    told.live().await;
    assert!(start.elapsed() >= Duration::from_millis(500), "{:?}", start.elapsed());
    assert_eq!(server.asked_times(3).await[2].query("resourceVersion"), "8");
}

#[tokio::test(start_paused = true)]
async fn a_dead_connection_is_noticed() {
    let server = Server::start(scripted(|asked, _, watches| match (asked.watches(), watches) {
        (false, _) => list(7, &[]),
        // One bookmark, so that the next one is expected within a minute or so.
        (true, 1) => {
            let (sender, reply) = by_hand();
            let bookmark = json!({ "metadata": { "resourceVersion": "9" } });
            sender.send(Ok(event("BOOKMARK", &bookmark))).unwrap();
            std::mem::forget(sender);
            reply
        }
        (true, _) => quiet(),
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    told.live().await;
    let start = Instant::now();
    assert_eq!(told.stale().await, "timed out");
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(149) && took < Duration::from_secs(154), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_forbidden_or_absent_is_said_and_asked_for_slowly() {
    let server = Server::start(scripted(|asked, lists, _| match (asked.watches(), lists) {
        (false, 1) => {
            refusal(403, "Forbidden", "autoscaling is forbidden: User \"x\" cannot list resource \"y\"")
        }
        (false, 2) => refusal(404, "NotFound", "the server could not find the requested resource"),
        (false, _) => list(7, &[]),
        (true, _) => quiet(),
    }))
    .await;
    let mut told = Told::by(&server, Kind::HorizontalPodAutoscaler).await;
    let start = Instant::now();
    match told.next().await {
        Change::Freshness(_, Freshness::Forbidden { verb, resource, .. }) => {
            assert_eq!((verb, resource.as_str()), ("list", "horizontalpodautoscalers.autoscaling"));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(told.next().await, Change::Freshness(_, Freshness::Absent { .. })));
    told.live().await;
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(84) && took < Duration::from_secs(123), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn retrying_now_ends_the_wait() {
    let server = Server::start(scripted(|asked, lists, _| match (asked.watches(), lists) {
        (false, 1) => refusal(403, "Forbidden", "no"),
        (false, _) => list(7, &[]),
        (true, _) => quiet(),
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    told.until(|change| matches!(change, Change::Freshness(..))).await;
    let start = Instant::now();
    // What has just said that it will wait may need a moment before it does.
    soon("a moment", tokio::time::sleep(Duration::from_secs(1))).await;
    told.retry.notify_waiters();
    told.live().await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_not_there_is_said() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let wish =
        foretop::client::connect::Wish { server: Some(format!("http://{port}")), ..Default::default() };
    let session = Arc::new(foretop::client::connect::connect(&wish).await.unwrap());
    let (sender, mut batches) = mpsc::channel(8);
    let options = WatchOptions { namespace: None, kinds: vec![Kind::Node], usage: Usage::Ignored };
    let _watches = spawn(session, &options, sender, Arc::new(Notify::new()));
    let mut cluster = Cluster::default();
    let gather = async {
        while cluster.server.unreachable.is_none()
            || !matches!(cluster.freshness(Kind::Node), Freshness::Stale { .. })
        {
            for change in batches.recv().await.unwrap() {
                cluster.apply(change);
            }
        }
    };
    soon("the failure", gather).await;
    let (why, hint) = cluster.server.unreachable.clone().unwrap();
    assert!(why.contains("refused the connection") && !hint.is_empty(), "{why} {hint}");
    assert_eq!(cluster.server.identity.server, format!("http://{port}"));
    assert_eq!(cluster.server.version, None);
}
