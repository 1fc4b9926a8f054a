//! What the integration tests stand on: a real control plane, an API client, a metrics server, a
//! terminal and a recording proxy.
//!
//! Nothing in here judges the program; the expectations about its screen and output are all in `screen`.
pub(crate) mod api;
pub(crate) mod controlplane;
pub(crate) mod credentials;
pub(crate) mod dice;
pub(crate) mod fixtures;
pub(crate) mod gate;
pub(crate) mod measured;
pub(crate) mod metrics;
pub(crate) mod objects;
pub(crate) mod processes;
pub(crate) mod program;
pub(crate) mod proxy;
pub(crate) mod screen;
pub(crate) mod terminal;
