//! Each fault of a script, as it looks on the wire.

use foretop::demo::{Demo, Faults, Options, Paging, serve};
use foretop::wire::{core, frame};
use futures::FutureExt as _;
use prost::Message;
use serde_json::{Value, json};

use crate::client::{Client, options};
use crate::fetch::{Ending, Fetched};
use crate::{PROTOBUF, version};

const NODES: &str = "/api/v1/nodes";

async fn faulty(script: &str) -> (Demo, Client) {
    let demo = serve(Options { faults: script.parse().unwrap(), ..options("calm") }).await.unwrap();
    let client = Client::admin(&demo);
    (demo, client)
}

/// The one answer to a list of nodes that one fault strikes.
async fn struck(fault: &str, accept: &str) -> Fetched {
    let (_demo, client) =
        faulty(&format!("- {{match: {{resource: nodes}}, times: 1, fault: {fault}}}")).await;
    let fetched = client.fetch(NODES, accept).await.unwrap();
    let after = client.fetch(NODES, accept).await.unwrap();
    assert_eq!((after.status, after.ending), (200, Ending::Whole), "only once");
    fetched
}

/// The items of a list in protobuf, as far as they came.
fn items(body: &[u8]) -> Vec<core::Node> {
    let whole = whole_items(body);
    whole.iter().map(|bytes| core::Node::decode(bytes.as_slice()).unwrap()).collect()
}

fn whole_items(body: &[u8]) -> Vec<Vec<u8>> {
    // Behind the envelope's head the list's own fields begin with its metadata.
    let at = body.windows(8).position(|bytes| bytes == b"NodeList").unwrap() + 8;
    let mut rest = &body[at..];
    assert_eq!(prost::encoding::decode_key(&mut rest).unwrap().0, 2);
    prost::encoding::decode_varint(&mut rest).unwrap();
    let mut found = Vec::new();
    while let Ok((field, _)) = prost::encoding::decode_key(&mut rest) {
        let length = prost::encoding::decode_varint(&mut rest).unwrap() as usize;
        let Some((inside, after)) = rest.split_at_checked(length) else { break };
        if field == 2 {
            found.push(inside.to_vec());
        }
        rest = after;
    }
    found
}

async fn changed(client: &Client, node: &str, label: &str) {
    let patch = json!({"metadata": {"labels": {"mark": label}}});
    client.patch(&format!("{NODES}/{node}"), "application/merge-patch+json", &patch).await;
}

async fn watch_from_now(client: &Client) -> crate::client::Watch {
    let now = version(&client.get(NODES).await.json());
    client.watch(&format!("{NODES}?watch=1&resourceVersion={now}")).await
}

#[tokio::test]
async fn a_dropped_request_has_no_answer() {
    let (demo, client) =
        faulty("- {match: {resource: nodes, verb: list}, times: 1, fault: {kind: drop}}").await;
    assert!(client.fetch(NODES, PROTOBUF).await.is_none());
    assert_eq!(client.get(NODES).await.status, 200);
    let asked = demo.requests();
    let seen: Vec<_> = asked.iter().map(|it| (it.verb, it.resource, it.code, it.faults.clone())).collect();
    assert_eq!(seen, [("list", "nodes", 0, vec!["drop"]), ("list", "nodes", 200, vec![])]);
    assert_eq!(demo.counts()[&("list", "nodes".to_owned(), 200)], 1);
}

#[tokio::test]
async fn refusals_have_the_servers_words() {
    for (fault, code, reason) in [
        ("{kind: answer, code: 401}", 401, "Unauthorized"),
        ("{kind: answer, code: 410}", 410, "Expired"),
        ("{kind: answer, code: 429}", 429, "TooManyRequests"),
        ("{kind: answer, code: 500}", 500, "InternalError"),
        ("{kind: answer, code: 503}", 503, "ServiceUnavailable"),
        ("{kind: answer, code: 504}", 504, "Timeout"),
    ] {
        let answer = struck(fault, "application/json").await;
        let status: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(
            (answer.status, &status["reason"], &status["kind"]),
            (code, &json!(reason), &json!("Status"))
        );
    }
    let answer = struck("{kind: answer, code: 502, message: bad gateway}", "application/json").await;
    assert_eq!(serde_json::from_slice::<Value>(&answer.body).unwrap()["message"], "bad gateway");
}

#[tokio::test]
async fn a_busy_server_says_when_to_come_back_or_not() {
    let script = "- {times: 1, fault: {kind: answer, code: 429, retry-after: 7}}
- {times: 1, fault: {kind: answer, code: 429}}";
    let (_demo, client) = faulty(script).await;
    let asked = [client.get(NODES).await, client.get(NODES).await, client.get(NODES).await];
    let seen = asked.each_ref().map(|answer| (answer.status, answer.retry_after.as_deref()));
    // The second rule counts what the first one struck, too.
    assert_eq!(seen, [(429, Some("7")), (200, None), (200, None)]);
}

#[tokio::test]
async fn an_expired_page_carries_a_token_for_the_rest() {
    let script = "- {match: {page: next}, times: 1, fault: {kind: answer, code: 410}}";
    let (demo, client) = faulty(script).await;
    let first = client.get(&format!("{NODES}?limit=5")).await.json();
    let next = first["metadata"]["continue"].as_str().unwrap();
    let expired = client.get(&format!("{NODES}?limit=5&continue={next}")).await;
    let status = expired.json();
    assert_eq!((expired.status, &status["reason"]), (410, &json!("Expired")));
    let rest = status["metadata"]["continue"].as_str().unwrap();
    let rest = client.get(&format!("{NODES}?continue={rest}")).await.json();
    assert_eq!(rest["items"].as_array().unwrap().len(), 7);
    let pages: Vec<_> = demo.requests().iter().map(|it| (it.paging, it.code)).collect();
    assert_eq!(pages, [(Paging::First, 200), (Paging::Next, 410), (Paging::Next, 200)]);
}

#[tokio::test]
async fn an_answer_is_cut_where_the_script_says() {
    let cut = struck("{kind: cut, at: {bytes: 100}}", PROTOBUF).await;
    assert_eq!((cut.status, cut.body.len(), cut.ending), (200, 100, Ending::Broken));
    let cut = struck("{kind: cut, at: {items: 3}}", PROTOBUF).await;
    assert_eq!((items(&cut.body).len(), cut.ending), (3, Ending::Broken));
    let inside = struck("{kind: cut, at: {inside-item: 3}}", PROTOBUF).await;
    assert_eq!((items(&inside.body).len(), inside.ending), (3, Ending::Broken));
    assert!(inside.body.len() > cut.body.len() && inside.body.starts_with(&cut.body));
    let text = struck("{kind: cut, at: {items: 1}}", "application/json").await;
    let (begun, first) = (String::from_utf8(text.body).unwrap(), "\"name\":\"control-a-1\"");
    assert!(begun.contains(first) && begun.ends_with('}') && text.ending == Ending::Broken, "{begun}");
}

#[tokio::test]
async fn an_answer_that_ends_too_soon_ends_in_good_order() {
    let closed = struck("{kind: close, at: {items: 2}}", PROTOBUF).await;
    assert_eq!((items(&closed.body).len(), closed.ending), (2, Ending::Whole));
}

#[tokio::test]
async fn one_item_is_corrupt_and_its_neighbours_are_not() {
    let (_demo, client) = faulty("- {after: 1, fault: {kind: corrupt, item: 2}}").await;
    let right = client.fetch(NODES, PROTOBUF).await.unwrap();
    let wrong = client.fetch(NODES, PROTOBUF).await.unwrap();
    assert_eq!((wrong.body.len(), wrong.ending), (right.body.len(), Ending::Whole));
    let different: Vec<_> = (0..right.body.len()).filter(|at| right.body[*at] != wrong.body[*at]).collect();
    assert!(different.len() <= 12 && different.iter().all(|at| wrong.body[*at] == 0xff), "{different:?}");
    let envelope = frame::open(wrong.body.into()).unwrap();
    let mut seen = 0;
    let split = frame::split_items(envelope.raw, |_| {
        seen += 1;
        Ok(())
    });
    assert!(split.is_err() && seen == 2);
}

#[tokio::test]
async fn a_content_type_can_lie_with_or_without_another_body() {
    let lie = struck("{kind: content-type, type: text/html}", PROTOBUF).await;
    assert_eq!((lie.content_type.as_str(), items(&lie.body).len()), ("text/html", 12));
    let page = struck("{kind: content-type, type: text/html, body: '<html>log in</html>'}", PROTOBUF).await;
    assert_eq!((page.content_type.as_str(), &page.body[..]), ("text/html", &b"<html>log in</html>"[..]));
}

#[tokio::test]
async fn a_delayed_answer_waits_until_it_is_released() {
    let (demo, client) = faulty("- {match: {resource: nodes}, fault: {kind: delay, until: later}}").await;
    let mut waiting = Box::pin(client.get(NODES));
    let other = client.get("/api/v1/namespaces");
    tokio::select! {
        _ = &mut waiting => panic!("it did not wait"),
        answer = other => assert_eq!(answer.status, 200),
    }
    assert!(demo.requests().iter().all(|asked| asked.resource != "nodes"));
    demo.release("later");
    assert_eq!(waiting.await.status, 200);
}

#[tokio::test]
async fn a_slow_drip_brings_everything_a_few_bytes_at_a_time() {
    let (_demo, client) = faulty("- {after: 1, fault: {kind: drip, bytes: 4000, every: 20ms}}").await;
    let right = client.fetch(NODES, PROTOBUF).await.unwrap();
    let before = tokio::time::Instant::now();
    let slow = client.fetch(NODES, PROTOBUF).await.unwrap();
    let ticks = right.body.len() as u32 / 4000;
    assert!(slow.body == right.body && ticks > 2);
    assert!(before.elapsed() >= std::time::Duration::from_millis(20) * ticks);
}

#[tokio::test]
async fn a_watch_is_cut_between_events_or_inside_one() {
    for (at, events) in [("{items: 2}", 2), ("{inside-item: 1}", 1)] {
        let script = format!("- {{match: {{verb: watch}}, fault: {{kind: cut, at: {at}}}}}");
        let (_demo, client) = faulty(&script).await;
        let path = format!("{NODES}?watch=1&resourceVersion=0");
        let cut = client.fetch(&path, "application/json").await.unwrap();
        let lines = cut.body.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
        assert_eq!((lines.count(), cut.ending), (events, Ending::Broken), "{at}");
    }
}

#[tokio::test]
async fn a_watch_is_closed_at_once() {
    let (_demo, client) = faulty("- {match: {verb: watch}, fault: {kind: close, at: {items: 0}}}").await;
    let now = version(&client.get(NODES).await.json());
    let path = format!("{NODES}?watch=1&resourceVersion={now}");
    let closed = client.fetch(&path, PROTOBUF).await.unwrap();
    assert_eq!((closed.status, closed.body.len(), closed.ending), (200, 0, Ending::Whole));
}

#[tokio::test]
async fn a_watch_ends_with_an_error_event() {
    let script = "- {match: {verb: watch}, fault: {kind: error, code: 410, after: 1}}";
    let (_demo, client) = faulty(script).await;
    let path = format!("{NODES}?watch=1&resourceVersion=0");
    let text = client.fetch(&path, "application/json").await.unwrap();
    let events: Vec<Value> =
        text.body.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!((kinds, text.ending), (vec!["ADDED", "ERROR"], Ending::Whole));
    assert_eq!(
        (&events[1]["object"]["code"], &events[1]["object"]["reason"]),
        (&json!(410), &json!("Expired"))
    );
    let mut watch = client.watch_accepting(&path, PROTOBUF).await;
    watch.next_frame().await.unwrap();
    let event = frame::WatchEvent::decode(watch.next_frame().await.unwrap()).unwrap();
    assert_eq!(event.type_, "ERROR");
    assert!(watch.next_frame().await.is_none());
}

#[tokio::test]
async fn a_stalled_watch_stays_open_and_says_nothing_more() {
    let script = "- {match: {verb: watch}, times: 1, fault: {kind: stall, at: {items: 1}}}";
    let (_demo, client) = faulty(script).await;
    let (mut stalled, mut sound) = (watch_from_now(&client).await, watch_from_now(&client).await);
    for label in ["one", "two"] {
        changed(&client, "worker-a-1", label).await;
        assert_eq!(sound.next().await.unwrap()["object"]["metadata"]["labels"]["mark"], label);
    }
    assert_eq!(stalled.next().await.unwrap()["object"]["metadata"]["labels"]["mark"], "one");
    assert!(stalled.next().now_or_never().is_none(), "neither an event nor an end");
}

#[tokio::test]
async fn a_corrupt_frame_is_out_of_step_in_both_encodings() {
    let script = "- {match: {verb: watch}, fault: {kind: corrupt, item: 1}}";
    let (_demo, client) = faulty(script).await;
    let path = format!("{NODES}?watch=1&resourceVersion=0");
    let mut text = client.watch(&path).await;
    text.next().await.unwrap();
    let line = std::panic::AssertUnwindSafe(text.next()).catch_unwind().await;
    assert!(line.is_err(), "no JSON");
    let fetched = client.watch_accepting(&path, PROTOBUF);
    let mut frames = fetched.await;
    frames.next_frame().await.unwrap();
    let second = std::panic::AssertUnwindSafe(frames.next_frame()).catch_unwind().await;
    assert!(second.is_err(), "no frame is as long as four times 0xff says");
}

#[tokio::test]
async fn one_kind_is_held_back_while_others_go_on() {
    let script = "- {match: {resource: nodes, verb: watch}, fault: {kind: hold-back, until: nodes}}";
    let (demo, client) = faulty(script).await;
    let mut nodes = watch_from_now(&client).await;
    let maps = version(&client.get("/api/v1/configmaps").await.json());
    let mut maps = client.watch(&format!("/api/v1/configmaps?watch=1&resourceVersion={maps}")).await;
    changed(&client, "worker-a-1", "earlier").await;
    let map = json!({"metadata": {"name": "later"}});
    client.post("/api/v1/namespaces/default/configmaps", &map).await;
    assert_eq!(maps.next().await.unwrap()["object"]["metadata"]["name"], "later");
    assert!(nodes.next().now_or_never().is_none(), "the earlier event is held back");
    demo.release("nodes");
    assert_eq!(nodes.next().await.unwrap()["object"]["metadata"]["labels"]["mark"], "earlier");
}

#[tokio::test]
async fn a_replica_that_is_behind_knows_older_versions_only() {
    let (demo, client) = faulty("").await;
    let before = version(&client.get(NODES).await.json());
    changed(&client, "worker-a-1", "new").await;
    let now = version(&client.get(NODES).await.json());
    demo.inject("- {fault: {kind: behind, versions: 1}}".parse::<Faults>().unwrap());
    let stale = client.get(NODES).await.json();
    assert_eq!(version(&stale), before);
    let node =
        stale["items"].as_array().unwrap().iter().find(|it| it["metadata"]["name"] == "worker-a-1").unwrap();
    assert_eq!(node["metadata"]["labels"]["mark"], Value::Null);
    for path in [format!("{NODES}?resourceVersion={now}"), format!("{NODES}?watch=1&resourceVersion={now}")] {
        let refused = client.get(&path).await;
        assert_eq!(refused.status, 504);
        assert_eq!(refused.json()["details"]["causes"][0]["reason"], "ResourceVersionTooLarge");
    }
    demo.mend();
    assert_eq!(version(&client.get(NODES).await.json()), now);
}

#[tokio::test]
async fn requests_can_be_waited_for() {
    let (demo, client) = faulty("").await;
    let (asked, ()) = tokio::join!(demo.asked(2, |asked| asked.path == "/version"), async {
        client.get(NODES).await;
        client.get("/version").await;
        client.get("/version").await;
    });
    assert_eq!(asked.len(), 2);
    assert_eq!(demo.requests().len(), 3);
}
