//! What nodes are measured to use: metrics.k8s.io has no watch, so it is asked, gently: one request at a time, about as
//! often as metrics-server measures, and not at all while the server does not answer. It keeps no samples.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Request, Uri, header};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::LARGEST_BATCH;
use super::backoff::{SLOW, dice, jitter};
use super::line::Line;
use crate::client::connect::{Failure, Session};
use crate::client::{clock, convert};
use crate::model::change::{Change, Freshness};
use crate::wire::metrics::NodeMetricsList;

/// Nodes only: their pods' measurements would be thirty times as much, and nobody looks at them.
const NODES: &str = "/apis/metrics.k8s.io/v1beta1/nodes";
/// What the right to read them is called.
const RESOURCE: &str = "nodes.metrics.k8s.io";
/// How often metrics-server measures, by its manifest; asking more often brings the same again.
const PERIOD: Duration = Duration::from_secs(15);
/// Measurements of 5,000 nodes with their labels are a tenth of this.
const LARGEST: usize = 64 << 20;
/// Between two batches, so that no frame has to show thousands of new rows at once.
const BREATH: Duration = Duration::from_millis(40);

/// How long the first question waits at most for the lists: an answer about thousands of nodes competes with their pods,
/// for a tenth of what those take on the embedded server.
const COURTESY: Duration = Duration::from_secs(2);

/// Asks for ever, until nobody listens any more; first when everybody has let go of `lists`, or after a moment.
pub(super) async fn follow(
    session: Arc<Session>,
    mut line: Line,
    changes: mpsc::Sender<Vec<Change>>,
    mut lists: mpsc::Receiver<Infallible>,
) {
    tokio::select! {
        () = changes.closed() => return,
        _ = timeout(COURTESY, lists.recv()) => {}
    }
    let mut state = State { failures: 0, heard: clock::now(), live: None };
    loop {
        let asked = tokio::select! {
            () = changes.closed() => return,
            () = line.answered() => Instant::now(),
        };
        if line.returned() {
            state.failures = 0;
        }
        let answer = tokio::select! {
            () = changes.closed() => return,
            // What was waited for may never come.
            () = line.unanswered(asked) => continue,
            answer = ask(&session) => answer,
        };
        let (batches, pause) = state.take(answer, dice());
        for (number, batch) in batches.into_iter().enumerate() {
            if number > 0 {
                sleep(BREATH).await;
            }
            if changes.send(batch).await.is_err() {
                return;
            }
        }
        tokio::select! {
            () = changes.closed() => return,
            () = line.pause(Instant::now() + pause, asked) => {}
        }
    }
}

/// What is remembered between two questions.
struct State {
    failures: u32,
    /// When measurements last came, or since when there are none.
    heard: Timestamp,
    /// Since when every question was answered.
    live: Option<Timestamp>,
}

impl State {
    /// What an answer says, in batches, and when to ask again. `dice` in 0..1 spreads those who ask together.
    fn take(&mut self, answer: Result<NodeMetricsList, Failure>, dice: f64) -> (Vec<Vec<Change>>, Duration) {
        let failure = match answer {
            Ok(list) => return (self.measured(&list), jitter(PERIOD, dice)),
            Err(failure) => failure,
        };
        (self.failures, self.live) = (self.failures.saturating_add(1), None);
        let hopeless = matches!(failure, Failure::NotFound { .. } | Failure::Forbidden { .. });
        let doubled = PERIOD.saturating_mul(1 << (self.failures - 1).min(8)).min(SLOW);
        let wait = if hopeless { SLOW } else { doubled.max(failure.retry_after().unwrap_or_default()) };
        let pause = jitter(wait, dice);
        let retry_at = clock::now() + pause;
        let freshness = match failure {
            Failure::NotFound { .. } => Freshness::Absent { retry_at },
            Failure::Forbidden { .. } => {
                Freshness::Forbidden { verb: "list", resource: RESOURCE.to_owned(), retry_at }
            }
            other => Freshness::Stale { since: self.heard, why: other.short(), retry_at },
        };
        (vec![vec![Change::Measuring(freshness)]], pause)
    }

    fn measured(&mut self, list: &NodeMetricsList) -> Vec<Vec<Change>> {
        (self.failures, self.heard) = (0, clock::now());
        let samples = list.items.iter().filter_map(convert::sample);
        let mut all: Vec<Change> = samples.map(|(node, sample)| Change::Measured(node, sample)).collect();
        if self.live.is_none() {
            // Last, so that whoever waits for it has them all.
            all.push(Change::Measuring(Freshness::Live { since: *self.live.insert(self.heard) }));
        }
        let mut batches = Vec::with_capacity(all.len().div_ceil(LARGEST_BATCH));
        let mut rest = all.into_iter().peekable();
        while rest.peek().is_some() {
            batches.push(rest.by_ref().take(LARGEST_BATCH).collect());
        }
        batches
    }
}

async fn ask(session: &Session) -> Result<NodeMetricsList, Failure> {
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = Uri::from_static(NODES);
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let body = session.send(request).await?.check().await?.body.collect(LARGEST).await?;
    // The parser's own words may quote the answer, which may be anything.
    serde_json::from_slice(&body).map_err(|error| Failure::Undecodable {
        path: NODES.to_owned(),
        why: format!("malformed JSON at line {}, column {}", error.line(), error.column()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State { failures: 0, heard: clock::now(), live: None }
    }

    fn pause(state: &mut State, code: u16) -> u64 {
        state.take(Err(Failure::from_status(code, b"")), 0.5).1.as_secs()
    }

    #[test]
    fn failures_are_waited_for_ever_longer_and_what_somebody_must_do_at_once_a_minute() {
        let mut state = state();
        assert_eq!([503; 5].map(|code| pause(&mut state, code)), [15, 30, 60, 60, 60]);
        assert_eq!([404, 403].map(|code| pause(&mut self::state(), code)), [60, 60]);
        let busy = Failure::from_status(429, b"").with_retry_after(Some(Duration::from_secs(90)));
        assert_eq!(self::state().take(Err(busy), 0.5).1.as_secs(), 90, "the server's own delay");
        state.take(Ok(NodeMetricsList::default()), 0.5);
        assert_eq!(pause(&mut state, 503), 15, "an answer ends it");
    }

    #[test]
    fn many_samples_are_told_in_batches_and_that_they_are_there_last() {
        let item = r#"{"metadata":{"name":"n"},"timestamp":"2026-03-01T10:00:00Z","usage":{"cpu":"1"}}"#;
        let list: NodeMetricsList =
            serde_json::from_str(&format!(r#"{{"items":[{}]}}"#, vec![item; 1200].join(","))).unwrap();
        let mut state = state();
        let (batches, pause) = state.take(Ok(list.clone()), 0.5);
        let sizes: Vec<usize> = batches.iter().map(Vec::len).collect();
        assert_eq!((sizes, pause), (vec![512, 512, 177], PERIOD));
        assert!(matches!(batches[2].last(), Some(Change::Measuring(Freshness::Live { .. }))));
        let again = state.take(Ok(list), 0.5).0.concat();
        assert!(again.iter().all(|change| matches!(change, Change::Measured(..))), "told once");
    }
}
