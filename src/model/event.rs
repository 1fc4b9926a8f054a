//! Events of the selected object. They are fetched when a detail is opened and never stored in the cluster.

use jiff::Timestamp;

/// core/v1 Event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// `Normal` or `Warning`.
    pub kind: String,
    /// CamelCase reason.
    pub reason: String,
    /// The writer's sentence.
    pub message: String,
    /// Which component wrote it.
    pub source: String,
    /// How often it was seen.
    pub count: i32,
    /// When it was last seen.
    pub last: Option<Timestamp>,
}
