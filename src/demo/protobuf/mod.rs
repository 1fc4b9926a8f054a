//! Kubernetes' protobuf, written straight from JSON and read back into it by a table of field numbers. The table has
//! every message that the served kinds are made of; fields that are not in it, such as rare volume sources, are left
//! out.
//!
//! Source of the numbers: the `generated.proto` files of `k8s.io/api` and `k8s.io/apimachinery`.

mod read;
mod write;

use std::collections::HashMap;
use std::sync::LazyLock;

pub(crate) use read::decode;
pub(crate) use write::encode;

/// One message per line: its name, then `field=number:shape`. A shape is a letter (see [`Shape`]) or the name of a
/// message; `*` marks a list, and the field `^` is a message whose fields stand in the JSON of its parent.
const TABLE: &str = include_str!("fields.txt");

static MESSAGES: LazyLock<HashMap<&'static str, Vec<Field>>> =
    LazyLock::new(|| TABLE.lines().filter_map(line).collect());

struct Field {
    name: &'static str,
    number: u32,
    shape: Shape,
    repeated: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// `s`
    Text,
    /// `i`
    Number,
    /// `b`
    Truth,
    /// `B`, base64 in JSON
    Bytes,
    /// `t`, Time and MicroTime
    Time,
    /// `q`
    Quantity,
    /// `o`
    IntOrString,
    /// `f`, FieldsV1
    RawFields,
    /// `M`
    Texts,
    /// `N`
    ManyBytes,
    /// `Q`
    Quantities,
    /// `T`
    Times,
    Message(&'static str),
}

impl Shape {
    fn is_map(self) -> bool {
        matches!(self, Self::Texts | Self::ManyBytes | Self::Quantities | Self::Times)
    }
}

fn line(line: &'static str) -> Option<(&'static str, Vec<Field>)> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let fields = words.filter_map(|word| {
        let (name, rest) = word.split_once('=')?;
        let (number, shape) = rest.split_once(':')?;
        Some(Field {
            name,
            number: number.parse().ok()?,
            shape: shape_of(shape.trim_end_matches('*')),
            repeated: shape.ends_with('*'),
        })
    });
    Some((name, fields.collect()))
}

fn shape_of(letter: &'static str) -> Shape {
    match letter {
        "s" => Shape::Text,
        "i" => Shape::Number,
        "b" => Shape::Truth,
        "B" => Shape::Bytes,
        "t" => Shape::Time,
        "q" => Shape::Quantity,
        "o" => Shape::IntOrString,
        "f" => Shape::RawFields,
        "M" => Shape::Texts,
        "N" => Shape::ManyBytes,
        "Q" => Shape::Quantities,
        "T" => Shape::Times,
        message => Shape::Message(message),
    }
}

/// Whether a kind is in the table.
pub(crate) fn knows(kind: &str) -> bool {
    MESSAGES.contains_key(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_that_is_named_is_in_the_table() {
        for (name, fields) in MESSAGES.iter() {
            for field in fields {
                if let Shape::Message(inside) = field.shape {
                    assert!(MESSAGES.contains_key(inside), "{name}.{} is a {inside}", field.name);
                }
            }
        }
        for row in crate::demo::resources::ALL.iter().filter(|row| !row.is_measured() && !row.is_custom()) {
            assert!(knows(row.kind), "{}", row.kind);
        }
    }
}
