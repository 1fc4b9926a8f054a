//! Kubelets' requests for certificates, followed where they may be read.

use std::sync::{Arc, Mutex};

use foretop::client::gate::Mode;
use foretop::client::watch::{Beside, WatchOptions, spawn};
use foretop::model::certificate::{Signer, Verdict};
use foretop::model::change::Change;
use foretop::model::cluster::Cluster;
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

use crate::script::{Server, by_hand, refusal, soon, whole};

/// A request of a node's kubelet, with the conditions and the certificate that it has.
fn request(name: &str, user: &str, minute: u32, status: &Value) -> Value {
    json!({ "metadata": { "name": name, "resourceVersion": "8", "creationTimestamp": format!("2026-11-20T10:{minute:02}:00Z") },
        "spec": { "username": user, "signerName": "kubernetes.io/kubelet-serving", "request": "c2VjcmV0" }, "status": status })
}

fn waiting() -> Value {
    json!({})
}

fn issued() -> Value {
    json!({ "conditions": [{ "type": "Approved", "status": "True" }], "certificate": "c2VjcmV0" })
}

struct Watched {
    cluster: Cluster,
    batches: mpsc::Receiver<Vec<Change>>,
    _watches: foretop::client::watch::Watches,
}

impl Watched {
    async fn on(server: &Server) -> Self {
        let (sender, batches) = mpsc::channel(8);
        let options =
            WatchOptions { kinds: Vec::new(), beside: vec![Beside::Certificates], ..WatchOptions::default() };
        let session = server.session(Mode::ReadOnly).await;
        let watches = spawn(session, &options, sender, Arc::new(Notify::new()));
        Self { cluster: Cluster::default(), batches, _watches: watches }
    }

    async fn until(&mut self, what: &str, found: impl Fn(&Cluster) -> bool) {
        soon(what, async {
            while !found(&self.cluster) {
                self.cluster.apply_all(self.batches.recv().await.unwrap());
            }
        })
        .await;
    }

    fn names(&self, node: &str) -> Vec<String> {
        self.cluster
            .unissued(node)
            .map(|(_, it)| format!("{} {:?} x{}", it.name, it.verdict, it.count))
            .collect()
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_kubelet_has_asked_for_and_not_got() {
    let (sender, reply) = by_hand();
    let watch = Mutex::new(Some(reply));
    let server = Server::start(move |asked| {
        assert_eq!(asked.path, "/apis/certificates.k8s.io/v1/certificatesigningrequests");
        let serving = asked.query("fieldSelector") == "spec.signerName=kubernetes.io/kubelet-serving";
        if asked.watches() {
            let quiet = || by_hand().1;
            return if serving { watch.lock().unwrap().take().unwrap_or_else(quiet) } else { quiet() };
        }
        let items = if serving {
            vec![
                request("one", "system:node:a", 0, &issued()),
                request("two", "system:node:a", 10, &waiting()),
                request("three", "system:node:a", 20, &waiting()),
                request("well", "system:node:b", 0, &issued()),
                request("other", "jane", 0, &waiting()),
            ]
        } else {
            Vec::new()
        };
        whole(200, &json!({ "metadata": { "resourceVersion": "7" }, "items": items }))
    })
    .await;
    let mut watched = Watched::on(&server).await;
    watched.until("both lists", Cluster::certificates_known).await;
    assert_eq!(watched.names("a"), ["three Waiting x2"]);
    assert_eq!((watched.names("b").len(), watched.names("jane").len()), (0, 0));
    let say = |kind: &str, object: Value| {
        sender.send(Ok(format!("{}\n", json!({ "type": kind, "object": object })).into())).unwrap();
    };
    let denied = json!({ "conditions": [{ "type": "Denied", "status": "True" }] });
    say("MODIFIED", request("three", "system:node:a", 20, &denied));
    let is_denied = |cluster: &Cluster| {
        cluster.unissued("a").any(|(signer, it)| signer == Signer::Serving && it.verdict == Verdict::Denied)
    };
    watched.until("the denial", is_denied).await;
    say("DELETED", request("three", "system:node:a", 20, &denied));
    watched.until("the older one", |cluster| cluster.unissued("a").any(|(_, it)| &*it.name == "two")).await;
    say("MODIFIED", request("two", "system:node:a", 10, &issued()));
    watched.until("nothing more", |cluster| cluster.unissued("a").next().is_none()).await;
}

#[tokio::test(start_paused = true)]
async fn who_may_not_read_them_misses_nothing_else() {
    for code in [403, 404, 500] {
        let server = Server::start(move |_| refusal(code, "Refused", "no")).await;
        let mut watched = Watched::on(&server).await;
        watched.until("an end of waiting", Cluster::certificates_known).await;
        assert!(watched.cluster.unissued("a").next().is_none(), "{code}");
    }
}
