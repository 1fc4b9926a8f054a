//! The client against servers that do as the tests say: watching, asking, changing.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken test may panic anywhere")]

mod asking;
mod back;
mod certificates;
mod churn;
mod controllers;
mod demo;
mod events;
mod every;
mod kubelet;
mod lists;
mod order;
mod outage;
#[path = "../paused/mod.rs"]
mod paused;
mod perform;
mod probe;
mod quiet;
mod scalers;
mod script;
mod survive;
mod told;
mod usage;
mod watch;
mod world;
