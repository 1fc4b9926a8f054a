//! The same against the embedded cluster, which serves what is asked for: whole answers, none made up by these tests.

use foretop::analysis::autoscaling::questions;
use foretop::client::connect::{Wish, connect};
use foretop::demo::{self, Clock, Demo};
use foretop::model::cluster::Cluster;
use foretop::model::kind::Kind;

use super::*;

struct Watched {
    _demo: Demo,
    cluster: Cluster,
    questions: watch::Sender<Arc<[Question]>>,
    batches: mpsc::Receiver<Vec<Change>>,
    _watches: Watches,
}

impl Watched {
    async fn scenario(scenario: &str, user: &str) -> Self {
        // What is asked twice, by us and before by the embedded controllers, must not have moved meanwhile.
        let clock = Clock::Frozen("2026-03-01T10:00:00Z".parse().unwrap());
        let options = demo::Options { scenario: scenario.into(), seed: 7, clock, ..demo::Options::default() };
        let demo = demo::serve(options).await.unwrap();
        let wish = Wish {
            kubeconfig_text: Some(demo.kubeconfig()),
            context: Some(user.into()),
            mode: Mode::ReadOnly,
            ..Wish::default()
        };
        let session = Arc::new(connect(&wish).await.unwrap());
        let (sender, batches) = mpsc::channel(16);
        let (questions, asked) = Questions::channel();
        let options = WatchOptions {
            beside: vec![Beside::Autoscalers, Beside::Scalers],
            questions: asked,
            ..WatchOptions::default()
        };
        let watches = spawn(session, &options, sender, Arc::new(Notify::new()));
        Self { _demo: demo, cluster: Cluster::default(), questions, batches, _watches: watches }
    }

    /// Takes in changes until the cluster is as wanted, asking for whatever there is.
    async fn until(&mut self, what: &str, found: impl Fn(&Cluster) -> bool) {
        let gather = async {
            while !found(&self.cluster) {
                self.cluster.apply_all(self.batches.recv().await.unwrap());
                let all = questions(&self.cluster);
                self.questions.send_if_modified(|asked| {
                    let new = **asked != *all;
                    *asked = all.into();
                    new
                });
            }
        };
        let long = Duration::from_mins(4);
        assert!(tokio::time::timeout(long, gather).await.is_ok(), "{what}: not within {long:?}");
    }

    async fn probed(&mut self) {
        self.until("all probes", |cluster| {
            let all = questions(cluster);
            Kind::ALL.iter().all(|kind| cluster.synced(*kind))
                && !all.is_empty()
                && all.iter().all(|it| cluster.probe(&it.autoscaler).is_some())
        })
        .await;
    }
}

/// What was answered, as a word for each metric; a failure in full.
fn told(cluster: &Cluster) -> Vec<String> {
    let mut all = Vec::new();
    // Nothing is asked for those whose target is gone.
    for it in cluster.autoscalers().filter(|it| cluster.target_of(it).is_some()) {
        let probe = cluster.probe(&it.meta.key).unwrap();
        let (scale, target) = (probe.scale.as_ref().unwrap(), cluster.target_of(it).unwrap());
        assert_eq!(scale.spec, target.desired, "{}", it.meta.key);
        assert!(!scale.selector.is_empty() && !scale.writers.is_empty(), "{}: {scale:?}", it.meta.key);
        assert_eq!(probe.answers.len(), it.metrics.len());
        all.extend(probe.answers.iter().map(|answer| match answer {
            Answer::Pods(pods) => {
                assert!(pods.iter().all(|pod| pod.window > 0 && !pod.containers.is_empty()), "{pods:?}");
                "pods".to_owned()
            }
            Answer::PerPod(_) => "per pod".to_owned(),
            Answer::Value(_) => "value".to_owned(),
            other => format!("{}: {other:?}", it.meta.key),
        }));
    }
    all
}

#[tokio::test]
async fn every_autoscaler_is_answered_but_the_one_whose_adapter_is_down() {
    for scenario in ["calm", "hpa-at-max", "black-friday"] {
        let mut watched = Watched::scenario(scenario, "demo").await;
        watched.probed().await;
        watched.until("rivals", Cluster::rivals_known).await;
        let told = told(&watched.cluster);
        for kind in ["pods", "per pod", "value"] {
            assert!(told.iter().any(|it| it == kind), "{scenario}: no {kind} in {told:#?}");
        }
        let failed: Vec<&String> = told.iter().filter(|it| it.contains(": ")).collect();
        let words = "Failed(\"the server is currently unable to handle the request\")";
        assert_eq!(failed, [&format!("payments/settlement-worker: {words}")], "{scenario}");
        let key = Key::new("shop", "keda-hpa-image-resizer");
        let keda = watched.cluster.autoscalers().find(|it| it.meta.key == key).unwrap();
        let object = watched.cluster.scaled_object_of(keda).unwrap();
        assert_eq!((&*object.target.0, &*object.triggers[0]), ("Deployment", "rabbitmq"), "{scenario}");
    }
}

#[tokio::test]
async fn who_may_read_nodes_only_is_told_so_and_nothing_breaks() {
    let mut watched = Watched::scenario("calm", "node-reader").await;
    watched.until("rivals", Cluster::rivals_known).await;
    assert!(watched.cluster.autoscalers().next().is_none());
}
