//! A script at work: how often each rule has matched, and which names have been released.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::asked::Request;
use super::fault::{Fault, Wait};
use super::{Faults, Rule};
use crate::demo::random::Random;

/// The rules at work.
#[derive(Debug)]
pub(crate) struct Script {
    state: Mutex<State>,
    released: watch::Sender<BTreeSet<String>>,
}

#[derive(Debug)]
struct State {
    rules: Vec<Active>,
    random: Random,
}

#[derive(Debug)]
struct Active {
    rule: Rule,
    matched: u64,
    struck: u64,
}

impl Script {
    /// A script that begins.
    pub(crate) fn new(faults: Faults, seed: u64) -> Self {
        let state = State { rules: Vec::new(), random: Random::new(seed) };
        let script = Self { state: Mutex::new(state), released: watch::Sender::default() };
        script.add(faults);
        script
    }

    /// Adds rules; they count from now on.
    pub(crate) fn add(&self, faults: Faults) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.rules.extend(faults.rules.into_iter().map(|rule| Active { rule, matched: 0, struck: 0 }));
    }

    /// Takes all rules away; what has befallen open answers stays.
    pub(crate) fn clear(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).rules.clear();
    }

    /// What befalls a request.
    pub(crate) fn strike(&self, request: &Request) -> Vec<Fault> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { rules, random } = &mut *state;
        rules.iter_mut().filter_map(|active| active.strike(request, random)).collect()
    }

    /// Lets go what waits for a name, now and later.
    pub(crate) fn release(&self, name: &str) {
        self.released.send_modify(|names| {
            names.insert(name.to_owned());
        });
    }

    /// Waits.
    pub(crate) async fn wait(&self, wait: &Wait) {
        match wait {
            Wait::For(time) => tokio::time::sleep(*time).await,
            Wait::Until(name) => {
                // The sender lives as long as the script.
                drop(self.released.subscribe().wait_for(|names| names.contains(name)).await);
            }
        }
    }
}

impl Active {
    fn strike(&mut self, request: &Request, random: &mut Random) -> Option<Fault> {
        if !self.rule.matching.takes(request) {
            return None;
        }
        self.matched += 1;
        let past = self.matched.checked_sub(self.rule.after + 1)?;
        let spent = self.rule.times.is_some_and(|times| self.struck >= times);
        if past % self.rule.every != 0 || spent {
            return None;
        }
        // Certain rules draw no lots, so that they disturb no others.
        if self.rule.probability < 1.0 && random.fraction() >= self.rule.probability {
            return None;
        }
        self.struck += 1;
        Some(self.rule.fault.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(rule: &str, requests: usize) -> String {
        let script = Script::new(rule.parse().unwrap(), 7);
        let request = Request { verb: "list", resource: "pods", ..Request::default() };
        (0..requests).map(|_| if script.strike(&request).is_empty() { '.' } else { 'x' }).collect()
    }

    #[test]
    fn rules_count_what_they_match() {
        assert_eq!(struck("- {fault: {kind: drop}}", 4), "xxxx");
        assert_eq!(struck("- {fault: {kind: drop}, after: 2, times: 1}", 5), "..x..");
        assert_eq!(struck("- {fault: {kind: drop}, after: 1, every: 3, times: 2}", 9), ".x..x....");
        assert_eq!(struck("- {fault: {kind: drop}, match: {resource: nodes}}", 2), "..");
        assert_eq!(struck("- {fault: {kind: drop}, match: {resource: pods, page: next}}", 2), "..");
    }

    #[test]
    fn chance_comes_from_the_seed() {
        let rule = "- {fault: {kind: drop}, probability: 0.5}";
        let once = struck(rule, 200);
        assert_eq!(once, struck(rule, 200));
        let hits = once.matches('x').count();
        assert!((60..140).contains(&hits), "{hits}");
        assert_eq!(struck("- {fault: {kind: drop}, probability: 0}", 50), ".".repeat(50));
    }
}
