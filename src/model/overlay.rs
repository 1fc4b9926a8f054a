//! What an overlay network wrote into the API: per node and in its configuration. It does not compare anything.

use super::key::{Key, Keyed};
use super::meta::Meta;
use super::text::Str;

/// One node's side of the overlay, as its agent annotated it.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlay {
    /// The provider's name, for example `flannel`.
    pub provider: &'static str,
    /// For example `vxlan`, `host-gw`, `wireguard`.
    pub backend: Str,
    /// The VXLAN network identifier, where the backend has one and wrote it.
    pub vni: Option<u32>,
    /// MAC address of the VXLAN tunnel endpoint.
    pub vtep_mac: Option<Str>,
    /// The same for the IPv6 device.
    pub vtep_mac_v6: Option<Str>,
    /// The tunnel's endpoint that peers send to.
    pub public_ip: Option<Str>,
    /// The same for IPv6.
    pub public_ip_v6: Option<Str>,
    /// What is wrong with the annotation's text, if it cannot be read.
    pub unreadable: Option<Str>,
}

/// The overlay's cluster-wide configuration, from its ConfigMap.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkConfig {
    /// The ConfigMap.
    pub meta: Meta,
    /// The pod network that all pod CIDRs must lie in.
    pub network: Option<Str>,
    /// The same for IPv6.
    pub network_v6: Option<Str>,
    /// Backend type; flannel's code takes `udp` when none is given.
    pub backend: Str,
    /// The VXLAN network identifier, 1 by default.
    pub vni: Option<u32>,
    /// What is wrong with its text, if it cannot be read.
    pub unreadable: Option<Str>,
}

impl Keyed for NetworkConfig {
    fn key(&self) -> &Key {
        &self.meta.key
    }
}
