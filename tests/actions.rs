//! Actions plan exact requests or refuse with a sentence; nothing is sent here.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;

use fixture::Fixture;
use foretop::actions::{self, Action};
use foretop::model::change::{Change, Object};
use foretop::model::key::{Key, Target};
use foretop::model::kind::Kind;
use foretop::model::meta::Owner;
use foretop::model::operation::{Operation, Rehearsal, RequestVerb, Risk};
use foretop::model::probe::{self, Place, Probe, Scale};
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
fn a_namesake_of_another_group_is_not_scaled() {
    let mut fixture = Fixture::mixed();
    let key = Key::new("shop", "web");
    let mut web = fixture.cluster.autoscaler(&key).unwrap().clone();
    web.target.api_version = "apps.kruise.io/v1beta1".into();
    fixture.apply(Change::Upsert(Object::Autoscaler(Box::new(web))));
    let target = fixture.target(Kind::HorizontalPodAutoscaler, "shop", "web");
    let why = "the scale of its target deployment.apps.kruise.io/shop/web has not been read yet; try again in a moment";
    assert_eq!(plan(&fixture, "scale", &target, "3").unwrap_err(), why);
    let mut pod = fixture.cluster.pod(&Key::new("shop", "web-1")).unwrap().clone();
    let owner = Owner { kind: "ReplicaSet.apps.kruise.io".into(), name: "web-5".into() };
    pod.meta.controller = Some(std::sync::Arc::new(owner));
    fixture.apply(Change::Upsert(Object::Pod(Box::new(pod))));
    let target = fixture.target(Kind::Pod, "shop", "web-1");
    let why = "ReplicaSet.apps.kruise.io web-5 owns it, and its replicas are not foretop's to set";
    assert_eq!(plan(&fixture, "scale", &target, "3").unwrap_err(), why);
}

#[test]
fn scaling_an_autoscaled_workload_says_what_the_autoscaler_will_make_of_it() {
    let fixture = Fixture::mixed();
    let web = fixture.target(Kind::HorizontalPodAutoscaler, "shop", "web");
    for (answer, says) in [
        ("9", "Autoscaler web sets it back to its maximum, 4, within 15 s."),
        ("0", "Autoscaler web stops scaling at 0 replicas, until somebody sets 1 or more."),
        ("3", "Autoscaler web then probably "),
    ] {
        let operation = plan(&fixture, "scale", &web, answer).unwrap();
        assert!(
            operation.consequences.iter().any(|line| line.starts_with(says)),
            "{:#?}",
            operation.consequences
        );
        assert_eq!(operation.target.to_string(), "deployment/shop/web");
        assert_eq!(operation.requests[0].path, "/apis/apps/v1/namespaces/shop/deployments/web/scale");
        assert_eq!(operation.kubectl, format!("kubectl -n shop scale deployment/web --replicas={answer}"));
        assert_eq!(operation.inverse.as_deref(), Some("kubectl -n shop scale deployment/web --replicas=2"));
        assert_eq!(operation.rehearsal, Rehearsal::First);
    }
}

/// The autoscaler scales a kind that is not watched, whose scale was asked for.
fn rollout(scale: Result<Scale, String>) -> (Fixture, Target) {
    let mut fixture = Fixture::mixed();
    let key = Key::new("shop", "web");
    let mut web = fixture.cluster.autoscaler(&key).unwrap().clone();
    (web.target.api_version, web.target.kind) = ("argoproj.io/v1alpha1".into(), "Rollout".into());
    let asks = probe::asks(&web.target, &web.metrics, 0);
    let probe = Probe { at: fixture::now(), generation: web.generation, asks, scale, answers: Vec::new() };
    fixture.apply(Change::Upsert(Object::Autoscaler(Box::new(web))));
    fixture.apply(Change::Probed(key, std::sync::Arc::new(probe)));
    (fixture, Target::new(Kind::HorizontalPodAutoscaler, Key::new("shop", "web")))
}

fn scale() -> Scale {
    let path = "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web/scale".to_owned();
    let place = Some(Place { path, group: "argoproj.io".into(), plural: "rollouts".into() });
    Scale { spec: 3, status: 3, selector: "app=web".into(), writers: Vec::new(), place }
}

#[test]
fn a_target_of_any_kind_is_scaled_by_its_scale() {
    let (mut fixture, target) = rollout(Ok(scale()));
    let question = (action("scale").question)(&fixture.cluster, &target).unwrap();
    assert_eq!(
        (&*question.text, &*question.initial),
        ("Replicas of rollout.argoproj.io/shop/web (now 3)", "3")
    );
    let operation = plan(&fixture, "scale", &target, "9").unwrap();
    assert_eq!(operation.subject(), "rollout.argoproj.io/shop/web");
    assert_eq!((&*operation.old, &*operation.new, operation.field), ("3", "9", "spec.replicas"));
    assert_eq!(operation.requests[0].path, scale().place.unwrap().path);
    assert_eq!(operation.requests[0].verb, RequestVerb::MergePatch);
    assert_eq!(operation.requests[0].body, json!({ "spec": { "replicas": 9 } }));
    assert_eq!(operation.permission.to_string(), "patch rollouts/scale.argoproj.io in namespace shop");
    assert_eq!(operation.kubectl, "kubectl -n shop scale rollouts.argoproj.io/web --replicas=9");
    assert_eq!(
        operation.inverse.as_deref(),
        Some("kubectl -n shop scale rollouts.argoproj.io/web --replicas=3")
    );
    assert_eq!(operation.rehearsal, Rehearsal::First);
    let says = "Autoscaler web sets it back to its maximum, 4, within 15 s.";
    assert!(operation.consequences.iter().any(|it| it == says), "{:#?}", operation.consequences);
    let same = plan(&fixture, "scale", &target, "3").unwrap_err();
    assert_eq!(same, "rollout.argoproj.io/shop/web already has 3 replicas");
    // Another spec may name another target, of which nothing was asked.
    let mut web = fixture.cluster.autoscaler(&target.key).unwrap().clone();
    web.generation += 1;
    fixture.apply(Change::Upsert(Object::Autoscaler(Box::new(web))));
    assert!(plan(&fixture, "scale", &target, "9").unwrap_err().contains("has not been read yet"));
}

#[test]
fn a_target_whose_scale_cannot_be_read_is_not_scaled() {
    let (fixture, target) = rollout(Err("no matches for kind \"Rollout\"".into()));
    let why = "the scale of its target rollout.argoproj.io/shop/web cannot be read: no matches for kind \"Rollout\"";
    assert_eq!(plan(&fixture, "scale", &target, "9").unwrap_err(), why);
    let (fixture, target) = rollout(Ok(Scale { place: None, ..scale() }));
    assert!(plan(&fixture, "scale", &target, "9").unwrap_err().contains("is not known"));
}

#[test]
fn scaling_up_says_whether_nodes_have_room() {
    let mut fixture = Fixture::mixed();
    let web = fixture.target(Kind::HorizontalPodAutoscaler, "shop", "web");
    let first =
        |fixture: &Fixture, answer| plan(fixture, "scale", &web, answer).unwrap().consequences[0].clone();
    // One node of five is not shut by taints: 4 cores, of which two pods have 250m each.
    assert_eq!(first(&fixture, "4"), "Pods to add: 2; by requests and taints nodes have room for them.");
    let many = "Pods to add: 28; by requests and taints nodes have room for 14 of them.";
    assert_eq!(first(&fixture, "30"), many);
    fixture.forget_sync(Kind::Pod);
    let target = fixture.target(Kind::Deployment, "shop", "web");
    let workload = Fixture::mixed().cluster.workload(Kind::Deployment, &target.key).unwrap().clone();
    fixture.upsert(workload);
    let scaled = plan(&fixture, "scale", &target, "4").unwrap();
    assert_eq!(scaled.consequences[0], "Pods to add: 2, if nodes have room.");
}

#[test]
fn bounds_patch_only_what_changes_and_name_their_inverse() {
    let fixture = Fixture::mixed();
    let web = fixture.target(Kind::HorizontalPodAutoscaler, "shop", "web");
    let command = |patch: &str| {
        format!("kubectl -n shop patch horizontalpodautoscaler web --type=merge -p '{{\"spec\":{patch}}}'")
    };
    for (answer, new, patch, back) in [
        ("2..10", "2..10", r#"{"minReplicas":2,"maxReplicas":10}"#, r#"{"minReplicas":1,"maxReplicas":4}"#),
        ("..10", "1..10", r#"{"maxReplicas":10}"#, r#"{"maxReplicas":4}"#),
        (" 2 .. ", "2..4", r#"{"minReplicas":2}"#, r#"{"minReplicas":1}"#),
        ("0..4", "0..4", r#"{"minReplicas":0}"#, r#"{"minReplicas":1}"#),
    ] {
        let operation = plan(&fixture, "bounds", &web, answer).unwrap();
        assert_eq!((&*operation.old, &*operation.new), ("1..4", new));
        let request = &operation.requests[0];
        assert_eq!((request.verb, operation.requests.len()), (RequestVerb::MergePatch, 1));
        let path = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web";
        assert_eq!(request.path, path);
        let spec: serde_json::Value = serde_json::from_str(patch).unwrap();
        assert_eq!(request.body, json!({ "spec": spec }));
        assert_eq!(operation.kubectl, command(patch));
        assert_eq!(operation.inverse, Some(command(back)));
        assert_eq!((operation.risk, operation.rehearsal), (Risk::Disruptive, Rehearsal::First));
        let right = "patch horizontalpodautoscalers.autoscaling in namespace shop";
        assert_eq!(operation.permission.to_string(), right);
    }
}

#[test]
fn bounds_that_the_server_would_refuse_are_refused_before_it_is_asked() {
    let fixture = Fixture::mixed();
    let hpa = |name| fixture.target(Kind::HorizontalPodAutoscaler, "shop", name);
    for (name, answer, why) in [
        ("web", "1..4", "horizontalpodautoscaler/shop/web already has the bounds 1..4"),
        ("web", "5..4", "the minimum 5 is above the maximum 4"),
        ("web", "0..0", "the maximum must be at least 1"),
        ("web", "10", "\"10\" are no bounds; write them as 2..10"),
        ("web", "-1..4", "\"-1..4\" are no bounds; write them as 2..10"),
        ("web", "1..99999999999", "\"1..99999999999\" are no bounds; write them as 2..10"),
        ("web", "a..b", "\"a..b\" are no bounds; write them as 2..10"),
        (
            "fresh",
            "0..4",
            "a minimum of 0 needs an Object or External metric, and it has none: without pods no other tells anything",
        ),
        ("nobody", "1..2", "horizontalpodautoscaler/shop/nobody is gone"),
    ] {
        assert_eq!(plan(&fixture, "bounds", &hpa(name), answer).unwrap_err(), why);
    }
    let pod = fixture.target(Kind::Pod, "shop", "web-1");
    assert_eq!(plan(&fixture, "bounds", &pod, "1..2").unwrap_err(), "pod/shop/web-1 is no autoscaler");
}

#[test]
fn bounds_say_what_the_autoscaler_does_next() {
    let fixture = Fixture::mixed();
    let web = fixture.target(Kind::HorizontalPodAutoscaler, "shop", "web");
    for (answer, says) in [
        ("3..9", "It sets its target from 2 to 3 within 15 s, whatever its metrics say."),
        ("1..1", "It sets its target from 2 to 1 within 15 s, whatever its metrics say."),
        ("1..1", "With 1 as minimum and maximum it no longer scales by its metrics."),
        (
            "0..4",
            "A minimum of 0 needs the feature gate HPAScaleToZero, alpha and off by default; without it the server refuses.",
        ),
    ] {
        let operation = plan(&fixture, "bounds", &web, answer).unwrap();
        assert!(operation.consequences.iter().any(|line| line == says), "{:#?}", operation.consequences);
    }
}

#[test]
fn a_budget_that_nothing_is_left_for_is_named() {
    let mut fixture = Fixture::mixed();
    let mut web = fixture.cluster.workload(Kind::Deployment, &Key::new("shop", "web")).unwrap().clone();
    web.selector.labels = vec![("app".into(), "web".into())];
    fixture.upsert(web.clone());
    let budget = foretop::model::budget::DisruptionBudget {
        meta: foretop::model::meta::Meta { key: Key::new("shop", "pdb"), ..web.meta },
        selector: Some(web.selector),
        min_available: Some("1".into()),
        max_unavailable: None,
        allowed: 1,
        healthy: 2,
        desired_healthy: 1,
        expected: 2,
    };
    let object = Object::DisruptionBudget(Box::new(budget));
    fixture.apply(Change::Upsert(object));
    let hpa = fixture.target(Kind::HorizontalPodAutoscaler, "shop", "web");
    let told = "PodDisruptionBudget pdb requires 1: of 1 none can be evicted, so that their nodes cannot be drained.";
    let says = |answer: &str| {
        let operation = plan(&fixture, "scale", &hpa, answer).unwrap();
        operation.consequences.iter().any(|line| line == told)
    };
    assert!(says("1"));
    assert!(!says("3") && !says("0"));
}

#[test]
fn what_keda_owns_is_left_to_its_scaled_object() {
    let mut fixture = Fixture::mixed();
    let web = fixture.target(Kind::HorizontalPodAutoscaler, "shop", "web");
    let mut kedas = fixture.cluster.autoscaler(&web.key).unwrap().clone();
    let owner = Owner { kind: "ScaledObject".into(), name: "web-so".into() };
    kedas.meta.controller = Some(std::sync::Arc::new(owner));
    fixture.apply(Change::Upsert(Object::Autoscaler(Box::new(kedas))));
    let refused = plan(&fixture, "bounds", &web, "2..9").unwrap_err();
    let told = "ScaledObject shop/web-so owns it: set its minReplicaCount and maxReplicaCount; KEDA undoes other edits";
    assert_eq!(refused, told);
    let scaled = plan(&fixture, "scale", &web, "3").unwrap();
    let hint = "KEDA's ScaledObject shop/web-so owns the autoscaler; its annotation autoscaling.keda.sh/paused-replicas holds a number.";
    assert!(scaled.consequences.iter().any(|line| line == hint), "{:#?}", scaled.consequences);
}

#[test]
fn a_pod_scales_the_deployment_above_its_replica_set() {
    let fixture = Fixture::mixed();
    let pod = fixture.target(Kind::Pod, "shop", "web-1");
    let operation = plan(&fixture, "scale", &pod, "5").unwrap();
    assert_eq!(operation.target.to_string(), "deployment/shop/web");
    assert_eq!((&*operation.old, &*operation.new), ("2", "5"));
    // A workload's own key says what its autoscalers make of it, too.
    let back = "Autoscaler web sets it back to its maximum, 4, within 15 s.";
    assert!(operation.consequences.iter().any(|line| line == back), "{:#?}", operation.consequences);
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
    let upsert = |node| Change::Upsert(Object::Node(node));
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
