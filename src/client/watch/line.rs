//! What the streams and the probe of the server tell each other, and how a waiting stream is woken. It asks nothing.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep};

use super::backoff::{dice, spread};

/// How long a question that was asked before the server came back may still be answered: nobody can tell one that was
/// lost from one whose answer is on its way.
const MOMENT: Duration = Duration::from_secs(1);

/// What is known of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Contact {
    /// Whether it answers.
    pub reach: Reach,
    /// The last time that it was away.
    pub away: Option<Away>,
}

/// Whether the server answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Reach {
    /// It has not been asked yet, or has not answered yet.
    #[default]
    Pending,
    /// It could not be asked.
    Failed,
    /// It has answered.
    Made {
        /// Whether it does streaming lists by default.
        streaming: bool,
    },
}

/// A time in which the server did not answer, or in which nobody listened because this machine slept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Away {
    /// When it was last found silent: whoever has not been heard since then may have lost his connection without
    /// noticing.
    pub silent: Instant,
    /// When it was back: whoever failed before then should try again.
    pub until: Instant,
}

impl Away {
    /// Silent then, and back now.
    pub(super) fn silent(silent: Instant) -> Self {
        Self { silent, until: Instant::now() }
    }
}

/// A stream's line to the probe of the server and to the user.
#[derive(Clone, Debug)]
pub(super) struct Line {
    contact: watch::Receiver<Contact>,
    suspicion: Arc<Notify>,
    retry: Arc<Notify>,
    /// The last return of the server that was taken in.
    back: Option<Instant>,
}

impl Line {
    /// With the probe at the other end.
    pub(super) fn new(contact: watch::Receiver<Contact>, retry: Arc<Notify>) -> Self {
        Self { contact, suspicion: Arc::default(), retry, back: None }
    }

    /// With nobody at the other end.
    pub(super) fn alone(retry: Arc<Notify>) -> Self {
        Self::new(watch::channel(Contact::default()).1, retry)
    }

    /// How the server was first reached, once that is known.
    pub(super) async fn first(&mut self) -> Reach {
        let known = self.contact.wait_for(|contact| contact.reach != Reach::Pending).await;
        known.map_or(Reach::Failed, |contact| contact.reach)
    }

    /// Waits until the server answers.
    pub(super) async fn answered(&mut self) {
        let answers = |contact: &Contact| matches!(contact.reach, Reach::Made { .. });
        if self.contact.wait_for(answers).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether the server is known to do streaming lists.
    pub(super) fn streams(&self) -> bool {
        self.contact.borrow().reach == Reach::Made { streaming: true }
    }

    /// Whether the server has come back since this was last asked, so that what failed until then says nothing.
    pub(super) fn returned(&mut self) -> bool {
        let back = self.contact.borrow().away.map(|away| away.until);
        std::mem::replace(&mut self.back, back) < back
    }

    /// Waits until the moment has come, the user wants it now, or the server is back since `failed`.
    pub(super) async fn pause(&self, until: Instant, failed: Instant) {
        tokio::select! {
            () = self.when(|away| away.until > failed) => {}
            () = self.retry.notified() => {}
            () = tokio::time::sleep_until(until) => {}
        }
    }

    /// Waits until an open stream that last spoke at `spoke` has to be doubted.
    pub(super) async fn lost(&self, spoke: Instant) {
        self.when(|away| away.silent > spoke).await;
    }

    /// Waits until a question of that moment has to be asked anew, because the server came back without answering it.
    pub(super) async fn unanswered(&self, asked: Instant) {
        self.when(|away| away.until > asked).await;
        sleep(spread(MOMENT, dice())).await;
    }

    /// Lets the probe know that something went wrong, so that it asks the server now.
    pub(super) fn suspect(&self) {
        self.suspicion.notify_one();
    }

    /// For the probe: waits until a stream has reason to ask for it.
    pub(super) async fn suspicion(&self) {
        self.suspicion.notified().await;
    }

    /// For the probe: waits until the user wants it now.
    pub(super) async fn retry(&self) {
        self.retry.notified().await;
    }

    async fn when(&self, it: impl Fn(&Away) -> bool) {
        let mut contact = self.contact.clone();
        if contact.wait_for(|contact| contact.away.as_ref().is_some_and(&it)).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_return_is_taken_in_once_by_each_who_asks() {
        let failed = Instant::now();
        let (sender, contact) = watch::channel(Contact::default());
        let mut line = Line::new(contact, Arc::new(Notify::new()));
        assert!(!line.returned());
        for _ in 0..3 {
            tokio::time::advance(Duration::from_secs(1)).await;
            let mut other = line.clone();
            sender.send_modify(|contact| contact.away = Some(Away::silent(failed)));
            // Whatever has woken it, the return counts.
            line.pause(failed, failed).await;
            assert_eq!([line.returned(), line.returned(), other.returned()], [true, false, true]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_may_still_be_answered_for_a_moment_after_the_return_and_a_stream_may_not_be_silent() {
        let (sender, contact) = watch::channel(Contact::default());
        let line = Line::new(contact, Arc::new(Notify::new()));
        let second = Duration::from_secs(1);
        let silent = Instant::now() + second;
        tokio::time::advance(2 * second).await;
        let back = Instant::now();
        sender.send_modify(|contact| contact.away = Some(Away::silent(silent)));
        line.lost(silent - second).await;
        assert_eq!(Instant::now(), back);
        line.unanswered(silent).await;
        assert!((0.69..=1.01).contains(&back.elapsed().as_secs_f64()), "{:?}", back.elapsed());
        let spoke = tokio::time::timeout(60 * second, line.lost(silent));
        assert!(spoke.await.is_err(), "it has spoken since");
        let asked = tokio::time::timeout(60 * second, line.unanswered(back));
        assert!(asked.await.is_err(), "it was asked after the return");
    }
}
