//! Whatever a server sends, no conversion panics, and no object that can be read at all is lost.

use super::*;

const TEXTS: [&str; 8] =
    ["", "-1", "1e99", "9e-99", "\u{1f4a5}\u{0}", "0001-01-01T00:00:00Z", "nul\\l", "99999999999999999999"];

/// All variants of `value` in which one leaf is replaced by something absurd.
fn variants(value: &Value) -> Vec<Value> {
    match value {
        Value::String(_) => TEXTS.iter().map(|text| json!(text)).chain([Value::Null]).collect(),
        Value::Number(_) => [json!(-1), json!(0), json!(i32::MAX), json!(i32::MIN), Value::Null].to_vec(),
        Value::Bool(flag) => vec![json!(!flag), Value::Null],
        Value::Array(items) => {
            let inside = items.iter().enumerate().flat_map(|(at, item)| {
                variants(item).into_iter().map(move |variant| {
                    let mut copy = items.clone();
                    copy[at] = variant;
                    Value::Array(copy)
                })
            });
            inside.chain([json!([]), Value::Null]).collect()
        }
        Value::Object(fields) => {
            let inside = fields.iter().flat_map(|(key, item)| {
                variants(item).into_iter().map(move |variant| {
                    let mut copy = fields.clone();
                    copy[key] = variant;
                    Value::Object(copy)
                })
            });
            inside.chain([json!({}), Value::Null]).collect()
        }
        Value::Null => vec![json!({})],
    }
}

/// Converts every variant that can be read, which nearly all can.
fn survive<W: serde::de::DeserializeOwned, M>(text: &str, convert: impl Fn(&mut Shared, W) -> M) {
    let mut shared = Shared::default();
    let variants = variants(&serde_json::from_str(text).unwrap());
    let read = variants.iter().filter_map(|variant| W::deserialize(variant).ok());
    let converted = read.map(|wire| convert(&mut shared, wire)).count();
    assert!(converted * 10 > variants.len() * 9, "only {converted} of {} could be read", variants.len());
}

#[test]
fn nothing_absurd_panics() {
    survive(NODE, |shared, wire: core::Node| shared.node(wire));
    survive(POD, |shared, wire: core::Pod| shared.pod(wire));
    survive(AUTOSCALER, |shared, wire: autoscaling::HorizontalPodAutoscaler| shared.autoscaler(wire));
    survive(DEPLOYMENT, |shared, wire: apps::Deployment| shared.deployment(wire));
    survive(DAEMON_SET, |shared, wire: apps::DaemonSet| shared.daemon_set(wire));
    survive(BUDGET, |shared, wire: apps::PodDisruptionBudget| shared.budget(wire));
    survive(LEASE, |shared, wire: core::Lease| shared.lease(wire));
    survive(CONFIG_MAP, |shared, wire: core::ConfigMap| shared.network(&wire));
}

#[test]
fn what_cannot_be_read_counts_as_nothing() {
    let pod = json!({ "metadata": { "name": "p", "uid": "?", "creationTimestamp": "yesterday" },
        "spec": { "containers": [{ "name": "a", "resources": { "requests": { "cpu": "a lot", "memory": "-5" } } }] },
        "status": { "phase": "Dancing", "podIPs": [{ "ip": "" }] } });
    let pod = both(&pod.to_string(), |shared, wire: core::Pod| shared.pod(wire));
    assert_eq!((pod.template.cpu, pod.template.memory, pod.addresses, pod.meta.created), (0, 0, 0, None));
    assert_eq!(&*pod.status, "Dancing");
}

#[test]
fn sums_of_absurd_amounts_stay_finite() {
    let huge = json!({ "name": "a", "resources": { "requests": { "cpu": "9E", "memory": "9E" } } });
    let pod = json!({ "metadata": { "name": "p" }, "spec": { "containers": vec![huge; 50] } });
    let pod = both(&pod.to_string(), |shared, wire: core::Pod| shared.pod(wire));
    assert!(pod.template.cpu.checked_mul(1000).is_some() && pod.template.memory.checked_mul(1000).is_some());
}
