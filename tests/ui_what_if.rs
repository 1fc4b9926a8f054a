//! Marks, the page that says what a taint would do, and the way from there to the dialog.

#![expect(clippy::panic, reason = "a test that cannot go on has failed")]

mod fixture;
mod screen;

use fixture::{Fixture, now};
use foretop::model::change::{Change, Object};
use foretop::model::key::Key;
use foretop::model::kind::Kind;
use foretop::model::operation::{Operation, Outcome, OutcomeResult};
use foretop::ui::mode::Mode;
use foretop::ui::{Effect, Msg};
use screen::{Screen, settings};

fn mixed(size: (u16, u16)) -> Screen {
    Screen::new(settings(), Fixture::mixed().cluster, now(), size)
}

/// The page for the node `fine`.
fn fine() -> Screen {
    let mut screen = mixed((80, 24));
    screen.press("G t");
    assert!(matches!(screen.ui.mode(), Mode::WhatIf(_)), "{}", screen.text());
    screen
}

fn yes(screen: &mut Screen) -> Vec<Operation> {
    match screen.press("y") {
        Some(Effect::Perform(operations)) => operations,
        other => panic!("{other:?}\n{}", screen.text()),
    }
}

#[test]
fn the_page_follows_what_is_typed() {
    let mut screen = fine();
    insta::assert_snapshot!("what_if_empty_80x24", screen.text());
    screen.type_text("maintenance");
    assert!(screen.text().contains("it needs an effect"), "{}", screen.text());
    screen.type_text("=disk:NoExecute");
    insta::assert_snapshot!("what_if_80x24", screen.text());
    screen.size = (200, 60);
    insta::assert_snapshot!("what_if_200x60", screen.text());
    screen.press("backspace");
    assert!(screen.text().contains("the effect is NoSchedule"), "{}", screen.text());
    screen.type_text("X");
    assert!(screen.text().contains("\"NoExecutX\" is no effect"), "{}", screen.text());
}

#[test]
fn the_page_follows_the_cluster_too() {
    let mut screen = fine();
    screen.type_text("a:NoExecute");
    assert!(screen.text().contains("2 pods leave at once"), "{}", screen.text());
    screen.cluster.apply(Change::Gone(Kind::Pod, Key::new("shop", "web-1")));
    screen.now = fixture::at(-1);
    assert!(screen.text().contains("1 pod leaves at once"), "{}", screen.text());
}

#[test]
fn tab_completes_and_goes_round() {
    let mut screen = mixed((100, 30));
    screen.press("/ s h u t enter t tab");
    let text = screen.text();
    assert!(text.contains("taint: node.kubernetes.io/unschedulable:NoSchedule-"), "{text}");
    assert!(text.contains("uncordon the node instead"), "{text}");
    screen.press("tab");
    assert!(screen.text().contains("taint: node.kubernetes.io/out-of-service=nodeshutdown:NoExecute"));
    screen.press("ctrl-u o u t tab");
    assert!(screen.text().contains("taint: node.kubernetes.io/out-of-service=nodeshutdown:NoExecute"));
    screen.press("ctrl-u");
    screen.type_text("mine:NoE");
    screen.press("tab");
    assert!(screen.text().contains("taint: mine:NoExecute"), "{}", screen.text());
}

#[test]
fn enter_leads_to_the_dialog_and_only_a_yes_performs() {
    let mut screen = fine();
    screen.type_text("a=b:NoExecute");
    screen.press("enter");
    let permission = screen.permission();
    assert_eq!(permission.to_string(), "patch nodes");
    screen.allow(permission.clone());
    screen.size = (100, 40);
    insta::assert_snapshot!("taint_dialog_100x40", screen.text());
    assert_eq!(screen.press("enter"), None, "the default is Cancel");
    assert!(screen.text().contains("nothing was changed"), "{}", screen.text());
    screen.press("t");
    screen.type_text("a=b:NoExecute");
    screen.press("enter");
    screen.allow(permission);
    let operations = yes(&mut screen);
    assert_eq!((operations.len(), operations[0].action), (1, "taint"));
}

#[test]
fn what_is_no_taint_or_changes_nothing_goes_no_further() {
    let mut screen = fine();
    screen.press("enter");
    assert!(screen.text().contains("key=value:Effect puts a taint on"), "{}", screen.text());
    screen.type_text("a:NoSchedule-");
    assert_eq!(screen.press("enter"), None);
    assert!(screen.text().contains("node fine bears no taint a:NoSchedule"), "{}", screen.text());
    screen.press("esc");
    assert!(matches!(screen.ui.mode(), Mode::Browse) && screen.effects.is_empty());
}

#[test]
fn looking_is_allowed_in_read_only_mode_and_changing_is_not() {
    let mut settings = settings();
    settings.read_only = true;
    let mut screen = Screen::new(settings, Fixture::mixed().cluster, now(), (100, 30));
    screen.press("G t");
    screen.type_text("a:NoExecute");
    assert!(screen.text().contains("2 pods leave at once"), "{}", screen.text());
    assert_eq!(screen.press("enter"), None);
    assert!(screen.text().contains("--read-only") && screen.effects.is_empty(), "{}", screen.text());
}

#[test]
fn only_nodes_have_taints_and_the_palette_knows_the_action() {
    let mut screen = mixed((100, 30));
    screen.press("2 t");
    assert!(screen.text().contains("is no node"), "{}", screen.text());
    screen.press("1 G :");
    screen.type_text("taint a:NoSchedule");
    screen.press("enter");
    let text = screen.text();
    assert!(text.contains("what if · node/fine") && text.contains("3 of 3 workloads"), "{text}");
    screen.press("esc :");
    screen.type_text("cordon now");
    screen.press("enter");
    assert!(screen.text().contains("cordon takes nothing more"), "{}", screen.text());
}

#[test]
fn the_page_opens_from_a_detail_and_goes_back_to_it() {
    let mut screen = mixed((100, 30));
    screen.press("enter t");
    assert!(screen.text().contains("what if · node/dead"), "{}", screen.text());
    screen.press("esc");
    assert!(screen.ui.wants_detail().is_some());
}

#[test]
fn marks_stay_on_their_objects_until_these_are_gone() {
    let mut screen = mixed((100, 30));
    screen.press("space j j space");
    let marked = |screen: &mut Screen| -> Vec<String> {
        let text = screen.text();
        let rows = text.lines().filter(|line| line.starts_with("│◆"));
        rows.filter_map(|line| line.split_whitespace().nth(1).map(str::to_owned)).collect()
    };
    assert_eq!(marked(&mut screen), ["dead", "full"]);
    assert!(screen.text().contains("◆ 2 marked"), "{}", screen.text());
    screen.press("R");
    assert_eq!(marked(&mut screen).len(), 2, "marks move with their rows");
    screen.press("S");
    screen.cluster.apply(Change::Gone(Kind::Node, Key::new("", "dead")));
    assert_eq!(marked(&mut screen), ["full"]);
    screen.press("space");
    assert!(!screen.text().contains("marked"), "{}", screen.text());
}

#[test]
fn escape_takes_marks_away_before_the_filter() {
    let mut screen = mixed((100, 30));
    screen.press("/ s enter space");
    assert!(screen.text().contains("◆ 1 marked") && screen.text().contains("/s"), "{}", screen.text());
    screen.press("esc");
    assert!(!screen.text().contains("marked") && screen.text().contains("/s"), "{}", screen.text());
    screen.press("esc");
    assert!(!screen.text().contains("/s ("), "{}", screen.text());
}

#[test]
fn marked_nodes_are_cordoned_together_and_those_that_are_leave_themselves_out() {
    let mut screen = mixed((100, 40));
    screen.press("space j space G k space c");
    let permission = screen.permission();
    screen.allow(permission);
    let text = screen.text();
    assert!(text.contains("cordon 2 nodes?"), "{text}");
    assert!(text.contains("Left out: node shut is already cordoned."), "{text}");
    let operations = yes(&mut screen);
    let names: Vec<String> = operations.iter().map(|it| it.target.to_string()).collect();
    assert_eq!(names, ["node/dead", "node/sick"]);
    for operation in operations {
        screen.tell(Msg::Outcome(Outcome { operation, result: OutcomeResult::AcceptedDryRun }));
    }
    let said = "cordon 2 nodes: all 2 would be accepted; dry run, nothing changed";
    assert!(screen.text().contains(said), "{}", screen.text());
}

#[test]
fn nothing_is_done_to_marked_rows_that_the_filter_hides() {
    let mut screen = mixed((100, 40));
    screen.press("space G space / f i n e enter c");
    let permission = screen.permission();
    screen.allow(permission);
    let names: Vec<String> = yes(&mut screen).iter().map(|it| it.target.to_string()).collect();
    assert_eq!(names, ["node/fine"]);
    screen.press("/ backspace enter");
    assert!(screen.text().contains("◆ 2 marked"), "{}", screen.text());
}

#[test]
fn a_paste_is_completed_and_read_as_what_is_typed() {
    let mut screen = mixed((100, 30));
    screen.press("/ s h u t enter t tab ctrl-u tab");
    screen.tell(Msg::Paste("x".into()));
    assert!(!screen.text().contains("tab  node.kubernetes.io"), "{}", screen.text());
    screen.press("ctrl-u");
    screen.tell(Msg::Paste("mine:NoE".into()));
    screen.press("tab");
    assert!(screen.text().contains("taint: mine:NoExecute"), "{}", screen.text());
}

/// Taints `dead` and `fine` up to the answers.
fn tainted_twice() -> (Screen, Vec<Operation>) {
    let mut screen = mixed((100, 40));
    screen.press("space G space t");
    assert!(screen.text().contains("what if · 2 nodes: dead, fine"), "{}", screen.text());
    screen.type_text("a:NoExecute");
    screen.press("enter");
    let permission = screen.permission();
    screen.allow(permission);
    let operations = yes(&mut screen);
    assert_eq!(operations.len(), 2);
    (screen, operations)
}

#[test]
fn several_nodes_are_asked_about_once() {
    let mut screen = mixed((100, 44));
    screen.press("space G space t");
    screen.type_text("a:NoExecute");
    insta::assert_snapshot!("what_if_several_100x44", screen.text());
    screen.press("enter");
    let permission = screen.permission();
    screen.allow(permission);
    assert!(screen.text().contains("fine: 2 pods leave at once; 3 of 3 workloads"), "{}", screen.text());
    insta::assert_snapshot!("taint_dialog_several_100x44", screen.text());
}

#[test]
fn the_failure_of_one_hides_no_other() {
    let (mut screen, mut operations) = tainted_twice();
    let (second, first) = (operations.pop().unwrap(), operations.pop().unwrap());
    let why = "node/dead has changed since you looked".to_owned();
    let refused = OutcomeResult::Refused { why, hint: "Look at it again.".into() };
    screen.tell(Msg::Outcome(Outcome { operation: first, result: refused }));
    assert!(matches!(screen.ui.mode(), Mode::Browse), "one is not answered yet");
    screen.tell(Msg::Outcome(Outcome { operation: second, result: OutcomeResult::Accepted }));
    let text = screen.text();
    for words in ["taint 2 nodes: 1 accepted, 1 not", "node/dead: refused", "node/fine: accepted"] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn when_all_are_accepted_a_line_says_so() {
    let (mut screen, operations) = tainted_twice();
    for operation in operations {
        screen.tell(Msg::Outcome(Outcome { operation, result: OutcomeResult::Accepted }));
    }
    assert!(screen.text().contains("taint 2 nodes: all 2 accepted"), "{}", screen.text());
}

#[test]
fn taints_that_change_before_the_yes_are_shown_again() {
    let mut screen = fine();
    screen.type_text("a:NoExecute");
    screen.press("enter");
    let permission = screen.permission();
    screen.allow(permission);
    let mut node = screen.cluster.node("fine").unwrap().clone();
    node.taints = screen.cluster.node("full").unwrap().taints.clone();
    screen.cluster.apply(Change::Upsert(Object::Node(Box::new(node))));
    assert_eq!(screen.press("y"), None);
    let text = screen.text();
    assert!(text.contains("has changed since you were asked"), "{text}");
    assert_eq!(yes(&mut screen).len(), 1);
}
