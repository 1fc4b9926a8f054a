//! What was asked, as the API server counts it for Prometheus. Only requests are counted.

use std::collections::BTreeMap;

/// What stands above the counters.
const HEAD: &str = "# HELP apiserver_request_total [STABLE] Counter of apiserver requests broken out for each verb, \
                    resource, subresource and code.\n# TYPE apiserver_request_total counter\n";

/// The text of `/metrics`.
pub(super) fn exposition(counts: &BTreeMap<(&'static str, String, u16), u64>) -> String {
    let lines = counts.iter().map(|((verb, whole, code), count)| {
        let (resource, subresource) = whole.split_once('/').unwrap_or((whole, ""));
        let verb = word(verb);
        // A request without an answer has the code 0, as in Kubernetes.
        format!(
            "apiserver_request_total{{code=\"{code}\",resource=\"{resource}\",subresource=\"{subresource}\",\
             verb=\"{verb}\"}} {count}\n"
        )
    });
    std::iter::once(HEAD.to_owned()).chain(lines).collect()
}

/// The API server's word for a verb.
fn word(verb: &str) -> String {
    match verb {
        "create" => "POST".to_owned(),
        "update" => "PUT".to_owned(),
        verb => verb.to_uppercase(),
    }
}
