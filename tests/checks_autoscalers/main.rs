//! The findings about autoscalers: each code where it belongs, and not in its near miss.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../fixture/mod.rs"]
mod fixture;

mod fights;
mod following;
mod limits;
mod metrics;
mod owner;
mod shop;
mod target;
