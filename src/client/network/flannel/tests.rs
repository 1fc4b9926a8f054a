use std::collections::BTreeMap;

use super::*;

fn node(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| (format!("{PREFIX}{key}"), (*value).to_owned())).collect()
}

fn vxlan(data: &str) -> Overlay {
    overlay(&node(&[("kube-subnet-manager", "true"), ("backend-type", "vxlan"), ("backend-data", data)]))
        .unwrap()
}

fn net_conf(text: &str) -> Settings {
    let map = ConfigMap {
        metadata: Some(crate::wire::meta::ObjectMeta {
            name: "kube-flannel-cfg".into(),
            ..Default::default()
        }),
        data: BTreeMap::from([(NET_CONF.to_owned(), text.to_owned())]),
    };
    config(&map).unwrap()
}

#[test]
fn reads_a_dual_stack_vxlan_node() {
    let read = overlay(&node(&[
        ("kube-subnet-manager", "true"),
        ("backend-type", "vxlan"),
        ("backend-data", r#"{"VNI":1,"VtepMAC":"02:00:00:00:00:02"}"#),
        ("backend-v6-data", r#"{"VNI":1,"VtepMAC":"02:00:00:00:06:02"}"#),
        ("public-ip", "192.168.10.12"),
        ("public-ipv6", "fd00:a::12"),
    ]))
    .unwrap();
    assert_eq!((&*read.backend, read.vni), ("vxlan", Some(1)));
    assert_eq!(read.vtep_mac.as_deref(), Some("02:00:00:00:00:02"));
    assert_eq!(read.vtep_mac_v6.as_deref(), Some("02:00:00:00:06:02"));
    assert_eq!(read.public_ip.as_deref(), Some("192.168.10.12"));
    assert_eq!(read.public_ip_v6.as_deref(), Some("fd00:a::12"));
    assert_eq!(read.unreadable, None);
}

#[test]
fn only_members_have_an_overlay() {
    assert_eq!(overlay(&BTreeMap::new()), None);
    assert_eq!(overlay(&node(&[("public-ip-overwrite", "192.0.2.1")])), None);
    assert_eq!(overlay(&node(&[("kube-subnet-manager", "false"), ("backend-type", "vxlan")])), None);
}

#[test]
fn old_clusters_write_no_vni() {
    let read = vxlan(r#"{"VtepMAC":"02:00:00:00:00:02"}"#);
    assert_eq!((read.vni, read.unreadable), (None, None));
    assert!(read.vtep_mac.is_some());
}

#[test]
fn a_backend_without_data_writes_null() {
    let read = overlay(&node(&[
        ("kube-subnet-manager", "true"),
        ("backend-type", "host-gw"),
        ("backend-data", "null"),
        ("public-ip", "192.168.10.12"),
    ]))
    .unwrap();
    assert_eq!((&*read.backend, read.vni, read.unreadable), ("host-gw", None, None));
}

#[test]
fn udp_writes_an_empty_type() {
    let read = overlay(&node(&[("kube-subnet-manager", "true"), ("backend-type", "")])).unwrap();
    assert_eq!(&*read.backend, "");
}

#[test]
fn data_of_other_backends_is_no_vxlan_device() {
    for (backend, data) in
        [("wireguard", r#"{"PublicKey":"AAAA","Port":51820}"#), ("extension", r#""output of a command\n""#)]
    {
        let read = overlay(&node(&[
            ("kube-subnet-manager", "true"),
            ("backend-type", backend),
            ("backend-data", data),
        ]))
        .unwrap();
        assert_eq!((read.vni, read.vtep_mac, read.unreadable), (None, None, None), "{backend}");
    }
}

#[test]
fn broken_data_is_said_in_a_sentence() {
    for (data, said) in [
        ("{\"VNI\":1,", "backend-data is no JSON"),
        ("[1]", "backend-data holds no JSON object"),
        (r#"{"VNI":"one","VtepMAC":"02:00:00:00:00:02"}"#, "a VNI that is none: \"one\""),
        (r#"{"VNI":16777216,"VtepMAC":"02:00:00:00:00:02"}"#, "a VNI that is none"),
        (r#"{"VNI":1}"#, "has no VtepMAC"),
        (r#"{"VNI":1,"VtepMAC":"nonsense"}"#, "no MAC address"),
    ] {
        let read = vxlan(data);
        let why = read.unreadable.unwrap_or_default();
        assert!(why.contains(said), "{data}: {why}");
        assert_eq!(read.vtep_mac, None, "{data}");
    }
}

#[test]
fn another_prefix_is_found() {
    for prefix in ["net.example.com/", "example.com/flannel-"] {
        let annotations = BTreeMap::from([
            (format!("{prefix}kube-subnet-manager"), "true".to_owned()),
            (format!("{prefix}backend-type"), "host-gw".to_owned()),
        ]);
        assert_eq!(&*overlay(&annotations).unwrap().backend, "host-gw", "{prefix}");
    }
}

#[test]
fn settings_say_network_backend_and_vni() {
    let read = net_conf(
        r#"{"Network":"10.244.0.0/16","IPv6Network":"fd00:10:244::/56","Backend":{"Type":"vxlan"}}"#,
    );
    assert_eq!(read.network.as_deref(), Some("10.244.0.0/16"));
    assert_eq!(read.network_v6.as_deref(), Some("fd00:10:244::/56"));
    assert_eq!((read.backend.as_str(), read.vni, read.unreadable), ("vxlan", Some(1), None));
    assert_eq!(net_conf(r#"{"Backend":{"Type":"vxlan","VNI":4096}}"#).vni, Some(4096));
    assert_eq!(net_conf(r#"{"network":"10.0.0.0/8"}"#).network.as_deref(), Some("10.0.0.0/8"));
}

#[test]
fn a_missing_backend_means_udp() {
    let read = net_conf(r#"{"Network":"10.244.0.0/16"}"#);
    assert_eq!((read.backend.as_str(), read.vni), ("udp", None));
}

#[test]
fn broken_settings_are_said_in_a_sentence() {
    for (text, said) in [
        ("{\"Network\": ", "net-conf.json is no JSON"),
        ("[]", "no JSON object"),
        (r#"{"Backend":{"Type":"vxlan","VNI":-1}}"#, "VNI that is none: -1"),
    ] {
        let why = net_conf(text).unreadable.unwrap_or_default();
        assert!(why.contains(said), "{text}: {why}");
    }
    let empty = ConfigMap {
        metadata: Some(crate::wire::meta::ObjectMeta { name: "canal-config".into(), ..Default::default() }),
        data: BTreeMap::new(),
    };
    assert_eq!(config(&empty).unwrap().unreadable.as_deref(), Some("it has no key net-conf.json"));
}

#[test]
fn other_config_maps_are_not_flannels() {
    let map = ConfigMap {
        metadata: Some(crate::wire::meta::ObjectMeta { name: "cilium-config".into(), ..Default::default() }),
        data: BTreeMap::new(),
    };
    assert_eq!(config(&map), None);
}

#[test]
fn agents_are_known_by_owner_and_labels() {
    let owner = |kind: &str, name: &str| Owner { kind: kind.into(), name: name.into() };
    let app: [(Str, Str); 1] = [("app".into(), "flannel".into())];
    let canal: [(Str, Str); 1] = [("k8s-app".into(), "canal".into())];
    assert!(agent(&[], Some(&owner("DaemonSet", "kube-flannel-ds"))));
    assert!(agent(&app, Some(&owner("DaemonSet", "net"))));
    assert!(agent(&canal, Some(&owner("DaemonSet", "rke2-canal"))));
    assert!(!agent(&app, Some(&owner("ReplicaSet", "flannel-exporter-5d"))));
    assert!(!agent(&app, None));
    assert!(!agent(&[], Some(&owner("DaemonSet", "kube-proxy"))));
}
