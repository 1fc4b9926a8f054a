//! Both encodings taken apart: watch streams into events, items into messages; lists into items are in `list`. What
//! the fields mean is `convert`'s.

mod list;

use bytes::{Buf, Bytes, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use prost::Message;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::wire::FrameError;
use crate::wire::frame::{self, LARGEST_FRAME};
use crate::wire::meta::ObjectMeta;

pub(crate) use self::list::{Page, Part};

/// How an answer is encoded, by its Content-Type and not by what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// `application/vnd.kubernetes.protobuf`.
    Protobuf,
    /// `application/json`.
    Json,
}

impl Encoding {
    /// Reads the Content-Type; a server that sends none is taken at JSON.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/vnd.kubernetes.protobuf") { Self::Protobuf } else { Self::Json }
    }
}

/// Bytes that are no list, event or object.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Undecodable {
    /// Malformed protobuf.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Malformed JSON. The parser's own words may quote the object, which may be anything.
    #[error("malformed JSON at line {0}, column {1}")]
    Json(usize, usize),
}

impl From<prost::DecodeError> for Undecodable {
    fn from(error: prost::DecodeError) -> Self {
        Self::Frame(error.into())
    }
}

impl From<serde_json::Error> for Undecodable {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error.line(), error.column())
    }
}

/// One object, still encoded, without any envelope.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    encoding: Encoding,
    bytes: Bytes,
}

impl Raw {
    /// Decodes it as a `T`.
    pub(crate) fn read<T: Message + Default + DeserializeOwned>(&self) -> Result<T, Undecodable> {
        Ok(match self.encoding {
            // A slice is read a good deal faster than shared bytes, and no field keeps any.
            Encoding::Protobuf => T::decode(&self.bytes[..])?,
            Encoding::Json => serde_json::from_slice(&self.bytes)?,
        })
    }

    /// Decodes it as a `T` of a kind that is served as JSON alone, as custom resources are.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Undecodable> {
        Ok(serde_json::from_slice(&self.bytes)?)
    }

    /// The bytes, for a Status, which is read elsewhere: JSON as it is, protobuf in its envelope.
    pub(crate) fn status(&self) -> Vec<u8> {
        match self.encoding {
            Encoding::Protobuf => frame::seal("v1", "Status", self.bytes.to_vec()),
            Encoding::Json => self.bytes.to_vec(),
        }
    }
}

/// Any object, of which only the metadata is read.
#[derive(Clone, PartialEq, prost::Message, serde::Deserialize)]
#[serde(default)]
pub(crate) struct Named {
    /// metadata.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
}

/// What a watch event says of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventType {
    /// ADDED or MODIFIED.
    Applied,
    /// DELETED.
    Deleted,
    /// BOOKMARK.
    Bookmark,
    /// ERROR: the object is a Status.
    Error,
    /// One that this version does not know.
    Unknown,
}

impl EventType {
    fn parse(text: &str) -> Self {
        match text {
            "ADDED" | "MODIFIED" => Self::Applied,
            "DELETED" => Self::Deleted,
            "BOOKMARK" => Self::Bookmark,
            "ERROR" => Self::Error,
            _ => Self::Unknown,
        }
    }
}

#[derive(Deserialize)]
struct JsonEvent<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    object: &'a RawValue,
}

/// A watch stream's bytes, taken apart as they arrive in pieces of any size.
#[derive(Debug)]
pub(crate) struct Events {
    encoding: Encoding,
    /// What has arrived of an event that is not complete, and in JSON all that has arrived.
    buffer: BytesMut,
    /// What has arrived in protobuf behind that.
    piece: Bytes,
    /// How far the buffer has been searched for the end of a line.
    searched: usize,
}

impl Events {
    pub(crate) fn new(encoding: Encoding) -> Self {
        Self { encoding, buffer: BytesMut::new(), piece: Bytes::new(), searched: 0 }
    }

    /// Takes in a piece. In protobuf it is not copied when the events of those before it have been taken.
    pub(crate) fn feed(&mut self, piece: Bytes) {
        match self.encoding {
            Encoding::Protobuf if self.piece.is_empty() => self.piece = piece,
            Encoding::Protobuf => self.piece = [&self.piece[..], &piece].concat().into(),
            Encoding::Json => self.buffer.extend_from_slice(&piece),
        }
    }

    /// The next event, if it is complete.
    ///
    /// # Errors
    /// When the stream is out of step, or one event is malformed; after the latter the next call goes on behind it.
    pub(crate) fn next(&mut self) -> Result<Option<(EventType, Raw)>, Broken> {
        let frame = match self.encoding {
            Encoding::Protobuf => frame::next_frame(&mut self.buffer, &mut self.piece)
                .map_err(|it| Broken::Stream(it.into()))?,
            Encoding::Json => self.next_line()?,
        };
        frame.map(|frame| event(self.encoding, frame).map_err(|_| Broken::Event)).transpose()
    }

    fn next_line(&mut self) -> Result<Option<Bytes>, Broken> {
        loop {
            let Some(length) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') else {
                self.searched = self.buffer.len();
                if self.searched > LARGEST_FRAME {
                    return Err(Broken::Stream(FrameError::TooLarge(self.searched).into()));
                }
                return Ok(None);
            };
            let line = self.buffer.split_to(self.searched + length).freeze();
            self.buffer.advance(1);
            self.searched = 0;
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
    }
}

/// Why there is no next event.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The stream is out of step and must be dropped.
    Stream(Undecodable),
    /// One event cannot be read; those behind it can.
    Event,
}

fn event(encoding: Encoding, frame: Bytes) -> Result<(EventType, Raw), Undecodable> {
    Ok(match encoding {
        Encoding::Protobuf => {
            let event = frame::WatchEvent::decode(frame)?;
            let bytes = frame::open(event.object.unwrap_or_default().raw)?.raw;
            (EventType::parse(&event.type_), Raw { encoding, bytes })
        }
        Encoding::Json => {
            let event: JsonEvent<'_> = serde_json::from_slice(&frame)?;
            let bytes = frame.slice_ref(event.object.get().as_bytes());
            (EventType::parse(event.kind), Raw { encoding, bytes })
        }
    })
}

#[cfg(test)]
mod tests;
