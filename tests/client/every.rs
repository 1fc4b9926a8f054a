//! All kinds and all that is followed beside them through outages: everything is live soon after each. Time is paused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use foretop::client::gate::Mode;
use foretop::client::watch::{Beside, WatchOptions, spawn};
use foretop::model::cluster::Cluster;
use foretop::model::kind::Kind;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::script::{Deed, STEP, Server, pass, soon, version};
use crate::told::{list, quiet};

const SOON: Duration = Duration::from_secs(5);

/// A server of everything, of which there is nothing.
async fn empty(away: &Arc<AtomicBool>, deed: fn() -> Deed) -> Server {
    let away = Arc::clone(away);
    Server::doing(move |asked| match asked.path.as_str() {
        _ if away.load(Ordering::SeqCst) => deed(),
        "/version" => Deed::Answer(version(31)),
        _ if asked.watches() => Deed::Answer(quiet()),
        _ => Deed::Answer(list(7, &[])),
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn every_kind_is_live_soon_whatever_the_outage_was_like() {
    let deeds: [fn() -> Deed; 2] = [|| Deed::HangUp, || Deed::Freeze];
    for deed in deeds {
        let away = Arc::new(AtomicBool::new(false));
        let server = empty(&away, deed).await;
        let (sender, mut batches) = mpsc::channel(64);
        let options = WatchOptions { beside: Beside::ALL.to_vec(), ..WatchOptions::default() };
        let session = server.session(Mode::ReadOnly).await;
        let retry = Arc::new(Notify::new());
        let watches = spawn(session, &options, sender, Arc::clone(&retry));
        let mut cluster = Cluster::default();
        let all_live = |cluster: &Cluster| Kind::ALL.iter().all(|kind| cluster.freshness(*kind).is_live());
        soon("everything", async {
            while !all_live(&cluster) {
                cluster.apply_all(batches.recv().await.unwrap());
            }
        })
        .await;
        for outage in [3, 26, 40] {
            // The clock stands still: what was heard in this very moment would not be doubted.
            tokio::time::advance(STEP).await;
            away.store(true, Ordering::SeqCst);
            watches.doubt();
            let before = server.asked().len();
            for _ in 0..outage {
                let second = Duration::from_secs(1);
                pass(second, STEP, || batches.try_recv().map(|it| cluster.apply_all(it)).is_ok()).await;
                retry.notify_waiters();
            }
            assert!(!all_live(&cluster), "after {outage} s");
            let asked = server.asked().len() - before;
            // Ten kinds and seven others, which a key wakes once a second.
            assert!(asked <= 17 * 2 * (outage + 1), "{asked} in {outage} s");
            away.store(false, Ordering::SeqCst);
            let (start, before) = (Instant::now(), server.asked().len());
            while !all_live(&cluster) {
                pass(STEP, STEP / 10, || batches.try_recv().map(|it| cluster.apply_all(it)).is_ok()).await;
                assert!(start.elapsed() <= SOON, "not everything is live {:?} later", start.elapsed());
            }
            pass(Duration::from_secs(5), STEP, || batches.try_recv().map(|it| cluster.apply_all(it)).is_ok())
                .await;
            assert!(all_live(&cluster));
            let asked = server.asked().len() - before;
            assert!(asked <= 17 * 3, "{asked} questions after the return");
        }
    }
}
