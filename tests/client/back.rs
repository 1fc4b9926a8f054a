//! Servers that come back, and not in one piece: they take connections before they answer, die again, keep questions
//! waiting. What hangs is given up soon and once, and nothing is called live that is not. Time is paused, as in `watch`.

use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use foretop::model::change::{Change, Freshness};
use foretop::model::kind::Kind;
use tokio::time::Instant;

use crate::outage::{AWAY, FINE, FROZEN, Moody, SLOW, live_again, watching};
use crate::script::{Reply, STEP, Server, by_hand, refusal, soon, status, stream};
use crate::told::{Told, event, list, names, node, quiet, scripted};

const SOON: Duration = Duration::from_secs(5);

fn watches(moody: &Moody) -> usize {
    moody.server.asked().iter().filter(|asked| asked.watches()).count()
}

/// Waits until the server has been asked for its version once more.
async fn probed(moody: &Moody, told: &mut Told) {
    let before = moody.server.versions.load(Ordering::SeqCst);
    while moody.server.versions.load(Ordering::SeqCst) == before {
        told.during(STEP, STEP).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_that_hangs_while_the_server_returns_is_given_up_soon() {
    for frozen in [1, 3, 9, 12] {
        let moody = Moody::start().await;
        let mut told = watching(&moody).await;
        moody.becomes(AWAY);
        moody.cut();
        told.stale().await;
        told.during(Duration::from_secs(20), STEP).await;
        // It takes connections again and answers nothing that it is asked over them, now or later.
        moody.becomes(FROZEN);
        let before = watches(&moody);
        told.retry.notify_waiters();
        moody.server.asked_times(moody.server.asked().len() + 1).await;
        told.during(Duration::from_secs(frozen), STEP).await;
        assert_eq!(watches(&moody) - before, 1, "it hangs");
        moody.becomes(FINE);
        let took = live_again(&mut told).await;
        assert!(took <= SOON, "{took:?} after {frozen} s without an answer");
        told.during(Duration::from_mins(1), STEP).await;
        assert_eq!((watches(&moody) - before, moody.lists()), (2, 1), "given up once");
        assert_eq!(moody.position(), "8");
    }
}

#[tokio::test(start_paused = true)]
async fn the_return_of_a_server_that_answers_nothing_for_a_while_is_noticed_within_seconds() {
    for frozen in [29, 31, 33, 35, 37] {
        let moody = Moody::start().await;
        let mut told = watching(&moody).await;
        moody.becomes(FROZEN);
        moody.cut();
        told.during(Duration::from_secs(frozen), STEP).await;
        moody.becomes(FINE);
        let took = live_again(&mut told).await;
        assert!(took <= SOON, "{took:?} after {frozen} s without an answer");
        assert_eq!((moody.lists(), moody.position()), (1, "8".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_is_being_opened_when_the_server_returns_gets_a_moment() {
    let moody = Moody::start().await;
    let mut told = watching(&moody).await;
    moody.becomes(AWAY);
    moody.cut();
    told.stale().await;
    told.during(Duration::from_secs(20), STEP).await;
    moody.becomes(SLOW);
    let before = watches(&moody);
    told.retry.notify_waiters();
    moody.server.asked_times(moody.server.asked().len() + 1).await;
    probed(&moody, &mut told).await;
    told.during(STEP, STEP).await;
    assert_eq!(watches(&moody) - before, 1, "the answer may be on its way");
    moody.becomes(FINE);
    moody.open.notify_waiters();
    let took = live_again(&mut told).await;
    assert!(took <= SOON, "{took:?}");
    told.during(Duration::from_mins(1), STEP).await;
    assert_eq!((watches(&moody) - before, moody.lists()), (1, 1), "it is not asked twice");
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_is_never_opened_is_given_up_once_for_each_return() {
    let moody = Moody::start().await;
    let mut told = watching(&moody).await;
    moody.becomes(AWAY);
    moody.cut();
    told.stale().await;
    told.during(Duration::from_secs(20), STEP).await;
    moody.becomes(SLOW);
    let before = watches(&moody);
    told.during(Duration::from_secs(20), STEP).await;
    assert!(watches(&moody) - before <= 2, "{} questions", watches(&moody) - before);
    assert!(!told.cluster.freshness(Kind::Node).is_live());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_returns_and_dies_again_is_live_soon_each_time_and_not_asked_in_a_loop() {
    let moody = Moody::start().await;
    let mut told = watching(&moody).await;
    let start = (moody.server.asked().len(), moody.server.versions.load(Ordering::SeqCst));
    let mut passed = 0;
    for (away, there) in [(40, 3), (2, 1), (20, 12), (3, 2), (30, 1), (9, 5)] {
        moody.becomes(AWAY);
        moody.cut();
        told.during(Duration::from_secs(away), STEP).await;
        assert!(!told.cluster.freshness(Kind::Node).is_live(), "it has been away for {away} s");
        moody.becomes(FINE);
        let took = live_again(&mut told).await;
        assert!(took <= SOON, "{took:?} after {away} s");
        told.during(Duration::from_secs(there), STEP).await;
        passed += away + took.as_secs() + there;
    }
    let asked = (moody.server.asked().len() - start.0) as u64;
    let probes = (moody.server.versions.load(Ordering::SeqCst) - start.1) as u64;
    assert!(asked <= 6 * 6 && probes <= passed, "{asked} and {probes} in {passed} s");
    assert_eq!((moody.lists(), moody.position()), (1, "8".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_open_watch_that_spoke_after_the_server_fell_silent_is_opened_anew_too() {
    let moody = Moody::start().await;
    let mut told = watching(&moody).await;
    moody.becomes(FROZEN);
    probed(&moody, &mut told).await;
    moody.tell("c", 9);
    told.until(|change| names(change) == "+c").await;
    told.during(Duration::from_secs(25), STEP).await;
    let before = watches(&moody);
    moody.becomes(FINE);
    told.during(SOON, STEP).await;
    assert!(told.cluster.freshness(Kind::Node).is_live());
    assert_eq!((watches(&moody) - before, moody.lists(), moody.position()), (1, 1, "9".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_live_before_its_watch_is_open_again() {
    let moody = Moody::start().await;
    let mut told = watching(&moody).await;
    moody.becomes(FROZEN);
    told.during(Duration::from_secs(25), STEP).await;
    assert!(!told.cluster.freshness(Kind::Node).is_live());
    let before = watches(&moody);
    moody.becomes(FINE);
    let start = Instant::now();
    soon("live", async {
        while !told.cluster.freshness(Kind::Node).is_live() {
            told.change().await;
        }
    })
    .await;
    assert!(watches(&moody) > before, "the word live came with the old watch");
    assert!(start.elapsed() <= SOON, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_failed_before_a_watch_was_open_for_long_makes_nobody_wait_after_it() {
    let (sender, reply) = by_hand();
    let long = Mutex::new(Some(reply));
    let server = Server::start(scripted(move |asked, _, watches| match (asked.watches(), watches) {
        (false, _) => list(7, &[node("a", 3)]),
        (true, 1..=4) => refusal(503, "ServiceUnavailable", "later"),
        (true, 5) => long.lock().unwrap().take().unwrap(),
        (true, _) => quiet(),
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    told.live().await;
    told.during(Duration::from_secs(40), STEP).await;
    sender.send(Ok(event("ERROR", &status(500, "InternalError", "oops")))).unwrap();
    assert_eq!(told.stale().await, "server error 500");
    let start = Instant::now();
    told.live().await;
    assert!(start.elapsed() <= Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_forgets_what_it_granted_while_it_starts_is_asked_soon_before_there_was_an_event() {
    let server = Server::start(scripted(|asked, _, watches| match (asked.watches(), watches) {
        (false, _) => list(7, &[node("a", 3)]),
        (true, 1) => closing_after(Duration::from_secs(40)),
        (true, 2 | 3) => refusal(403, "Forbidden", "RBAC: not yet"),
        (true, _) => quiet(),
    }))
    .await;
    let mut told = Told::by(&server, Kind::Node).await;
    told.live().await;
    told.until(|change| matches!(change, Change::Freshness(_, Freshness::Forbidden { .. }))).await;
    let start = Instant::now();
    told.live().await;
    assert!(start.elapsed() <= SOON, "{:?}", start.elapsed());
}

/// A watch that brings nothing and is closed by the server after that time.
fn closing_after(time: Duration) -> Reply {
    let end = futures::stream::once(async move {
        tokio::time::sleep(time).await;
        Ok(Bytes::new())
    });
    stream("application/json", end)
}
