//! Overlay network providers: where each writes its state into the API, and how to read it. They compare nothing.
//!
//! A member is one file with its `Provider` constant and a line in [`ALL`].

pub mod flannel;

use std::collections::BTreeMap;

use crate::model::meta::Owner;
use crate::model::overlay::Overlay;
use crate::model::text::Str;
use crate::wire::core::ConfigMap;

/// An object's annotations.
pub type Annotations = BTreeMap<String, String>;

/// An object's labels.
pub type Labels = [(Str, Str)];

/// One overlay network.
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    /// For the pane and for [`Overlay::provider`].
    pub name: &'static str,
    /// What the provider wrote on a node, from the node's annotations; `None` when it runs no agent there.
    pub overlay: fn(&Annotations) -> Option<Overlay>,
    /// Whether a pod with these labels and this owner is the provider's agent on its node.
    pub agent: fn(&Labels, Option<&Owner>) -> bool,
    /// The names that its ConfigMap may have, in any namespace; the usual one first.
    pub config_names: &'static [&'static str],
    /// The cluster-wide settings, from its ConfigMap; `None` when the ConfigMap is another one.
    pub config: fn(&ConfigMap) -> Option<Settings>,
}

/// A provider's cluster-wide settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The range that all nodes' pod CIDRs lie in.
    pub network: Option<String>,
    /// The same for IPv6.
    pub network_v6: Option<String>,
    /// The backend's type.
    pub backend: String,
    /// The VXLAN network identifier, where the backend has one.
    pub vni: Option<u32>,
    /// What is wrong with the text, if it cannot be read.
    pub unreadable: Option<String>,
}

/// Every provider, in the order in which they are tried.
pub const ALL: &[&Provider] = &[&flannel::FLANNEL];
