use prost::Message as _;

use super::*;
use crate::client::watch::decode::Named;
use crate::wire::core::Pod;
use crate::wire::frame;

const POD: &str =
    r#"{"metadata":{"name":"web-0","resourceVersion":"7","labels":{"a\"}]":"\\"}},"spec":{"containers":[]}}"#;

fn json() -> String {
    let metadata = r#"{"resourceVersion":"9","continue":"more","remainingItemCount":3}"#;
    format!(r#" {{"kind":"PodList","metadata":{metadata},"other":[{{"a":[1]}}],"items":[{POD}, {POD}]}}"#)
        + "\n"
}

fn protobuf() -> Vec<u8> {
    let pod: Pod = serde_json::from_str(POD).unwrap();
    let metadata = ListMeta {
        resource_version: "9".into(),
        continue_token: "more".into(),
        remaining_item_count: Some(3),
    };
    frame::seal("v1", "PodList", frame::join_items(&metadata, [pod.encode_to_vec(), pod.encode_to_vec()]))
}

/// What comes out of a page that arrives in these pieces, in words.
fn read<'a>(
    encoding: Encoding,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<String>, Undecodable> {
    let mut page = Page::new(encoding);
    let mut seen = Vec::new();
    for piece in pieces {
        page.feed(piece);
        while let Some(part) = page.next_part()? {
            seen.push(match part {
                Part::Metadata(it) => {
                    format!("{} {} {:?}", it.resource_version, it.continue_token, it.remaining_item_count)
                }
                Part::Item(raw) => raw.read::<Named>()?.metadata.unwrap_or_default().name,
            });
        }
    }
    page.finish()?;
    Ok(seen)
}

#[test]
fn a_page_is_the_same_in_both_encodings_wherever_it_is_cut() {
    let want = ["9 more Some(3)", "web-0", "web-0"];
    for (encoding, body) in [(Encoding::Json, json().into_bytes()), (Encoding::Protobuf, protobuf())] {
        for cut in 0..=body.len() {
            assert_eq!(read(encoding, [&body[..cut], &body[cut..]]).unwrap(), want, "{encoding:?} {cut}");
        }
        assert_eq!(read(encoding, body.chunks(1)).unwrap(), want, "{encoding:?}");
    }
}

#[test]
fn a_page_that_ends_early_is_a_failure() {
    for (encoding, body) in
        [(Encoding::Json, json().trim_end().as_bytes().to_vec()), (Encoding::Protobuf, protobuf())]
    {
        for end in 0..body.len() {
            assert!(read(encoding, [&body[..end]]).is_err(), "{encoding:?} {end}");
        }
    }
}

#[test]
fn items_may_come_before_metadata() {
    let body = format!(r#"{{"items":[{POD}],"metadata":{{"resourceVersion":"9"}}}}"#);
    assert_eq!(read(Encoding::Json, [body.as_bytes()]).unwrap(), ["web-0", "9  None"]);
}

#[test]
fn one_bad_item_spoils_no_other() {
    let body = format!(r#"{{"metadata":{{"resourceVersion":"9"}},"items":[{{"metadata":7}},{POD}]}}"#);
    let mut page = Page::new(Encoding::Json);
    page.feed(body.as_bytes());
    let read = std::iter::from_fn(|| page.next_part().unwrap());
    let good: Vec<bool> = read
        .filter_map(|part| if let Part::Item(raw) = part { Some(raw.read::<Pod>().is_ok()) } else { None })
        .collect();
    assert_eq!(good, [false, true]);
}

#[test]
fn go_writes_an_empty_list_as_null() {
    let body = br#"{"metadata":{"resourceVersion":"9"},"items":null}"#;
    assert_eq!(read(Encoding::Json, [&body[..]]).unwrap(), ["9  None"]);
}

#[test]
fn a_body_that_is_no_list_is_refused_without_quoting_it() {
    for encoding in [Encoding::Json, Encoding::Protobuf] {
        let error = read(encoding, [&b"<html>secret</html>"[..]]).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
    assert!(read(Encoding::Json, [&*protobuf()]).is_err(), "the Content-Type says JSON and it is none");
    assert!(read(Encoding::Protobuf, [json().as_bytes()]).is_err());
    assert!(read(Encoding::Json, [&b"{} {}"[..]]).is_err(), "two answers are none");
}

#[test]
fn what_nobody_reads_is_not_kept() {
    let mut parts = JsonParts::default();
    parts.buffer.extend_from_slice(br#"{"kind":"PodList","unknown":[{"a":"#);
    for _ in 0..100 {
        parts.buffer.extend_from_slice(br#""long long long","#);
        assert!(parts.next_part().unwrap().is_none());
        assert_eq!(parts.buffer.len(), 0);
    }
}
