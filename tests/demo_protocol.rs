//! The embedded cluster over HTTP: what every client of a Kubernetes API server relies on.

#[path = "demo_support/mod.rs"]
mod support;

use foretop::wire::{apps, autoscaling, core, frame};
use prost::Message;
use serde_json::{Value, json};
use support::{Client, frozen, wall};

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

fn version(list: &Value) -> String {
    list["metadata"]["resourceVersion"].as_str().unwrap().to_owned()
}

fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn strangers_are_turned_away_and_the_limited_are_told_why() {
    let demo = frozen("calm").await;
    let stranger = Client::new(demo.address(), None);
    let refused = stranger.get("/api/v1/pods").await;
    assert_eq!((refused.status, refused.json()["reason"].clone()), (401, json!("Unauthorized")));
    let reader = Client::new(demo.address(), Some("demo-node-reader"));
    assert_eq!(reader.get("/api/v1/nodes").await.status, 200);
    let refused = reader.get("/api/v1/pods").await;
    assert_eq!(refused.status, 403);
    let words = "pods is forbidden: User \"node-reader\" cannot list resource \"pods\" in API group \"\" at the cluster scope";
    assert_eq!(refused.json()["message"], words);
    let viewer = Client::new(demo.address(), Some("demo-viewer"));
    let patch = json!({"spec": {"unschedulable": true}});
    let refused = viewer.patch("/api/v1/nodes/worker-a-1", "application/merge-patch+json", &patch).await;
    assert_eq!(refused.status, 403);
    let in_path = Client::new(demo.address(), None).get("/tokens/demo-viewer/api/v1/nodes").await;
    assert_eq!(in_path.status, 200, "clients that send no token over plain HTTP have it in the address");
}

#[tokio::test]
async fn pages_join_to_the_list_that_was_begun() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let whole = client.get("/api/v1/pods").await.json();
    let first = client.get("/api/v1/pods?limit=60").await.json();
    assert_eq!(first["items"].as_array().unwrap().len(), 60);
    let all = whole["items"].as_array().unwrap().len();
    assert_eq!(first["metadata"]["remainingItemCount"], all - 60);
    // A pod that comes and one that goes between the pages change nothing about the list that was begun.
    client.delete("/api/v1/namespaces/shop/pods/debug-shell").await;
    let (mut pages, mut next) = (names(&first), first["metadata"]["continue"].as_str().unwrap().to_owned());
    while !next.is_empty() {
        let page = client.get(&format!("/api/v1/pods?limit=60&continue={next}")).await.json();
        assert_eq!(version(&page), version(&first), "every page is of the same version");
        pages.extend(names(&page));
        next = page["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
    }
    assert_eq!(pages, names(&whole));
    assert!(!names(&client.get("/api/v1/pods").await.json()).contains(&"debug-shell".to_owned()));
}

#[tokio::test]
async fn a_page_of_a_forgotten_version_is_expired_and_says_how_to_go_on() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let first = client.get("/api/v1/nodes?limit=3").await.json();
    client.forget_history().await;
    let next = first["metadata"]["continue"].as_str().unwrap();
    let expired = client.get(&format!("/api/v1/nodes?limit=3&continue={next}")).await;
    assert_eq!((expired.status, expired.json()["reason"].clone()), (410, json!("Expired")));
    let rest = expired.json()["metadata"]["continue"].as_str().unwrap().to_owned();
    let page = client.get(&format!("/api/v1/nodes?continue={rest}")).await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 9);
    let mut watch = client.watch(&format!("/api/v1/nodes?watch=1&resourceVersion={}", version(&first))).await;
    let event = watch.next().await.unwrap();
    assert_eq!((event["type"].clone(), event["object"]["code"].clone()), (json!("ERROR"), json!(410)));
    assert!(watch.next().await.is_none(), "the stream ends with it");
    let exact = format!("/api/v1/nodes?resourceVersion={}&resourceVersionMatch=Exact", version(&first));
    assert_eq!(client.get(&exact).await.status, 410);
}

#[tokio::test]
async fn selectors_select() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let here = client
        .get("/api/v1/pods?fieldSelector=spec.nodeName%3Dworker-a-1,status.phase!%3DSucceeded")
        .await
        .json();
    assert!(here["items"].as_array().unwrap().iter().all(|pod| pod["spec"]["nodeName"] == "worker-a-1"));
    assert!(!names(&here).is_empty());
    let flannel = client.get("/api/v1/namespaces/kube-flannel/pods?labelSelector=app%3Dflannel").await.json();
    assert_eq!(flannel["items"].as_array().unwrap().len(), 12);
    let wrong = client.get("/api/v1/pods?fieldSelector=spec.nonsense%3D1").await;
    assert_eq!(
        (wrong.status, wrong.json()["message"].clone()),
        (400, json!("field label not supported: spec.nonsense"))
    );
}

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
    let path = format!("/api/v1/nodes?watch=1&labelSelector=pool%3Dgold&resourceVersion={}", version(&list));
    let mut watch = client.watch(&path).await;
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
async fn protobuf_says_what_json_says() {
    let demo = frozen("zone-outage").await;
    let client = Client::admin(&demo);
    same::<core::Node>(&client, "/api/v1/nodes", "NodeList").await;
    same::<core::Pod>(&client, "/api/v1/pods", "PodList").await;
    same::<core::Event>(&client, "/api/v1/events", "EventList").await;
    same::<core::ConfigMap>(&client, "/api/v1/configmaps", "ConfigMapList").await;
    same::<core::Lease>(&client, "/apis/coordination.k8s.io/v1/leases", "LeaseList").await;
    same::<apps::Deployment>(&client, "/apis/apps/v1/deployments", "DeploymentList").await;
    same::<apps::ReplicaSet>(&client, "/apis/apps/v1/replicasets", "ReplicaSetList").await;
    same::<apps::StatefulSet>(&client, "/apis/apps/v1/statefulsets", "StatefulSetList").await;
    same::<apps::DaemonSet>(&client, "/apis/apps/v1/daemonsets", "DaemonSetList").await;
    same::<apps::PodDisruptionBudget>(
        &client,
        "/apis/policy/v1/poddisruptionbudgets",
        "PodDisruptionBudgetList",
    )
    .await;
    let path = "/apis/autoscaling/v2/horizontalpodautoscalers";
    same::<autoscaling::HorizontalPodAutoscaler>(&client, path, "HorizontalPodAutoscalerList").await;
}

async fn same<T>(client: &Client, path: &str, kind: &str)
where
    T: Message + Default + PartialEq + serde::de::DeserializeOwned,
{
    let answer = client.accepting(path, PROTOBUF).await;
    assert_eq!(answer.content_type, PROTOBUF, "{path}");
    let envelope = frame::open(answer.body).unwrap();
    assert_eq!(envelope.type_meta.unwrap().kind, kind);
    let mut binary = Vec::new();
    let metadata = frame::each_item(envelope.raw, |item: T| binary.push(item)).unwrap();
    let text: frame::List<T> = serde_json::from_slice(&client.get(path).await.body).unwrap();
    assert_eq!(metadata.resource_version, text.metadata.resource_version);
    assert!(!binary.is_empty(), "{path} has nothing to compare");
    assert!(binary == text.items, "{path} differs between the encodings");
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
async fn tables_have_the_columns_of_kubectl() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let table = client.accepting("/api/v1/nodes", TABLE).await.json();
    assert_eq!(table["kind"], "Table");
    let columns: Vec<_> = table["columnDefinitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(&columns[..6], ["Name", "Status", "Roles", "Age", "Version", "Internal-IP"]);
    let cells = |name: &str| {
        let rows = table["rows"].as_array().unwrap().iter();
        rows.clone().find(|row| row["cells"][0] == name).unwrap()["cells"].clone()
    };
    assert_eq!(cells("worker-a-3")[1], "Ready,SchedulingDisabled");
    assert_eq!(cells("control-a-1")[2], "control-plane");
    let row = &client
        .accepting("/apis/autoscaling/v2/namespaces/data/horizontalpodautoscalers/ingest", TABLE)
        .await
        .json()["rows"][0];
    assert_eq!(row["object"]["kind"], "PartialObjectMetadata");
    assert_eq!(row["cells"][1], "Deployment/ingest");
}

#[tokio::test]
async fn writes_meet_versions_conflicts_and_rules() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let path = "/api/v1/namespaces/kube-flannel/configmaps/kube-flannel-cfg";
    let mut map = client.get(path).await.json();
    map["data"]["note"] = json!("changed");
    let stored = client.put(path, &map).await;
    assert_eq!((stored.status, stored.json()["data"]["note"].clone()), (200, json!("changed")));
    let late = client.put(path, &map).await;
    assert_eq!((late.status, late.json()["reason"].clone()), (409, json!("Conflict")));
    let taints = json!({"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}, {"key": "a", "effect": "NoSchedule"}]}});
    let wrong = client.patch("/api/v1/nodes/worker-a-1", "application/merge-patch+json", &taints).await;
    assert_eq!((wrong.status, wrong.json()["reason"].clone()), (422, json!("Invalid")));
    assert_eq!(client.patch(path, "application/apply-patch+yaml", &map).await.status, 415);
    let again = json!({"metadata": {"name": "kube-flannel-cfg"}});
    let exists = client.post("/api/v1/namespaces/kube-flannel/configmaps", &again).await;
    assert_eq!((exists.status, exists.json()["reason"].clone()), (409, json!("AlreadyExists")));
    assert_eq!(client.post("/version", &again).await.status, 405);
    assert_eq!(client.put("/api/v1/nodes", &again).await.status, 405);
    assert_eq!(client.get("/apis/apps/v1/nonsense").await.status, 404);
    let future = client.get("/api/v1/nodes?resourceVersion=999999999").await;
    assert_eq!((future.status, future.json()["reason"].clone()), (504, json!("Timeout")));
}

#[tokio::test]
async fn a_dry_run_answers_and_leaves_no_trace() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let before = client.everything().await;
    let cordon = json!({"spec": {"unschedulable": true}});
    let dry =
        client.patch("/api/v1/nodes/worker-a-1?dryRun=All", "application/merge-patch+json", &cordon).await;
    assert_eq!(dry.json()["spec"]["unschedulable"], true);
    let scale = json!({"spec": {"replicas": 9}});
    let path = "/apis/apps/v1/namespaces/shop/deployments/cart/scale?dryRun=All";
    let dry = client.patch(path, "application/merge-patch+json", &scale).await;
    assert_eq!(dry.json()["spec"]["replicas"], 9);
    let eviction =
        json!({"kind": "Eviction", "apiVersion": "policy/v1", "deleteOptions": {"dryRun": ["All"]}});
    let dry = client.post("/api/v1/namespaces/shop/pods/debug-shell/eviction", &eviction).await;
    assert_eq!(dry.status, 201);
    assert_eq!(client.delete("/api/v1/namespaces/shop/pods/debug-shell?dryRun=All").await.status, 200);
    let map = json!({"metadata": {"name": "new"}});
    assert_eq!(client.post("/api/v1/namespaces/shop/configmaps?dryRun=All", &map).await.status, 201);
    assert_eq!(client.everything().await, before);
    assert_eq!(client.delete("/api/v1/namespaces/shop/pods/debug-shell?dryRun=Some").await.status, 422);
}

#[tokio::test]
async fn a_scale_takes_effect_and_the_pods_are_there() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let path = "/apis/apps/v1/namespaces/mail/deployments/mailer";
    let scale = client.get(&format!("{path}/scale")).await.json();
    assert_eq!(scale["kind"], "Scale");
    assert_eq!(scale["status"]["selector"], "app.kubernetes.io/name=mailer");
    let mut wanted = scale.clone();
    wanted["spec"]["replicas"] = json!(5);
    assert_eq!(client.put(&format!("{path}/scale"), &wanted).await.json()["spec"]["replicas"], 5);
    assert_eq!(
        client.put(&format!("{path}/scale"), &wanted).await.status,
        409,
        "the version is the deployment's"
    );
    let deployment = client.get(path).await.json();
    assert_eq!(deployment["status"]["readyReplicas"], 5);
    let pods = client.get("/api/v1/namespaces/mail/pods").await.json();
    assert_eq!(pods["items"].as_array().unwrap().len(), 5);
    let negative = json!({"spec": {"replicas": -1}});
    let wrong = client.patch(&format!("{path}/scale"), "application/merge-patch+json", &negative).await;
    assert_eq!(wrong.status, 422);
}

fn eviction(name: &str) -> Value {
    json!({"kind": "Eviction", "apiVersion": "policy/v1", "metadata": {"name": name}})
}

#[tokio::test]
async fn evictions_ask_the_budgets() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let of = |workload: &str, namespace: &str| {
        format!("/api/v1/namespaces/{namespace}/pods?labelSelector=app.kubernetes.io/name%3D{workload}")
    };
    let ledger = names(&client.get(&of("ledger", "payments")).await.json())[0].clone();
    let path = format!("/api/v1/namespaces/payments/pods/{ledger}/eviction");
    let refused = client.post(&path, &eviction(&ledger)).await;
    assert_eq!((refused.status, refused.retry_after.as_deref()), (429, None));
    let status = refused.json();
    assert_eq!(status["message"], "Cannot evict pod as it would violate the pod's disruption budget.");
    assert_eq!(status["details"]["causes"][0]["reason"], "DisruptionBudget");
    assert_eq!(
        status["details"]["causes"][0]["message"],
        "The disruption budget ledger needs 3 healthy pods and has 3 currently"
    );
    let second = json!({"metadata": {"name": "second"}, "spec": {"minAvailable": 1,
        "selector": {"matchLabels": {"app.kubernetes.io/name": "ledger"}}}});
    client.post("/apis/policy/v1/namespaces/payments/poddisruptionbudgets", &second).await;
    assert_eq!(client.post(&path, &eviction(&ledger)).await.status, 500, "two budgets are one too many");
    let kafka = "/api/v1/namespaces/data/pods/kafka-0";
    let old = client.get(kafka).await.json();
    assert_eq!(client.post(&format!("{kafka}/eviction"), &eviction("kafka-0")).await.status, 201);
    let new = client.get(kafka).await.json();
    assert_ne!(old["metadata"]["uid"], new["metadata"]["uid"], "the stateful set has replaced it at once");
    let missing = client.post("/api/v1/namespaces/data/pods/kafka-9/eviction", &eviction("kafka-9")).await;
    assert_eq!((missing.status, missing.json()["details"]["kind"].clone()), (404, json!("pods")));
}

#[tokio::test]
async fn rights_can_be_asked_about() {
    let demo = frozen("calm").await;
    let review = json!({"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1",
        "spec": {"resourceAttributes": {"verb": "create", "resource": "pods", "subresource": "eviction", "namespace": "shop"}}});
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    for (token, allowed) in [("demo-admin", true), ("demo-viewer", false)] {
        let answer = Client::new(demo.address(), Some(token)).post(path, &review).await;
        assert_eq!(
            (answer.status, answer.json()["status"]["allowed"].clone()),
            (201, json!(allowed)),
            "{token}"
        );
    }
}

#[tokio::test]
async fn discovery_names_every_kind_and_the_scale_of_workloads() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    assert_eq!(client.get("/version").await.json()["gitVersion"], "v1.36.3");
    assert_eq!(client.get("/readyz").await.body, "ok");
    let groups = client.get("/apis").await.json();
    let all: Vec<_> =
        groups["groups"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(all, ["apps", "authorization.k8s.io", "autoscaling", "coordination.k8s.io", "policy"]);
    let kinds = client.get("/apis/apps/v1").await.json();
    let scale =
        kinds["resources"].as_array().unwrap().iter().find(|one| one["name"] == "deployments/scale").unwrap();
    assert_eq!((scale["group"].clone(), scale["kind"].clone()), (json!("autoscaling"), json!("Scale")));
    let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    let at_once = client.accepting("/apis", accept).await.json();
    assert_eq!(at_once["kind"], "APIGroupDiscoveryList");
}

#[tokio::test]
async fn a_frozen_clock_stands_where_the_scenario_has_settled() {
    let demo = frozen("calm").await;
    assert_eq!(demo.now().to_string(), "2026-03-01T10:05:00Z");
    let client = Client::admin(&demo);
    let answer = client.get("/api/v1/nodes").await;
    assert_eq!(answer.date.as_deref(), Some("Sun, 01 Mar 2026 10:05:00 GMT"));
    let other = frozen("calm").await;
    let (mine, others) = (client.everything().await, Client::admin(&other).everything().await);
    assert!(mine == others, "equal seeds and starts must give equal clusters");
    demo.stop().await;
    other.stop().await;
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

#[tokio::test]
async fn an_unknown_scenario_is_answered_with_the_known_ones() {
    let mut options = support::options("nonsense");
    options.seed = 1;
    let sentence = foretop::demo::serve(options).await.err().unwrap().to_string();
    assert_eq!(sentence, "there is no scenario \"nonsense\"; there are: calm, zone-outage");
}
