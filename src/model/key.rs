//! How objects are named: keys, UIDs and targets. It does not hold objects.

use std::fmt;

use super::kind::Kind;
use super::text::Str;

/// Namespace and name. Cluster-scoped objects have an empty namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Empty for cluster-scoped objects.
    pub namespace: Str,
    /// The object's name.
    pub name: Str,
}

impl Key {
    /// A key from two texts; prefer cloning shared ones.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            f.write_str(&self.name)
        } else {
            write!(f, "{}/{}", self.namespace, self.name)
        }
    }
}

/// An object that carries its own key, so that nobody keeps it twice.
pub trait Keyed {
    /// Namespace and name.
    fn key(&self) -> &Key;
}

/// An object's UID in 16 bytes; zero when the server sent none that is a UUID. Bytes and not one number, which would
/// have to stand at a multiple of 16 in every object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uid([u8; 16]);

impl Uid {
    /// Parses a UUID; anything else becomes the zero UID, which is never sent back as a precondition.
    pub fn parse(text: &str) -> Self {
        let hex: String = text.chars().filter(|c| *c != '-').collect();
        let number = if hex.len() == 32 { u128::from_str_radix(&hex, 16).ok() } else { None };
        Self::from(number.unwrap_or(0))
    }

    /// Whether it can serve as a precondition.
    pub fn is_known(self) -> bool {
        self != Self::default()
    }
}

impl From<u128> for Uid {
    fn from(number: u128) -> Self {
        Self(number.to_be_bytes())
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", u128::from_be_bytes(self.0));
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

/// What a row, a selection or an operation is about. Selections are kept by target, never by row number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    /// The kind of object.
    pub kind: Kind,
    /// Its name.
    pub key: Key,
}

impl Target {
    /// A target from its parts.
    pub fn new(kind: Kind, key: Key) -> Self {
        Self { kind, key }
    }

    /// The path of the object itself.
    pub fn path(&self) -> String {
        format!("{}/{}", self.kind.collection(Some(&self.key.namespace)), self.key.name)
    }
}

impl fmt::Display for Target {
    /// As kubectl names it: `node/worker-1`, `pod/shop/web-0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.name().to_lowercase(), self.key)
    }
}

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// An object.
    Object(Target),
    /// What objects have in common, such as their zone, by a name that is unique within its view. It is nothing that the
    /// API server knows, so nothing can be done to it.
    Group(Str),
}

impl Subject {
    /// The object, if it is one.
    pub fn object(&self) -> Option<&Target> {
        match self {
            Self::Object(target) => Some(target),
            Self::Group(_) => None,
        }
    }

    /// By what its view knows it.
    pub fn key(&self) -> Key {
        match self {
            Self::Object(target) => target.key.clone(),
            Self::Group(name) => Key { namespace: "".into(), name: Str::clone(name) },
        }
    }

    /// The name alone.
    pub fn name(&self) -> &Str {
        match self {
            Self::Object(target) => &target.key.name,
            Self::Group(name) => name,
        }
    }

    /// The namespace; empty for what is in none.
    pub fn namespace(&self) -> &str {
        self.object().map_or("", |target| &target.key.namespace)
    }
}

impl From<Target> for Subject {
    fn from(target: Target) -> Self {
        Self::Object(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_survive_the_round_trip() {
        let text = "0f3c2a1b-0001-4abc-8def-0123456789ab";
        assert_eq!(Uid::parse(text).to_string(), text);
        assert!(!Uid::parse("not-a-uuid").is_known());
    }
}
