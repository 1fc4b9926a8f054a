//! Which kind is asked for when: the many pods wait for what a screen shows first, and not for what cannot be had.

use std::sync::Arc;
use std::time::Duration;

use foretop::client::gate::Mode;
use foretop::client::watch::{Usage, WatchOptions, Watches, spawn};
use foretop::model::change::Change;
use foretop::model::kind::Kind;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::script::{Deed, Reply, Server, refusal, soon, version};
use crate::told::{list, node, quiet};

async fn watched(server: &Server) -> (Watches, mpsc::Receiver<Vec<Change>>) {
    let (sender, batches) = mpsc::channel(64);
    let options = WatchOptions {
        namespace: None,
        kinds: vec![Kind::Node, Kind::Deployment, Kind::Pod],
        usage: Usage::Ignored,
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

/// How long it took until pods were asked for, and what had been asked for before.
async fn pods_after(server: &Server) -> (Duration, Vec<String>) {
    let start = Instant::now();
    let (_watches, _batches) = watched(server).await;
    soon("the pods", async {
        loop {
            let paths: Vec<String> = server.asked().into_iter().map(|asked| asked.path).collect();
            if paths.iter().any(|path| path == "/api/v1/pods") {
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
        let (_, paths) = pods_after(&server).await;
        let pods = paths.iter().position(|path| path == "/api/v1/pods").unwrap();
        for before in ["/api/v1/nodes", "/apis/apps/v1/deployments"] {
            assert!(paths[..pods].iter().any(|path| path == before), "{paths:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn pods_do_not_wait_for_a_kind_that_does_not_answer() {
    let server = serving(|| None).await;
    let (took, _) = pods_after(&server).await;
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(3), "{took:?}");
}
