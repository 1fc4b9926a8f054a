//! The scenario for measuring, small enough for a test: its pods are as good as any.

use foretop::demo::{Demo, Life, Load, Options, serve};
use foretop::wire::{core, frame};
use prost::Message;
use serde_json::{Value, json};

use crate::client::{Client, options};
use crate::reading::same;
use crate::{PROTOBUF, names, version};

const PODS: &str = "/api/v1/pods";
/// Enough that a list flows out in pieces.
const MANY: usize = 3000;

async fn large(pods: usize) -> (Demo, Client) {
    let load = Load { pods: Some(pods), life: Life::Quiet, ..Load::default() };
    let demo = serve(Options { load, ..options("large") }).await.unwrap();
    let client = Client::admin(&demo);
    (demo, client)
}

fn by_name(list: &Value) -> std::collections::BTreeMap<String, Value> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|pod| (pod["metadata"]["name"].as_str().unwrap().to_owned(), pod.clone())).collect()
}

#[tokio::test]
async fn it_has_the_pods_that_are_asked_for_and_a_node_for_each_thirty() {
    let (_demo, client) = large(MANY).await;
    let pods = client.whole(PODS, "application/json").await;
    let pods: Value = serde_json::from_slice(&pods).unwrap();
    assert_eq!(by_name(&pods).len(), MANY);
    let nodes = client.get("/api/v1/nodes").await.json();
    assert_eq!(names(&nodes).len(), MANY / 30);
    let mut addresses = std::collections::BTreeSet::new();
    let mut crashing = 0;
    let mut on_nodes = std::collections::BTreeMap::new();
    for pod in pods["items"].as_array().unwrap() {
        let own = pod["spec"]["hostNetwork"] != true;
        assert!(!own || addresses.insert(pod["status"]["podIP"].as_str().unwrap()), "an address of its own");
        *on_nodes.entry(pod["spec"]["nodeName"].as_str().unwrap()).or_insert(0) += 1;
        let waiting = &pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"];
        crashing += usize::from(waiting == "CrashLoopBackOff");
    }
    assert!(on_nodes.len() == MANY / 30 && on_nodes.values().all(|count| *count == 30));
    assert!((MANY / 200..=MANY / 50).contains(&crashing), "{crashing}");
}

#[tokio::test]
async fn its_pods_are_as_large_as_real_ones() {
    let (_demo, client) = large(300).await;
    let binary = client.accepting(PODS, PROTOBUF).await.body.len() / 300;
    let text = client.get(PODS).await.body.len() / 300;
    assert!((6000..7000).contains(&binary) && (9000..11_000).contains(&text), "{binary} and {text} bytes");
}

#[tokio::test]
async fn its_protobuf_says_what_its_json_says() {
    let (_demo, client) = large(300).await;
    same::<core::Pod>(&client, PODS, "PodList").await;
    same::<core::Node>(&client, "/api/v1/nodes", "NodeList").await;
}

#[tokio::test]
async fn a_list_that_flows_is_the_list_of_its_pages() {
    let (demo, client) = large(MANY).await;
    let flowing = frame::open(client.whole(PODS, PROTOBUF).await.into()).unwrap();
    let mut all = Vec::new();
    frame::split_items(flowing.raw, |item| {
        all.push(item);
        Ok(())
    })
    .unwrap();
    let (mut paged, mut token, mut left) = (Vec::new(), String::new(), MANY as i64);
    loop {
        let path = format!("{PODS}?limit=700&continue={token}");
        let page = frame::open(client.accepting(&path, PROTOBUF).await.body).unwrap();
        // What happens meanwhile is not in the list that was begun.
        demo.churn(100);
        let metadata = frame::split_items(page.raw, |item| {
            paged.push(item);
            Ok(())
        })
        .unwrap();
        token = metadata.continue_token;
        left -= 700;
        assert_eq!(metadata.remaining_item_count, (left > 0).then_some(left));
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(paged.len(), MANY);
    assert!(paged == all);
}

#[tokio::test]
async fn a_watch_follows_its_churn() {
    let (demo, client) = large(600).await;
    let before = client.get(PODS).await.json();
    let mut pods = by_name(&before);
    let path = format!("{PODS}?watch=1&resourceVersion={}", version(&before));
    let mut watch = client.watch(&path).await;
    demo.churn(400);
    let after = client.get(PODS).await.json();
    let mut kinds = std::collections::BTreeMap::new();
    let mut seen = String::new();
    while seen != version(&after) {
        let event = watch.next().await.unwrap();
        seen = version(&event["object"]);
        let name = event["object"]["metadata"]["name"].as_str().unwrap().to_owned();
        let kind = event["type"].as_str().unwrap().to_owned();
        let mut object = event["object"].clone();
        let fields = object.as_object_mut().unwrap();
        fields.remove("kind");
        fields.remove("apiVersion");
        if kind == "DELETED" {
            pods.remove(&name)
        } else {
            pods.insert(name, object)
        };
        *kinds.entry(kind).or_insert(0) += 1;
    }
    assert!(pods == by_name(&after), "what the watch says is what the list says");
    assert_eq!(kinds.values().sum::<usize>(), 400);
    assert!(["ADDED", "MODIFIED", "DELETED"].iter().all(|kind| kinds.contains_key(*kind)), "{kinds:?}");
}

#[tokio::test]
async fn a_streaming_list_brings_every_pod_and_then_the_bookmark() {
    let (_demo, client) = large(MANY).await;
    let path = format!(
        "{PODS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    );
    let mut watch = client.watch_accepting(&path, PROTOBUF).await;
    let mut seen = 0;
    loop {
        let event = frame::WatchEvent::decode(watch.next_frame().await.unwrap()).unwrap();
        if event.type_ == "BOOKMARK" {
            break;
        }
        seen += usize::from(event.type_ == "ADDED");
    }
    assert_eq!(seen, MANY);
}

#[tokio::test]
async fn its_pods_can_be_selected_cordoned_away_from_and_evicted() {
    let (_demo, client) = large(600).await;
    let on_node = client.get(&format!("{PODS}?fieldSelector=spec.nodeName%3Dworker-b-1")).await.json();
    assert_eq!(by_name(&on_node).len(), 30);
    let team =
        client.get(&format!("{PODS}?labelSelector=app.kubernetes.io%2Fpart-of%3Dteam-001")).await.json();
    assert!(
        !by_name(&team).is_empty()
            && by_name(&team).values().all(|pod| pod["metadata"]["namespace"] == "team-001")
    );
    let pod = &team["items"][0]["metadata"];
    let path = format!("/api/v1/namespaces/team-001/pods/{}", pod["name"].as_str().unwrap());
    let eviction = json!({"kind": "Eviction", "apiVersion": "policy/v1", "metadata": {"name": pod["name"]}});
    assert_eq!(client.post(&format!("{path}/eviction"), &eviction).await.status, 201);
    assert_eq!(client.get(&path).await.status, 404);
    assert_eq!(by_name(&client.get(PODS).await.json()).len(), 600, "another has come");
    let cordon = json!({"spec": {"unschedulable": true}});
    client.patch("/api/v1/nodes/worker-b-1", "application/merge-patch+json", &cordon).await;
    let node = client.get("/api/v1/nodes/worker-b-1").await.json();
    assert_eq!(node["spec"]["taints"][0]["key"], "node.kubernetes.io/unschedulable");
}

#[tokio::test]
async fn a_size_belongs_to_it_alone() {
    let load = Load { pods: Some(60), ..Load::default() };
    let refused = serve(Options { load, ..options("calm") }).await.err().unwrap().to_string();
    assert!(refused.contains("belong to the scenario \"large\""), "{refused}");
}

#[tokio::test]
async fn requests_are_counted_as_the_api_server_counts_them() {
    let (_demo, client) = large(60).await;
    for _ in 0..3 {
        client.get(PODS).await;
    }
    client.get("/api/v1/nodes/nobody").await;
    client.get("/apis/apps/v1/namespaces/shop/deployments/nobody/scale").await;
    client.get("/apis/metrics.k8s.io/v1beta1/nodes").await;
    client.get("/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/depth").await;
    let text = String::from_utf8(client.get("/metrics").await.body.to_vec()).unwrap();
    let lines = [
        "{code=\"200\",group=\"\",resource=\"pods\",subresource=\"\",verb=\"LIST\"} 3",
        "{code=\"404\",group=\"\",resource=\"nodes\",subresource=\"\",verb=\"GET\"} 1",
        "{code=\"404\",group=\"apps\",resource=\"deployments\",subresource=\"scale\",verb=\"GET\"} 1",
        "{code=\"200\",group=\"metrics.k8s.io\",resource=\"nodes\",subresource=\"\",verb=\"LIST\"} 1",
        "{code=\"200\",group=\"external.metrics.k8s.io\",resource=\"\",subresource=\"\",verb=\"LIST\"} 1",
    ];
    let counted =
        |line: &str| text.lines().any(|one| one.strip_prefix("apiserver_request_total") == Some(line));
    assert!(lines.iter().all(|line| counted(line)), "{text}");
}
