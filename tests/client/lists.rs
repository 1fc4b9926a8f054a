//! Lists in pages and as streams, what is asked where, and in which encoding. Time is paused, as in `watch`.

use std::sync::atomic::{AtomicUsize, Ordering};

use foretop::model::change::{Change, Freshness};
use foretop::model::kind::Kind;
use serde_json::json;

use crate::script::{Server, refusal, stream, whole};
use crate::told::{Told, closing, end_of_the_list, event, list, names, node, quiet, scripted};

#[tokio::test(start_paused = true)]
async fn pages_are_put_together_and_an_expired_one_starts_over() {
    let page = |name: &str, more: &str| {
        whole(
            200,
            &json!({ "metadata": { "resourceVersion": "7", "continue": more, "remainingItemCount": 1 },
            "items": [node(name, 3)] }),
        )
    };
    let server = Server::start(scripted(move |asked, lists, _| match (asked.query("continue"), lists) {
        _ if asked.watches() => quiet(),
        ("", _) => page("a", "t=1"),
        ("t=1", 2) => refusal(410, "Expired", "the continue token is too old"),
        ("t=1", _) => page("b", ""),
        _ => refusal(400, "BadRequest", "what?"),
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    let first = told.until(|change| matches!(change, Change::Freshness(..))).await;
    assert_eq!(first, Change::Freshness(Kind::Node, Freshness::Listing { seen: 1, remaining: Some(1) }));
    told.live().await;
    assert_eq!(told.cluster.count(Kind::Node), 2);
    assert_eq!(server.asked().iter().filter(|asked| !asked.watches()).count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_streaming_list_is_complete_at_its_bookmark() {
    let server = Server::of_version(36, |asked| match asked.query("sendInitialEvents") {
        "true" => closing(vec![
            event("ADDED", &node("a", 30)),
            event("ADDED", &node("b", 4)),
            end_of_the_list(40),
            event("DELETED", &node("a", 41)),
        ]),
        _ => quiet(),
    })
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    let mut seen = Vec::new();
    while seen.len() < 6 {
        let name = names(&told.next().await);
        if !name.starts_with("Listing") {
            seen.push(name);
        }
    }
    assert_eq!(seen[..3], ["relisting", "+a", "+b"]);
    assert!(seen[3..].contains(&"synced".to_owned()) && seen[3..].contains(&"live".to_owned()), "{seen:?}");
    let asked = server.asked_times(2).await;
    assert_eq!(
        (asked[0].query("resourceVersionMatch"), asked[0].query("allowWatchBookmarks")),
        ("NotOlderThan", "true")
    );
    assert_eq!(asked[1].query("resourceVersion"), "41", "no list in between");
}

#[tokio::test(start_paused = true)]
async fn a_streaming_list_that_breaks_sweeps_nothing_and_begins_again() {
    let begun = AtomicUsize::new(0);
    let server = Server::of_version(36, move |asked| match asked.query("sendInitialEvents") {
        "true" if begun.fetch_add(1, Ordering::SeqCst) == 0 => closing(vec![event("ADDED", &node("a", 3))]),
        "true" => closing(vec![event("ADDED", &node("b", 4)), end_of_the_list(40)]),
        _ => quiet(),
    })
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    assert_eq!(told.stale().await, "server hung up");
    assert!(!told.cluster.synced(Kind::Node) && told.cluster.node("a").is_some());
    told.until(|change| matches!(change, Change::Synced(_))).await;
    assert!(told.cluster.node("a").is_none() && told.cluster.node("b").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_it_streams_lists_and_does_not_is_listed_in_pages_at_once() {
    let server = Server::of_version(36, |asked| match (asked.watches(), asked.query("sendInitialEvents")) {
        (true, "true") => refusal(422, "Invalid", "sendInitialEvents is forbidden for watch"),
        (true, _) => quiet(),
        (false, _) => list(7, &[node("a", 3)]),
    })
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    assert_eq!(names(&told.next().await), "relisting", "nothing is said of it");
    told.live().await;
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn who_may_list_but_not_watch_sees_a_list_now_and_then() {
    let server = Server::start(scripted(|asked, lists, _| match (asked.watches(), lists) {
        (false, 1) => list(7, &[node("a", 3)]),
        (false, _) => list(9, &[node("b", 8)]),
        (true, _) => refusal(403, "Forbidden", "no"),
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    let found =
        |change: &Change| matches!(change, Change::Freshness(_, Freshness::Forbidden { verb: "watch", .. }));
    told.until(found).await;
    assert!(told.cluster.node("a").is_some());
    told.until(found).await;
    assert!(told.cluster.node("a").is_none() && told.cluster.node("b").is_some());
}

#[tokio::test(start_paused = true)]
async fn one_bad_object_is_passed_over_and_the_others_are_kept() {
    let server = Server::start(scripted(|asked, _, _| {
        let bad = json!({ "metadata": { "name": "bad", "labels": 7 } });
        if asked.watches() {
            let events = vec![event("ADDED", &bad), event("ADDED", &node("b", 8))];
            let then = futures::stream::pending();
            stream(
                "application/json",
                futures::StreamExt::chain(futures::stream::iter(events.into_iter().map(Ok)), then),
            )
        } else {
            list(7, &[node("a", 3), bad])
        }
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    told.until(|change| names(change) == "+b").await;
    assert_eq!(told.cluster.count(Kind::Node), 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_without_protobuf_gets_asked_for_json() {
    let server = Server::start(scripted(|asked, _, _| match asked.watches() {
        _ if asked.headers["accept"] != "application/json" => refusal(406, "NotAcceptable", "JSON only"),
        true => quiet(),
        false => list(7, &[node("a", 3)]),
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    told.live().await;
    assert_eq!(server.asked().len(), 3, "one refusal, one list, one watch");
}

#[tokio::test(start_paused = true)]
async fn leases_and_the_networks_settings_are_asked_for_where_they_are() {
    let server =
        Server::start(scripted(|asked, _, _| if asked.watches() { quiet() } else { list(7, &[]) })).await;
    let mut told = Told::by(&server, Kind::NodeLease).await;
    told.live().await;
    assert_eq!(server.asked()[0].path, "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases");
}

#[tokio::test(start_paused = true)]
async fn the_networks_settings_are_watched_under_the_name_that_they_have() {
    let server = Server::start(scripted(|asked, _, _| {
        let map = json!({ "metadata": { "name": "canal-config", "namespace": "kube-system" },
            "data": { "net-conf.json": "{\"Network\":\"10.42.0.0/16\",\"Backend\":{\"Type\":\"vxlan\"}}" } });
        match (asked.watches(), asked.query("fieldSelector")) {
            (true, _) => quiet(),
            (false, "metadata.name=canal-config") => list(9, &[map]),
            (false, _) => list(7, &[]),
        }
    }))
    .await;
    let mut told = Told::by(&server, Kind::NetworkConfig).await;
    told.live().await;
    assert_eq!(told.cluster.network().unwrap().network.as_deref(), Some("10.42.0.0/16"));
    let asked = server.asked();
    let watch = asked.last().unwrap();
    assert_eq!(
        (watch.query("fieldSelector"), watch.query("resourceVersion")),
        ("metadata.name=canal-config", "9")
    );
}

#[tokio::test(start_paused = true)]
async fn who_may_see_one_namespace_only_sees_that_one() {
    let server = Server::start(|asked| match (asked.path.as_str(), asked.watches()) {
        ("/apis/apps/v1/deployments", _) => refusal(403, "Forbidden", "no"),
        ("/apis/apps/v1/namespaces/shop/deployments", false) => {
            let web = json!({ "metadata": { "name": "web", "namespace": "shop", "resourceVersion": "3" } });
            list(7, &[web])
        }
        ("/apis/apps/v1/namespaces/shop/deployments", true) => quiet(),
        (other, _) => panic!("{other}"),
    })
    .await;
    let mut told = Told::within(&server, Kind::Deployment, Some("shop")).await;
    let begins = [names(&told.next().await), names(&told.next().await)];
    assert_eq!(begins, ["only shop", "relisting"], "that the others are forbidden is no news by itself");
    told.live().await;
    assert_eq!(told.cluster.count(Kind::Deployment), 1);
    assert!(told.cluster.synced(Kind::Deployment) && !told.cluster.knows_all(Kind::Deployment));
    let knows = |namespace: &str| told.cluster.knows_all_in(Kind::Deployment, &namespace.into());
    assert_eq!((knows("shop"), knows("bank")), (true, false));
}
