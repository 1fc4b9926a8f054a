//! A page of a list taken apart while it arrives, in both encodings. It decodes no item.

use bytes::{Buf, Bytes, BytesMut};

use super::{Encoding, Raw, Undecodable};
use crate::wire::FrameError;
use crate::wire::frame::LARGEST_FRAME;
use crate::wire::list::{self, ListParts};
use crate::wire::meta::ListMeta;

/// A part of a page.
#[derive(Debug)]
pub(crate) enum Part {
    /// resourceVersion, continue, and how many items remain behind this page.
    Metadata(ListMeta),
    /// One object.
    Item(Raw),
}

/// A page that arrives in pieces of any size.
#[derive(Debug)]
pub(crate) enum Page {
    /// In protobuf.
    Protobuf(ListParts),
    /// In JSON.
    Json(JsonParts),
}

impl Page {
    pub(crate) fn new(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Protobuf => Self::Protobuf(ListParts::default()),
            Encoding::Json => Self::Json(JsonParts::default()),
        }
    }

    /// Takes in a piece.
    pub(crate) fn feed(&mut self, piece: &[u8]) {
        match self {
            Self::Protobuf(parts) => parts.feed(piece),
            Self::Json(parts) => parts.buffer.extend_from_slice(piece),
        }
    }

    /// The next part, if it has arrived.
    ///
    /// # Errors
    /// When the bytes are not those of a list.
    pub(crate) fn next_part(&mut self) -> Result<Option<Part>, Undecodable> {
        match self {
            Self::Protobuf(parts) => Ok(parts.next_part()?.map(|part| match part {
                list::Part::Metadata(metadata) => Part::Metadata(metadata),
                list::Part::Item(bytes) => Part::Item(Raw { encoding: Encoding::Protobuf, bytes }),
            })),
            Self::Json(parts) => parts.next_part(),
        }
    }

    /// Whether all of it has arrived.
    pub(crate) fn is_complete(&self) -> bool {
        match self {
            Self::Protobuf(parts) => parts.is_complete(),
            Self::Json(parts) => parts.is_complete(),
        }
    }

    /// What is wrong when nothing more comes.
    ///
    /// # Errors
    /// When the page is not complete.
    pub(crate) fn finish(&self) -> Result<(), Undecodable> {
        if self.is_complete() { Ok(()) } else { Err(FrameError::Truncated.into()) }
    }
}

/// A list in JSON. Only its outermost two levels are looked into; the items are checked when they are read.
#[derive(Debug, Default)]
pub(crate) struct JsonParts {
    buffer: BytesMut,
    /// How far the buffer has been searched.
    searched: usize,
    /// Where the part that is arriving begins.
    start: Option<usize>,
    depth: usize,
    /// Whether the search is within a text, and whether its next byte is escaped.
    text: Option<bool>,
    /// The last text in the list's own object: the name of the field that is arriving.
    name: Vec<u8>,
    place: Place,
}

/// Where in the list's own object the search is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Before it.
    #[default]
    Before,
    /// Between the fields that count, or in one that does not.
    Elsewhere,
    /// In `metadata`.
    Metadata,
    /// In `items`.
    Items,
    /// Behind it.
    Behind,
}

/// Names longer than these are none that count.
const LONGEST_NAME: usize = 16;

impl JsonParts {
    fn is_complete(&self) -> bool {
        self.place == Place::Behind
    }

    fn next_part(&mut self) -> Result<Option<Part>, Undecodable> {
        while let Some(byte) = self.buffer.get(self.searched).copied() {
            self.searched += 1;
            if let Some(bytes) = self.step(byte)? {
                return self.part(bytes).map(Some);
            }
        }
        // What belongs to no part need not be kept.
        if self.start.is_none() {
            self.buffer.clear();
            self.searched = 0;
        } else if self.buffer.len() > LARGEST_FRAME {
            return Err(FrameError::TooLarge(self.buffer.len()).into());
        }
        Ok(None)
    }

    fn part(&self, bytes: Bytes) -> Result<Part, Undecodable> {
        Ok(match self.place {
            Place::Metadata => Part::Metadata(serde_json::from_slice(&bytes)?),
            _ => Part::Item(Raw { encoding: Encoding::Json, bytes }),
        })
    }

    /// Goes over one byte; a part that ends with it comes out.
    fn step(&mut self, byte: u8) -> Result<Option<Bytes>, Undecodable> {
        if let Some(escaped) = self.text {
            self.text = if escaped { Some(false) } else { within(byte) };
            if self.depth == 1 && self.text.is_some() && self.name.len() <= LONGEST_NAME {
                self.name.push(byte);
            }
            return Ok(None);
        }
        match (byte, self.place) {
            (b'{', Place::Before) => (self.depth, self.place) = (1, Place::Elsewhere),
            (byte, Place::Before | Place::Behind) if !byte.is_ascii_whitespace() => {
                return Err(Undecodable::Json(1, self.searched));
            }
            (b'"', _) => {
                self.text = Some(false);
                if self.depth == 1 {
                    self.name.clear();
                }
            }
            (b'{' | b'[', _) => self.enter(byte),
            (b'}' | b']', _) => return Ok(self.leave()),
            _ => {}
        }
        Ok(None)
    }

    fn enter(&mut self, byte: u8) {
        if self.depth == 1 {
            self.place = match (&self.name[..], byte) {
                (b"metadata", b'{') => Place::Metadata,
                (b"items", b'[') => Place::Items,
                _ => Place::Elsewhere,
            };
        }
        self.depth += 1;
        let begins = matches!((self.place, self.depth), (Place::Metadata, 2) | (Place::Items, 3));
        if begins {
            self.start = Some(self.searched - 1);
        }
    }

    fn leave(&mut self) -> Option<Bytes> {
        self.depth = self.depth.saturating_sub(1);
        let ends = matches!((self.place, self.depth), (Place::Metadata, 1) | (Place::Items, 2));
        if let Some(start) = self.start.take_if(|_| ends) {
            self.buffer.advance(start);
            let bytes = self.buffer.split_to(self.searched - start).freeze();
            self.searched = 0;
            return Some(bytes);
        }
        if self.depth == 0 {
            self.place = Place::Behind;
        }
        None
    }
}

/// The state of a text after a byte of it that is not escaped.
fn within(byte: u8) -> Option<bool> {
    match byte {
        b'"' => None,
        b'\\' => Some(true),
        _ => Some(false),
    }
}

#[cfg(test)]
mod tests;
