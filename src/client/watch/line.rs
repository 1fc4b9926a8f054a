//! What the streams and the probe of the server tell each other, and how a waiting stream is woken. It asks nothing.

use std::sync::Arc;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

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
    /// Whoever has not been heard since then may have lost his connection without noticing.
    pub since: Instant,
    /// Whoever failed before then should try again.
    pub until: Instant,
}

impl Away {
    /// From then until now.
    pub(super) fn since(since: Instant) -> Self {
        Self { since, until: Instant::now() }
    }
}

/// A stream's line to the probe of the server and to the user.
#[derive(Clone, Debug)]
pub(super) struct Line {
    contact: watch::Receiver<Contact>,
    suspicion: Arc<Notify>,
    retry: Arc<Notify>,
}

impl Line {
    /// With the probe at the other end.
    pub(super) fn new(contact: watch::Receiver<Contact>, retry: Arc<Notify>) -> Self {
        Self { contact, suspicion: Arc::default(), retry }
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

    /// Waits until the moment has come, the user wants it now, or the server is back since `failed`: whether it is.
    pub(super) async fn pause(&mut self, until: Instant, failed: Instant) -> bool {
        tokio::select! {
            // Its return makes old failures forgotten, whatever else has come at the same time.
            biased;
            () = when(&mut self.contact, |away| away.until > failed) => true,
            () = self.retry.notified() => false,
            () = tokio::time::sleep_until(until) => false,
        }
    }

    /// Waits until a connection that last spoke at `spoke` has to be doubted.
    pub(super) async fn doubted(&mut self, spoke: Instant) {
        when(&mut self.contact, |away| away.since > spoke).await;
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
}

async fn when(contact: &mut watch::Receiver<Contact>, it: impl Fn(&Away) -> bool) {
    if contact.wait_for(|contact| contact.away.as_ref().is_some_and(&it)).await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_servers_return_counts_even_when_the_time_has_come_as_well() {
        let failed = Instant::now();
        tokio::time::advance(Duration::from_secs(1)).await;
        let away = Some(Away::since(failed));
        let (sender, contact) = watch::channel(Contact { away, ..Contact::default() });
        let retry = Arc::new(Notify::new());
        let mut line = Line::new(contact, Arc::clone(&retry));
        for _ in 0..50 {
            retry.notify_one();
            assert!(line.pause(failed, failed).await);
        }
        sender.send_replace(Contact::default());
        assert!(!line.pause(failed, failed).await);
    }
}
