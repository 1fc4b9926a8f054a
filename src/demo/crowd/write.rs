//! Protobuf of a pod of the crowd, written around the bytes of its template. Field numbers are those of
//! `protobuf/fields.txt`, which a test compares.

use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

use super::pod::{Pod, State, digits};
use super::template::Container;

/// Why a pod is not ready, in the kubelet's words.
const UNREADY: &str = "containers with unready status: [app]";

/// Appends a pod.
pub(super) fn pod(pod: &Pod, out: &mut Vec<u8>) {
    let template = &pod.template;
    let mut own = Vec::with_capacity(2048);
    metadata(pod, &mut own);
    key(1, own.len() + template.metadata.len(), out);
    out.extend_from_slice(&own);
    out.extend_from_slice(&template.metadata);
    own.clear();
    text(10, template.site.name(pod.node), &mut own);
    key(2, own.len() + template.spec.len(), out);
    out.extend_from_slice(&template.spec);
    out.extend_from_slice(&own);
    own.clear();
    status(pod, &mut own);
    key(3, own.len(), out);
    out.extend_from_slice(&own);
}

/// The length of what `pod` appends.
pub(super) fn length(pod: &Pod) -> usize {
    let template = &pod.template;
    let mut own = Vec::with_capacity(2048);
    metadata(pod, &mut own);
    let first = own.len() + template.metadata.len();
    own.clear();
    text(10, template.site.name(pod.node), &mut own);
    let second = own.len() + template.spec.len();
    own.clear();
    status(pod, &mut own);
    [first, second, own.len()].iter().map(|length| 1 + encoded_len_varint(*length as u64) + length).sum()
}

fn metadata(pod: &Pod, out: &mut Vec<u8>) {
    let template = &pod.template;
    key(1, template.prefix.len() + pod.letters.len(), out);
    out.extend_from_slice(template.prefix.as_bytes());
    out.extend_from_slice(&pod.letters);
    text(2, &template.prefix, out);
    text(3, &template.namespace, out);
    text(5, pod.uid(), out);
    text(6, pod.version.to_string(), out);
    number(7, 1, out);
    time(8, pod.born, out);
}

fn status(pod: &Pod, out: &mut Vec<u8>) {
    let ready = pod.state == State::Ready;
    let running = pod.state != State::Starting;
    text(1, pod.phase(), out);
    condition("PodReadyToStartContainers", running, pod.born + 2, out);
    condition("Initialized", true, pod.born, out);
    condition("Ready", ready, pod.turned, out);
    condition("ContainersReady", ready, pod.turned, out);
    condition("PodScheduled", true, pod.born, out);
    let host = pod.template.site.host(pod.node);
    text(5, host, out);
    let address = pod.address();
    if let Some(address) = &address {
        text(6, address, out);
    }
    time(7, pod.born, out);
    for (number, container) in pod.template.containers.iter().enumerate() {
        inside(8, out, |out| container_status(pod, number, container, out));
    }
    text(9, "Burstable", out);
    if let Some(address) = &address {
        inside(12, out, |out| text(1, address, out));
    }
    inside(16, out, |out| text(1, host, out));
    number(17, 1, out);
}

fn condition(kind: &str, truth: bool, since: i64, out: &mut Vec<u8>) {
    inside(2, out, |out| {
        text(1, kind, out);
        text(2, if truth { "True" } else { "False" }, out);
        time(4, since, out);
        if !truth && kind != "PodReadyToStartContainers" {
            text(5, "ContainersNotReady", out);
            text(6, UNREADY, out);
        }
        number(7, 1, out);
    });
}

fn container_status(pod: &Pod, number_of: usize, container: &Container, out: &mut Vec<u8>) {
    // Only the first container ever has trouble.
    let state = if number_of == 0 || pod.state == State::Starting { pod.state } else { State::Ready };
    let id = container_id(pod, number_of);
    let began = if number_of == 0 && pod.restarts > 0 { pod.turned } else { pod.born + 3 };
    text(1, &container.name, out);
    inside(2, out, |out| match state {
        State::Starting => inside(1, out, |out| text(1, "ContainerCreating", out)),
        State::Crashing => inside(1, out, |out| {
            text(1, "CrashLoopBackOff", out);
            text(2, "back-off 5m0s restarting failed container", out);
        }),
        State::Ready | State::Unready => inside(2, out, |out| time(1, began, out)),
    });
    inside(3, out, |out| {
        if number_of == 0 && pod.restarts > 0 {
            inside(3, out, |out| {
                number(1, 1, out);
                text(3, "Error", out);
                time(5, pod.turned - 20, out);
                time(6, pod.turned, out);
                text(7, id, out);
            });
        }
    });
    number(4, i64::from(state == State::Ready), out);
    number(5, if number_of == 0 { i64::from(pod.restarts) } else { 0 }, out);
    text(6, &container.image, out);
    if state == State::Starting {
        text(7, "", out);
        text(8, "", out);
    } else {
        text(7, &container.image_id, out);
        text(8, id, out);
    }
    number(9, i64::from(matches!(state, State::Ready | State::Unready)), out);
}

/// `containerd://` and 64 hexadecimal digits that are nobody else's.
fn container_id(pod: &Pod, container: usize) -> [u8; 77] {
    let mixed = pod.uid.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let mixed = mixed ^ (u128::from(pod.restarts) << 64) ^ container as u128;
    let mut out = [0; 77];
    out[..13].copy_from_slice(b"containerd://");
    out[13..45].copy_from_slice(&digits(mixed));
    out[45..].copy_from_slice(&digits(mixed.rotate_left(61) ^ pod.uid));
    out
}

fn key(field: u32, length: usize, out: &mut Vec<u8>) {
    encode_key(field, WireType::LengthDelimited, out);
    encode_varint(length as u64, out);
}

fn text(field: u32, value: impl AsRef<[u8]>, out: &mut Vec<u8>) {
    key(field, value.as_ref().len(), out);
    out.extend_from_slice(value.as_ref());
}

fn number(field: u32, value: i64, out: &mut Vec<u8>) {
    encode_key(field, WireType::Varint, out);
    encode_varint(value as u64, out);
}

fn time(field: u32, seconds: i64, out: &mut Vec<u8>) {
    inside(field, out, |out| number(1, seconds, out));
}

/// A message whose length is known when it is written.
fn inside(field: u32, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    encode_key(field, WireType::LengthDelimited, out);
    let at = out.len();
    out.push(0);
    write(out);
    let length = out.len() - at - 1;
    if length < 0x80 {
        out[at] = length as u8;
        return;
    }
    let more = encoded_len_varint(length as u64);
    out.resize(out.len() + more - 1, 0);
    out.copy_within(at + 1..at + 1 + length, at + more);
    let mut prefix = &mut out[at..at + more];
    encode_varint(length as u64, &mut prefix);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::demo::crowd::template::tests::template;
    use crate::demo::protobuf;

    #[test]
    fn what_is_written_is_what_the_table_of_fields_writes() {
        for state in [State::Starting, State::Ready, State::Unready, State::Crashing] {
            let one = Pod {
                template: template(),
                letters: *b"vwxyz",
                uid: 0x0123_4567_89ab_4def_8123_4567_89ab_cdef,
                version: 0,
                size: 0,
                node: 1,
                host: 7,
                born: 1_770_000_000,
                turned: 1_770_000_300,
                restarts: 3,
                state,
            }
            .at_version(38_000_123);
            let mut bytes = Vec::new();
            pod(&one, &mut bytes);
            assert_eq!(bytes.len(), one.size as usize);
            let value = one.value();
            let again = protobuf::encode("Pod", &value);
            let read = protobuf::decode("Pod", &bytes);
            assert!(read.is_some() && read == protobuf::decode("Pod", &again), "{state:?}");
            assert_eq!(value["metadata"]["name"], "app-abc-vwxyz");
            assert_eq!(value["metadata"]["uid"], "01234567-89ab-4def-8123-456789abcdef");
            assert_eq!(value["spec"]["nodeName"], "worker-b-1");
            let app = &value["status"]["containerStatuses"][0];
            assert_eq!(app["restartCount"], 3);
            assert_eq!(app["lastState"]["terminated"]["exitCode"], 1);
            assert_eq!(app["ready"], json!(state == State::Ready));
            let sketch = one.sketch();
            for place in
                ["/metadata/labels", "/metadata/name", "/spec/nodeName", "/status/phase", "/status/podIP"]
            {
                assert_eq!(
                    sketch.pointer(place),
                    value.pointer(place).or(Some(&json!(null))),
                    "{state:?} {place}"
                );
            }
        }
    }
}
