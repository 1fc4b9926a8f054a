//! Watches, in both encodings.

use foretop::wire::{core, frame};
use prost::Message;
use serde_json::{Value, json};

use crate::client::{Client, frozen, wall};
use crate::{PROTOBUF, version};

#[tokio::test]
async fn a_watch_tells_what_happens_after_a_version() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let list = client.get("/api/v1/nodes").await.json();
    let mut watch =
        client.watch(&format!("/api/v1/nodes?watch=true&resourceVersion={}", version(&list))).await;
    let cordon = json!({"spec": {"unschedulable": true}});
    client.patch("/api/v1/nodes/worker-b-1", "application/strategic-merge-patch+json", &cordon).await;
    let cordoned = watch.next().await.unwrap();
    assert_eq!(cordoned["type"], "MODIFIED");
    assert_eq!(cordoned["object"]["spec"]["unschedulable"], true);
    let tainted = watch.next().await.unwrap();
    assert_eq!(tainted["object"]["spec"]["taints"][0]["key"], "node.kubernetes.io/unschedulable");
    let older: u64 = version(&list).parse().unwrap();
    let newer: u64 = tainted["object"]["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap();
    assert_eq!(newer, older + 2);
}

#[tokio::test]
async fn a_watch_with_a_selector_sees_objects_come_and_go() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let list = client.get("/api/v1/nodes").await.json();
    let query = format!("/api/v1/nodes?watch=1&labelSelector=pool%3Dgold&resourceVersion={}", version(&list));
    let mut watch = client.watch(&query).await;
    for label in [json!("gold"), json!("iron")] {
        let patch = json!({"metadata": {"labels": {"pool": label}}});
        client.patch("/api/v1/nodes/worker-a-2", "application/merge-patch+json", &patch).await;
    }
    let kinds = [watch.next().await.unwrap()["type"].clone(), watch.next().await.unwrap()["type"].clone()];
    assert_eq!(kinds, [json!("ADDED"), json!("DELETED")]);
}

#[tokio::test]
async fn a_streaming_list_ends_its_beginning_with_a_bookmark() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let path = "/api/v1/nodes?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut watch = client.watch(path).await;
    for _ in 0..12 {
        assert_eq!(watch.next().await.unwrap()["type"], "ADDED");
    }
    let end = watch.next().await.unwrap();
    assert_eq!(end["type"], "BOOKMARK");
    assert_eq!(end["object"]["kind"], "Node");
    assert_eq!(end["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
    assert_eq!(
        end["object"]["metadata"]["resourceVersion"],
        version(&client.get("/api/v1/nodes").await.json())
    );
    let wrong = client.get("/api/v1/nodes?watch=1&sendInitialEvents=true").await;
    assert_eq!((wrong.status, wrong.json()["reason"].clone()), (422, json!("Invalid")));
}

#[tokio::test]
async fn a_watch_ends_when_its_time_is_over_and_bookmarks_where_it_was() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let now = version(&client.get("/api/v1/nodes").await.json());
    let path =
        format!("/api/v1/nodes?watch=1&timeoutSeconds=3&allowWatchBookmarks=true&resourceVersion={now}");
    let mut watch = client.watch(&path).await;
    let bookmark = watch.next().await.unwrap();
    assert_eq!((bookmark["type"].clone(), version(&bookmark["object"])), (json!("BOOKMARK"), now));
    assert!(watch.next().await.is_none());
}

#[tokio::test]
async fn watches_and_refusals_speak_protobuf_too() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let now = version(&client.get("/api/v1/nodes").await.json());
    let path = format!("/api/v1/nodes?watch=1&resourceVersion={now}");
    let mut watch = client.watch_accepting(&path, &format!("{PROTOBUF};stream=watch,{PROTOBUF}")).await;
    assert_eq!(watch.content_type, format!("{PROTOBUF};stream=watch"));
    let cordon = json!({"spec": {"unschedulable": true}});
    client.patch("/api/v1/nodes/worker-b-1", "application/merge-patch+json", &cordon).await;
    let event = frame::WatchEvent::decode(watch.next_frame().await.unwrap()).unwrap();
    assert_eq!(event.type_, "MODIFIED");
    let envelope = frame::open(event.object.unwrap().raw).unwrap();
    assert!(core::Node::decode(envelope.raw).unwrap().spec.unwrap().unschedulable);
    let missing = client.accepting("/api/v1/nodes/nobody", PROTOBUF).await;
    let status = foretop::wire::meta::Status::decode(frame::open(missing.body).unwrap().raw).unwrap();
    assert_eq!((status.code, status.message.as_str()), (404, "nodes \"nobody\" not found"));
    assert_eq!(client.accepting("/api/v1/nodes", "application/cbor").await.status, 406);
}

#[tokio::test]
async fn a_running_clock_renews_leases() {
    let demo = wall("calm").await;
    let client = Client::admin(&demo);
    let leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
    let list = client.get(leases).await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 12);
    let mut watch = client.watch(&format!("{leases}?watch=1&resourceVersion={}", version(&list))).await;
    let event = watch.next().await.unwrap();
    let name = &event["object"]["metadata"]["name"];
    let before =
        list["items"].as_array().unwrap().iter().find(|one| &one["metadata"]["name"] == name).unwrap();
    let renewed = |lease: &Value| lease["spec"]["renewTime"].as_str().unwrap().to_owned();
    assert!(renewed(&event["object"]) > renewed(before));
}
