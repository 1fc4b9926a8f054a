//! An enveloped protobuf list taken apart while it arrives, so that no page of it is ever in memory as a whole. It
//! does not decode the items.

use prost::Message;
use prost::bytes::{Buf, Bytes, BytesMut};

use super::frame::{FrameError, LARGEST_FRAME, MAGIC};
use super::meta::ListMeta;

/// The envelope's field with the list in it, and the list's field with an item in it.
const RAW: u64 = 2;
/// See [`RAW`].
const ITEM: u64 = 2;
/// The list's field with its metadata.
const METADATA: u64 = 1;
/// The wire type of everything that has a length before it.
const DELIMITED: u64 = 2;

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Version, continuation and how many items remain; servers send it first.
    Metadata(ListMeta),
    /// One object, still encoded.
    Item(Bytes),
}

/// A list that arrives in pieces of any size. It holds what has arrived of one part and no more.
#[derive(Debug, Default)]
pub struct ListParts {
    buffer: BytesMut,
    /// Whether the magic bytes were there.
    opened: bool,
    /// How many bytes of the list are still to come, while within it.
    list: Option<usize>,
    /// How many bytes of a field that nobody reads are still to come.
    skip: usize,
    /// Whether a list was found.
    found: bool,
}

/// The beginning of a field.
struct Head {
    field: u64,
    wire: u64,
    /// How many bytes the beginning has.
    size: usize,
    /// How many follow it.
    length: usize,
}

impl ListParts {
    /// Takes in a piece.
    pub fn feed(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
    }

    /// The next part, if it has arrived.
    ///
    /// # Errors
    /// When the bytes are not those of a list; nothing that comes later can then be trusted.
    pub fn next_part(&mut self) -> Result<Option<Part>, FrameError> {
        if !self.opened && !self.open()? {
            return Ok(None);
        }
        loop {
            if !self.skipped() {
                return Ok(None);
            }
            if self.list == Some(0) {
                self.list = None;
            }
            let Some(head) = head(&self.buffer)? else { return Ok(None) };
            let size = head.size.saturating_add(head.length);
            match (self.list, head.field, head.wire) {
                (Some(left), ..) if size > left => {
                    return Err(FrameError::Malformed("a part is longer than its list"));
                }
                (None, RAW, DELIMITED) => {
                    self.buffer.advance(head.size);
                    (self.list, self.found) = (Some(head.length), true);
                }
                (Some(left), METADATA | ITEM, DELIMITED) => {
                    let Some(bytes) = self.take(&head)? else { return Ok(None) };
                    self.list = Some(left - size);
                    return Ok(Some(match head.field {
                        METADATA => Part::Metadata(ListMeta::decode(bytes)?),
                        _ => Part::Item(bytes),
                    }));
                }
                (list, ..) => {
                    self.skip = size;
                    self.list = list.map(|left| left - size);
                }
            }
        }
    }

    /// Whether all of the list has arrived.
    pub fn is_complete(&self) -> bool {
        self.found && self.skip == 0 && self.list.is_none_or(|left| left == 0) && self.buffer.is_empty()
    }

    /// What is wrong when nothing more comes.
    ///
    /// # Errors
    /// When the list is not complete.
    pub fn finish(&self) -> Result<(), FrameError> {
        if self.is_complete() { Ok(()) } else { Err(FrameError::Truncated) }
    }

    fn open(&mut self) -> Result<bool, FrameError> {
        let here = self.buffer.len().min(MAGIC.len());
        if self.buffer[..here] != MAGIC[..here] {
            return Err(FrameError::Magic);
        }
        self.opened = here == MAGIC.len();
        if self.opened {
            self.buffer.advance(here);
        }
        Ok(self.opened)
    }

    /// Passes over what nobody reads, without waiting until it is all there.
    fn skipped(&mut self) -> bool {
        let here = self.skip.min(self.buffer.len());
        self.buffer.advance(here);
        self.skip -= here;
        self.skip == 0
    }

    fn take(&mut self, head: &Head) -> Result<Option<Bytes>, FrameError> {
        if head.length > LARGEST_FRAME {
            return Err(FrameError::TooLarge(head.length));
        }
        if self.buffer.len() < head.size + head.length {
            return Ok(None);
        }
        self.buffer.advance(head.size);
        Ok(Some(self.buffer.split_to(head.length).freeze()))
    }
}

/// The beginning of the next field, if it has arrived.
fn head(bytes: &[u8]) -> Result<Option<Head>, FrameError> {
    let Some((key, key_size)) = varint(bytes)? else { return Ok(None) };
    let (field, wire) = (key >> 3, key & 7);
    let fixed = |length| Ok(Some(Head { field, wire, size: key_size, length }));
    match wire {
        1 => fixed(8),
        5 => fixed(4),
        0 | DELIMITED => {
            let Some((value, size)) = varint(&bytes[key_size..])? else { return Ok(None) };
            let length = if wire == DELIMITED { usize::try_from(value).unwrap_or(usize::MAX) } else { 0 };
            Ok(Some(Head { field, wire, size: key_size + size, length }))
        }
        _ => Err(FrameError::Malformed("a field of a type that lists do not have")),
    }
}

/// The number at the beginning and how many bytes it takes, if it has arrived.
fn varint(bytes: &[u8]) -> Result<Option<(u64, usize)>, FrameError> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(Some((value, at + 1)));
        }
    }
    if bytes.len() < 10 { Ok(None) } else { Err(FrameError::Malformed("a number that does not end")) }
}

#[cfg(test)]
mod tests;
