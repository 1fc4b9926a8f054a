//! Connecting to a cluster, with real files, sockets, certificates and plugins, all on this machine.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a broken test may panic anywhere")]

#[cfg(unix)]
mod exec;
mod kubeconfig;
mod network;
mod proxy;
mod support;
mod tls;
