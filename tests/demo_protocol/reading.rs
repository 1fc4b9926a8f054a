//! Lists, pages, selectors, encodings, rights, discovery, the clock.

use foretop::wire::{apps, autoscaling, core, frame};
use prost::Message;
use serde_json::json;

use crate::client::{Client, frozen, options};
use crate::{PROTOBUF, names, version};

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

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

pub(crate) async fn same<T>(client: &Client, path: &str, kind: &str)
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
    let wanted = [
        "apps",
        "authorization.k8s.io",
        "autoscaling",
        "autoscaling.k8s.io",
        "coordination.k8s.io",
        "custom.metrics.k8s.io",
        "external.metrics.k8s.io",
        "keda.sh",
        "metrics.k8s.io",
        "policy",
    ];
    assert_eq!(all, wanted);
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
async fn an_unknown_scenario_is_answered_with_the_known_ones() {
    let mut options = options("nonsense");
    options.seed = 1;
    let sentence = foretop::demo::serve(options).await.err().unwrap().to_string();
    let known: Vec<_> = foretop::demo::SCENARIOS.iter().map(|(name, _)| *name).collect();
    assert_eq!(sentence, format!("there is no scenario \"nonsense\"; there are: {}", known.join(", ")));
}
