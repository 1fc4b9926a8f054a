//! Faults on demand: a script says which requests go wrong and how, so that a client's survival can be tested without
//! chance and without waiting. It decides and spoils; what the right answer would have been is the server's affair.
//! The format is described in CONTRIBUTING.md.

mod asked;
mod body;
mod fault;
mod matching;
mod script;

use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;

pub use asked::{Asked, Paging};
pub(crate) use asked::{Book, Request};
pub(crate) use body::{Cut, Harm, How, Shape, spoil};
pub(crate) use fault::{Fault, Wait};
use matching::Matching;
pub(crate) use script::Script;

/// A fault script: rules in order. All that match a request apply to it, in this order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    pub(crate) rules: Vec<Rule>,
}

/// One rule: which requests, how often, and what befalls them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Rule {
    /// Which requests; all of them unless said.
    #[serde(default, rename = "match")]
    pub(crate) matching: Matching,
    /// So many matching requests pass unharmed first.
    #[serde(default)]
    pub(crate) after: u64,
    /// Of those that follow, the first is struck and then every so many-th.
    #[serde(default = "one")]
    pub(crate) every: u64,
    /// No more are struck than this; no limit unless said.
    pub(crate) times: Option<u64>,
    /// How probable it is that a request is struck, from 0 to 1; chance comes from the seed.
    #[serde(default = "certain")]
    pub(crate) probability: f64,
    pub(crate) fault: Fault,
}

fn one() -> u64 {
    1
}

fn certain() -> f64 {
    1.0
}

/// Why a fault script cannot be used; each is a sentence for the user.
#[derive(Debug, thiserror::Error)]
pub enum FaultsError {
    /// The file cannot be read.
    #[error("cannot read the fault script {file}: {why}")]
    File {
        /// Which one.
        file: String,
        /// What the system says.
        why: std::io::Error,
    },
    /// It is no fault script.
    #[error("the fault script is wrong: {0}")]
    Wrong(String),
}

impl Faults {
    /// Reads a script from a file.
    ///
    /// # Errors
    /// When there is no such file, or it is no fault script.
    pub fn read(file: &Path) -> Result<Self, FaultsError> {
        let failed = |why| FaultsError::File { file: file.display().to_string(), why };
        std::fs::read_to_string(file).map_err(failed)?.parse()
    }

    /// Whether there is no rule in it.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

impl FromStr for Faults {
    type Err = FaultsError;

    fn from_str(text: &str) -> Result<Self, FaultsError> {
        let wrong = |error: serde_yaml::Error| FaultsError::Wrong(error.to_string());
        let rules: Option<Vec<Rule>> = serde_yaml::from_str(text).map_err(wrong)?;
        let rules = rules.unwrap_or_default();
        for (index, rule) in rules.iter().enumerate() {
            rule.check().map_err(|why| FaultsError::Wrong(format!("rule {}: {why}", index + 1)))?;
        }
        Ok(Self { rules })
    }
}

impl Rule {
    fn check(&self) -> Result<(), String> {
        if self.every == 0 {
            return Err("every must be at least 1".to_owned());
        }
        if !(0.0..=1.0).contains(&self.probability) {
            return Err(format!("probability must be between 0 and 1, not {}", self.probability));
        }
        self.matching.check()?;
        self.fault.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Faults::from_str(text).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_script_is_read() {
        let text = "
- match: {resource: pods, verb: list, page: next}
  after: 1
  times: 1
  fault: {kind: cut, at: {inside-item: 3}}
- {probability: 0.5, fault: {kind: answer, code: 429, retry-after: 2}}
";
        let faults: Faults = text.parse().unwrap();
        assert_eq!(faults.rules.len(), 2);
        assert_eq!((faults.rules[0].after, faults.rules[0].every, faults.rules[0].times), (1, 1, Some(1)));
        assert!("".parse::<Faults>().unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, words) in [
            ("- {}", "missing field `fault`"),
            ("- {fault: {kind: melt}}", "unknown variant `melt`"),
            ("- {fault: {kind: drop}, whenever: 3}", "unknown field `whenever`"),
            ("- {fault: {kind: drop, hard: true}}", "unknown field `hard`"),
            ("- {fault: {kind: drop}, every: 0}", "rule 1: every must be at least 1"),
            ("- {fault: {kind: drop}, probability: 3}", "rule 1: probability must be between 0 and 1"),
            ("- {match: {resource: widgets}, fault: {kind: drop}}", "there is no resource \"widgets\""),
            ("- {match: {verb: look}, fault: {kind: drop}}", "unknown variant `look`"),
            ("- {fault: {kind: cut, at: {items: 1, bytes: 2}}}", "exactly one of bytes, items, inside-item"),
            ("- {fault: {kind: delay, for: soon}}", "\"soon\" is no span of time"),
            ("- {fault: {kind: delay}}", "rule 1: delay needs either for or until"),
            ("- {fault: {kind: answer, code: 20}}", "rule 1: 20 is no status of a refusal"),
        ] {
            let said = refusal(text);
            assert!(said.contains(words), "{text}: {said}");
        }
    }
}
