//! Whose turn it is: no more than a hundred autoscalers in a period, those first that were never asked for, the others
//! in a circle. Pure: the time is a parameter.

use std::time::Duration;

use rustc_hash::{FxHashMap, FxHashSet};
use tokio::time::Instant;

use crate::client::watch::backoff::{dice, jitter};
use crate::model::key::Key;
use crate::model::probe::Question;

/// How often the controller looks at an autoscaler, by its flag's default.
const PERIOD: Duration = Duration::from_secs(15);
/// For so many autoscalers it is asked in a period: nobody looks at more at once, and a server has others to serve.
pub const MOST_IN_A_ROUND: usize = 100;

/// Whose turn it is.
#[derive(Debug)]
pub(super) struct Turns {
    /// When the next period begins.
    due: Instant,
    /// How many more may be asked for in this one.
    left: usize,
    /// Where the circle stands.
    last: Option<Key>,
    /// Of which generation what was last asked for, and what that was.
    asked: FxHashMap<Key, (i64, u64)>,
}

impl Turns {
    pub(super) fn new(now: Instant) -> Self {
        Self { due: now, left: 0, last: None, asked: FxHashMap::default() }
    }

    /// Who is asked for now: in a new period all whose turn it is, within a period those that are new.
    pub(super) fn choose<'a>(&mut self, all: &'a [Question], now: Instant) -> Vec<&'a Question> {
        let known: FxHashSet<&Key> = all.iter().map(|it| &it.autoscaler).collect();
        self.asked.retain(|key, _| known.contains(key));
        let (mut chosen, mut others): (Vec<_>, Vec<_>) = all.iter().partition(|it| self.is_new(it));
        if now >= self.due {
            (self.due, self.left) = (now + jitter(PERIOD, dice()), MOST_IN_A_ROUND);
            others.sort_by(|a, b| a.autoscaler.cmp(&b.autoscaler));
            let passed =
                others.partition_point(|it| self.last.as_ref().is_some_and(|last| it.autoscaler <= *last));
            others.rotate_left(passed);
            chosen.append(&mut others);
        }
        chosen.truncate(self.left);
        self.left -= chosen.len();
        chosen
    }

    /// One is being asked for. Where the circle stands does not depend on who is answered last.
    pub(super) fn begin(&mut self, question: &Question) {
        if !self.is_new(question) {
            self.last = Some(question.autoscaler.clone());
        }
    }

    /// It has been answered.
    pub(super) fn end(&mut self, question: &Question) {
        self.asked.insert(question.autoscaler.clone(), (question.generation, question.asks()));
    }

    fn is_new(&self, question: &Question) -> bool {
        self.asked.get(&question.autoscaler) != Some(&(question.generation, question.asks()))
    }

    /// Whether something waits that was never asked for, and may be in this period.
    pub(super) fn has_news(&self, all: &[Question]) -> bool {
        self.left > 0 && all.iter().any(|it| self.is_new(it))
    }

    /// When the next period begins.
    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// It begins now.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.due = now;
    }

    /// It does not begin before then, and nothing new is asked for until it does.
    pub(super) fn not_before(&mut self, moment: Instant) {
        if moment > self.due {
            (self.due, self.left) = (moment, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::autoscaler::ScaleTarget;

    fn question(name: &str, generation: i64) -> Question {
        let target =
            ScaleTarget { api_version: "apps/v1".into(), kind: "Deployment".into(), name: name.into() };
        Question {
            autoscaler: Key::new("shop", name),
            generation,
            target,
            metrics: Vec::new(),
            renewed: 0,
            replicas: None,
        }
    }

    fn questions(range: std::ops::Range<usize>) -> Vec<Question> {
        range.map(|number| question(&format!("web-{number:03}"), 1)).collect()
    }

    /// Whom it asks for, as the numbers of the first and the last.
    fn round(turns: &mut Turns, all: &[Question], now: Instant) -> (usize, String, String) {
        let chosen: Vec<Question> = turns.choose(all, now).into_iter().cloned().collect();
        for question in &chosen {
            turns.begin(question);
            turns.end(question);
        }
        let name =
            |question: Option<&Question>| question.map_or(String::new(), |it| it.autoscaler.name.to_string());
        (chosen.len(), name(chosen.first()), name(chosen.last()))
    }

    #[test]
    fn a_hundred_at_a_time_in_a_circle() {
        let (start, all) = (Instant::now(), questions(0..250));
        let mut turns = Turns::new(start);
        let mut rounds = (0..6).map(|number| round(&mut turns, &all, start + PERIOD * 2 * number));
        let mut next = || rounds.next().unwrap();
        let of = |count: usize, first: &str, last: &str| (count, first.to_owned(), last.to_owned());
        assert_eq!(next(), of(100, "web-000", "web-099"));
        assert_eq!(next(), of(100, "web-100", "web-199"));
        assert_eq!(next().0, 100);
        assert_eq!(next(), of(100, "web-050", "web-149"), "the new ones and the first fifty were before");
        assert_eq!(next(), of(100, "web-150", "web-249"));
        assert_eq!(next(), of(100, "web-000", "web-099"));
    }

    #[test]
    fn what_is_new_comes_first_and_within_the_period_while_there_is_room() {
        let start = Instant::now();
        let later = start + Duration::from_secs(1);
        let mut turns = Turns::new(start);
        let mut all = questions(0..98);
        assert_eq!(round(&mut turns, &all, start).0, 98);
        assert!(!turns.has_news(&all));
        assert_eq!(round(&mut turns, &all, later).0, 0, "nothing is new");
        all[7].generation = 2;
        assert!(turns.has_news(&all));
        assert_eq!(round(&mut turns, &all, later), (1, "web-007".into(), "web-007".into()));
        assert!(!turns.has_news(&all));
        all.extend(questions(200..205));
        assert_eq!(round(&mut turns, &all, later).0, 1, "no room for more in this period");
        assert!(!turns.has_news(&all));
        let next = round(&mut turns, &all, start + 2 * PERIOD);
        assert_eq!((next.0, next.1.as_str()), (100, "web-201"));
    }

    #[test]
    fn what_changed_comes_first_in_the_next_round_whatever_changed() {
        let (start, mut all) = (Instant::now(), questions(0..250));
        let mut turns = Turns::new(start);
        for number in 0..3 {
            round(&mut turns, &all, start + PERIOD * 2 * number);
        }
        all[201].generation = 2;
        all[202].target.name = "other".into();
        all[203].renewed = 9;
        assert!(!turns.has_news(&all), "a hundred were asked for in this period");
        let chosen = turns.choose(&all, start + PERIOD * 6);
        let first: Vec<&str> = chosen.iter().take(4).map(|it| &*it.autoscaler.name).collect();
        assert_eq!((chosen.len(), &first[..3]), (100, &["web-201", "web-202", "web-203"][..]));
        assert_eq!(first[3], "web-050", "and the others as ever");
    }

    #[test]
    fn who_is_gone_is_forgotten_and_the_circle_goes_on_without_it() {
        let start = Instant::now();
        let mut turns = Turns::new(start);
        round(&mut turns, &questions(0..120), start);
        let rest = questions(99..120);
        let next = round(&mut turns, &rest, start + 2 * PERIOD);
        assert_eq!(next, (21, "web-100".into(), "web-099".into()));
        assert_eq!(turns.asked.len(), 21);
        assert_eq!(round(&mut turns, &[], start + 4 * PERIOD).0, 0);
    }

    #[test]
    fn nothing_is_asked_before_the_server_wants_it() {
        let (start, all) = (Instant::now(), questions(0..10));
        let mut turns = Turns::new(start);
        round(&mut turns, &all[..5], start);
        turns.not_before(start + 4 * PERIOD);
        assert!(!turns.has_news(&all));
        assert_eq!(round(&mut turns, &all, start + 3 * PERIOD).0, 0);
        let due = turns.due();
        assert_eq!(round(&mut turns, &all, due).0, 10);
    }
}
