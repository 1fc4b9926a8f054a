//! Lets the autoscaler controller begin its passes only together, on the beat of a clock that a test can follow. A pass
//! begins with the question for the scale of its target; a proxy holds that question back. Everything that the
//! controller then does is its own.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::api::runtime;

/// Longer than an event takes from the server to the controller.
const EVENT: Duration = Duration::from_millis(300);

/// By the path of the target's scale.
#[derive(Debug, Default)]
struct State {
    held: BTreeSet<String>,
    admitted: BTreeSet<String>,
    /// The next question is the controller's second look after a conflict and belongs to the pass before.
    looks_again: BTreeSet<String>,
    /// Statuses of autoscalers that the server did not take.
    lost: BTreeSet<String>,
    beats: u64,
}

/// Closed until it beats.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: watch::Sender<State>,
}

impl Gate {
    /// Comes back when the request may go on. Only questions of the autoscaler controller for a scale ever wait.
    pub(crate) async fn enter(&self, method: &Method, path: &str, agent: &str) {
        if method != Method::GET || !path.ends_with("/scale") || !agent.contains("horizontal-pod-autoscaler")
        {
            return;
        }
        let mut again = false;
        self.state.send_modify(|state| {
            again = state.looks_again.remove(path);
            if !again {
                state.held.insert(path.to_owned());
            }
        });
        if again {
            return;
        }
        // The gate lives as long as its proxy, which waits here.
        let _ = self.state.subscribe().wait_for(|state| state.admitted.contains(path)).await;
        self.state.send_modify(|state| {
            state.admitted.remove(path);
        });
    }

    /// Notes the answer to a request, before the controller gets it.
    pub(crate) async fn answered(&self, method: &Method, path: &str, answer: StatusCode) {
        if method != Method::PUT {
            return;
        }
        let status = path.contains("/horizontalpodautoscalers/") && path.ends_with("/status");
        if status && answer == StatusCode::CONFLICT {
            self.state.send_modify(|state| {
                state.lost.insert(path.to_owned());
            });
        } else if status {
            // A pass that begins with what its informer saw before the last one wrote cannot write itself. The
            // controller sees events in a moment, so a server that answers a little later than that is enough; where it
            // is not, the pass is lost.
            tokio::time::sleep(EVENT).await;
        } else if path.ends_with("/scale") && answer == StatusCode::CONFLICT {
            self.state.send_modify(|state| {
                state.looks_again.insert(path.to_owned());
            });
        }
    }

    /// The statuses that were not taken since the last time that this was asked.
    pub(crate) fn take_lost(&self) -> BTreeSet<String> {
        let mut lost = BTreeSet::new();
        self.state.send_modify(|state| lost = std::mem::take(&mut state.lost));
        lost
    }

    /// Lets all passes go on that wait, in turns so far apart, from now on.
    pub(crate) fn beat(self: &Arc<Self>, every: Duration) {
        let gate = Arc::clone(self);
        runtime().spawn(async move {
            let mut clock = tokio::time::interval(every);
            clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                clock.tick().await;
                gate.state.send_modify(|state| {
                    state.beats += 1;
                    let mut waiting = std::mem::take(&mut state.held);
                    state.admitted.append(&mut waiting);
                });
            }
        });
    }

    /// How many turns there were.
    pub(crate) fn beats(&self) -> u64 {
        self.state.borrow().beats
    }

    /// Waits for the turn with this number, or a later one.
    pub(crate) fn wait_for_beat(&self, number: u64, within: Duration) {
        let turn = self.wait_for(within, |state| state.beats >= number);
        assert!(turn, "no turn came within {within:?}");
    }

    /// Waits until a pass stands before each of the targets: whatever passes were before are over, with everything
    /// that they wrote.
    pub(crate) fn wait_until_held(&self, targets: &BTreeSet<String>, within: Duration) {
        if !self.wait_for(within, |state| targets.is_subset(&state.held)) {
            let held = self.state.borrow();
            let missing: Vec<&String> = targets.difference(&held.held).collect();
            panic!("no pass came within {within:?} for {missing:?}");
        }
    }

    fn wait_for(&self, within: Duration, ok: impl FnMut(&State) -> bool) -> bool {
        let mut seen = self.state.subscribe();
        let found = seen.wait_for(ok);
        runtime().block_on(async { tokio::time::timeout(within, found).await.is_ok() })
    }
}
