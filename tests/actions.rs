//! Actions plan exact requests or refuse with a sentence; nothing is sent here.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;

use fixture::Fixture;
use foretop::actions::{self, Action};
use foretop::model::key::Target;
use foretop::model::kind::Kind;
use foretop::model::operation::{Operation, Rehearsal, RequestVerb, Risk};
use serde_json::json;

fn action(name: &str) -> &'static Action {
    actions::ALL.iter().copied().find(|action| action.name == name).unwrap()
}

fn plan(fixture: &Fixture, name: &str, target: &Target, answer: &str) -> Result<Operation, String> {
    (action(name).plan)(&fixture.cluster, target, answer, fixture::now()).map_err(|refusal| refusal.0)
}

#[test]
fn cordon_patches_the_node_and_names_its_inverse() {
    let fixture = Fixture::mixed();
    let fine = fixture.target(Kind::Node, "", "fine");
    let operation = plan(&fixture, "cordon", &fine, "").unwrap();
    assert_eq!((&*operation.old, &*operation.new), ("false", "true"));
    assert_eq!(operation.requests[0].verb, RequestVerb::StrategicMergePatch);
    assert_eq!(operation.requests[0].path, "/api/v1/nodes/fine");
    assert_eq!(operation.requests[0].body, json!({ "spec": { "unschedulable": true } }));
    assert_eq!(operation.kubectl, "kubectl cordon fine");
    assert_eq!(operation.inverse.as_deref(), Some("kubectl uncordon fine"));
    assert_eq!(operation.permission.to_string(), "patch nodes");
}

#[test]
fn what_makes_no_sense_is_refused_with_a_sentence() {
    let fixture = Fixture::mixed();
    let node = |name| fixture.target(Kind::Node, "", name);
    let pod = |name| fixture.target(Kind::Pod, "shop", name);
    let web = fixture.target(Kind::HorizontalPodAutoscaler, "shop", "web");
    let orphan = fixture.target(Kind::HorizontalPodAutoscaler, "shop", "orphan");
    for (action, target, answer, why) in [
        ("cordon", node("shut"), "", "node shut is already cordoned"),
        ("uncordon", node("fine"), "", "node fine is not cordoned"),
        ("cordon", node("nobody"), "", "node/nobody is gone"),
        ("cordon", web.clone(), "", "horizontalpodautoscaler/shop/web is no node"),
        ("scale", web.clone(), "2", "deployment/shop/web already has 2 replicas"),
        ("scale", web.clone(), "-1", "\"-1\" is not a number of replicas"),
        ("scale", web, "many", "\"many\" is not a number of replicas"),
        ("scale", orphan, "3", "its target Deployment shop/nowhere is not a workload that was found"),
        ("scale", node("fine"), "3", "node/fine has no replicas"),
        ("scale", pod("stuck"), "3", "StatefulSet db owns it, and its replicas are not foretop's to set"),
        ("taint", node("fine"), "a:NoSchedule-", "node fine bears no taint a:NoSchedule"),
        (
            "taint",
            node("shut"),
            "node.kubernetes.io/unschedulable:NoSchedule",
            "node shut already bears node.kubernetes.io/unschedulable:NoSchedule",
        ),
        (
            "taint",
            node("fine"),
            "a:Never",
            "\"Never\" is no effect: it is NoSchedule, PreferNoSchedule or NoExecute",
        ),
        ("taint", pod("stuck"), "a:NoSchedule", "pod/shop/stuck is no node"),
        ("evict", node("fine"), "", "node/fine is no pod; open a row and choose one of its pods"),
        ("evict", pod("nobody"), "", "pod/shop/nobody is gone"),
    ] {
        assert_eq!(plan(&fixture, action, &target, answer).unwrap_err(), why);
    }
}

#[test]
fn scaling_an_autoscaled_workload_says_what_the_autoscaler_will_make_of_it() {
    let fixture = Fixture::mixed();
    let web = fixture.target(Kind::HorizontalPodAutoscaler, "shop", "web");
    for (answer, says) in [
        ("9", "Autoscaler web sets it back to its maximum, 4, within 15 s."),
        ("0", "Autoscaler web stops scaling at 0 replicas, until somebody sets 1 or more."),
        ("3", "Autoscaler web decides anew from its metrics within 15 s; 3 is within its 1 to 4."),
    ] {
        let operation = plan(&fixture, "scale", &web, answer).unwrap();
        assert!(operation.consequences.iter().any(|line| line == says), "{:#?}", operation.consequences);
        assert_eq!(operation.target.to_string(), "deployment/shop/web");
        assert_eq!(operation.requests[0].path, "/apis/apps/v1/namespaces/shop/deployments/web/scale");
        assert_eq!(operation.kubectl, format!("kubectl -n shop scale deployment/web --replicas={answer}"));
    }
}

#[test]
fn a_pod_scales_the_deployment_above_its_replica_set() {
    let fixture = Fixture::mixed();
    let pod = fixture.target(Kind::Pod, "shop", "web-1");
    let operation = plan(&fixture, "scale", &pod, "5").unwrap();
    assert_eq!(operation.target.to_string(), "deployment/shop/web");
    assert_eq!((&*operation.old, &*operation.new), ("2", "5"));
}

#[test]
fn evict_posts_an_eviction_for_the_pod_that_was_seen() {
    let fixture = Fixture::mixed();
    let pod = fixture.target(Kind::Pod, "shop", "web-1");
    let operation = plan(&fixture, "evict", &pod, "").unwrap();
    let request = &operation.requests[0];
    assert_eq!(request.verb, RequestVerb::Create);
    assert_eq!(request.path, "/api/v1/namespaces/shop/pods/web-1/eviction");
    assert_eq!(request.body["apiVersion"], "policy/v1");
    assert_eq!(request.body["deleteOptions"]["preconditions"]["uid"], "00000000-0000-0000-0000-000000000007");
    assert!(operation.inverse.is_none());
    assert_eq!(operation.permission.to_string(), "create pods/eviction in namespace shop");
}

#[test]
fn a_taint_is_added_to_the_taints_that_were_seen() {
    let fixture = Fixture::mixed();
    let fine = plan(&fixture, "taint", &fixture.target(Kind::Node, "", "fine"), "a=b:NoExecute").unwrap();
    assert_eq!((fine.action, &*fine.old, &*fine.new), ("taint", "<none>", "a=b:NoExecute"));
    assert_eq!((fine.risk, fine.rehearsal), (Risk::Disruptive, Rehearsal::First));
    assert_eq!(fine.requests[0].verb, RequestVerb::JsonPatch);
    assert_eq!(fine.requests[0].path, "/api/v1/nodes/fine");
    let taint = json!({ "key": "a", "value": "b", "effect": "NoExecute" });
    let uid = fixture.cluster.node("fine").unwrap().meta.uid;
    assert!(uid.is_known());
    let body = json!([
        { "op": "test", "path": "/metadata/uid", "value": uid.to_string() },
        { "op": "test", "path": "/spec/taints", "value": null },
        { "op": "add", "path": "/spec/taints", "value": [taint] },
    ]);
    assert_eq!(fine.requests[0].body, body);
    assert_eq!(fine.kubectl, "kubectl taint nodes fine a=b:NoExecute");
    assert_eq!(fine.inverse.as_deref(), Some("kubectl taint nodes fine a:NoExecute-"));
    assert_eq!(
        fine.consequences[0],
        "2 pods leave at once; 3 of 3 workloads could no longer be placed there."
    );
    assert_eq!(fine.permission.to_string(), "patch nodes");
}

#[test]
fn taints_of_others_are_kept_as_they_were_written() {
    let fixture = Fixture::mixed();
    let shut = plan(&fixture, "taint", &fixture.target(Kind::Node, "", "shut"), "a:NoSchedule").unwrap();
    let theirs = json!({
        "key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": "2026-03-01T11:53:20Z"
    });
    let body = &shut.requests[0].body;
    assert_eq!(body[1]["value"], json!([theirs]));
    assert_eq!(body[2]["value"], json!([theirs, { "key": "a", "effect": "NoSchedule" }]));
    assert_eq!((shut.risk, shut.rehearsal), (Risk::Low, Rehearsal::None));
}

#[test]
fn the_last_taint_takes_the_list_with_it_and_an_overwritten_one_comes_back_by_undo() {
    let mut fixture = Fixture::mixed();
    let mut node = fixture.cluster.node("fine").unwrap().clone();
    let taint = |value: &str, effect: &str| foretop::model::node::Taint {
        key: "a".into(),
        value: value.into(),
        effect: effect.into(),
        added: None,
        since: None,
    };
    node.taints = vec![taint("b", "NoSchedule"), taint("", "NoExecute")];
    let upsert = |node| foretop::model::change::Change::Upsert(foretop::model::change::Object::Node(node));
    fixture.apply(upsert(Box::new(node)));
    let fine = fixture.target(Kind::Node, "", "fine");
    let all = plan(&fixture, "taint", &fine, "a-").unwrap();
    assert_eq!((all.action, &*all.new), ("untaint", "<none>"));
    assert_eq!(all.requests[0].body[2], json!({ "op": "remove", "path": "/spec/taints" }));
    assert_eq!(all.inverse.as_deref(), Some("kubectl taint nodes fine a=b:NoSchedule a:NoExecute"));
    let over = plan(&fixture, "taint", &fine, "a=c:NoSchedule").unwrap();
    assert_eq!(over.new, "a=c:NoSchedule, a:NoExecute");
    assert_eq!(over.kubectl, "kubectl taint nodes fine a=c:NoSchedule --overwrite");
    assert_eq!(over.inverse.as_deref(), Some("kubectl taint nodes fine a=b:NoSchedule --overwrite"));
}

#[test]
fn a_dry_runs_command_changes_nothing_when_it_is_copied() {
    let fixture = Fixture::mixed();
    let cordon = plan(&fixture, "cordon", &fixture.target(Kind::Node, "", "fine"), "").unwrap().as_dry_run();
    assert_eq!(cordon.kubectl, "kubectl cordon fine --dry-run=server");
    assert_eq!(cordon.inverse, None);
    let evict =
        plan(&fixture, "evict", &fixture.target(Kind::Pod, "shop", "web-1"), "").unwrap().as_dry_run();
    let path = "/api/v1/namespaces/shop/pods/web-1/eviction?dryRun=All";
    assert!(evict.kubectl.ends_with(&format!("kubectl create --raw '{path}' -f -")), "{}", evict.kubectl);
}

#[test]
fn keys_of_actions_are_distinct() {
    let mut keys: Vec<char> = actions::ALL.iter().map(|action| action.key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), actions::ALL.len());
}
