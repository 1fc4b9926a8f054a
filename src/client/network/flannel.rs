//! flannel with its kube subnet manager, also inside Canal, k3s and RKE2. It compares nothing.
//!
//! Source: flannel `pkg/subnet/kube/{kube,annotations}.go` for the annotations, `pkg/subnet/config.go` for
//! net-conf.json.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Provider, Settings};
use crate::model::meta::Owner;
use crate::model::overlay::Overlay;
use crate::model::text::Str;
use crate::wire::core::ConfigMap;

/// flannel.
pub const FLANNEL: Provider = Provider {
    name: "flannel",
    overlay,
    agent,
    config_names: &["kube-flannel-cfg", "canal-config", "rke2-canal-config"],
    config,
};

/// The prefix that flanneld uses unless it is told another.
const PREFIX: &str = "flannel.alpha.coreos.com/";
/// The annotation whose presence makes a node a member; peers pass over nodes without it.
const MEMBER: &str = "kube-subnet-manager";
/// The key of the settings in the ConfigMap.
const NET_CONF: &str = "net-conf.json";
/// What flannel's code takes when the settings name no backend, whatever its documentation says.
const DEFAULT_BACKEND: &str = "udp";
/// VXLAN's network identifier where the settings name none.
const DEFAULT_VNI: u32 = 1;
/// A VXLAN network identifier has 24 bits.
const LARGEST_VNI: u64 = (1 << 24) - 1;

/// The prefix of flannel's annotations on this node, which `--kube-annotation-prefix` can change.
fn prefix(annotations: &BTreeMap<String, String>) -> Option<&str> {
    let member = |(key, value): (&'_ String, &'_ String)| -> Option<usize> {
        let prefix = key.strip_suffix(MEMBER)?;
        (value == "true" && prefix.contains('/') && prefix.ends_with(['/', '-'])).then_some(prefix.len())
    };
    if annotations.get(&format!("{PREFIX}{MEMBER}")).is_some_and(|value| value == "true") {
        return Some(PREFIX);
    }
    let mut found: Vec<&str> = annotations.iter().filter_map(|pair| Some(&pair.0[..member(pair)?])).collect();
    found.sort_unstable();
    found.first().copied()
}

fn overlay(annotations: &BTreeMap<String, String>) -> Option<Overlay> {
    let prefix = prefix(annotations)?;
    let text = |name: &str| annotations.get(&format!("{prefix}{name}")).map(String::as_str);
    let filled = |name: &str| text(name).filter(|it| !it.is_empty()).map(Str::from);
    let backend = text("backend-type").unwrap_or_default();
    let v4 = Device::read("backend-data", text("backend-data"), backend);
    let v6 = Device::read("backend-v6-data", text("backend-v6-data"), backend);
    Some(Overlay {
        provider: FLANNEL.name,
        backend: Str::from(backend),
        vni: v4.vni.or(v6.vni),
        vtep_mac: v4.mac,
        vtep_mac_v6: v6.mac,
        public_ip: filled("public-ip"),
        public_ip_v6: filled("public-ipv6"),
        unreadable: v4.unreadable.or(v6.unreadable).map(Str::from),
    })
}

/// What a backend-data annotation says of one VXLAN device.
#[derive(Default)]
struct Device {
    vni: Option<u32>,
    mac: Option<Str>,
    unreadable: Option<String>,
}

impl Device {
    fn unreadable(why: String) -> Self {
        Self { unreadable: Some(why), ..Self::default() }
    }

    fn read(name: &str, text: Option<&str>, backend: &str) -> Self {
        let Some(text) = text.filter(|it| !it.is_empty()) else { return Self::default() };
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => return Self::unreadable(format!("{name} is no JSON: {error}")),
        };
        // A backend without data writes `null`, and only VXLAN's data describes a device that peers are told of.
        match (&value, backend) {
            (Value::Null, _) => Self::default(),
            (Value::Object(fields), "vxlan") => Self::of(name, fields),
            (_, "vxlan") => Self::unreadable(format!("{name} holds no JSON object")),
            _ => Self::default(),
        }
    }

    fn of(name: &str, fields: &serde_json::Map<String, Value>) -> Self {
        let vni = match fields.get("VNI") {
            None | Some(Value::Null) => None,
            Some(value) => match vni(value) {
                Some(vni) => Some(vni),
                None => return Self::unreadable(format!("{name} has a VNI that is none: {value}")),
            },
        };
        let mac = match fields.get("VtepMAC") {
            Some(Value::String(text)) if is_mac(text) => Some(Str::from(text.as_str())),
            None => return Self { vni, ..Self::unreadable(format!("{name} has no VtepMAC")) },
            Some(other) => {
                return Self {
                    vni,
                    ..Self::unreadable(format!("{name} has a VtepMAC that is no MAC address: {other}"))
                };
            }
        };
        Self { vni, mac, unreadable: None }
    }
}

fn vni(value: &Value) -> Option<u32> {
    value.as_u64().filter(|number| *number <= LARGEST_VNI).and_then(|number| u32::try_from(number).ok())
}

fn is_mac(text: &str) -> bool {
    let octets: Vec<&str> = text.split([':', '-']).collect();
    octets.len() == 6 && octets.iter().all(|it| it.len() == 2 && it.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The DaemonSets of flannel's own manifest and chart, and of Canal, which runs flanneld in its pod.
fn agent(labels: &[(Str, Str)], owner: Option<&Owner>) -> bool {
    let has = |key: &str, value: &str| labels.iter().any(|(k, v)| &**k == key && &**v == value);
    owner.is_some_and(|owner| {
        &*owner.kind == "DaemonSet"
            && (owner.name.starts_with("kube-flannel")
                || has("app", "flannel")
                || has("k8s-app", "flannel")
                || has("k8s-app", "canal"))
    })
}

fn config(map: &ConfigMap) -> Option<Settings> {
    let meta = map.metadata.as_ref()?;
    if !FLANNEL.config_names.contains(&meta.name.as_str()) {
        return None;
    }
    let Some(text) = map.data.get(NET_CONF) else {
        return Some(unreadable(format!("it has no key {NET_CONF}")));
    };
    Some(match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(fields)) => settings(&fields),
        Ok(_) => unreadable(format!("{NET_CONF} holds no JSON object")),
        Err(error) => unreadable(format!("{NET_CONF} is no JSON: {error}")),
    })
}

fn unreadable(why: String) -> Settings {
    Settings { unreadable: Some(why), ..Settings::default() }
}

/// A field by its name; Go's decoder, which flannel uses, does not mind upper or lower case.
fn field<'a>(fields: &'a serde_json::Map<String, Value>, name: &str) -> Option<&'a Value> {
    let exact = fields.get(name);
    exact.or_else(|| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn settings(fields: &serde_json::Map<String, Value>) -> Settings {
    let text = |name: &str| {
        field(fields, name).and_then(Value::as_str).filter(|it| !it.is_empty()).map(str::to_owned)
    };
    let backend = field(fields, "Backend").and_then(Value::as_object);
    let kind = backend.and_then(|it| field(it, "Type")).and_then(Value::as_str).unwrap_or(DEFAULT_BACKEND);
    let given = backend.and_then(|it| field(it, "VNI")).filter(|it| !it.is_null());
    let (network_id, unreadable) = match (kind, given) {
        ("vxlan", None) => (Some(DEFAULT_VNI), None),
        ("vxlan", Some(value)) => match vni(value) {
            Some(number) => (Some(number), None),
            None => (None, Some(format!("{NET_CONF} has a VNI that is none: {value}"))),
        },
        _ => (None, None),
    };
    Settings {
        network: text("Network"),
        network_v6: text("IPv6Network"),
        backend: kind.to_owned(),
        vni: network_id,
        unreadable,
    }
}

#[cfg(test)]
mod tests;
