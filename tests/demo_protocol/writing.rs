//! Writes, dry runs, scales, evictions.

use serde_json::{Value, json};

use crate::client::{Client, frozen};
use crate::names;

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

#[tokio::test]
async fn taints_meet_conditions_versions_and_rules() {
    let demo = frozen("calm").await;
    let client = Client::admin(&demo);
    let path = "/api/v1/nodes/worker-a-1";
    let with = |taint: &Value| {
        json!([{"op": "test", "path": "/spec/taints", "value": null},
            {"op": "add", "path": "/spec/taints", "value": [taint]}])
    };
    let json_patch = "application/json-patch+json";
    for (taint, field) in [
        (json!({"key": "a b", "effect": "NoSchedule"}), "metadata.taints[0].key"),
        (json!({"key": "/a", "effect": "NoSchedule"}), "metadata.taints[0].key"),
        (json!({"key": "Ex.com/a", "effect": "NoSchedule"}), "metadata.taints[0].key"),
        (json!({"key": "a", "value": "-", "effect": "NoSchedule"}), "metadata.taints[0].value"),
        (json!({"key": "a", "effect": "Never"}), "metadata.taints[0].effect"),
    ] {
        let refused = client.patch(path, json_patch, &with(&taint)).await;
        let status = refused.json();
        assert_eq!((refused.status, &status["reason"]), (422, &json!("Invalid")), "{taint}");
        assert_eq!(status["details"]["causes"][0]["field"], field, "{taint}");
    }
    let before = client.get(path).await.json();
    let fine = json!({"key": "example.com/a", "value": "b", "effect": "NoSchedule"});
    let dry = client.patch(&format!("{path}?dryRun=All"), json_patch, &with(&fine)).await;
    assert_eq!((dry.status, &dry.json()["spec"]["taints"]), (200, &json!([fine])));
    assert_eq!(client.patch(path, json_patch, &with(&fine)).await.status, 200);
    // The list is another one by now, and so is the version.
    let late = client.patch(path, json_patch, &with(&fine)).await;
    assert_eq!((late.status, &late.json()["reason"]), (422, &json!("Invalid")));
    assert!(late.json()["details"]["causes"].is_null(), "{}", late.json());
    let versioned = json!({"metadata": {"resourceVersion": before["metadata"]["resourceVersion"]},
        "spec": {"taints": []}});
    let late = client.patch(path, "application/merge-patch+json", &versioned).await;
    assert_eq!((late.status, &late.json()["reason"]), (409, &json!("Conflict")));
    assert_eq!(client.get(path).await.json()["spec"]["taints"], json!([fine]));
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
