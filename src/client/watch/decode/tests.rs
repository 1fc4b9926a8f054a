use http::HeaderValue;

use super::*;
use crate::wire::core::Pod;

const POD: &str = r#"{"metadata":{"name":"web-0","resourceVersion":"7"}}"#;

fn pod() -> Pod {
    serde_json::from_str(POD).unwrap()
}

fn protobuf_event(kind: &str) -> Vec<u8> {
    frame::watch_frame(kind, frame::seal("v1", "Pod", pod().encode_to_vec()))
}

fn drain(events: &mut Events) -> Vec<EventType> {
    std::iter::from_fn(|| events.next().unwrap()).map(|(kind, _)| kind).collect()
}

#[test]
fn the_answer_says_how_it_is_encoded() {
    let of = |kind: &'static str| {
        Encoding::of(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]))
    };
    assert_eq!(of("application/vnd.kubernetes.protobuf;stream=watch"), Encoding::Protobuf);
    assert_eq!(of("application/json; charset=utf-8"), Encoding::Json);
    assert_eq!(Encoding::of(&HeaderMap::new()), Encoding::Json);
}

#[test]
fn events_arrive_whole_from_pieces_of_any_size() {
    let json =
        format!("{{\"type\":\"ADDED\",\"object\":{POD}}}\n\n{{\"type\":\"DELETED\",\"object\":{POD}}}\r\n");
    let protobuf = [protobuf_event("ADDED"), protobuf_event("DELETED")].concat();
    for (encoding, stream) in [(Encoding::Json, json.into_bytes()), (Encoding::Protobuf, protobuf)] {
        for size in [1, 3, 50, 1000] {
            let mut events = Events::new(encoding);
            let mut seen = Vec::new();
            for piece in stream.chunks(size) {
                events.feed(Bytes::copy_from_slice(piece));
                seen.extend(drain(&mut events));
            }
            assert_eq!(seen, [EventType::Applied, EventType::Deleted], "{encoding:?} by {size}");
        }
    }
}

#[test]
fn a_bad_event_is_passed_over_and_the_stream_goes_on() {
    let mut events = Events::new(Encoding::Json);
    events.feed(format!("{{\"type\":7}}\n{{\"type\":\"ADDED\",\"object\":{POD}}}\n").into());
    assert!(matches!(events.next(), Err(Broken::Event)));
    assert_eq!(drain(&mut events), [EventType::Applied]);

    let mut events = Events::new(Encoding::Protobuf);
    events.feed(Bytes::from_static(&[0, 0, 0, 2, 0xff, 0xff]));
    assert!(matches!(events.next(), Err(Broken::Event)));
    events.feed(protobuf_event("MODIFIED").into());
    assert_eq!(drain(&mut events), [EventType::Applied]);
}

#[test]
fn a_stream_out_of_step_is_dropped() {
    let mut events = Events::new(Encoding::Protobuf);
    events.feed(Bytes::from_static(b"HTTP/1.1 200 OK"));
    assert!(matches!(events.next(), Err(Broken::Stream(_))));
}

#[test]
fn a_status_reads_the_same_in_both_encodings() {
    let status = crate::wire::meta::Status { code: 410, reason: "Expired".into(), ..Default::default() };
    let mut events = Events::new(Encoding::Protobuf);
    events.feed(frame::watch_frame("ERROR", frame::seal("v1", "Status", status.encode_to_vec())).into());
    let (kind, raw) = events.next().unwrap().unwrap();
    assert_eq!(kind, EventType::Error);
    let failure = crate::client::connect::Failure::from_status(410, &raw.status());
    assert!(matches!(failure, crate::client::connect::Failure::Gone { .. }));
    assert_eq!(raw.read::<crate::wire::meta::Status>().unwrap(), status);
}
