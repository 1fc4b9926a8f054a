//! Waiting while tokio's clock is paused, on a runtime of one thread on which the server runs too. It knows nothing of
//! what is waited for.
//!
//! Sockets know nothing of a paused clock: left alone, tokio would leap over minutes while a packet is on its way. So the
//! clock stands still while anything may be on its way, and goes a step when nothing came.

use std::time::Duration;

use tokio::time::Instant;

/// Nothing that a test waits for may take longer.
const DEADLINE: Duration = Duration::from_mins(30);

/// How far the paused clock goes at a time.
pub(crate) const STEP: Duration = Duration::from_millis(250);

/// So much real time passes at least before the clock goes on: two moments, in which nothing happened.
const MOMENT: Duration = Duration::from_millis(1);
const MOMENTS: u32 = 2;

/// Something that never rests does not stop the clock for ever.
const MOST_MOMENTS: u32 = 200;

/// Waits for `found`, and fails the test after the deadline.
pub(crate) async fn soon<T>(what: &str, found: impl Future<Output = T>) -> T {
    let mut found = std::pin::pin!(found);
    let deadline = Instant::now() + DEADLINE;
    while Instant::now() < deadline {
        tokio::select! {
            biased;
            found = &mut found => return found,
            () = breathe() => tokio::time::advance(STEP).await,
        }
    }
    panic!("{what}: not within {DEADLINE:?}")
}

/// Lets so much time pass in such steps, with `look` between them: whether it found anything.
pub(crate) async fn pass(time: Duration, step: Duration, mut look: impl FnMut() -> bool) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        breathe().await;
        if !look() {
            tokio::time::advance(step).await;
        }
    }
}

/// Comes back when nothing is under way any more. A busy machine may hold this thread back for longer than any moment,
/// so it is not the time that counts: the runtime must have gone to sleep, and slept until the moment was over. What
/// held it back after its last sleep shows in the next moment.
async fn breathe() {
    let metrics = tokio::runtime::Handle::current().metrics();
    let mut quiet = 0;
    for _ in 0..MOST_MOMENTS {
        let (sleeps, busy) = (metrics.worker_park_count(0), metrics.worker_total_busy_duration(0));
        moment().await;
        let slept = metrics.worker_park_count(0) == sleeps + 1;
        let rested = metrics.worker_total_busy_duration(0).saturating_sub(busy) < MOMENT / 2;
        quiet = if slept && rested { quiet + 1 } else { 0 };
        if quiet == MOMENTS {
            return;
        }
    }
}

/// A moment of real time, in which the paused clock does not move: tokio holds it while blocking tasks run.
async fn moment() {
    let (_sender, receiver) = std::sync::mpsc::channel::<()>();
    let moment = tokio::task::spawn_blocking(move || receiver.recv_timeout(MOMENT));
    let _nothing = moment.await;
}
