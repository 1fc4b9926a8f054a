//! Kubelets through the server's proxy: three answers, the right that they take, and kubelets that are not there.

use serde_json::json;

use crate::client::{Client, frozen};

const WELL: &str = "/api/v1/nodes/worker-a-1/proxy";

#[tokio::test]
async fn a_kubelet_that_is_heard_answers_three_questions() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let health = client.get(&format!("{WELL}/healthz")).await;
    assert_eq!((health.status, &*health.body), (200, b"ok".as_slice()));
    let config = client.get(&format!("{WELL}/configz")).await.json();
    assert_eq!(config["kubeletconfig"]["evictionHard"]["memory.available"], "100Mi");
    assert_eq!(config["kubeletconfig"]["maxPods"], 110);
    let summary = client.get(&format!("{WELL}/stats/summary")).await.json();
    let (node, pods) = (&summary["node"], summary["pods"].as_array().unwrap());
    assert_eq!(node["nodeName"], "worker-a-1");
    let cpu: i64 = pods.iter().map(|pod| pod["cpu"]["usageNanoCores"].as_i64().unwrap()).sum();
    assert!(
        !pods.is_empty() && node["cpu"]["usageNanoCores"].as_i64().unwrap() > cpu,
        "the machine needs some itself"
    );
    assert!(node["memory"]["psi"]["some"]["avg10"].is_number());
    let again = client.get(&format!("{WELL}/stats/summary")).await.json();
    assert_eq!(again, summary, "the same moment, the same answer");
}

#[tokio::test]
async fn it_does_nothing_and_knows_nothing_else() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    for path in ["", "/pods", "/run/shop/debug-shell/debug-shell", "/exec/shop/debug-shell/debug-shell"] {
        assert_eq!(client.get(&format!("{WELL}{path}")).await.status, 404, "{path}");
    }
    assert_eq!(client.get("/api/v1/nodes/nobody/proxy/healthz").await.status, 404);
}

#[tokio::test]
async fn only_who_may_get_nodes_proxy_gets_there() {
    let demo = frozen("calm").await;
    for token in ["demo-viewer", "demo-node-reader"] {
        let refused = Client::new(demo.address(), Some(token)).get(&format!("{WELL}/healthz")).await;
        assert_eq!(refused.status, 403);
        let message = refused.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains("cannot get resource \"nodes/proxy\" in API group \"\""), "{message}");
    }
}

#[tokio::test]
async fn a_silent_kubelet_is_not_reached() {
    let demo = frozen("zone-outage").await;
    let answer = Client::admin(&demo).get("/api/v1/nodes/worker-b-1/proxy/healthz").await;
    assert_eq!((answer.status, answer.json()["reason"].clone()), (503, json!("ServiceUnavailable")));
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("error trying to reach service: dial tcp "), "{message}");
    assert!(message.ends_with(":10250: i/o timeout"), "{message}");
}
