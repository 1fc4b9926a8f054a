//! Finds the borders of frames (synchronized updates) in what a program writes to its terminal, in pieces of any size.
//! It reads nothing else of the output.

/// What begins the marks of both kinds; `h` begins a frame and `l` ends it.
const MARK: &[u8] = b"\x1b[?2026";

/// A border of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Border {
    /// The program begins to write a frame.
    Begin,
    /// The frame is complete: a terminal shows it now.
    End,
}

/// How much of a mark has been seen.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    seen: usize,
}

impl Marks {
    /// The next border in the bytes, and how many bytes it takes to its end.
    pub(crate) fn next(&mut self, bytes: &[u8]) -> Option<(Border, usize)> {
        for (at, byte) in bytes.iter().enumerate() {
            if self.seen == MARK.len() {
                self.seen = 0;
                match byte {
                    b'h' => return Some((Border::Begin, at + 1)),
                    b'l' => return Some((Border::End, at + 1)),
                    _ => {}
                }
            }
            // The mark's first byte occurs once in it, so that nothing is overlooked by beginning anew.
            self.seen = match byte {
                byte if *byte == MARK[self.seen] => self.seen + 1,
                b'\x1b' => 1,
                _ => 0,
            };
        }
        None
    }
}
