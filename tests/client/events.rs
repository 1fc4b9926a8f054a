//! The events of one object, while somebody looks.

use foretop::client::events::{EventNews, follow};
use foretop::client::gate::Mode;
use foretop::model::key::{Key, Target, Uid};
use foretop::model::kind::Kind;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::script::{Server, by_hand, refusal, soon, whole};

fn event(name: &str, reason: &str, hour: u32) -> Value {
    json!({ "metadata": { "name": name, "namespace": "shop", "resourceVersion": "8" }, "type": "Normal", "reason": reason,
        "lastTimestamp": format!("2026-11-20T{hour:02}:00:00Z"), "source": { "component": "kubelet" } })
}

fn pod() -> Target {
    Target::new(Kind::Pod, Key::new("shop", "web-0"))
}

async fn reasons(news: &mut mpsc::Receiver<EventNews>) -> Vec<String> {
    match soon("events", news.recv()).await.unwrap() {
        EventNews::Current(events) => events.into_iter().map(|event| event.reason).collect(),
        EventNews::Unavailable(why) => vec![why],
    }
}

#[tokio::test(start_paused = true)]
async fn all_of_them_whenever_one_is_new_the_newest_first() {
    let (sender, reply) = by_hand();
    let watch = std::sync::Mutex::new(Some(reply));
    let server = Server::start(move |asked| {
        let selector = "involvedObject.kind=Pod,involvedObject.name=web-0,involvedObject.namespace=shop";
        assert_eq!(asked.query("fieldSelector"), selector);
        if asked.watches() {
            return watch.lock().unwrap().take().unwrap();
        }
        let items = [event("a", "Scheduled", 8), event("b", "Pulled", 9)];
        whole(200, &json!({ "metadata": { "resourceVersion": "7" }, "items": items }))
    })
    .await;
    let (told, mut news) = mpsc::channel(4);
    let following = follow(server.session(Mode::ReadOnly).await, &pod(), Uid::default(), told);
    assert_eq!(reasons(&mut news).await, ["Pulled", "Scheduled"]);
    for (kind, object) in [("ADDED", event("c", "Started", 10)), ("DELETED", event("a", "Scheduled", 8))] {
        sender.send(Ok(format!("{}\n", json!({ "type": kind, "object": object })).into())).unwrap();
        let seen = reasons(&mut news).await;
        let all: &[&str] =
            if kind == "ADDED" { &["Started", "Pulled", "Scheduled"] } else { &["Started", "Pulled"] };
        assert_eq!(seen, all);
    }
    drop(following);
    assert_eq!(soon("the end", news.recv()).await, None, "nothing goes on behind the user's back");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_see_them_is_told() {
    let server = Server::start(|_| refusal(403, "Forbidden", "no")).await;
    let (told, mut news) = mpsc::channel(4);
    let _following = follow(server.session(Mode::ReadOnly).await, &pod(), Uid::default(), told);
    assert_eq!(reasons(&mut news).await, ["you may not list events"]);
}
