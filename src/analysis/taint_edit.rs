//! Edits of taints as people type them, in kubectl's syntax: read, checked by the API's rules, and carried out on a list
//! of taints. What an edit does to pods is for `what_if`; nothing is sent.
//!
//! Source: `k8s.io/kubectl/pkg/cmd/taint`, `validateNodeTaints` of `pkg/apis/core/validation`.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;

use super::taints::full;
use super::tolerations::NO_EXECUTE;
use crate::model::cluster::Cluster;
use crate::model::node::{Node, Taint};
use crate::model::text::Str;

/// The effect that keeps new pods away.
pub const NO_SCHEDULE: &str = "NoSchedule";
/// The effect that steers new pods away.
pub const PREFER_NO_SCHEDULE: &str = "PreferNoSchedule";
/// Every effect.
const EFFECTS: [&str; 3] = [NO_SCHEDULE, PREFER_NO_SCHEDULE, NO_EXECUTE];
/// Taints that people set by hand, or wonder about.
const WELL_KNOWN: [&str; 4] = [
    "node.kubernetes.io/out-of-service=nodeshutdown:NoExecute",
    "node.kubernetes.io/unreachable:NoExecute",
    "node.kubernetes.io/not-ready:NoExecute",
    "node-role.kubernetes.io/control-plane:NoSchedule",
];
/// The longest name part of a key, and the longest value.
const LONGEST: usize = 63;
/// The longest domain of a key.
const LONGEST_DOMAIN: usize = 253;
/// So many taints of other nodes are offered.
const OFFERED: usize = 40;

/// Whether a taint is put on or taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// It is put on; one of the same key and effect is overwritten.
    Add,
    /// It is taken away.
    Remove,
}

/// An edit of a node's taints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Its key.
    pub key: Str,
    /// Its value, possibly empty; of no account when it is taken away.
    pub value: Str,
    /// Its effect; `None` takes away the taints of the key whatever their effect.
    pub effect: Option<&'static str>,
    /// Whether it is put on or taken away.
    pub sense: Sense,
}

/// Why a text is no edit: a sentence for whoever types it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It may still become one.
    Unfinished(String),
    /// It cannot.
    Invalid(String),
}

impl Wrong {
    /// The sentence.
    pub fn text(&self) -> &str {
        match self {
            Self::Unfinished(text) | Self::Invalid(text) => text,
        }
    }
}

impl Edit {
    /// Reads `key=value:Effect`, `key:Effect`, `key:Effect-` or `key-`.
    ///
    /// # Errors
    /// What is wrong with it, or what is missing.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let text = text.trim();
        let (spec, sense) = match text.strip_suffix('-') {
            Some(spec) => (spec, Sense::Remove),
            None => (text, Sense::Add),
        };
        if spec.is_empty() {
            let how = "key=value:Effect puts a taint on, key:Effect- or key- takes one away";
            return Err(Wrong::Unfinished(how.to_owned()));
        }
        let (pair, effect) = match spec.split_once(':') {
            Some((pair, effect)) => (pair, Some(effect)),
            None => (spec, None),
        };
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        check_key(key)?;
        check_value(value)?;
        let effect = match effect {
            Some(effect) => Some(read_effect(effect, sense)?),
            None if sense == Sense::Remove && !pair.contains('=') => None,
            None => {
                let how = format!("it needs an effect: {}; a - at the end takes it away", choices());
                return Err(Wrong::Unfinished(how));
            }
        };
        Ok(Self { key: key.into(), value: value.into(), effect, sense })
    }

    /// Whether it is about this taint, whatever the taint's value.
    pub fn concerns(&self, taint: &Taint) -> bool {
        taint.key == self.key && self.effect.is_none_or(|effect| *taint.effect == *effect)
    }

    /// Whether it puts on a taint of this effect.
    pub fn adds(&self, effect: &str) -> bool {
        self.sense == Sense::Add && self.effect == Some(effect)
    }

    /// The taints of a node after the edit, those that others wrote in their places.
    ///
    /// # Errors
    /// A sentence, when nothing would change.
    pub fn apply(&self, node: &Node, now: Timestamp) -> Result<Vec<Taint>, String> {
        let name = &node.meta.key.name;
        let mut taints = node.taints.clone();
        let same = taints.iter().position(|taint| self.concerns(taint));
        match (self.sense, same) {
            (Sense::Add, Some(at)) if taints[at].value == self.value => {
                return Err(format!("node {name} already bears {self}"));
            }
            (Sense::Add, Some(at)) => taints[at] = self.taint(now),
            (Sense::Add, None) => taints.push(self.taint(now)),
            (Sense::Remove, Some(_)) => taints.retain(|taint| !self.concerns(taint)),
            (Sense::Remove, None) => {
                let what = self.to_string();
                return Err(format!("node {name} bears no taint {}", what.trim_end_matches('-')));
            }
        }
        Ok(taints)
    }

    /// The taint that it puts on. Nobody writes down when, as kubectl does not either.
    fn taint(&self, now: Timestamp) -> Taint {
        let effect = self.effect.unwrap_or(NO_EXECUTE);
        Taint {
            key: Str::clone(&self.key),
            value: Str::clone(&self.value),
            effect: effect.into(),
            added: None,
            since: (effect == NO_EXECUTE).then_some(now),
        }
    }

    /// The same with kubectl.
    pub fn kubectl(&self, node: &Node) -> String {
        let overwrites = self.sense == Sense::Add && node.taints.iter().any(|taint| self.concerns(taint));
        let flag = if overwrites { " --overwrite" } else { "" };
        format!("kubectl taint nodes {} {self}{flag}", node.meta.key.name)
    }

    /// How kubectl undoes it, on a node as it was before.
    pub fn undo(&self, node: &Node) -> String {
        let before: Vec<String> = node.taints.iter().filter(|taint| self.concerns(taint)).map(full).collect();
        let flag = if self.sense == Sense::Add && !before.is_empty() { " --overwrite" } else { "" };
        let what = if before.is_empty() {
            Self { sense: Sense::Remove, ..self.clone() }.to_string()
        } else {
            before.join(" ")
        };
        format!("kubectl taint nodes {} {what}{flag}", node.meta.key.name)
    }
}

impl fmt::Display for Edit {
    /// As kubectl takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        if self.sense == Sense::Add && !self.value.is_empty() {
            write!(f, "={}", self.value)?;
        }
        if let Some(effect) = self.effect {
            write!(f, ":{effect}")?;
        }
        if self.sense == Sense::Remove { f.write_str("-") } else { Ok(()) }
    }
}

fn choices() -> String {
    format!("{NO_SCHEDULE}, {PREFER_NO_SCHEDULE} or {NO_EXECUTE}")
}

fn read_effect(text: &str, sense: Sense) -> Result<&'static str, Wrong> {
    if let Some(effect) = EFFECTS.into_iter().find(|effect| *effect == text) {
        return Ok(effect);
    }
    if sense == Sense::Add && EFFECTS.iter().any(|effect| effect.starts_with(text)) {
        return Err(Wrong::Unfinished(format!("the effect is {}", choices())));
    }
    Err(Wrong::Invalid(format!("{text:?} is no effect: it is {}", choices())))
}

fn check_key(key: &str) -> Result<(), Wrong> {
    let (domain, name) = match key.split_once('/') {
        Some((domain, name)) => (Some(domain), name),
        None => (None, key),
    };
    let wrong = |why: String| Err(Wrong::Invalid(why));
    if name.contains('/') {
        return wrong("a key has at most one /, between a domain and a name".to_owned());
    }
    match domain {
        Some("") => return wrong("before the / of a key stands a domain, such as example.com".to_owned()),
        Some(domain) if domain.len() > LONGEST_DOMAIN => {
            return wrong(format!("the domain of a key has at most {LONGEST_DOMAIN} characters"));
        }
        Some(domain) if !is_subdomain(domain) => {
            return wrong(format!("{domain:?} is no domain: lower-case letters, digits, - and . inside"));
        }
        _ => {}
    }
    match name {
        "" if domain.is_some() => Err(Wrong::Unfinished("after the / of a key stands a name".to_owned())),
        "" => wrong("a taint begins with its key".to_owned()),
        name => check_part("the name of a key", name),
    }
}

fn check_value(value: &str) -> Result<(), Wrong> {
    if value.is_empty() { Ok(()) } else { check_part("a value", value) }
}

/// The rule for names of keys and for values.
fn check_part(what: &str, text: &str) -> Result<(), Wrong> {
    if text.len() > LONGEST {
        return Err(Wrong::Invalid(format!("{what} has at most {LONGEST} characters, not {}", text.len())));
    }
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if let Some(bad) = text.chars().find(|c| !inner(*c)) {
        return Err(Wrong::Invalid(format!("{what} may not hold {bad:?}: letters, digits, - _ . only")));
    }
    let edge = |c: char| c.is_ascii_alphanumeric();
    if !text.starts_with(edge) {
        return Err(Wrong::Invalid(format!("{what} begins with a letter or a digit")));
    }
    if !text.ends_with(edge) {
        return Err(Wrong::Unfinished(format!("{what} ends with a letter or a digit")));
    }
    Ok(())
}

fn is_subdomain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let label = |label: &str| {
        label.starts_with(plain) && label.ends_with(plain) && label.chars().all(|c| plain(c) || c == '-')
    };
    text.split('.').all(label)
}

/// What may be meant for these nodes: taking away what they bear, then taints that people know, then those of other
/// nodes. It looks at every node once; ask when something begins to be typed.
pub fn suggestions(cluster: &Cluster, nodes: &[&Node]) -> Vec<String> {
    let spec = |taint: &Taint| format!("{}:{}-", taint.key, taint.effect);
    let borne: BTreeSet<String> = nodes.iter().flat_map(|node| &node.taints).map(spec).collect();
    let everywhere = |text: &String| nodes.iter().all(|node| node.taints.iter().any(|it| full(it) == *text));
    let elsewhere: BTreeSet<String> = cluster.nodes().flat_map(|node| &node.taints).map(full).collect();
    let known = WELL_KNOWN.into_iter().map(str::to_owned);
    let others = elsewhere.into_iter().filter(|text| !WELL_KNOWN.contains(&text.as_str())).take(OFFERED);
    borne.into_iter().chain(known.chain(others).filter(|text| !everywhere(text))).collect()
}

/// What could follow what is typed so far: of the suggestions those that begin with it or hold it, else the effects.
pub fn completions(suggestions: &[String], typed: &str) -> Vec<String> {
    let typed = typed.trim();
    let begins = suggestions.iter().filter(|text| text.starts_with(typed) && *text != typed);
    let mut found: Vec<String> = begins.cloned().collect();
    if let Some((pair, effect)) = typed.split_once(':')
        && check_key(pair.split('=').next().unwrap_or_default()).is_ok()
    {
        let effects = EFFECTS.into_iter().filter(|it| it.starts_with(effect) && *it != effect);
        found.extend(effects.map(|effect| format!("{pair}:{effect}")));
    }
    if found.is_empty() && !typed.is_empty() {
        found.extend(suggestions.iter().filter(|text| text.contains(typed) && *text != typed).cloned());
    }
    let mut seen = BTreeSet::new();
    found.retain(|text| seen.insert(text.clone()));
    found
}
