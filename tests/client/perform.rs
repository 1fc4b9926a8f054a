//! Operations sent to a server that answers as the tests say: what leaves, what comes of it, what the log keeps.

use std::path::Path;

use foretop::client::audit::Audit;
use foretop::client::connect::Failure;
use foretop::client::gate::Mode;
use foretop::client::perform::perform;
use foretop::model::key::{Key, Target};
use foretop::model::kind::Kind;
use foretop::model::operation::{
    ApiRequest, Operation, OutcomeResult, Permission, Rehearsal, RequestVerb, Risk,
};
use foretop::model::server::Identity;
use serde_json::{Value, json};

use crate::script::{Asked, Reply, Server, refusal, soon, status, whole};

fn permission(
    verb: &'static str,
    resource: &str,
    subresource: &'static str,
    namespace: Option<&str>,
) -> Permission {
    Permission {
        verb,
        group: String::new(),
        resource: resource.to_owned(),
        subresource,
        namespace: namespace.map(str::to_owned),
    }
}

fn eviction() -> Operation {
    let target = Target::new(Kind::Pod, Key::new("shop", "web-0"));
    let request = ApiRequest {
        verb: RequestVerb::Create,
        path: format!("{}/eviction", target.path()),
        body: json!({ "apiVersion": "policy/v1", "kind": "Eviction", "metadata": { "name": "web-0", "namespace": "shop" } }),
    };
    Operation {
        other: None,
        action: "evict",
        field: "pod",
        old: "Running".into(),
        new: "evicted".into(),
        risk: Risk::Disruptive,
        consequences: Vec::new(),
        kubectl: "kubectl create --raw ...".into(),
        permission: permission("create", "pods", "eviction", Some("shop")),
        requests: vec![request],
        rehearsal: Rehearsal::None,
        inverse: None,
        target,
    }
}

fn cordon() -> Operation {
    let target = Target::new(Kind::Node, Key::new("", "worker-1"));
    let request = ApiRequest {
        verb: RequestVerb::StrategicMergePatch,
        path: target.path(),
        body: json!({ "spec": { "unschedulable": true } }),
    };
    Operation {
        other: None,
        action: "cordon",
        field: "spec.unschedulable",
        old: "false".into(),
        new: "true".into(),
        risk: Risk::Low,
        consequences: Vec::new(),
        kubectl: "kubectl cordon worker-1".into(),
        permission: permission("patch", "nodes", "", None),
        requests: vec![request],
        rehearsal: Rehearsal::None,
        inverse: Some("kubectl uncordon worker-1".into()),
        target,
    }
}

fn log(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("audit.jsonl")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Sends an operation in a mode, and says what came of it and what was logged.
async fn send(server: &Server, operation: Operation, mode: Mode) -> (OutcomeResult, Vec<Value>) {
    let folder = tempfile::tempdir().unwrap();
    let audit = Audit::new(folder.path(), Identity::default());
    // The session itself is not restricted, so that it is `perform` that must be.
    let session = server.session(Mode::Real).await;
    let outcome = soon("the outcome", perform(&session, operation.clone(), mode, &audit)).await;
    assert_eq!(outcome.operation, operation);
    (outcome.result, log(folder.path()))
}

async fn refused(
    operation: Operation,
    reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
) -> (String, String, Vec<Asked>) {
    let server = Server::start(reply).await;
    match send(&server, operation, Mode::Real).await {
        (OutcomeResult::Refused { why, hint }, lines) => {
            assert_eq!((&lines[0]["result"], &lines[0]["message"]), (&json!("refused"), &json!(why)));
            (why, hint, server.asked())
        }
        (other, _) => panic!("{other:?}"),
    }
}

fn budget_refusal(cause: &str) -> Value {
    let mut refusal =
        status(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.");
    refusal["details"] =
        json!({ "causes": [{ "reason": "DisruptionBudget", "message": cause }], "retryAfterSeconds": 10 });
    refusal
}

#[tokio::test(start_paused = true)]
async fn an_operation_leaves_as_it_was_planned() {
    let server = Server::start(|_| whole(200, &json!({ "kind": "Node" }))).await;
    let (result, lines) = send(&server, cordon(), Mode::Real).await;
    assert_eq!(result, OutcomeResult::Accepted);
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("PATCH", "/api/v1/nodes/worker-1"));
    assert_eq!((asked[0].query("fieldManager"), asked[0].query("dryRun")), ("foretop", ""));
    assert_eq!(asked[0].headers["content-type"], "application/strategic-merge-patch+json");
    assert_eq!(asked[0].body, json!({ "spec": { "unschedulable": true } }));
    assert_eq!(lines.len(), 1);
    assert_eq!((&lines[0]["result"], &lines[0]["dryRun"]), (&json!("accepted"), &json!(false)));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_says_so_to_the_server_and_in_the_log() {
    let server = Server::start(|_| whole(201, &json!({ "kind": "Status", "status": "Success" }))).await;
    let (result, lines) = send(&server, eviction(), Mode::DryRun).await;
    assert_eq!(result, OutcomeResult::AcceptedDryRun);
    assert_eq!(server.asked()[0].query("dryRun"), "All");
    assert_eq!(lines[0]["dryRun"], true);
}

#[tokio::test(start_paused = true)]
async fn read_only_sends_nothing() {
    let server = Server::start(|_| whole(200, &json!({}))).await;
    let (result, lines) = send(&server, cordon(), Mode::ReadOnly).await;
    assert!(matches!(result, OutcomeResult::Refused { why, .. } if why.contains("read-only")));
    assert!(server.asked().is_empty() && lines.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_sessions_mode_stands_above_the_callers() {
    let server = Server::start(|_| whole(200, &json!({}))).await;
    let folder = tempfile::tempdir().unwrap();
    let audit = Audit::new(folder.path(), Identity::default());
    let session = server.session(Mode::ReadOnly).await;
    let outcome = perform(&session, cordon(), Mode::Real, &audit).await;
    assert!(matches!(outcome.result, OutcomeResult::Refused { .. }));

    let session = server.session(Mode::DryRun).await;
    let outcome = soon("the outcome", perform(&session, cordon(), Mode::Real, &audit)).await;
    assert_eq!(outcome.result, OutcomeResult::AcceptedDryRun);
    assert_eq!(server.asked()[0].query("dryRun"), "All");
}

#[tokio::test(start_paused = true)]
async fn the_gate_stops_what_goes_past_everything_else() {
    let server = Server::start(|_| whole(200, &json!({}))).await;
    let session = server.session(Mode::ReadOnly).await;
    let patch = http::Request::patch("/api/v1/nodes/worker-1?dryRun=All").body(Vec::new()).unwrap();
    let failure = session.send(patch).await.unwrap_err();
    assert_eq!(failure.to_string(), "foretop is read-only: PATCH /api/v1/nodes/worker-1 was not sent");
    assert!(matches!(failure, Failure::Stopped(_)));
    assert!(server.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_budget_is_named_as_the_server_names_it() {
    let (why, hint, asked) = refused(eviction(), |_| {
        whole(429, &budget_refusal("The disruption budget web needs 2 healthy pods and has 2 currently"))
    })
    .await;
    assert_eq!(
        why,
        "PodDisruptionBudget shop/web does not allow evicting pod/shop/web-0 now: \
         The disruption budget web needs 2 healthy pods and has 2 currently"
    );
    assert!(hint.contains("10 s"), "{hint}");
    assert_eq!(asked.len(), 1, "a refused eviction is not repeated");
}

#[tokio::test(start_paused = true)]
async fn a_budget_that_the_server_does_not_name_is_looked_for() {
    let budget = |name: &str, app: &str| json!({ "metadata": { "name": name, "namespace": "shop" }, "spec": { "selector": { "matchLabels": { "app": app } } } });
    let (why, _, _) = refused(eviction(), move |asked| match asked.path.as_str() {
        "/api/v1/namespaces/shop/pods/web-0" => whole(
            200,
            &json!({ "metadata": { "name": "web-0", "namespace": "shop", "labels": { "app": "web" } } }),
        ),
        "/apis/policy/v1/namespaces/shop/poddisruptionbudgets" => {
            whole(200, &json!({ "metadata": {}, "items": [budget("api", "api"), budget("web", "web")] }))
        }
        _ => whole(429, &budget_refusal("")),
    })
    .await;
    assert_eq!(why, "PodDisruptionBudget shop/web does not allow evicting pod/shop/web-0 now");
}

#[tokio::test(start_paused = true)]
async fn a_budget_that_cannot_be_found_does_not_hide_the_refusal() {
    let (why, _, _) = refused(eviction(), |asked| match asked.method.as_str() {
        "GET" => refusal(403, "Forbidden", "no"),
        _ => whole(429, &budget_refusal("")),
    })
    .await;
    assert_eq!(why, "a PodDisruptionBudget does not allow evicting pod/shop/web-0 now");
}

#[tokio::test(start_paused = true)]
async fn two_budgets_are_a_failure_inside_a_success() {
    let sentence =
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    let (why, _, _) = refused(eviction(), move |_| whole(201, &status(500, "", sentence))).await;
    assert_eq!(why, sentence);
}

#[tokio::test(start_paused = true)]
async fn a_missing_right_is_named() {
    let sentence = "pods \"web-0\" is forbidden: User \"ada\" cannot create resource \"pods/eviction\" in API group \"\" \
                    in the namespace \"shop\"";
    let (why, hint, _) = refused(eviction(), move |_| refusal(403, "Forbidden", sentence)).await;
    assert!(why.starts_with("you may not create pods/eviction in namespace shop: "), "{why}");
    assert!(hint.contains("kubectl auth can-i create pods/eviction -n shop"), "{hint}");
}

#[tokio::test(start_paused = true)]
async fn admission_speaks_for_itself() {
    let sentence = "admission webhook \"freeze.example.com\" denied the request: change freeze until Monday";
    for code in [400, 403, 422] {
        let (why, _, _) = refused(cordon(), move |_| refusal(code, "Forbidden", sentence)).await;
        assert_eq!(why, sentence, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn gone_and_changed_objects_are_told_apart() {
    let (why, _, _) = refused(cordon(), |_| refusal(404, "NotFound", "nodes \"worker-1\" not found")).await;
    assert_eq!(why, "node/worker-1 is gone: nodes \"worker-1\" not found");
    let (why, hint, _) = refused(eviction(), |_| refusal(409, "Conflict", "the UID does not match")).await;
    assert_eq!(why, "pod/shop/web-0 has changed meanwhile: the UID does not match");
    assert!(hint.starts_with("Nothing was changed"), "{hint}");
}

/// An edit of taints that deletes pods.
fn taint() -> Operation {
    let mut operation = Operation { action: "taint", field: "spec.taints", ..cordon() };
    operation.rehearsal = Rehearsal::First;
    operation.requests[0].verb = RequestVerb::JsonPatch;
    operation.requests[0].body = json!([{ "op": "test", "path": "/spec/taints", "value": null }]);
    operation
}

#[tokio::test(start_paused = true)]
async fn what_deletes_pods_is_rehearsed_first() {
    let server = Server::start(|_| whole(200, &json!({ "kind": "Node" }))).await;
    let (result, lines) = send(&server, taint(), Mode::Real).await;
    assert_eq!(result, OutcomeResult::Accepted);
    let asked = server.asked();
    assert_eq!(asked.iter().map(|it| it.query("dryRun")).collect::<Vec<_>>(), ["All", ""]);
    assert_eq!(asked[1].headers["content-type"], "application/json-patch+json");
    assert_eq!(lines.len(), 1, "one attempt is one line");
    let (result, _) = send(&server, taint(), Mode::DryRun).await;
    assert_eq!((result, server.asked().len()), (OutcomeResult::AcceptedDryRun, 3));
}

#[tokio::test(start_paused = true)]
async fn what_fails_in_rehearsal_is_not_sent() {
    let (why, _, asked) = refused(taint(), |_| refusal(403, "Forbidden", "no")).await;
    assert_eq!((why.as_str(), asked.len()), ("no", 1));
    let server = Server::start(|_| {
        crate::script::stream("application/json", futures::stream::iter([Err(std::io::Error::other("cut"))]))
    })
    .await;
    let (result, _) = send(&server, taint(), Mode::Real).await;
    assert!(matches!(result, OutcomeResult::NotSent { .. }), "{result:?}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_no_longer_holds_is_told_from_a_rule_that_is_broken() {
    let sentence = "the server rejected our request due to an error in our request";
    let (why, hint, _) = refused(taint(), move |_| refusal(422, "Invalid", sentence)).await;
    assert_eq!(why, "node/worker-1 has changed since you looked: spec.taints is not what it was");
    assert!(hint.starts_with("Nothing was changed. Look at it again"), "{hint}");
    let (why, _, _) = refused(taint(), |_| {
        let mut broken = status(422, "Invalid", "metadata.taints[0].effect: Unsupported value");
        broken["details"] = json!({ "causes": [{ "field": "metadata.taints[0].effect" }] });
        whole(422, &broken)
    })
    .await;
    assert_eq!(why, "metadata.taints[0].effect: Unsupported value");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_not_taken_for_a_refusal() {
    let server = Server::start(|_| {
        crate::script::stream("application/json", futures::stream::iter([Err(std::io::Error::other("cut"))]))
    })
    .await;
    let (result, lines) = send(&server, cordon(), Mode::Real).await;
    let OutcomeResult::Unknown { why, hint } = result else { panic!("{result:?}") };
    assert_eq!(lines[0]["result"], "unknown");
    assert!(why.contains("whether it did what it was asked is not known"), "{why}");
    assert!(hint.contains("node/worker-1"), "{hint}");
    assert_eq!(server.asked().len(), 1, "a change is never sent twice");
}

#[tokio::test(start_paused = true)]
async fn an_operation_stops_at_its_first_refusal() {
    let mut both = cordon();
    both.requests.push(eviction().requests[0].clone());
    both.requests.push(cordon().requests[0].clone());
    let (why, _, asked) = refused(both, |asked| match asked.method.as_str() {
        "PATCH" => whole(200, &json!({})),
        _ => refusal(409, "Conflict", "no"),
    })
    .await;
    assert!(why.starts_with("1 of 3 requests were accepted, then one was not: "), "{why}");
    assert_eq!(asked.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_logged_is_not_sent() {
    let server = Server::start(|_| whole(200, &json!({}))).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let audit = Audit::new(&folder.path().join("file"), Identity::default());
    let session = server.session(Mode::Real).await;
    let outcome = soon("the outcome", perform(&session, cordon(), Mode::Real, &audit)).await;
    match outcome.result {
        OutcomeResult::Refused { why, .. } => {
            assert!(why.starts_with("nothing was sent, because the audit log"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    assert!(server.asked().is_empty());
}
