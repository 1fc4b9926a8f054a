//! The taint action against the real API server: put on, taken away, refused when somebody was faster.
use std::sync::Arc;

use foretop::actions::taint::TAINT;
use foretop::client::audit::Audit;
use foretop::client::connect::{Session, Wish, connect};
use foretop::client::convert::Shared;
use foretop::client::gate::Mode;
use foretop::client::perform::perform;
use foretop::model::change::{Change, Object};
use foretop::model::cluster::Cluster as Seen;
use foretop::model::key::{Key, Target};
use foretop::model::kind::Kind;
use foretop::model::operation::{Operation, OutcomeResult};
use foretop::model::server::Identity;
use jiff::Timestamp;
use serde_json::json;

use crate::cluster::{Cluster, cluster};
use crate::support::api::{Api, runtime};
use crate::support::fixtures::{self, Heart, SOON};
use crate::support::objects;
use crate::support::program::live;
use crate::support::screen::{self, Pane};

/// The operation for an edit of a node's taints, planned from the node as it is now.
fn planned(api: &Api, node: &str, edit: &str) -> Operation {
    let object = api.get(&objects::node_path(node));
    let seen = Shared::default().node(serde_json::from_value(object).expect("a node"));
    let mut cluster = Seen::default();
    cluster.apply(Change::Upsert(Object::Node(Box::new(seen))));
    let target = Target::new(Kind::Node, Key::new("", node));
    (TAINT.plan)(&cluster, &target, edit, Timestamp::UNIX_EPOCH).expect("an operation")
}

fn performed(cluster: &Cluster, operation: Operation) -> OutcomeResult {
    let folder = tempfile::tempdir().expect("a folder");
    runtime().block_on(async {
        let wish = Wish { kubeconfig: Some(cluster.kubeconfig()), mode: Mode::Real, ..Wish::default() };
        let session: Arc<Session> = Arc::new(connect(&wish).await.expect("a session"));
        let audit = Audit::new(folder.path(), Identity::default());
        perform(&session, operation, Mode::Real, &audit).await.result
    })
}

fn taints(api: &Api, node: &str) -> Vec<String> {
    fixtures::taints(&api.get(&objects::node_path(node)))
}

#[test]
fn a_taint_is_put_on_and_taken_away_on_the_screen() {
    let Some(cluster) = cluster() else { return };
    let _heart = Heart::of_new_node(&cluster.admin, "taint-me", 80);
    let path = objects::node_path("taint-me");
    let live = live(&cluster.kubeconfig(), &[]);
    screen::select(&live.terminal, Pane::Nodes, "taint-me");

    live.terminal.press("t");
    screen::wait_for_words(&live.terminal, &["what if", "taint-me"], SOON);
    live.terminal.type_text("maintenance=disk:NoExecute");
    screen::wait_for_words(&live.terminal, &["nobody leaves: no pod is there"], SOON);
    live.terminal.press("enter");
    screen::confirm(&live.terminal, "taint", "taint-me");
    cluster
        .admin
        .wait_for(&path, "be tainted", SOON, |node| fixtures::taints(node) == ["maintenance:NoExecute"]);
    screen::wait_for_row(&live.terminal, "taint-me", SOON, |row| row.contains("maintenance=disk:NoExecute"));

    live.terminal.press("t");
    screen::wait_for_words(&live.terminal, &["what if", "taint-me"], SOON);
    live.terminal.type_text("maintenance-");
    live.terminal.press("enter");
    screen::confirm(&live.terminal, "untaint", "taint-me");
    cluster.admin.wait_for(&path, "bear no taint", SOON, |node| fixtures::taints(node).is_empty());
}

#[test]
fn taints_that_somebody_writes_meanwhile_are_not_lost() {
    let Some(cluster) = cluster() else { return };
    let api = &cluster.admin;
    let _heart = Heart::of_new_node(api, "taint-race", 81);
    let path = objects::node_path("taint-race");
    // Twice: while the node bears nothing, and while it bears what a controller wrote with its time.
    for theirs in ["first", "second"] {
        let operation = planned(api, "taint-race", "ours:NoExecute");
        let mut taints = api.get(&path)["spec"]["taints"].as_array().cloned().unwrap_or_default();
        taints.push(json!({ "key": theirs, "effect": "NoSchedule", "timeAdded": "2026-03-01T12:00:00Z" }));
        api.merge(&path, &json!({ "spec": { "taints": taints } }));
        let result = performed(cluster, operation);
        let OutcomeResult::Refused { why, hint } = result else { panic!("{theirs}: {result:?}") };
        assert!(why.contains("has changed since you looked"), "{why}");
        assert!(hint.contains("Look at it again"), "{hint}");
    }
    assert_eq!(taints(api, "taint-race"), ["first:NoSchedule", "second:NoSchedule"]);

    // A heartbeat changes the node's version, but not its taints: that stops nobody.
    let operation = planned(api, "taint-race", "ours:NoExecute");
    api.merge(&path, &json!({ "metadata": { "annotations": { "example.com/touched": "yes" } } }));
    assert_eq!(performed(cluster, operation), OutcomeResult::Accepted);
    let all = ["first:NoSchedule", "second:NoSchedule", "ours:NoExecute"];
    assert_eq!(taints(api, "taint-race"), all);
    for key in ["first", "second", "ours"] {
        let operation = planned(api, "taint-race", &format!("{key}-"));
        assert_eq!(performed(cluster, operation), OutcomeResult::Accepted, "{key}");
    }
    assert!(taints(api, "taint-race").is_empty());
}

#[test]
fn what_the_program_takes_for_a_taint_the_server_takes_too() {
    let Some(cluster) = cluster() else { return };
    let api = &cluster.admin;
    let _heart = Heart::of_new_node(api, "taint-forms", 82);
    let name = "n".repeat(63);
    for edit in [
        "a:NoSchedule".to_owned(),
        "a=b_c.d-e:PreferNoSchedule".to_owned(),
        "A_b.c=1:NoExecute".to_owned(),
        format!("{name}={name}:NoSchedule"),
        format!("{}.example.com/{name}:NoSchedule", "d".repeat(63)),
    ] {
        assert_eq!(performed(cluster, planned(api, "taint-forms", &edit)), OutcomeResult::Accepted, "{edit}");
    }
    assert_eq!(taints(api, "taint-forms").len(), 5);
}
