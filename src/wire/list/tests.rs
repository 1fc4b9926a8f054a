use super::*;
use crate::wire::frame::{join_items, seal};

fn metadata() -> ListMeta {
    ListMeta { resource_version: "9".into(), continue_token: "more".into(), ..ListMeta::default() }
}

fn items() -> Vec<Vec<u8>> {
    // 200 bytes take two for their length.
    vec![b"one".to_vec(), Vec::new(), vec![7; 200]]
}

fn parts_of(list: &ListMeta, items: &[Vec<u8>]) -> Vec<Part> {
    let items = items.iter().map(|item| Part::Item(Bytes::from(item.clone())));
    std::iter::once(Part::Metadata(list.clone())).chain(items).collect()
}

/// A field with a length before it.
fn field(number: u64, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::encode_varint(number << 3 | DELIMITED, &mut out);
    prost::encoding::encode_varint(content.len() as u64, &mut out);
    out.extend(content);
    out
}

/// Feeds pieces and gathers parts, until the first failure.
fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Part>, FrameError> {
    let mut list = ListParts::default();
    let mut seen = Vec::new();
    for piece in pieces {
        list.feed(piece);
        while let Some(part) = list.next_part()? {
            seen.push(part);
        }
    }
    list.finish()?;
    Ok(seen)
}

#[test]
fn a_list_is_the_same_wherever_it_is_cut() {
    let whole = seal("v1", "PodList", join_items(&metadata(), items()));
    let want = parts_of(&metadata(), &items());
    for cut in 0..=whole.len() {
        assert_eq!(read([&whole[..cut], &whole[cut..]]).unwrap(), want, "cut at {cut}");
    }
    assert_eq!(read(whole.chunks(1)).unwrap(), want, "byte by byte");
}

#[test]
fn items_come_out_before_the_list_is_complete() {
    let whole = seal("v1", "PodList", join_items(&metadata(), items()));
    let mut list = ListParts::default();
    list.feed(&whole[..whole.len() - 1]);
    let mut seen = Vec::new();
    while let Some(part) = list.next_part().unwrap() {
        seen.push(part);
    }
    assert_eq!(seen, parts_of(&metadata(), &items())[..3]);
    assert!(!list.is_complete());
}

#[test]
fn a_list_that_ends_early_is_a_failure_wherever_it_ends() {
    let whole = seal("v1", "PodList", join_items(&metadata(), items()));
    for end in 0..whole.len() {
        let error = read([&whole[..end]]).unwrap_err();
        assert!(matches!(error, FrameError::Truncated), "{end}: {error}");
    }
}

#[test]
fn an_empty_list_is_complete() {
    assert_eq!(read([&*[&MAGIC[..], &field(2, b"")].concat()]).unwrap(), []);
}

#[test]
fn the_order_of_fields_does_not_matter() {
    let list = [field(2, b"one"), field(1, &metadata().encode_to_vec())].concat();
    let envelope = [MAGIC.to_vec(), field(2, &list), field(1, b"")].concat();
    assert_eq!(read([&*envelope]).unwrap(), [Part::Item("one".into()), Part::Metadata(metadata())]);
}

#[test]
fn fields_that_nobody_knows_are_passed_over_without_being_kept() {
    let (number, eight, four) =
        ([9 << 3, 0x96, 0x01], [&[9 << 3 | 1][..], &[1; 8]].concat(), [9 << 3 | 5, 1, 1, 1, 1]);
    let unknown = [&number[..], &eight, &four, &field(77, &[3; 300])].concat();
    let list = [&unknown[..], &field(2, b"one"), &unknown].concat();
    let envelope = [MAGIC, &unknown[..], &field(1, b"x"), &field(2, &list), &unknown].concat();
    assert_eq!(read([&*envelope]).unwrap(), [Part::Item("one".into())]);
    assert_eq!(read(envelope.chunks(1)).unwrap(), [Part::Item("one".into())]);

    let mut parts = ListParts::default();
    parts.feed(&[MAGIC, &field(3, &[0; 1000])[..900]].concat());
    assert!(parts.next_part().unwrap().is_none());
    assert_eq!(parts.buffer.len(), 0);
}

#[test]
fn what_is_no_list_is_refused_at_its_first_byte() {
    for body in [&b"{\"kind\":\"PodList\"}"[..], b"<html>", b"k8s\x01"] {
        assert!(matches!(read([body]).unwrap_err(), FrameError::Magic), "{body:?}");
    }
}

#[test]
fn corrupt_lengths_and_types_are_refused() {
    let within = |list: &[u8]| read([&*[&MAGIC[..], &field(2, list)].concat()]).unwrap_err();
    // An item that is longer than the list, a group, a number without end, metadata that is none.
    assert!(matches!(within(&[0x12, 100, 1]), FrameError::Malformed(_)));
    assert!(matches!(within(&[0x13]), FrameError::Malformed(_)));
    assert!(matches!(within(&[0xff; 12]), FrameError::Malformed(_)));
    assert!(matches!(within(&field(1, &[0xff])), FrameError::Decode(_)));
}

#[test]
fn a_part_of_absurd_size_is_refused_before_it_arrives() {
    let mut envelope = MAGIC.to_vec();
    for key in [0x12, 0x12] {
        envelope.push(key);
        let length = LARGEST_FRAME as u64 + if envelope.len() > 6 { 1 } else { 100 };
        prost::encoding::encode_varint(length, &mut envelope);
    }
    assert!(matches!(read([&*envelope]).unwrap_err(), FrameError::TooLarge(_)));
}

#[test]
fn no_bytes_at_all_can_make_it_panic() {
    let mut seed = 7_u64;
    for round in 0..2000 {
        let mut bytes = seal("v1", "PodList", join_items(&metadata(), items()));
        for _ in 0..=round % 4 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (seed >> 33) as usize % bytes.len();
            bytes[at] = (seed >> 20) as u8;
        }
        let whole = read([&*bytes]);
        let pieces = read(bytes.chunks(3));
        assert_eq!(format!("{whole:?}"), format!("{pieces:?}"), "round {round}");
    }
}
