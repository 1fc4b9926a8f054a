//! What names and values of labels and taints may look like, in the words of the API server. It knows no objects.

/// The longest name part and the longest value.
const LONGEST: usize = 63;
/// The longest domain before a name.
const LONGEST_PREFIX: usize = 253;

/// Why a text is no qualified name, such as `example.com/name`; `None` when it is one.
pub(super) fn qualified(text: &str) -> Option<String> {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    if name.contains('/') {
        return Some("a qualified name must consist of a name part and an optional prefix part".to_owned());
    }
    match prefix {
        Some("") => return Some("prefix part must be non-empty".to_owned()),
        Some(prefix) if prefix.len() > LONGEST_PREFIX => {
            return Some(format!("prefix part must be no more than {LONGEST_PREFIX} bytes"));
        }
        Some(prefix) if !subdomain(prefix) => {
            let why = "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \
                       '-' or '.', and must start and end with an alphanumeric character";
            return Some(why.to_owned());
        }
        _ => {}
    }
    if name.is_empty() {
        return Some("name part must be non-empty".to_owned());
    }
    part(name).map(|why| format!("name part {why}"))
}

/// Why a text is no value of a label; `None` when it is one.
pub(super) fn label_value(text: &str) -> Option<String> {
    if text.is_empty() { None } else { part(text).map(|why| format!("a valid label {why}")) }
}

fn part(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return Some(format!("must be no more than {LONGEST} bytes"));
    }
    let edges = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric());
    let inside = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    (!edges || !inside).then(|| {
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric \
         character"
            .to_owned()
    })
}

fn subdomain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let label = |label: &str| {
        label.starts_with(plain) && label.ends_with(plain) && label.chars().all(|c| plain(c) || c == '-')
    };
    text.split('.').all(label)
}
