//! How fresh the data is, in few words: per kind for the header, per pane for titles and empty panes.

use jiff::Timestamp;

use super::theme::Role;
use crate::model::change::Freshness;
use crate::model::cluster::Cluster;
use crate::model::kind::Kind;
use crate::model::value::age;

/// Words, and how they are shown.
pub(crate) type Words = (String, Role);

/// How much of the words there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Length {
    Full,
    Medium,
    Short,
}

/// `14s`, since an instant or until it.
fn seconds(from: Timestamp, to: Timestamp) -> String {
    age(to.duration_since(from).as_secs())
}

/// Kinds that are in the same state for the same reason, told once.
struct Group<'a> {
    kinds: Vec<Kind>,
    freshness: &'a Freshness,
}

/// The state of every stream; trouble first, what is live last.
pub(crate) fn overview(cluster: &Cluster, now: Timestamp, length: Length) -> Vec<Words> {
    let mut groups: Vec<Group> = Vec::new();
    for kind in Kind::ALL {
        let freshness = cluster.freshness(kind);
        match groups.iter_mut().find(|group| alike(group.freshness, freshness)) {
            Some(group) => group.kinds.push(kind),
            None => groups.push(Group { kinds: vec![kind], freshness }),
        }
    }
    groups.sort_by_key(|group| rank(group.freshness));
    groups.iter().map(|group| words(group, cluster, now, length)).collect()
}

fn rank(freshness: &Freshness) -> u8 {
    match freshness {
        Freshness::Stale { .. } => 0,
        Freshness::Forbidden { .. } => 1,
        Freshness::Listing { .. } => 2,
        Freshness::Connecting => 3,
        Freshness::Absent { .. } => 4,
        Freshness::Live { .. } => 5,
    }
}

/// Whether two kinds can be told in one breath.
fn alike(one: &Freshness, other: &Freshness) -> bool {
    match (one, other) {
        (Freshness::Stale { why: a, .. }, Freshness::Stale { why: b, .. }) => a == b,
        (Freshness::Listing { .. }, _) => false,
        _ => rank(one) == rank(other),
    }
}

fn words(group: &Group, cluster: &Cluster, now: Timestamp, length: Length) -> Words {
    let Group { kinds, freshness } = group;
    let names = |most: Length| match kinds.len() {
        count if count == Kind::ALL.len() => format!("all {count} kinds"),
        count if length > most && count > 1 => format!("{count} kinds"),
        _ => kinds.iter().map(|kind| kind.plural()).collect::<Vec<_>>().join(", "),
    };
    let text = match freshness {
        Freshness::Live { .. } => return (format!("● live {}", names(Length::Full)), Role::Ok),
        Freshness::Connecting => return (format!("○ connecting {}", names(Length::Full)), Role::TextDim),
        Freshness::Listing { seen, remaining } => {
            return (
                format!("◐ listing {} {}", names(Length::Full), progress(*seen, *remaining)),
                Role::Info,
            );
        }
        Freshness::Absent { .. } => {
            return (format!("– not served {}", names(Length::Medium)), Role::TextDim);
        }
        Freshness::Forbidden { verb, resource, .. } => match kinds.as_slice() {
            [_] => format!("✖ forbidden: {verb} {resource}"),
            _ => format!("✖ forbidden: {verb} {}", names(Length::Medium)),
        },
        Freshness::Stale { why, .. } => {
            let (since, retry) = bounds(kinds, cluster);
            let since = since.map(|since| seconds(since, now)).unwrap_or_default();
            if length == Length::Short {
                format!("! stale {since}, {}: {}", retry_in(retry, now), names(Length::Full))
            } else {
                format!("! stale {since}: {why}, {} ({})", retry_in(retry, now), names(Length::Medium))
            }
        }
    };
    (text, Role::Warning)
}

/// The oldest beginning and the next attempt of several stale kinds.
fn bounds(kinds: &[Kind], cluster: &Cluster) -> (Option<Timestamp>, Option<Timestamp>) {
    let stale = kinds.iter().filter_map(|kind| match cluster.freshness(*kind) {
        Freshness::Stale { since, retry_at, .. } => Some((*since, *retry_at)),
        _ => None,
    });
    let (since, retry): (Vec<_>, Vec<_>) = stale.unzip();
    (since.into_iter().min(), retry.into_iter().min())
}

/// `retry in 3s`, or `retrying` when it is due.
fn retry_in(at: Option<Timestamp>, now: Timestamp) -> String {
    match at {
        Some(at) if at > now => format!("retry in {}", seconds(now, at)),
        _ => "retrying".into(),
    }
}

/// How many cells the bar has.
const BAR: u64 = 8;

/// `███░░░░░ 500/1700`: a bar, what was seen and what there is, where that is known; else what was seen so far.
fn progress(seen: u64, remaining: Option<u64>) -> String {
    let Some(remaining) = remaining else { return format!("{seen} so far") };
    let all = seen.saturating_add(remaining);
    let full = seen.saturating_mul(BAR).checked_div(all).unwrap_or(0).min(BAR) as usize;
    format!("{}{} {seen}/{all}", "█".repeat(full), "░".repeat(BAR as usize - full))
}

/// What to say of one kind besides its rows; `None` when it is live everywhere.
pub(crate) fn remark(kind: Kind, cluster: &Cluster, now: Timestamp) -> Option<Words> {
    let name = kind.plural();
    match cluster.freshness(kind) {
        Freshness::Live { .. } => {
            let namespace = cluster.narrowed(kind)?;
            Some((format!("{name} of {namespace} only"), Role::Warning))
        }
        Freshness::Stale { since, .. } => Some((format!("stale {}", seconds(*since, now)), Role::Warning)),
        Freshness::Connecting => Some((format!("connecting {name}"), Role::TextDim)),
        Freshness::Listing { seen, remaining } => {
            Some((format!("listing {name} {}", progress(*seen, *remaining)), Role::Info))
        }
        Freshness::Forbidden { verb, resource, .. } => {
            Some((format!("may not {verb} {resource}"), Role::Warning))
        }
        Freshness::Absent { .. } => Some((format!("{name} not served"), Role::TextDim)),
    }
}

/// What to say of judgements that rest on every kind; `None` when all could be looked at and nothing is old.
pub(crate) fn completeness(cluster: &Cluster, now: Timestamp) -> Option<Words> {
    let (oldest, _) = bounds(&Kind::ALL, cluster);
    if let Some(since) = oldest {
        return Some((format!("stale {}", seconds(since, now)), Role::Warning));
    }
    let forbidden = |kind: &Kind| matches!(cluster.freshness(*kind), Freshness::Forbidden { .. });
    let missing =
        |kind: &Kind| matches!(cluster.freshness(*kind), Freshness::Connecting | Freshness::Listing { .. });
    if let Some(kind) = Kind::ALL.iter().find(|kind| forbidden(kind)) {
        return Some((format!("without {}", kind.plural()), Role::Warning));
    }
    if let Some((kind, namespace)) = Kind::ALL.iter().find_map(|kind| Some((kind, cluster.narrowed(*kind)?)))
    {
        return Some((format!("{} of {namespace} only", kind.plural()), Role::Warning));
    }
    Kind::ALL.iter().any(missing).then(|| ("still listing".into(), Role::Info))
}

/// Whether the data of a kind may be old.
pub(crate) fn is_old(kind: Kind, cluster: &Cluster) -> bool {
    matches!(cluster.freshness(kind), Freshness::Stale { .. })
}

/// Why there are no rows, as far as that lies in how fresh the data is; `None` when the kind is live.
pub(crate) fn absence(kind: Kind, cluster: &Cluster, now: Timestamp) -> Option<(Vec<String>, Role)> {
    let name = kind.plural();
    let (texts, role) = match cluster.freshness(kind) {
        Freshness::Live { .. } => return None,
        Freshness::Connecting => (vec![format!("Asking the server for {name} …")], Role::TextDim),
        Freshness::Listing { seen, remaining } => {
            (vec![format!("Listing {name}: {}", progress(*seen, *remaining))], Role::Info)
        }
        Freshness::Stale { why, retry_at, .. } => {
            (vec![format!("No {name} received: {why}; {}.", retry_in(Some(*retry_at), now))], Role::Warning)
        }
        Freshness::Forbidden { verb, resource, retry_at } => (
            vec![
                format!("You may not {verb} {resource}; everything else works."),
                format!(
                    "The missing right is verb {verb} on resource {resource}; foretop asks again by itself ({}).",
                    retry_in(Some(*retry_at), now)
                ),
            ],
            Role::Warning,
        ),
        Freshness::Absent { .. } => (
            vec![format!("This server does not serve {}/{}.", kind.api_version(), kind.resource())],
            Role::TextDim,
        ),
    };
    Some((texts, role))
}
