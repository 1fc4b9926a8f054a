//! Rights: what a user may not do is said before it is tried, and `--read-only` never writes.
use std::path::PathBuf;

use crate::cluster::{CALM, Cluster, cluster};
use crate::support::credentials::User;
use crate::support::fixtures::{self, Heart, SOON};
use crate::support::objects;
use crate::support::program::live;
use crate::support::proxy::{Proxy, Recorded};
use crate::support::screen::{self, Pane};

/// A recording proxy that speaks for the user, and a kubeconfig for it.
fn recorded(cluster: &Cluster, user: User, name: &str) -> (Proxy, PathBuf) {
    let proxy = Proxy::start(&cluster.plane.api(user));
    let kubeconfig = proxy.kubeconfig(cluster.plane.folder(), name);
    (proxy, kubeconfig)
}

fn assert_harmless(proxy: &Proxy) {
    let (harmless, harmful): (Vec<_>, Vec<_>) = proxy.requests().into_iter().partition(Recorded::is_harmless);
    assert!(harmful.is_empty(), "{harmful:#?}");
    assert!(
        harmless.iter().any(|request| request.path == objects::NODES),
        "the proxy was not used: {harmless:#?}"
    );
}

#[test]
fn a_viewer_is_refused_with_the_missing_verb_before_any_request() {
    let Some(cluster) = cluster() else { return };
    let namespace = fixtures::namespace(&cluster.admin, "view-only");
    let pods = fixtures::running_deployment(&cluster.admin, &namespace, "looked-at", CALM, 1);
    cluster.admin.create(&objects::autoscalers(&namespace), &objects::autoscaler("looked-at", 1, 5));
    let (proxy, kubeconfig) = recorded(cluster, User::Viewer, "viewer-recorded");
    let live = live(&kubeconfig, &["--all-namespaces"]);
    let refused = |key, verb, resource| {
        live.terminal.press(key);
        screen::wait_for_words(&live.terminal, &[verb, resource], SOON);
        live.terminal.press("esc");
    };
    screen::select(&live.terminal, Pane::Nodes, CALM);
    refused("c", "patch", "nodes");
    screen::select_autoscaler(&live.terminal, "looked-at");
    live.terminal.press("s");
    screen::wait_for_words(&live.terminal, &["what?"], SOON);
    refused("1", "patch", "deployments/scale");
    screen::select_pod(&live.terminal, CALM, &pods[0]);
    refused("e", "create", "pods/eviction");
    live.terminal.press(screen::QUIT);
    live.terminal.wait_until_ended(SOON);
    assert_harmless(&proxy);
}

#[test]
fn a_node_reader_sees_nodes_and_what_is_missing() {
    let Some(cluster) = cluster() else { return };
    let live = live(&cluster.plane.kubeconfig(User::NodeReader), &["--all-namespaces"]);
    screen::select(&live.terminal, Pane::Nodes, CALM);
    screen::show(&live.terminal, Pane::Autoscalers);
    screen::wait_for_words(&live.terminal, &["forbidden", "horizontalpodautoscalers"], SOON);
}

#[test]
fn read_only_never_writes_whatever_is_pressed() {
    let Some(cluster) = cluster() else { return };
    let _heart = Heart::of_new_node(&cluster.admin, "untouched", 40);
    let namespace = fixtures::namespace(&cluster.admin, "read-only");
    fixtures::running_deployment(&cluster.admin, &namespace, "kept", CALM, 2);
    cluster.admin.create(&objects::autoscalers(&namespace), &objects::autoscaler("kept", 1, 5));
    fixtures::running_pod(&cluster.admin, &namespace, "stays", CALM);
    let (proxy, kubeconfig) = recorded(cluster, User::Admin, "admin-recorded");
    let live = live(&kubeconfig, &["--read-only", "--all-namespaces"]);
    screen::wait_for_words(&live.terminal, &["read-only"], SOON);
    let barrage = || {
        live.terminal.press(screen::BARRAGE);
        // Keys are taken in order: once this shows, all of the above have been taken.
        screen::select(&live.terminal, Pane::Nodes, CALM);
    };
    screen::select(&live.terminal, Pane::Nodes, "untouched");
    barrage();
    screen::select(&live.terminal, Pane::Autoscalers, "kept");
    barrage();
    screen::select_pod(&live.terminal, CALM, "stays");
    barrage();
    live.terminal.press(screen::QUIT);
    live.terminal.wait_until_ended(SOON);
    assert_harmless(&proxy);
}
