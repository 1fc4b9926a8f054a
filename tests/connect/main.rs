//! Connecting to a cluster, with real files, sockets, certificates and plugins, all on this machine.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a broken test may panic anywhere"
)]

#[cfg(unix)]
mod exec;
mod kubeconfig;
mod network;
#[path = "../paused/mod.rs"]
#[expect(dead_code, reason = "this suite uses a part of it")]
mod paused;
mod proxy;
mod support;
mod tls;
