//! What autoscalers are measured by, as their controller asks for it: pods of metrics.k8s.io by label, custom and external
//! metrics, the scale of the target and who wrote it; and what KEDA and the vertical autoscaler keep in the cluster.

use foretop::demo::{Clock, Demo, Faults, Options, serve};
use serde_json::{Value, json};

use crate::client::{Client, frozen, options};
use crate::{PROTOBUF, names};

const CUSTOM: &str = "/apis/custom.metrics.k8s.io/v1beta2/namespaces";
const EXTERNAL: &str = "/apis/external.metrics.k8s.io/v1beta1/namespaces";
const HPAS: &str = "/apis/autoscaling/v2/namespaces";

/// A quantity in thousandths.
fn milli(quantity: &Value) -> i64 {
    let text = quantity.as_str().unwrap();
    let (number, worth) = match text.strip_suffix('m') {
        Some(number) => (number, 1),
        None => text.strip_suffix('k').map_or((text, 1000), |number| (number, 1_000_000)),
    };
    number.parse::<i64>().unwrap() * worth
}

async fn driven(scenario: &str) -> Demo {
    let clock = Clock::Driven("2026-03-01T10:00:00Z".parse().unwrap());
    serve(Options { clock, ..options(scenario) }).await.unwrap()
}

#[tokio::test]
async fn discovery_lists_the_metrics_that_there_are() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let groups = client.get("/apis").await.json();
    let group =
        |name: &str| groups["groups"].as_array().unwrap().iter().find(|it| it["name"] == name).cloned();
    let custom = group("custom.metrics.k8s.io").unwrap();
    assert_eq!(custom["preferredVersion"]["version"], "v1beta2");
    assert_eq!(custom["versions"][1]["groupVersion"], "custom.metrics.k8s.io/v1beta1");
    assert_eq!(client.get("/apis/custom.metrics.k8s.io").await.json()["versions"], custom["versions"]);
    assert!(group("external.metrics.k8s.io").is_some() && group("keda.sh").is_some());
    assert_eq!(
        groups["groups"].as_array().unwrap().iter().filter(|it| it["name"] == custom["name"]).count(),
        1
    );
    let all = client.get("/apis/custom.metrics.k8s.io/v1beta1").await.json();
    let listed = |all: &Value, name: &str| {
        all["resources"].as_array().unwrap().iter().find(|it| it["name"] == name).cloned()
    };
    let pods = listed(&all, "pods/http_requests_per_second").unwrap();
    assert_eq!((&pods["kind"], &pods["verbs"]), (&json!("MetricValueList"), &json!(["get"])));
    assert!(listed(&all, "ingresses.networking.k8s.io/p95_latency_milliseconds").is_some());
    let external = client.get("/apis/external.metrics.k8s.io/v1beta1").await.json();
    assert!(listed(&external, "s0-rabbitmq-uploads").is_some());
    let scale = client.get("/apis/keda.sh/v1alpha1").await.json();
    assert_eq!(scale["resources"][0]["kind"], "ScaledObject");
}

#[tokio::test]
async fn pods_are_measured_by_label_and_add_up_to_what_the_autoscaler_says() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let scale = client.get("/apis/apps/v1/namespaces/shop/deployments/checkout/scale").await.json();
    let selector = scale["status"]["selector"].as_str().unwrap().replace('=', "%3D");
    let path = format!("/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods?labelSelector={selector}");
    let samples = client.get(&path).await.json();
    let pods = client.get(&format!("/api/v1/namespaces/shop/pods?labelSelector={selector}")).await.json();
    let (measured, all) = (names(&samples), names(&pods));
    assert!(measured.len() > 3 && measured.iter().all(|name| all.contains(name)), "{measured:?} of {all:?}");
    let first = &samples["items"][0];
    assert_eq!(first["metadata"]["labels"]["app.kubernetes.io/name"], "checkout");
    assert!(first["window"].as_str().unwrap().starts_with("15."));
    let status = client.get(&format!("{HPAS}/shop/horizontalpodautoscalers/checkout")).await.json();
    let average = milli(&status["status"]["currentMetrics"][0]["resource"]["current"]["averageValue"]);
    let cpu = |container: &Value| {
        let nano = container["usage"]["cpu"].as_str().unwrap().strip_suffix('n').unwrap();
        (nano.parse::<i64>().unwrap() + 999_999) / 1_000_000
    };
    let containers =
        samples["items"].as_array().unwrap().iter().flat_map(|it| it["containers"].as_array().unwrap());
    let used: i64 = containers.map(cpu).sum();
    // A pass may have come a moment before the newest samples.
    let difference = (used / measured.len() as i64 - average).abs();
    assert!(difference * 5 < average, "{used} in all and {average} for each");
}

#[tokio::test]
async fn custom_metrics_of_pods_and_objects_are_served_in_both_versions() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let selector = "labelSelector=app.kubernetes.io/name%3Dcheckout";
    let path = format!("{CUSTOM}/shop/pods/*/http_requests_per_second?{selector}");
    let list = client.get(&path).await.json();
    assert_eq!(
        (&list["kind"], &list["apiVersion"]),
        (&json!("MetricValueList"), &json!("custom.metrics.k8s.io/v1beta2"))
    );
    let items = list["items"].as_array().unwrap();
    assert!(items.len() >= 3 && items.iter().all(|it| milli(&it["value"]) > 0));
    let one = &items[0];
    assert_eq!(
        (&one["describedObject"]["kind"], &one["metric"]["name"]),
        (&json!("Pod"), &json!("http_requests_per_second"))
    );
    let at: jiff::Timestamp = one["timestamp"].as_str().unwrap().parse().unwrap();
    assert_eq!(at.as_second() % 15, 0);
    let old = client.get(&path.replace("v1beta2", "v1beta1")).await.json();
    assert_eq!(
        (&old["items"][0]["metricName"], &old["items"][0]["value"]),
        (&json!("http_requests_per_second"), &one["value"])
    );
    let name = one["describedObject"]["name"].as_str().unwrap();
    let alone = client.get(&format!("{CUSTOM}/shop/pods/{name}/http_requests_per_second")).await.json();
    assert_eq!(alone["items"], json!([one]));
    let strangers =
        format!("{CUSTOM}/shop/pods/*/http_requests_per_second?labelSelector=app.kubernetes.io/name%3Dcart");
    assert_eq!(client.get(&strangers).await.json()["items"], json!([]));

    let ingress = client
        .get(&format!("{CUSTOM}/shop/ingresses.networking.k8s.io/shop/p95_latency_milliseconds"))
        .await
        .json();
    assert_eq!(ingress["items"][0]["describedObject"]["apiVersion"], "networking.k8s.io/v1");
    assert!(milli(&ingress["items"][0]["value"]) > 0);
    let missing = client.get(&format!("{CUSTOM}/shop/pods/*/nonsense?{selector}")).await;
    assert_eq!(
        (missing.status, missing.json()["message"].clone()),
        (404, json!("the server could not find the metric nonsense for pods"))
    );
}

#[tokio::test]
async fn external_metrics_are_series_with_labels() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let path = format!("{EXTERNAL}/shop/s0-rabbitmq-uploads");
    let list =
        client.get(&format!("{path}?labelSelector=scaledobject.keda.sh/name%3Dimage-resizer")).await.json();
    assert_eq!(list["kind"], "ExternalMetricValueList");
    let one = &list["items"][0];
    assert_eq!(one["metricLabels"], json!({"scaledobject.keda.sh/name": "image-resizer"}));
    assert!(one["metricName"] == "s0-rabbitmq-uploads" && milli(&one["value"]) > 0);
    let other = client.get(&format!("{path}?labelSelector=scaledobject.keda.sh/name%3Dother")).await.json();
    assert_eq!(other["items"], json!([]), "no series is no error");
    let down = client.get(&format!("{EXTERNAL}/payments/settlements_waiting")).await;
    assert_eq!(
        (down.status, down.json()["message"].clone()),
        (503, json!("the server is currently unable to handle the request"))
    );
    assert_eq!(client.delete(&path).await.status, 405);
}

#[tokio::test]
async fn rights_to_metrics_and_scales_are_their_own() {
    let demo = frozen("calm").await;
    let reader = Client::new(demo.address(), Some("demo-node-reader"));
    let path = format!("{CUSTOM}/shop/pods/*/http_requests_per_second");
    let words = "pods.custom.metrics.k8s.io \"*\" is forbidden: User \"node-reader\" cannot get resource \
                 \"pods/http_requests_per_second\" in API group \"custom.metrics.k8s.io\" in the namespace \"shop\"";
    let refused = reader.get(&path).await;
    assert_eq!((refused.status, refused.json()["message"].clone()), (403, json!(words)));
    assert_eq!(reader.get(&format!("{EXTERNAL}/shop/s0-rabbitmq-uploads")).await.status, 403);
    let scale = "/apis/apps/v1/namespaces/shop/deployments/frontend/scale";
    assert_eq!(reader.get(scale).await.status, 403);
    let viewer = Client::new(demo.address(), Some("demo-viewer"));
    for path in [path.as_str(), scale, "/apis/keda.sh/v1alpha1/scaledobjects"] {
        assert_eq!(viewer.get(path).await.status, 200, "{path}");
    }
    let review = |verb: &str| json!({"spec": {"resourceAttributes": {"verb": verb, "group": "external.metrics.k8s.io", "resource": "*", "namespace": "shop"}}});
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    assert_eq!(viewer.post(path, &review("list")).await.json()["status"]["allowed"], true);
    assert_eq!(viewer.post(path, &review("delete")).await.json()["status"]["allowed"], false);
    assert_eq!(reader.post(path, &review("list")).await.json()["status"]["allowed"], false);
}

#[tokio::test]
async fn a_scale_says_no_more_than_a_scale_does_and_the_workload_who_wrote_it() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let path = "/apis/apps/v1/namespaces/payments/deployments/gateway";
    let scale = client.get(&format!("{path}/scale")).await.json();
    assert_eq!(scale["status"]["selector"], "app.kubernetes.io/name=gateway");
    assert!(scale["metadata"]["managedFields"].is_null());
    let three = json!({"spec": {"replicas": 3}});
    let merge = "application/merge-patch+json";
    client.patch(&format!("{path}/scale?fieldManager=somebody"), merge, &three).await;
    let metadata = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    let known = client.accepting(path, metadata).await.json();
    let owners: Vec<_> = known["metadata"]["managedFields"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["fieldsV1"]["f:spec"]["f:replicas"].is_object())
        .map(|it| (it["manager"].clone(), it["subresource"].clone()))
        .collect();
    assert_eq!(owners, [(json!("somebody"), json!("scale"))], "a field has the owner that set it last");
}

#[tokio::test]
async fn what_keda_and_the_vertical_autoscaler_keep_is_listed_and_watched_without_protobuf() {
    let demo = frozen("hpa-at-max").await;
    let client = Client::admin(&demo);
    let path = "/apis/keda.sh/v1alpha1/scaledobjects";
    let list = client.accepting(path, &format!("{PROTOBUF},application/json")).await;
    assert_eq!(list.content_type, "application/json");
    assert_eq!(names(&list.json()), ["reporter", "image-resizer"]);
    assert_eq!(client.accepting(path, PROTOBUF).await.status, 406);
    let verticals =
        client.get("/apis/autoscaling.k8s.io/v1/namespaces/data/verticalpodautoscalers").await.json();
    assert_eq!(verticals["items"][0]["spec"]["updatePolicy"]["updateMode"], "Recreate");
    let mut watch =
        client.watch(&format!("{path}?watch=1&resourceVersion={}", crate::version(&list.json()))).await;
    let pause = json!({"metadata": {"annotations": {"autoscaling.keda.sh/paused": "true"}}});
    let one = "/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects/image-resizer";
    client.patch(one, "application/merge-patch+json", &pause).await;
    let event = watch.next().await.unwrap();
    assert_eq!(event["type"], "MODIFIED");
    assert_eq!(event["object"]["metadata"]["annotations"]["autoscaling.keda.sh/paused"], "true");
}

#[tokio::test]
async fn a_script_takes_one_api_of_metrics_away() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let path = format!("{CUSTOM}/shop/pods/*/http_requests_per_second");
    let rule = "- {match: {resource: custom.metrics.k8s.io, name: http_requests_per_second}, \
                fault: {kind: answer, code: 503}}";
    demo.inject(rule.parse::<Faults>().unwrap());
    assert_eq!(client.get(&path).await.status, 503);
    let other = format!("{CUSTOM}/shop/ingresses.networking.k8s.io/shop/p95_latency_milliseconds");
    assert_eq!(client.get(&other).await.status, 200);
    assert_eq!(demo.counts()[&("get", "custom.metrics.k8s.io".to_owned(), 503)], 1);
    assert!("- {match: {resource: nonsense.metrics.k8s.io}, fault: {kind: drop}}".parse::<Faults>().is_err());
}

#[tokio::test]
async fn a_driven_clock_moves_as_far_as_it_is_told() {
    let demo = driven("black-friday").await;
    let client = Client::admin(&demo);
    let begun = demo.now();
    let replicas = async || {
        let scale = client.get("/apis/apps/v1/namespaces/shop/deployments/frontend/scale").await.json();
        scale["spec"]["replicas"].as_i64().unwrap()
    };
    let before = replicas().await;
    assert_eq!((replicas().await, demo.now()), (before, begun), "time stands still by itself");
    demo.advance(180);
    assert_eq!(demo.now().as_second() - begun.as_second(), 180);
    assert!(replicas().await > before + 2, "the load has come");
    let sample = client.get("/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods").await.json();
    let at: jiff::Timestamp = sample["items"][0]["timestamp"].as_str().unwrap().parse().unwrap();
    assert!((0..15).contains(&(demo.now().as_second() - at.as_second())));
}

#[tokio::test]
async fn the_crowd_is_measured_too() {
    let load = foretop::demo::Load { pods: Some(3000), ..foretop::demo::Load::default() };
    let demo = serve(Options { load, ..options("large") }).await.unwrap();
    let client = Client::admin(&demo);
    let all = client.get("/apis/autoscaling/v2/horizontalpodautoscalers").await.json();
    let mut kinds = std::collections::BTreeSet::new();
    for autoscaler in all["items"].as_array().unwrap() {
        let namespace = autoscaler["metadata"]["namespace"].as_str().unwrap();
        let app = autoscaler["spec"]["scaleTargetRef"]["name"].as_str().unwrap();
        let selector = format!("labelSelector=app.kubernetes.io/name%3D{app}");
        let metric = &autoscaler["spec"]["metrics"][1];
        let kind = metric["type"].as_str().unwrap();
        kinds.insert(kind.to_owned());
        let path = match kind {
            "Pods" => format!("{CUSTOM}/{namespace}/pods/*/http_requests_per_second?{selector}"),
            "External" => format!("{EXTERNAL}/{namespace}/queue_messages_ready?labelSelector=queue%3D{app}"),
            _ => format!("/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods?{selector}"),
        };
        let found = client.get(&path).await.json();
        assert!(!found["items"].as_array().unwrap().is_empty(), "{path}: {found}");
    }
    assert_eq!(kinds.len(), 3);
}
