//! What an hour of quiet costs the server: watches that end in their time and are resumed, and not one list.

use std::time::Duration;

use foretop::model::kind::Kind;
use serde_json::json;

use crate::script::{Asked, Reply, Server, refusal, stream};
use crate::told::{Told, end_of_the_list, event, list, node};

/// A watch as a real server keeps it: a bookmark every minute, and an end when its time is up.
fn watch(asked: &Asked, first: Vec<bytes::Bytes>, bookmarks: bool) -> Reply {
    let seconds: u64 = asked.query("timeoutSeconds").parse().unwrap();
    let minutes = futures::stream::unfold(seconds, move |left| async move {
        let pause = left.min(60);
        tokio::time::sleep(Duration::from_secs(pause)).await;
        let bookmark = event("BOOKMARK", &json!({ "metadata": { "resourceVersion": "9" } }));
        let piece = if bookmarks { bookmark } else { bytes::Bytes::new() };
        (pause > 0).then_some((Ok(piece), left - pause))
    });
    stream(
        "application/json",
        futures::StreamExt::chain(futures::stream::iter(first.into_iter().map(Ok)), minutes),
    )
}

#[tokio::test(start_paused = true)]
async fn after_the_first_list_an_hour_of_quiet_makes_no_list_at_all() {
    for (minor, bookmarks) in [(31, true), (31, false), (36, true)] {
        let server = Server::of_version(minor, move |asked| {
            match (asked.watches(), asked.query("sendInitialEvents")) {
                (true, "true") if minor < 32 => refusal(422, "Invalid", "no"),
                (true, "true") => {
                    watch(asked, vec![event("ADDED", &node("a", 3)), end_of_the_list(9)], bookmarks)
                }
                (true, _) => watch(asked, Vec::new(), bookmarks),
                (false, _) => list(9, &[node("a", 3)]),
            }
        })
        .await;
        let mut told = Told::by(&server, Kind::Node).await;
        told.live().await;
        let before = server.asked().len();
        let seen = told.during(Duration::from_hours(1), Duration::from_secs(2)).await;
        let asked = server.asked().split_off(before);
        assert!(asked.iter().all(|asked| asked.watches() && asked.query("sendInitialEvents").is_empty()));
        assert!(asked.iter().all(|asked| asked.query("resourceVersion") == "9"));
        assert!((5..=12).contains(&asked.len()), "{} watches of five to ten minutes", asked.len());
        assert_eq!(seen, [""; 0], "minor {minor}");
        assert!(told.cluster.freshness(Kind::Node).is_live());
    }
}
