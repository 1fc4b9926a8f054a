//! The client against an embedded cluster on which everything goes wrong that a script can say: whatever happens, what
//! it holds in the end is what the server holds. Nothing here sleeps: a stream that waits is told to try again.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken test may panic anywhere")]

mod answers;
mod listed;
mod lists;
mod mixed;
#[path = "../paused/mod.rs"]
#[expect(dead_code, reason = "this suite uses a part of it")]
mod paused;
mod watched;
mod watches;
