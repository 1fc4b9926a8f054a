//! Which of the encodings that a client accepts it gets.

use super::refusal::{Answer, Refusal};

/// An encoding of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Yaml,
    Protobuf,
    /// The server's own table, as JSON.
    Table,
    /// Metadata alone, as JSON.
    Metadata,
}

/// What an answer can be given as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    /// Everything.
    All,
    /// Everything but protobuf.
    Custom,
    /// Only the object itself, as JSON or YAML.
    Text,
    /// Only the object itself, in any encoding.
    Whole,
}

impl Format {
    /// The content type of an object or a list.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json | Self::Table | Self::Metadata => "application/json",
            Self::Yaml => "application/yaml",
            Self::Protobuf => "application/vnd.kubernetes.protobuf",
        }
    }

    /// The content type of a watch.
    pub(crate) fn stream_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/vnd.kubernetes.protobuf;stream=watch",
            _ => "application/json",
        }
    }
}

/// Picks the first accepted encoding that is offered.
///
/// # Errors
/// When none is.
pub(crate) fn choose(accept: &str, offer: Offer) -> Answer<Format> {
    let mut wanted: Vec<(i64, &str)> = accept
        .split(',')
        .map(str::trim)
        .filter(|one| !one.is_empty())
        .map(|one| (quality(one), one))
        .collect();
    wanted.sort_by_key(|(quality, _)| std::cmp::Reverse(*quality));
    if wanted.is_empty() {
        return Ok(Format::Json);
    }
    wanted.iter().find_map(|(_, one)| format(one, offer)).ok_or_else(|| {
        let all = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
        Refusal::not_acceptable(if matches!(offer, Offer::Text | Offer::Custom) {
            "application/json, application/yaml"
        } else {
            all
        })
    })
}

fn parameters(one: &str) -> impl Iterator<Item = (&str, &str)> {
    one.split(';').skip(1).filter_map(|pair| pair.trim().split_once('='))
}

/// The `q` of an entry in thousandths.
fn quality(one: &str) -> i64 {
    let given =
        parameters(one).find(|(name, _)| *name == "q").and_then(|(_, value)| value.parse::<f64>().ok());
    (given.unwrap_or(1.0) * 1000.0) as i64
}

fn format(one: &str, offer: Offer) -> Option<Format> {
    let kind = one.split(';').next().unwrap_or_default().trim();
    let shape = parameters(one).find(|(name, _)| *name == "as").map(|(_, value)| value);
    match (kind, shape) {
        ("application/json", Some("Table")) if matches!(offer, Offer::All | Offer::Custom) => {
            Some(Format::Table)
        }
        ("application/json", Some("PartialObjectMetadata" | "PartialObjectMetadataList"))
            if offer != Offer::Whole =>
        {
            Some(Format::Metadata)
        }
        ("application/json" | "application/*" | "*/*", None) => Some(Format::Json),
        ("application/yaml", None) => Some(Format::Yaml),
        ("application/vnd.kubernetes.protobuf", None) if matches!(offer, Offer::All | Offer::Whole) => {
            Some(Format::Protobuf)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_offered_wins() {
        let protobuf = "application/vnd.kubernetes.protobuf,application/json";
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
        assert_eq!(choose(protobuf, Offer::All).unwrap(), Format::Protobuf);
        assert_eq!(choose(protobuf, Offer::Text).unwrap(), Format::Json);
        assert_eq!(choose(table, Offer::All).unwrap(), Format::Table);
        assert_eq!(choose(table, Offer::Whole).unwrap(), Format::Json);
        assert_eq!(
            choose("application/vnd.kubernetes.protobuf;stream=watch", Offer::All).unwrap(),
            Format::Protobuf
        );
        assert_eq!(choose(table, Offer::Custom).unwrap(), Format::Table);
        assert_eq!(choose(protobuf, Offer::Custom).unwrap(), Format::Json);
        let refused = choose("application/vnd.kubernetes.protobuf", Offer::Custom).err().unwrap();
        assert_eq!(refused.code, 406, "custom resources have no protobuf");
        assert_eq!(choose("", Offer::All).unwrap(), Format::Json);
        assert_eq!(choose("application/yaml;q=0.1, */*;q=0.9", Offer::All).unwrap(), Format::Json);
        assert_eq!(choose("application/cbor", Offer::All).err().unwrap().code, 406);
    }
}
