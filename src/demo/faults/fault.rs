//! What can befall a request, as the script writes it.

use std::time::Duration;

use serde::Deserialize;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "kind", deny_unknown_fields)]
pub(crate) enum Fault {
    /// The connection is closed without an answer. With braces, so that serde refuses what it does not know.
    Drop {},
    /// The answer comes later: after a time, or once the handle releases the name.
    Delay {
        #[serde(rename = "for")]
        time: Option<Span>,
        until: Option<String>,
    },
    /// The server refuses; the reason and the sentence are Kubernetes' own unless said.
    Answer { code: u16, retry_after: Option<i64>, message: Option<String> },
    /// The answer claims to be something else, and is something else when there is a body.
    ContentType {
        #[serde(rename = "type")]
        name: String,
        body: Option<String>,
    },
    /// The connection breaks in the answer.
    Cut { at: Point },
    /// The answer ends too soon, in good order.
    Close { at: Point },
    /// Nothing more comes, and the connection stays open.
    Stall { at: Point },
    /// The framing of one item or event is overwritten; the first is number 0.
    Corrupt { item: u64 },
    /// A watch ends with an ERROR event after so many events.
    Error {
        code: u16,
        #[serde(default)]
        after: u64,
    },
    /// The answer comes a few bytes at a time.
    Drip { bytes: usize, every: Span },
    /// Items and events wait, each for a time, or all until the handle releases the name; the answer itself begins.
    HoldBack {
        #[serde(rename = "for")]
        time: Option<Span>,
        until: Option<String>,
    },
    /// The answer is that of a replica which has not yet seen so many of the newest versions.
    Behind { versions: u64 },
}

/// A place in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "PointFields")]
pub(crate) enum Point {
    /// After so many bytes of the body.
    Bytes(u64),
    /// After so many whole items or events.
    Items(u64),
    /// In the middle of an item or event; the first is number 0.
    InsideItem(u64),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct PointFields {
    bytes: Option<u64>,
    items: Option<u64>,
    inside_item: Option<u64>,
}

impl TryFrom<PointFields> for Point {
    type Error = String;

    fn try_from(fields: PointFields) -> Result<Self, String> {
        match (fields.bytes, fields.items, fields.inside_item) {
            (Some(bytes), None, None) => Ok(Self::Bytes(bytes)),
            (None, Some(items), None) => Ok(Self::Items(items)),
            (None, None, Some(item)) => Ok(Self::InsideItem(item)),
            _ => Err("a place in an answer is exactly one of bytes, items, inside-item".to_owned()),
        }
    }
}

/// A span of time: `250ms`, `2s`, `1m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Span(pub(crate) Duration);

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let split = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let factor = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            _ => 0,
        };
        match number.parse::<u64>() {
            Ok(number) if factor > 0 => Ok(Self(Duration::from_millis(number * factor))),
            _ => Err(format!("{text:?} is no span of time such as 250ms, 2s or 1m")),
        }
    }
}

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// A time of tokio's clock.
    For(Duration),
    /// A name that the handle releases.
    Until(String),
}

impl Wait {
    /// What a fault's two fields mean.
    pub(crate) fn of(time: Option<Span>, until: Option<&str>) -> Option<Self> {
        match (time, until) {
            (Some(time), None) => Some(Self::For(time.0)),
            (None, Some(name)) => Some(Self::Until(name.to_owned())),
            _ => None,
        }
    }
}

impl Fault {
    /// Its name in the script.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Drop {} => "drop",
            Self::Delay { .. } => "delay",
            Self::Answer { .. } => "answer",
            Self::ContentType { .. } => "content-type",
            Self::Cut { .. } => "cut",
            Self::Close { .. } => "close",
            Self::Stall { .. } => "stall",
            Self::Corrupt { .. } => "corrupt",
            Self::Error { .. } => "error",
            Self::Drip { .. } => "drip",
            Self::HoldBack { .. } => "hold-back",
            Self::Behind { .. } => "behind",
        }
    }

    /// Whether its fields go together.
    ///
    /// # Errors
    /// With a sentence when they do not.
    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Self::Delay { time, until } | Self::HoldBack { time, until }
                if Wait::of(*time, until.as_deref()).is_none() =>
            {
                Err(format!("{} needs either for or until", self.name()))
            }
            Self::Answer { code, .. } | Self::Error { code, .. } if !(400..600).contains(code) => {
                Err(format!("{code} is no status of a refusal, which are 400 to 599"))
            }
            Self::Drip { bytes: 0, .. } => Err("drip needs at least one byte at a time".to_owned()),
            Self::ContentType { name, .. } if http::HeaderValue::from_str(name).is_err() => {
                Err(format!("{name:?} is no content type"))
            }
            _ => Ok(()),
        }
    }
}
