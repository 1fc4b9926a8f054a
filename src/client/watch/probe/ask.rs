//! One question: a GET with a deadline and a bound, and what a failure of it comes to. It remembers nothing.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::ACCEPT;
use serde::de::DeserializeOwned;

use crate::client::connect::{Failure, Session};
use crate::model::probe::Answer;

/// What is understood.
pub(super) const JSON: &str = "application/json";
/// The metadata alone, from servers that can leave the rest away.
pub(super) const METADATA: &str =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
/// Measurements of the ten thousand pods of one workload are half of this.
const LARGEST: usize = 16 << 20;
/// How long an answer may take: an adapter that hangs must not keep the others' answers waiting.
const PATIENCE: Duration = Duration::from_secs(10);
/// Why nothing is known where we are too many.
pub(super) const BUSY: &str = "the server has too many requests";
/// Why nothing is known where nobody answers.
pub(super) const LATE: &str = "no answer in time";
/// A longer sentence tells no more.
const LONGEST_WORDS: usize = 300;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The user may not ask this.
    Forbidden(String),
    /// There is no such thing, or nobody who knows of it.
    Missing(String),
    /// The API itself says that it has none, as it says to the controller.
    Failed(String),
    /// We were not answered, which says nothing of what the controller is told: why, and in full.
    Unasked(&'static str, String),
    /// The same as `Missing` or `Failed`, from a minute ago at most.
    NotAgain(String),
    /// It was not asked, because who would answer is left alone for now: why.
    Held(&'static str),
}

impl Refusal {
    /// What a failure comes to.
    pub(super) fn of(failure: &Failure) -> Self {
        let words = clean(&words(failure));
        match failure {
            Failure::Forbidden { .. } => Self::Forbidden(words),
            Failure::NotFound { .. } => Self::Missing(words),
            Failure::Server { .. } => Self::Failed(words),
            Failure::TooManyRequests { .. } => Self::Unasked(BUSY, words),
            Failure::Timeout { .. } => Self::Unasked(LATE, words),
            _ => Self::Unasked("the question failed", words),
        }
    }

    /// The same, when it is only remembered. What the user may not do, he may not the next minute either.
    pub(super) fn remembered(self) -> Self {
        match self {
            Self::Missing(words) | Self::Failed(words) => Self::NotAgain(words),
            other => other,
        }
    }

    /// What it says of a metric.
    pub(super) fn answer(self) -> Answer {
        match self {
            Self::Forbidden(_) => Answer::NotAsked("forbidden"),
            Self::Missing(words) | Self::Failed(words) => Answer::Failed(words),
            Self::NotAgain(words) => Answer::NotAgain(words),
            Self::Unasked(why, _) | Self::Held(why) => Answer::NotAsked(why),
        }
    }

    /// The words.
    pub(super) fn words(self) -> String {
        match self {
            Self::Forbidden(words)
            | Self::Missing(words)
            | Self::Failed(words)
            | Self::NotAgain(words)
            | Self::Unasked(_, words) => words,
            Self::Held(why) => why.to_owned(),
        }
    }
}

/// As Go's clients say it, whose words autoscalers carry in their conditions.
fn words(failure: &Failure) -> String {
    match failure {
        Failure::Server { code: 503, message, .. } if !message.contains("unable to handle the request") => {
            let more = if message.is_empty() { String::new() } else { format!(": {message}") };
            format!("the server is currently unable to handle the request{more}")
        }
        Failure::Server { message, .. } if !message.is_empty() => message.clone(),
        other => other.to_string(),
    }
}

/// In one line, without control characters, and not too long.
pub(super) fn clean(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(LONGEST_WORDS) {
        words.truncate(end);
        words.push('…');
    }
    words
}

/// Asks.
///
/// # Errors
/// As `Session::send`, when the answer is a refusal, or when it is late or too large.
pub(super) async fn get(session: &Session, uri: &str, accept: &'static str) -> Result<Bytes, Failure> {
    let request = Request::get(uri)
        .header(ACCEPT, accept)
        .body(Vec::new())
        .map_err(|error| Failure::Setting { what: "a question".to_owned(), why: error.to_string() })?;
    let answer = session.send_within(PATIENCE, request).await?;
    let body = async { answer.check().await?.body.collect(LARGEST).await };
    tokio::time::timeout(PATIENCE, body).await.map_err(|_| session.unanswered(PATIENCE))?
}

/// Reads an answer.
///
/// # Errors
/// When it is something else. The parser's own words may quote the answer, which may be anything.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        let (why, line, column) = ("an answer that makes no sense", error.line(), error.column());
        Refusal::Unasked(why, format!("{why}: malformed JSON at line {line}, column {column}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_that_autoscalers_carry() {
        let of = |code, body: &str| Refusal::of(&Failure::from_status(code, body.as_bytes()));
        let busy = "the server is currently unable to handle the request";
        assert_eq!(of(503, ""), Refusal::Failed(busy.into()));
        assert_eq!(of(503, "service unavailable"), Refusal::Failed(format!("{busy}: service unavailable")));
        let said = format!(r#"{{"kind":"Status","message":"{busy} (get pods.metrics.k8s.io)","code":503}}"#);
        assert_eq!(of(503, &said).words(), format!("{busy} (get pods.metrics.k8s.io)"));
        assert_eq!(of(404, "404 page not found"), Refusal::Missing("404 page not found".into()));
        assert!(matches!(of(403, "no"), Refusal::Forbidden(_)));
        assert_eq!(of(500, r#"{"message":"prometheus is away"}"#).words(), "prometheus is away");
    }

    #[test]
    fn nothing_that_drives_a_terminal_is_said_and_nothing_endless() {
        assert_eq!(clean("a\u{1b}[2J\r\n\tb\u{7}"), "a [2J b");
        assert_eq!(clean(&"ä".repeat(100_000)).chars().count(), LONGEST_WORDS + 1);
    }
}
