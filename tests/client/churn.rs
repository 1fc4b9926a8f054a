//! After any churn, with connections cut and histories compacted in between, the cluster is what a fresh list says.

use std::sync::Arc;

use foretop::client::convert::Shared;
use foretop::client::gate::Mode;
use foretop::client::watch::{Usage, WatchOptions, spawn};
use foretop::model::change::{Change, Object};
use foretop::model::cluster::Cluster;
use foretop::model::kind::Kind;
use foretop::model::pod::Pod;
use tokio::sync::{Notify, mpsc};

use crate::script::{Server, soon};
use crate::world::World;

/// A small generator of the same numbers each time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 27)) >> 11) % limit
    }
}

/// The cluster that a fresh list would give.
fn fresh(world: &World) -> Cluster {
    let mut shared = Shared::default();
    let mut cluster = Cluster::default();
    cluster.apply(Change::Relisting(Kind::Pod));
    for pod in world.all() {
        cluster.apply(Change::Upsert(Object::Pod(Box::new(shared.pod(pod)))));
    }
    cluster.apply(Change::Synced(Kind::Pod));
    cluster
}

fn apply(cluster: &mut Cluster, batch: Vec<Change>) {
    for change in batch {
        cluster.apply(change);
    }
}

fn pods(cluster: &Cluster) -> Vec<Pod> {
    let mut pods: Vec<Pod> = cluster.pods().cloned().collect();
    pods.sort_by(|a, b| a.meta.key.cmp(&b.meta.key));
    pods
}

fn totals(cluster: &Cluster) -> String {
    let nodes =
        ["n0", "n1", "n2"].map(|node| cluster.load(node).map(|load| (load.pods, load.cpu, load.addresses)));
    format!("{nodes:?} {} {}", cluster.pods_in("shop"), cluster.troubled_pods().count())
}

async fn churn(seed: u64, json_only: bool) {
    let world = World::new();
    let answering = world.clone();
    let server = Server::start(move |asked| {
        if json_only && asked.headers["accept"] != "application/json" {
            return crate::script::refusal(406, "NotAcceptable", "JSON only");
        }
        answering.answer(asked)
    })
    .await;
    let (sender, mut batches) = mpsc::channel(4);
    let options = WatchOptions { namespace: None, kinds: vec![Kind::Pod], usage: Usage::Ignored };
    let watches = spawn(server.session(Mode::ReadOnly).await, &options, sender, Arc::new(Notify::new()));
    let mut cluster = Cluster::default();
    let mut dice = Dice(seed);
    for step in 0..300 {
        match dice.below(40) {
            0 => world.cut(),
            1 => world.compact(),
            2..16 => world.delete(&format!("p{}", dice.below(40))),
            _ => {
                let (name, node) = (format!("p{}", dice.below(40)), format!("n{}", dice.below(3)));
                let phase = ["Pending", "Running", "Succeeded", "Failed"][dice.below(4) as usize];
                world.put(&name, &node, phase);
            }
        }
        if dice.below(8) == 0 || step == 299 {
            catch_up(&mut cluster, &mut batches, &world).await;
            assert_eq!(totals(&cluster), totals(&fresh(&world)), "seed {seed}, step {step}");
        } else {
            // Between steps the client gets as far as the dice say.
            for _ in 0..dice.below(4) {
                tokio::task::yield_now().await;
            }
        }
    }
    drop(watches);
}

/// Takes in changes until the cluster is what a fresh list says.
async fn catch_up(cluster: &mut Cluster, batches: &mut mpsc::Receiver<Vec<Change>>, world: &World) {
    let want = pods(&fresh(world));
    soon("the pods as they are", async {
        while !cluster.synced(Kind::Pod) || pods(cluster) != want {
            let batch = batches.recv().await.unwrap();
            apply(cluster, batch);
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_cluster_is_what_a_fresh_list_says_in_protobuf() {
    for seed in 0..12 {
        churn(seed, false).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_cluster_is_what_a_fresh_list_says_in_json() {
    for seed in 100..106 {
        churn(seed, true).await;
    }
}
