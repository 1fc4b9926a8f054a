//! The client against servers that do as the tests say: watching, asking, changing.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken test may panic anywhere")]

mod churn;
mod demo;
mod events;
mod perform;
mod script;
mod watch;
mod world;
