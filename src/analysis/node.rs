//! What a node's conditions add up to: one status, its reason and since when. It does not look at pods.

use jiff::Timestamp;

use crate::model::finding::Severity;
use crate::model::meta::{Condition, ConditionStatus};
use crate::model::node::Node;

/// The conditions that are bad when True, in the order in which they are named.
const BAD_WHEN_TRUE: [&str; 4] = ["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"];

/// A node's status in words, the worst first.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// `Ready`, `NotReady` or `Unknown`, then `cordoned`, then each bad condition by name.
    pub words: Vec<String>,
    /// How bad it is.
    pub severity: Severity,
    /// The reason of the condition that makes it so.
    pub reason: String,
    /// That condition's message.
    pub message: String,
    /// Since when it is so.
    pub since: Option<Timestamp>,
}

/// Whether a condition other than Ready speaks against the node.
pub fn bad(condition: &Condition) -> bool {
    condition.status == ConditionStatus::True && BAD_WHEN_TRUE.contains(&&*condition.kind)
}

/// Whether a node is not Ready: nothing that it says of its pods can be relied on.
pub fn down(node: &Node) -> bool {
    node.condition("Ready").is_none_or(|ready| ready.status != ConditionStatus::True)
}

/// The status of a node.
pub fn status(node: &Node) -> Status {
    let ready = node.condition("Ready");
    let (word, mut severity) = match ready.map(|condition| condition.status) {
        Some(ConditionStatus::True) => ("Ready", Severity::Ok),
        Some(ConditionStatus::False) => ("NotReady", Severity::Critical),
        Some(ConditionStatus::Unknown) | None => ("Unknown", Severity::Critical),
    };
    let mut decisive = ready;
    let mut words = vec![word.to_owned()];
    if node.unschedulable {
        words.push("cordoned".to_owned());
        severity = severity.max(Severity::Info);
    }
    for condition in node.conditions.iter().filter(|condition| bad(condition)) {
        words.push(condition.kind.to_string());
        if severity < Severity::Warning {
            severity = Severity::Warning;
            decisive = Some(condition);
        }
    }
    let text = |read: fn(&Condition) -> &str| decisive.map(read).unwrap_or_default().to_owned();
    Status {
        words,
        severity,
        reason: if decisive.is_none() { "no Ready condition".to_owned() } else { text(|c| &c.reason) },
        message: text(|c| &c.message),
        since: decisive.and_then(|condition| condition.since),
    }
}
