//! What autoscalers' controllers ask, asked by us: the scale of the target and each metric, about as often as the
//! controller does it. These APIs have no watch. One task, a few questions at a time, none while the server does not
//! answer. It computes nothing.

mod ask;
mod kinds;
mod memory;
mod once;
mod paths;
mod round;
mod turns;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use self::memory::Memory;
use self::round::Round;
pub use self::turns::MOST_IN_A_ROUND;
use self::turns::Turns;
use super::line::Line;
use crate::client::connect::Session;
use crate::model::change::Change;
use crate::model::probe::{Probe, Question};

/// How many autoscalers are asked for at once; each asks one thing at a time.
const AT_ONCE: usize = 4;
/// How soon after a round something new is asked for.
const CALM: Duration = Duration::from_secs(1);

/// What is asked for autoscalers, as it changes. By default nothing.
#[derive(Clone, Debug)]
pub struct Questions(watch::Receiver<Arc<[Question]>>);

impl Questions {
    /// Questions that begin with none, and where to put others in their place.
    pub fn channel() -> (watch::Sender<Arc<[Question]>>, Self) {
        let (sender, receiver) = watch::channel(Arc::default());
        (sender, Self(receiver))
    }
}

impl Default for Questions {
    fn default() -> Self {
        Self::channel().1
    }
}

/// Asks for ever, until nobody listens any more.
pub(super) async fn follow(
    session: Arc<Session>,
    Questions(mut questions): Questions,
    mut line: Line,
    changes: mpsc::Sender<Vec<Change>>,
) {
    let memory = Memory::default();
    let mut turns = Turns::new(Instant::now());
    loop {
        let asked = tokio::select! {
            () = changes.closed() => return,
            () = line.answered() => Instant::now(),
        };
        if line.returned() {
            memory.forgive();
            turns.hurry(asked);
        }
        let calm = {
            // The answers of a round are of no use to the next one, and are not kept until then.
            let all = Arc::clone(&questions.borrow_and_update());
            let chosen = turns.choose(&all, asked);
            let round = Round::new(&session, &memory, line.clone());
            tokio::select! {
                () = changes.closed() => return,
                () = line.unanswered(asked) => {
                    // What was waited for may never come.
                    turns.hurry(Instant::now());
                    continue;
                }
                () = go_round(&round, &chosen, &mut turns, &changes) => {}
            }
            // Who comes after nobody was asked for waits for nothing.
            if chosen.is_empty() { Duration::ZERO } else { CALM }
        };
        memory.tidy();
        let now = Instant::now();
        let held = memory.held_until().unwrap_or(now);
        turns.not_before(held);
        tokio::select! {
            () = changes.closed() => return,
            () = news(&mut questions, &turns, held.max(now + calm)) => {}
            () = line.pause(turns.due(), asked) => {
                let now = Instant::now();
                // The user wants it now, or the server is back.
                if now < turns.due() {
                    memory.forgive();
                    turns.hurry(now);
                }
            }
        }
    }
}

/// Asks for the chosen ones, and tells each answer when it is there.
async fn go_round(
    round: &Round<'_>,
    chosen: &[&Question],
    turns: &mut Turns,
    changes: &mpsc::Sender<Vec<Change>>,
) {
    let mut waiting = chosen.iter();
    let mut under_way = FuturesUnordered::new();
    loop {
        while under_way.len() < AT_ONCE
            && round.memory.held("").is_none()
            && let Some(question) = waiting.next()
        {
            turns.begin(question);
            under_way.push(ask(round, question));
        }
        let Some((question, probe)) = under_way.next().await else { return };
        // What was known before is better than that somebody is busy.
        let Some(probe) = probe else { continue };
        turns.end(question);
        let told = Change::Probed(question.autoscaler.clone(), Arc::new(probe));
        if changes.send(vec![told]).await.is_err() {
            return;
        }
    }
}

async fn ask<'a>(round: &Round<'_>, question: &'a Question) -> (&'a Question, Option<Probe>) {
    (question, round.probe(question).await)
}

/// Waits until there is something that was never asked, and for a moment of calm.
async fn news(questions: &mut watch::Receiver<Arc<[Question]>>, turns: &Turns, calm: Instant) {
    loop {
        if questions.changed().await.is_err() {
            // There will be no others.
            std::future::pending::<()>().await;
        }
        if turns.has_news(&questions.borrow()) {
            return sleep_until(calm).await;
        }
    }
}
