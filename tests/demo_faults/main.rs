//! The client against an embedded cluster on which everything goes wrong that a script can say: whatever happens, what
//! it holds in the end is what the server holds. Nothing here sleeps: a stream that waits is told to try again.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken test may panic anywhere")]

mod answers;
mod listed;
mod lists;
mod mixed;
mod watched;
mod watches;
