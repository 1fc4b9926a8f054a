//! metrics.k8s.io as metrics-server serves it: found by discovery, read by name, as a list and by label, and nothing
//! else; with the faults that tests ask for.

use foretop::demo::Faults;
use serde_json::{Value, json};

use crate::client::{Client, frozen};
use crate::names;

const NODES: &str = "/apis/metrics.k8s.io/v1beta1/nodes";

fn milli(quantity: &Value) -> f64 {
    quantity.as_str().unwrap().strip_suffix('n').unwrap().parse::<f64>().unwrap() / 1e6
}

#[tokio::test]
async fn discovery_names_the_group_as_kubectl_top_looks_for_it() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let groups = client.get("/apis").await.json();
    let groups = groups["groups"].as_array().unwrap();
    let group = groups.iter().find(|it| it["name"] == "metrics.k8s.io").unwrap();
    assert_eq!(group["versions"][0]["groupVersion"], "metrics.k8s.io/v1beta1");
    let kinds = client.get("/apis/metrics.k8s.io/v1beta1").await.json();
    let resources = kinds["resources"].as_array().unwrap();
    let short =
        |it: &Value| (it["name"].clone(), it["kind"].clone(), it["namespaced"].clone(), it["verbs"].clone());
    assert_eq!(
        resources.iter().map(short).collect::<Vec<_>>(),
        [
            (json!("nodes"), json!("NodeMetrics"), json!(false), json!(["get", "list"])),
            (json!("pods"), json!("PodMetrics"), json!(true), json!(["get", "list"])),
        ]
    );
}

#[tokio::test]
async fn nodes_and_pods_are_listed_and_got_with_amounts_of_the_same_moment() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let list = client.get(NODES).await.json();
    assert_eq!(
        (&list["kind"], &list["apiVersion"]),
        (&json!("NodeMetricsList"), &json!("metrics.k8s.io/v1beta1"))
    );
    assert_eq!(names(&list), names(&client.get("/api/v1/nodes").await.json()), "every kubelet is heard");
    let first = &list["items"][0];
    let at: jiff::Timestamp = first["timestamp"].as_str().unwrap().parse().unwrap();
    assert_eq!(at.as_second() % 15, 0, "a scrape every fifteen seconds");
    assert!((0..15).contains(&(demo.now().as_second() - at.as_second())));
    assert!(first["window"].as_str().unwrap().starts_with("15.") && milli(&first["usage"]["cpu"]) > 0.0);
    assert!(first["usage"]["memory"].as_str().unwrap().ends_with("Ki"));
    let name = first["metadata"]["name"].as_str().unwrap();
    assert_eq!(client.get(&format!("{NODES}/{name}")).await.json()["usage"], first["usage"]);
    let zone =
        client.get(&format!("{NODES}?labelSelector=topology.kubernetes.io/zone=eu-west-1a")).await.json();
    assert!(!names(&zone).is_empty() && names(&zone).len() < names(&list).len());

    let pods = client.get("/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods").await.json();
    let pod = &pods["items"][0];
    assert_eq!(pod["metadata"]["namespace"], "shop");
    assert!(milli(&pod["containers"][0]["usage"]["cpu"]) > 0.0 && pod["timestamp"] == first["timestamp"]);
    let name = pod["metadata"]["name"].as_str().unwrap();
    let got = client.get(&format!("/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods/{name}")).await.json();
    assert_eq!(got["containers"], pod["containers"]);
    let everywhere = client.get("/apis/metrics.k8s.io/v1beta1/pods").await.json();
    assert!(names(&everywhere).len() > names(&pods).len());
    let again = frozen("calm").await;
    assert_eq!(Client::admin(&again).get(NODES).await.json(), list, "the same seed measures the same");
}

#[tokio::test]
async fn measurements_are_read_only_and_rights_are_their_own() {
    let demo = frozen("calm").await;
    let admin = Client::admin(&demo);
    assert_eq!(admin.delete(&format!("{NODES}/worker-a-1")).await.status, 405);
    assert_eq!(admin.get(&format!("{NODES}?watch=true")).await.status, 405);
    let missing = admin.get(&format!("{NODES}/nobody")).await;
    assert_eq!(
        (missing.status, missing.json()["message"].clone()),
        (404, json!("nodes.metrics.k8s.io \"nobody\" not found"))
    );
    let reader = Client::new(demo.address(), Some("demo-node-reader"));
    let refused = reader.get(NODES).await;
    let words = "nodes.metrics.k8s.io is forbidden: User \"node-reader\" cannot list resource \"nodes\" in API group \
                 \"metrics.k8s.io\" at the cluster scope";
    assert_eq!((refused.status, refused.json()["message"].clone()), (403, json!(words)));
    assert_eq!(Client::new(demo.address(), Some("demo-viewer")).get(NODES).await.status, 200);
}

#[tokio::test]
async fn a_silent_kubelet_is_not_measured() {
    let demo = frozen("zone-outage").await;
    let client = Client::admin(&demo);
    let nodes = client.get("/api/v1/nodes").await.json();
    let unknown = |node: &Value| {
        let conditions = node["status"]["conditions"].as_array().unwrap();
        conditions.iter().any(|it| it["type"] == "Ready" && it["status"] == "Unknown")
    };
    let silent: Vec<&Value> = nodes["items"].as_array().unwrap().iter().filter(|it| unknown(it)).collect();
    let measured = names(&client.get(NODES).await.json());
    assert!(!silent.is_empty() && !measured.is_empty());
    for node in silent {
        assert!(!measured.contains(&node["metadata"]["name"].as_str().unwrap().to_owned()));
    }
}

#[tokio::test]
async fn the_script_takes_metrics_away_and_leaves_the_nodes() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    for (code, message) in [(404, "null"), (503, "the server is currently unable to handle the request")] {
        let rule = format!(
            "- {{match: {{resource: nodes.metrics.k8s.io}}, fault: {{kind: answer, code: {code}, message: {message}}}}}"
        );
        demo.inject(rule.parse::<Faults>().unwrap());
        assert_eq!(client.get(NODES).await.status, code);
        assert_eq!(client.get("/api/v1/nodes").await.status, 200, "nodes are another resource");
        demo.mend();
    }
    let counts = demo.counts();
    assert_eq!(counts[&("list", "nodes.metrics.k8s.io".to_owned(), 404)], 1);
    assert_eq!(counts[&("list", "nodes".to_owned(), 200)], 2);
}
