//! The actions of the live screen change the cluster as they say, and what the server refuses is said.
use crate::cluster::{CALM, cluster};
use crate::support::fixtures::{self, Heart, SOON};
use crate::support::objects;
use crate::support::program::live;
use crate::support::screen::{self, Pane};

#[test]
fn a_node_is_cordoned_and_uncordoned() {
    let Some(cluster) = cluster() else { return };
    let _heart = Heart::of_new_node(&cluster.admin, "fence-me", 30);
    let path = objects::node_path("fence-me");
    let live = live(&cluster.kubeconfig(), &[]);
    screen::select(&live.terminal, Pane::Nodes, "fence-me");

    live.terminal.press("c");
    screen::confirm(&live.terminal, "cordon", "fence-me");
    let cordoned = |node: &serde_json::Value| node["spec"]["unschedulable"] == true;
    cluster.admin.wait_for(&path, "be cordoned", SOON, cordoned);
    screen::wait_for_row(&live.terminal, "fence-me", SOON, screen::row_is_cordoned);

    live.terminal.press("u");
    screen::confirm(&live.terminal, "uncordon", "fence-me");
    cluster
        .admin
        .wait_for(&path, "be uncordoned", SOON, |node| !cordoned(node) && fixtures::taints(node).is_empty());
    screen::wait_for_row(&live.terminal, "fence-me", SOON, screen::row_is_open);
}

#[test]
fn a_dialog_that_is_cancelled_changes_nothing() {
    let Some(cluster) = cluster() else { return };
    let _heart = Heart::of_new_node(&cluster.admin, "spare-me", 31);
    let live = live(&cluster.kubeconfig(), &[]);
    screen::select(&live.terminal, Pane::Nodes, "spare-me");
    live.terminal.press("c");
    screen::wait_for_dialog(&live.terminal, "cordon", "spare-me");
    // The default is Cancel.
    live.terminal.press("enter");
    screen::wait_for_no_dialog(&live.terminal);
    // Once the program has ended, nothing is on its way any more.
    live.terminal.press(screen::QUIT);
    live.terminal.wait_until_ended(SOON);
    let node = cluster.admin.get(&objects::node_path("spare-me"));
    assert_ne!(node["spec"]["unschedulable"], true, "{node:#}");
}

#[test]
fn an_autoscalers_deployment_is_scaled() {
    let Some(cluster) = cluster() else { return };
    let namespace = fixtures::namespace(&cluster.admin, "act-scale");
    fixtures::running_deployment(&cluster.admin, &namespace, "grows", CALM, 2);
    cluster.admin.create(&objects::autoscalers(&namespace), &objects::autoscaler("grows", 1, 9));
    let live = live(&cluster.kubeconfig(), &["--all-namespaces"]);
    screen::select_autoscaler(&live.terminal, "grows");
    live.terminal.press("s");
    screen::choose(&live.terminal, "1");
    screen::enter_replicas(&live.terminal, "grows", 4);
    let path = format!("{}/grows", objects::deployments(&namespace));
    cluster.admin.wait_for(&path, "have 4 replicas", SOON, |deployment| deployment["spec"]["replicas"] == 4);
}

#[test]
fn a_pod_is_evicted() {
    let Some(cluster) = cluster() else { return };
    let namespace = fixtures::namespace(&cluster.admin, "act-evict");
    fixtures::running_pod(&cluster.admin, &namespace, "leaves", CALM);
    let live = live(&cluster.kubeconfig(), &["--all-namespaces"]);
    screen::select_pod(&live.terminal, CALM, "leaves");
    live.terminal.press("e");
    screen::confirm(&live.terminal, "evict", "leaves");
    cluster.admin.wait_until_deleted(&format!("{}/leaves", objects::pods(&namespace)), SOON);
    live.terminal.wait_for("the row to go", SOON, |screen| screen::rows(screen, "leaves").is_empty());
}

#[test]
fn a_budgets_refusal_is_shown_with_its_name() {
    let Some(cluster) = cluster() else { return };
    let namespace = fixtures::namespace(&cluster.admin, "act-budget");
    let pods = fixtures::running_deployment(&cluster.admin, &namespace, "guarded", CALM, 2);
    fixtures::budget_that_allows_nothing(&cluster.admin, &namespace, "no-way", "guarded", 2);
    let live = live(&cluster.kubeconfig(), &["--all-namespaces"]);
    screen::select_pod(&live.terminal, CALM, &pods[0]);
    live.terminal.press("e");
    screen::confirm(&live.terminal, "evict", &pods[0]);
    screen::wait_for_no_dialog(&live.terminal);
    screen::wait_for_words(&live.terminal, &["no-way"], SOON);
    let pod = cluster.admin.get(&format!("{}/{}", objects::pods(&namespace), pods[0]));
    assert!(pod["metadata"]["deletionTimestamp"].is_null(), "{pod:#}");
}
