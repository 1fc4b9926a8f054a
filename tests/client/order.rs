//! Which kind is asked for when: the many pods wait for what a screen shows first, and not for what cannot be had.

use std::sync::Arc;
use std::time::Duration;

use foretop::client::gate::Mode;
use foretop::client::watch::{Beside, Order, WatchOptions, Watches, spawn};
use foretop::model::change::Change;
use foretop::model::kind::Kind;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::script::{Deed, Reply, Server, refusal, soon, version};
use crate::told::{list, node, quiet};

const PODS: &str = "/api/v1/pods";
const USAGE: &str = "/apis/metrics.k8s.io/v1beta1/nodes";

async fn watched(server: &Server, order: Order) -> (Watches, mpsc::Receiver<Vec<Change>>) {
    let (sender, batches) = mpsc::channel(64);
    let options = WatchOptions {
        kinds: vec![Kind::Node, Kind::Deployment, Kind::Pod],
        beside: vec![Beside::Usage],
        order,
        ..WatchOptions::default()
    };
    (spawn(server.session(Mode::ReadOnly).await, &options, sender, Arc::new(Notify::new())), batches)
}

/// A server on which nodes are answered by `nodes`, and there are no deployments.
async fn serving(nodes: impl Fn() -> Option<Reply> + Send + Sync + 'static) -> Server {
    Server::doing(move |asked| {
        let reply = match asked.path.as_str() {
            "/version" => Some(version(31)),
            _ if asked.watches() => Some(quiet()),
            "/api/v1/nodes" => nodes(),
            "/api/v1/pods" => Some(list(7, &[])),
            _ => Some(refusal(404, "NotFound", "no such thing")),
        };
        reply.map_or(Deed::Freeze, Deed::Answer)
    })
    .await
}

/// How long it took until that was asked for, and what had been asked for by then.
async fn asked_after(server: &Server, what: &str, order: Order) -> (Duration, Vec<String>) {
    let start = Instant::now();
    let (_watches, _batches) = watched(server, order).await;
    soon(what, async {
        loop {
            let paths: Vec<String> = server.asked().into_iter().map(|asked| asked.path).collect();
            if paths.iter().any(|path| path == what) {
                return (start.elapsed(), paths);
            }
            server.asked_more(paths.len()).await;
        }
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn pods_begin_when_the_other_kinds_have_brought_their_first_page_or_cannot_be_had() {
    let nodes: [fn() -> Option<Reply>; 2] =
        [|| Some(list(7, &[node("a", 3)])), || Some(refusal(403, "Forbidden", "no"))];
    for nodes in nodes {
        let server = serving(nodes).await;
        let (_, paths) = asked_after(&server, PODS, Order::Kinds).await;
        let pods = paths.iter().position(|path| path == PODS).unwrap();
        for before in ["/api/v1/nodes", "/apis/apps/v1/deployments"] {
            assert!(paths[..pods].iter().any(|path| path == before), "{paths:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn pods_do_not_wait_for_a_kind_that_does_not_answer() {
    let server = serving(|| None).await;
    let (took, _) = asked_after(&server, PODS, Order::Kinds).await;
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn what_nodes_use_is_asked_when_all_kinds_are_listed() {
    let server = serving(|| Some(list(7, &[node("a", 3)]))).await;
    let (_, paths) = asked_after(&server, USAGE, Order::Kinds).await;
    let usage = paths.iter().position(|path| path == USAGE).unwrap();
    for before in ["/api/v1/nodes", "/apis/apps/v1/deployments", PODS] {
        assert!(paths[..usage].iter().any(|path| path == before), "{paths:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_nodes_use_waits_for_lists_for_a_moment_and_for_none_where_all_is_wanted_at_once() {
    for (order, least, most) in [(Order::Kinds, 2, 4), (Order::Whole, 0, 1)] {
        let server = serving(|| None).await;
        let (took, _) = asked_after(&server, USAGE, order).await;
        assert!(
            took >= Duration::from_secs(least) && took < Duration::from_secs(most),
            "{order:?}: {took:?}"
        );
    }
}
