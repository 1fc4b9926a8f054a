//! What was asked, as the API server counts it for Prometheus. Only requests are counted.

use std::collections::BTreeMap;

use super::route::ADAPTERS;
use crate::demo::resources;

/// What stands above the counters.
const HEAD: &str = "# HELP apiserver_request_total [STABLE] Counter of apiserver requests broken out for each verb, \
                    group, resource, subresource and code.\n# TYPE apiserver_request_total counter\n";

/// The text of `/metrics`.
pub(super) fn exposition(counts: &BTreeMap<(&'static str, String, u16), u64>) -> String {
    let lines = counts.iter().map(|((verb, whole, code), count)| {
        let (resource, subresource) = whole.split_once('/').unwrap_or((whole, ""));
        let ((group, resource), verb) = (labels(resource), word(verb));
        // A request without an answer has the code 0, as in Kubernetes.
        format!(
            "apiserver_request_total{{code=\"{code}\",group=\"{group}\",resource=\"{resource}\",\
             subresource=\"{subresource}\",verb=\"{verb}\"}} {count}\n"
        )
    });
    std::iter::once(HEAD.to_owned()).chain(lines).collect()
}

/// The group and the resource of what is counted under a name. What adapters serve is known by its group alone.
fn labels(name: &str) -> (&str, &str) {
    let known = resources::ALL.iter().find(|it| it.known_as() == name);
    match known {
        Some(it) => (it.group, it.plural),
        None if ADAPTERS.iter().any(|(group, _)| *group == name) => (name, ""),
        None => ("", name),
    }
}

/// The API server's word for a verb.
fn word(verb: &str) -> String {
    match verb {
        "create" => "POST".to_owned(),
        "update" => "PUT".to_owned(),
        verb => verb.to_uppercase(),
    }
}
