//! From a key to an operation: every refusal on the way, and that nothing is sent without a yes.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod screen;

use fixture::{Fixture, now};
use foretop::model::change::{Change, Object};
use foretop::model::key::Key;
use foretop::model::kind::Kind;
use foretop::model::operation::{Operation, Outcome, OutcomeResult};
use foretop::model::probe::{self, Place, Probe, Scale};
use foretop::model::server::{Access, ServerNews};
use foretop::ui::mode::Mode;
use foretop::ui::{Effect, Msg};
use screen::{Screen, settings};

fn mixed() -> Screen {
    Screen::new(settings(), Fixture::mixed().cluster, now(), (100, 30))
}

/// Cordons the first node up to the dialog.
fn asked() -> Screen {
    let mut screen = mixed();
    screen.press("c");
    let permission = screen.permission();
    screen.allow(permission);
    assert!(matches!(screen.ui.mode(), Mode::Confirm(..)));
    screen
}

fn performs(effect: Option<&Effect>) -> bool {
    matches!(effect, Some(Effect::Perform(_)))
}

/// Says yes; returns what is then to be done.
fn performed(screen: &mut Screen) -> Operation {
    let Some(Effect::Perform(operations)) = screen.press("y") else { panic!("no operation") };
    let [operation] = <[Operation; 1]>::try_from(operations).unwrap();
    operation
}

#[test]
fn only_a_yes_performs() {
    for (keys, expected) in [
        ("y", true),
        ("tab enter", true),
        ("right enter", true),
        ("enter", false),
        ("esc", false),
        ("n", false),
        ("tab tab enter", false),
        ("j c", false),
    ] {
        let mut screen = asked();
        assert_eq!(performs(screen.press(keys).as_ref()), expected, "{keys}");
    }
    let mut screen = asked();
    let operation = performed(&mut screen);
    assert_eq!((operation.action, &*operation.target.key.name), ("cordon", "dead"));
    assert!(screen.text().contains("cordoning dead …"), "{}", screen.text());
    screen.tell(Msg::Outcome(Outcome { operation, result: OutcomeResult::Accepted }));
    let text = screen.text();
    assert!(text.contains("accepted; undo: kubectl uncordon dead") && !text.contains("cordoning"), "{text}");
}

#[test]
fn refusals_say_why_in_the_last_line() {
    for (keys, words) in [
        ("u", "uncordon: node dead is not cordoned"),
        ("j j j c", "cordon: node shut is already cordoned"),
        ("s", "has no replicas"),
        ("e", "is no pod; open a row and choose one of its pods"),
        ("/ n o n e x enter c", "cordon: nothing is selected"),
    ] {
        let mut screen = mixed();
        let effect = screen.press(keys);
        assert_eq!(effect, None, "{keys}");
        assert!(screen.text().contains(words), "{keys}: {words}\n{}", screen.text());
    }
}

#[test]
fn read_only_never_reviews_or_performs() {
    let mut settings = settings();
    settings.read_only = true;
    let mut screen = Screen::new(settings, Fixture::mixed().cluster, now(), (100, 30));
    screen.press("c y enter 2 s 1 9 enter y enter b 2 enter y enter 1 enter tab e y enter s 9 enter y tab enter u y enter");
    let refused = |effect: &Effect| !matches!(effect, Effect::Perform(_) | Effect::Review(_));
    assert!(screen.effects.iter().all(refused), "{:?}", screen.effects);
    screen.press("esc esc esc 1 c");
    assert!(screen.text().contains("--read-only"), "{}", screen.text());
}

#[test]
fn a_missing_right_is_named_with_the_user() {
    let mut screen = mixed();
    screen.press("c");
    let permission = screen.permission();
    screen.tell(Msg::Access(permission.clone(), Access::Denied("no RBAC policy matched".into())));
    let text = screen.text();
    assert!(
        text.contains("User anna may not patch nodes.") && text.contains("no RBAC policy matched"),
        "{text}"
    );
    // A right may have been granted since, so a no is asked for again; a yes is not.
    screen.cluster.apply(Change::Server(ServerNews::Access(permission, Access::Denied(String::new()))));
    assert!(matches!(screen.press("esc c"), Some(Effect::Review(_))));
}

#[test]
fn rights_that_are_known_are_not_asked_for_and_unknown_ones_are_told() {
    let mut screen = mixed();
    screen.press("c");
    let permission = screen.permission();
    screen.tell(Msg::Access(permission.clone(), Access::Unknown("no authorizer".into())));
    assert!(screen.text().contains("could not say whether you may: no authorizer"), "{}", screen.text());
    screen.press("esc");
    screen.cluster.apply(Change::Server(ServerNews::Access(permission, Access::Allowed)));
    assert_eq!(screen.press("c"), None);
    assert!(matches!(screen.ui.mode(), Mode::Confirm(..)));
}

#[test]
fn an_answer_to_a_question_that_was_left_changes_nothing() {
    let mut screen = mixed();
    screen.press("c");
    let permission = screen.permission();
    screen.press("esc");
    screen.allow(permission);
    assert!(matches!(screen.ui.mode(), Mode::Browse));
}

#[test]
fn scaling_asks_for_a_number_and_refuses_what_is_none() {
    let mut screen = mixed();
    screen.press("2 / w e b enter s 1");
    let permission = screen.permission();
    assert_eq!(permission.to_string(), "patch deployments/scale.apps in namespace shop");
    screen.allow(permission);
    assert!(screen.text().contains("Replicas of deployment/shop/web (now 2): 2"), "{}", screen.text());
    screen.press("backspace x enter");
    assert!(screen.text().contains("is not a number of replicas"), "{}", screen.text());
    screen.press("3 enter");
    let text = screen.text();
    for words in
        ["spec.replicas: 2 → 3", "kubectl -n shop scale deployment/web --replicas=3", "namespace  shop"]
    {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(performs(screen.press("y").as_ref()));
}

#[test]
fn an_object_that_vanishes_or_changes_meanwhile_is_told() {
    let mut screen = asked();
    screen.cluster.apply(Change::Gone(Kind::Node, Key::new("", "dead")));
    assert!(screen.text().contains("node/dead is gone"), "{}", screen.text());
    assert_eq!(screen.press("y"), None);
    assert!(screen.text().contains("is gone; nothing was changed"), "{}", screen.text());

    let mut screen = asked();
    let mut dead = screen.cluster.node("dead").unwrap().clone();
    dead.unschedulable = true;
    screen.cluster.apply(Change::Upsert(Object::Node(Box::new(dead))));
    assert_eq!(screen.press("y"), None);
    assert!(screen.text().contains("already cordoned; nothing was changed"), "{}", screen.text());
}

#[test]
fn a_plan_that_changed_is_shown_again() {
    let mut screen = mixed();
    screen.press("2 / w e b enter s 1");
    let permission = screen.permission();
    screen.allow(permission);
    screen.press("backspace 5 enter");
    let mut web = screen.cluster.workload(Kind::Deployment, &Key::new("shop", "web")).unwrap().clone();
    web.desired = 4;
    screen.cluster.apply(Change::Upsert(Object::Workload(Box::new(web))));
    assert_eq!(screen.press("y"), None);
    let text = screen.text();
    assert!(text.contains("has changed since you were asked") && text.contains("4 → 5"), "{text}");
    assert!(performs(screen.press("y").as_ref()));
}

#[test]
fn what_the_server_refuses_is_shown_in_full_but_never_into_typing() {
    let mut screen = asked();
    let operation = performed(&mut screen);
    let why = "Cannot evict pod as it would violate the pod's disruption budget. ".repeat(20);
    let refused = OutcomeResult::Refused { why: why.clone(), hint: "try again later".into() };
    screen.press("/");
    screen.tell(Msg::Outcome(Outcome { operation, result: refused }));
    assert!(matches!(screen.ui.mode(), Mode::Typing(..)), "it waits while something is typed");
    screen.press("esc");
    assert!(matches!(screen.ui.mode(), Mode::Message(..)));
    screen.press("G");
    let text = screen.text();
    assert!(text.contains("cordon node/dead: refused") && text.contains("try again later"), "{text}");
    screen.press("esc");
    assert!(matches!(screen.ui.mode(), Mode::Browse));
}

#[test]
fn a_dry_run_says_so_everywhere() {
    let mut settings = settings();
    settings.dry_run = true;
    let mut screen = Screen::new(settings, Fixture::mixed().cluster, now(), (100, 30));
    screen.press("c");
    let permission = screen.permission();
    screen.allow(permission);
    let text = screen.text();
    assert!(text.contains("[ dry-run cordon dead ]") && text.contains("changes nothing"), "{text}");
    let operation = performed(&mut screen);
    screen.tell(Msg::Outcome(Outcome { operation, result: OutcomeResult::AcceptedDryRun }));
    assert!(screen.text().contains("nothing changed"), "{}", screen.text());
}

#[test]
fn pods_of_a_node_are_acted_on_by_the_same_keys() {
    let mut screen = mixed();
    screen.press("enter tab e");
    let permission = screen.permission();
    assert_eq!(permission.to_string(), "create pods/eviction in namespace shop");
    screen.allow(permission);
    assert!(screen.text().contains("evict pod/shop/stuck?"), "{}", screen.text());
}

#[test]
fn nothing_is_done_on_a_screen_too_small_to_see() {
    let mut screen = asked();
    screen.size = (40, 10);
    assert_eq!(screen.press("y"), None);
    assert!(screen.text().contains("foretop needs 60x12"), "{}", screen.text());
    assert_eq!(screen.press("ctrl-c"), Some(Effect::Quit));
}

/// The autoscaler pane with its row `web` selected.
fn on_web() -> Screen {
    let mut screen = mixed();
    screen.press("2 /");
    screen.type_text("name:web");
    screen.press("enter");
    screen
}

#[test]
fn on_an_autoscaler_one_key_offers_its_workload_and_its_bounds() {
    let mut screen = on_web();
    assert_eq!(screen.press("s"), None, "nothing is asked of the server before the choice");
    let text = screen.text();
    for words in [
        "scale horizontalpodautoscaler/shop/web: what?",
        "▸ 1 Replicas of deployment/shop/web (now 2)",
        "  2 Bounds of autoscaler shop/web, min..max (now 1..4)",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    for (keys, right) in [
        ("enter", "patch deployments/scale.apps in namespace shop"),
        ("1", "patch deployments/scale.apps in namespace shop"),
        ("2", "patch horizontalpodautoscalers.autoscaling in namespace shop"),
        ("j enter", "patch horizontalpodautoscalers.autoscaling in namespace shop"),
        ("j k enter", "patch deployments/scale.apps in namespace shop"),
    ] {
        let mut screen = on_web();
        screen.press("s");
        screen.press(keys);
        assert_eq!(screen.permission().to_string(), right, "{keys}");
    }
    let mut screen = on_web();
    assert_eq!(screen.press("s esc"), None);
    assert!(matches!(screen.ui.mode(), Mode::Browse) && screen.text().contains("nothing was changed"));
}

#[test]
fn on_a_pod_the_same_key_goes_on_to_its_workload() {
    let mut screen = mixed();
    screen.press("/ f i n e enter enter tab / w e b - 1 enter s");
    assert_eq!(screen.permission().to_string(), "patch deployments/scale.apps in namespace shop");
}

#[test]
fn bounds_are_asked_for_as_one_text_and_confirmed_with_what_follows() {
    for keys in ["s 2", "b"] {
        let mut screen = on_web();
        screen.press(keys);
        let permission = screen.permission();
        screen.allow(permission);
        assert!(screen.text().contains("min..max (now 1..4): 1..4"), "{}", screen.text());
        screen.type_text("3");
        screen.press("enter");
        assert!(screen.text().contains("\"3\" are no bounds; write them as 2..10"), "{}", screen.text());
        screen.press("ctrl-u");
        screen.type_text("3..10");
        screen.press("enter");
        let text = screen.text();
        for words in [
            "bounds horizontalpodautoscaler/shop/web?",
            "spec.minReplicas..spec.maxReplicas: 1..4 → 3..10",
            "It sets its target from 2 to 3 within 15 s",
            "The server is asked by a dry run first",
        ] {
            assert!(text.contains(words), "{words}\n{text}");
        }
        let operation = performed(&mut screen);
        assert_eq!((operation.action, &*operation.target.key.name), ("bounds", "web"));
        let inverse = operation.inverse.clone().unwrap();
        screen.tell(Msg::Outcome(Outcome { operation, result: OutcomeResult::Accepted }));
        assert!(
            screen.text().contains("accepted; undo: kubectl -n shop patch"),
            "{inverse} {}",
            screen.text()
        );
    }
}

/// The row `web`, whose target is of a kind that is not watched and was asked for its scale.
fn on_a_rollout(settings: foretop::ui::Settings) -> Screen {
    let mut screen = Screen::new(settings, Fixture::mixed().cluster, now(), (100, 30));
    let mut web = screen.cluster.autoscaler(&Key::new("shop", "web")).unwrap().clone();
    (web.target.api_version, web.target.kind) = ("argoproj.io/v1alpha1".into(), "Rollout".into());
    let path = "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web/scale".to_owned();
    let place = Some(Place { path, group: "argoproj.io".into(), plural: "rollouts".into() });
    let scale = Scale { spec: 3, status: 3, selector: "app=web".into(), writers: Vec::new(), place };
    let asks = probe::asks(&web.target, &web.metrics, 0);
    let probe = Probe { at: now(), generation: web.generation, asks, scale: Ok(scale), answers: Vec::new() };
    screen.cluster.apply(Change::Upsert(Object::Autoscaler(Box::new(web))));
    screen.cluster.apply(Change::Probed(Key::new("shop", "web"), std::sync::Arc::new(probe)));
    screen.press("2 / w e b enter");
    screen
}

#[test]
fn a_target_of_a_kind_that_is_not_watched_is_scaled_by_the_same_dialog() {
    let mut screen = on_a_rollout(settings());
    screen.press("s 1");
    let permission = screen.permission();
    assert_eq!(permission.to_string(), "patch rollouts/scale.argoproj.io in namespace shop");
    screen.allow(permission);
    screen.press("backspace 9 enter");
    let text = screen.text();
    for words in [
        "scale rollout.argoproj.io/shop/web?",
        "rollout.argoproj.io",
        "spec.replicas: 3 → 9",
        "Autoscaler web sets it back to its maximum, 4, within 15 s.",
        "by a dry run first",
        "PATCH /apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web/scale",
        "kubectl -n shop scale rollouts.argoproj.io/web --replicas=9",
        "[ scale web ]",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let operation = performed(&mut screen);
    assert!(screen.text().contains("scaling shop/web …"), "{}", screen.text());
    screen.tell(Msg::Outcome(Outcome { operation, result: OutcomeResult::Accepted }));
    assert!(screen.text().contains("scale rollout.argoproj.io/shop/web: accepted"), "{}", screen.text());
    let mut screen = on_a_rollout(foretop::ui::Settings { read_only: true, ..settings() });
    screen.press("s 1 backspace 9 enter y enter");
    let sends = |effect: &Effect| matches!(effect, Effect::Perform(_) | Effect::Review(_));
    assert!(!screen.effects.iter().any(sends), "{:?}", screen.effects);
}

#[test]
fn what_cannot_be_chosen_says_why_and_the_rest_can() {
    let mut screen = mixed();
    screen.press("2 / o r p h a n enter s");
    let text = screen.text();
    assert!(text.contains("not here: its target Deployment shop/nowhere"), "{text}");
    assert_eq!(screen.press("1"), None);
    assert!(matches!(screen.ui.mode(), Mode::Choose(_)), "it stays open");
    screen.press("2");
    assert_eq!(
        screen.permission().to_string(),
        "patch horizontalpodautoscalers.autoscaling in namespace shop"
    );
}

#[test]
fn of_an_autoscaler_that_keda_owns_the_bounds_are_set_elsewhere() {
    let mut screen = on_web();
    let mut web = screen.cluster.autoscaler(&Key::new("shop", "web")).unwrap().clone();
    let owner = foretop::model::meta::Owner { kind: "ScaledObject".into(), name: "web-so".into() };
    web.meta.controller = Some(std::sync::Arc::new(owner));
    screen.cluster.apply(Change::Upsert(Object::Autoscaler(Box::new(web))));
    screen.press("s");
    let text = screen.text();
    let why = "not here: ScaledObject shop/web-so owns it: set its minReplicaCount and";
    assert!(text.contains(why), "{text}");
    assert_eq!(screen.press("2"), None);
    assert_eq!(screen.press("esc b"), None);
    assert!(screen.text().contains("bounds: ScaledObject shop/web-so owns it"), "{}", screen.text());
}

#[test]
fn an_answer_behind_the_command_leaves_no_choice() {
    let mut screen = on_web();
    for (command, right) in [
        ("scale 3", "patch deployments/scale.apps in namespace shop"),
        ("bounds 2..9", "patch horizontalpodautoscalers.autoscaling in namespace shop"),
    ] {
        screen.press(":");
        screen.type_text(command);
        screen.press("enter");
        let permission = screen.permission();
        assert_eq!(permission.to_string(), right);
        screen.allow(permission);
        assert!(matches!(screen.ui.mode(), Mode::Confirm(..)), "{command}: {}", screen.text());
        screen.press("esc");
    }
}
