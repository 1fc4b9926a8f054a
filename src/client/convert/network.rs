//! The overlay network's configuration, read by the provider whose ConfigMap it is.

use super::Shared;
use crate::client::network;
use crate::model::overlay::NetworkConfig;
use crate::model::text::Str;
use crate::wire::core::ConfigMap;

impl Shared {
    /// The configuration, or `None` when the ConfigMap belongs to no provider.
    pub fn network(&mut self, map: &ConfigMap) -> Option<NetworkConfig> {
        let settings = network::ALL.iter().find_map(|provider| (provider.config)(map))?;
        let text = |text: Option<String>| text.map(Str::from);
        Some(NetworkConfig {
            meta: self.meta(&map.metadata.clone().unwrap_or_default()),
            network: text(settings.network),
            network_v6: text(settings.network_v6),
            backend: self.texts.get(&settings.backend),
            vni: settings.vni,
            unreadable: text(settings.unreadable),
        })
    }
}
