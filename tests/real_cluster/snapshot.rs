//! `snapshot` of a real cluster: what the API server has is in the output, and the exit code tells how it went.
use crate::cluster::{CALM, cluster};
use crate::support::credentials::User;
use crate::support::fixtures;
use crate::support::objects;
use crate::support::program::run;
use crate::support::screen::{self, Pane};

const ALL_VIEWS: [&str; 7] = [
    "snapshot",
    "-o",
    "json",
    "--timeout=30s",
    "--all-namespaces",
    "--view",
    "nodes,autoscalers,network,pods",
];

#[test]
fn objects_appear_in_their_views() {
    let Some(cluster) = cluster() else { return };
    let namespace = fixtures::namespace(&cluster.admin, "snap-views");
    fixtures::running_pod(&cluster.admin, &namespace, "alone", CALM);
    fixtures::running_deployment(&cluster.admin, &namespace, "web", CALM, 2);
    cluster.admin.create(&objects::autoscalers(&namespace), &objects::autoscaler("web", 1, 5));

    let finished = run(&cluster.kubeconfig(), &ALL_VIEWS);
    let snapshot = finished.json();
    assert_eq!(finished.code, Some(screen::FINE), "{}", finished.stderr);
    assert!(screen::is_complete(&snapshot), "{snapshot:#}");
    assert!(screen::names(&snapshot, Pane::Nodes).contains(CALM));
    assert!(screen::names(&snapshot, Pane::Pods).contains("snap-views/alone"));
    assert!(screen::names(&snapshot, Pane::Autoscalers).contains("snap-views/web"));
    let network = screen::row(&snapshot, Pane::Network, CALM).to_string();
    assert!(network.contains("10.244.1.0/24") && network.contains("82:00:00:00:00:01"), "{network}");
}

#[test]
fn a_table_is_plain_text() {
    let Some(cluster) = cluster() else { return };
    let finished =
        run(&cluster.kubeconfig(), &["snapshot", "-o", "table", "--view", "nodes", "--timeout=30s"]);
    assert_eq!(finished.code, Some(screen::FINE), "{}", finished.stderr);
    assert!(finished.stdout.contains(CALM), "{}", finished.stdout);
    assert!(!finished.stdout.contains('\x1b'), "{}", finished.stdout);
}

#[test]
fn a_forbidden_kind_makes_the_snapshot_incomplete() {
    let Some(cluster) = cluster() else { return };
    let finished = run(&cluster.plane.kubeconfig(User::NodeReader), &ALL_VIEWS);
    assert_eq!(finished.code, Some(screen::INCOMPLETE), "{}", finished.stderr);
    let snapshot = finished.json();
    assert!(!screen::is_complete(&snapshot), "{snapshot:#}");
    assert!(screen::names(&snapshot, Pane::Nodes).contains(CALM));
    let everything = format!("{snapshot}{}", finished.stderr);
    assert!(everything.contains("horizontalpodautoscalers"), "the missing right is not named: {everything}");
}

#[test]
fn a_wrong_token_is_said_so() {
    let Some(cluster) = cluster() else { return };
    let args = ["--token", "nobody", "snapshot", "-o", "json", "--timeout=10s"];
    let finished = run(&cluster.kubeconfig(), &args);
    assert_eq!(finished.code, Some(screen::UNREACHABLE), "{}", finished.stderr);
    assert!(finished.stderr.to_lowercase().contains("unauthorized"), "{}", finished.stderr);
}

#[test]
fn a_server_without_metrics_says_so_quietly() {
    let Some(cluster) = cluster() else { return };
    let finished = run(&cluster.kubeconfig(), &ALL_VIEWS);
    assert_eq!(finished.code, Some(screen::FINE), "{}", finished.stderr);
    assert!(screen::is_complete(&finished.json()), "nothing is missing without them");
    assert!(!finished.stderr.contains("metrics"), "{}", finished.stderr);
    let table = run(&cluster.kubeconfig(), &["snapshot", "-o", "table", "--view", "nodes", "--timeout=30s"]);
    let row = table.stdout.lines().find(|line| line.contains(CALM)).unwrap_or_default();
    assert_eq!(row.matches("<not served>").count(), 3, "{}", table.stdout);
}
