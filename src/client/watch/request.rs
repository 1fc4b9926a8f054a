//! The requests of a stream: paths, queries, what is accepted. It sends nothing.

use std::fmt::Write;
use std::time::Duration;

use http::Request;
use http::header::ACCEPT;

use crate::client::connect::Failure;

/// Objects on the first page of a list, so that it comes soon; kubectl's own number.
const FIRST_PAGE: u32 = 500;
/// Objects on the others, so that there are few of them.
const PAGE: u32 = 5000;
/// Protobuf where the server has it.
const BOTH: &str = "application/vnd.kubernetes.protobuf, application/json";
/// For servers that do not.
const JSON: &str = "application/json";

/// How many objects the page that this token stands for may have; the first has none.
pub(super) fn limit(token: &str) -> u32 {
    if token.is_empty() { FIRST_PAGE } else { PAGE }
}

/// What a stream is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// The path of the collection.
    pub path: String,
    /// The resource as RBAC names it, with its group after a dot.
    pub resource: String,
    /// The one namespace that it is narrowed to, where objects of all would count.
    pub namespace: Option<String>,
    /// Field selectors, of which the first that finds anything is watched; one empty one for all objects.
    pub selectors: Vec<String>,
    /// A label selector; empty for all objects.
    pub labels: &'static str,
}

impl Source {
    /// One page.
    pub(super) fn page(
        &self,
        selector: usize,
        token: &str,
        protobuf: bool,
    ) -> Result<Request<Vec<u8>>, Failure> {
        let mut query = format!("limit={}", limit(token));
        if !token.is_empty() {
            let _ = write!(query, "&continue={}", encode(token));
        }
        self.get(query, selector, protobuf)
    }

    /// A watch from a resourceVersion on.
    pub(super) fn watch(
        &self,
        selector: usize,
        from: &str,
        timeout: Duration,
        protobuf: bool,
    ) -> Result<Request<Vec<u8>>, Failure> {
        let seconds = timeout.as_secs();
        let query = format!(
            "watch=true&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={seconds}",
            encode(from)
        );
        self.get(query, selector, protobuf)
    }

    /// A watch that begins with all objects.
    pub(super) fn stream_list(&self, timeout: Duration, protobuf: bool) -> Result<Request<Vec<u8>>, Failure> {
        let seconds = timeout.as_secs();
        let query = format!(
            "watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan\
             &timeoutSeconds={seconds}"
        );
        self.get(query, 0, protobuf)
    }

    fn get(&self, mut query: String, selector: usize, protobuf: bool) -> Result<Request<Vec<u8>>, Failure> {
        if let Some(selector) = self.selectors.get(selector).filter(|it| !it.is_empty()) {
            let _ = write!(query, "&fieldSelector={}", encode(selector));
        }
        if !self.labels.is_empty() {
            let _ = write!(query, "&labelSelector={}", encode(self.labels));
        }
        Request::get(format!("{}?{query}", self.path))
            .header(ACCEPT, if protobuf { BOTH } else { JSON })
            .body(Vec::new())
            .map_err(|error| Failure::Setting { what: self.path.clone(), why: error.to_string() })
    }
}

/// Percent-encodes a query value.
pub(super) fn encode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Source {
        Source {
            path: "/api/v1/configmaps".into(),
            resource: "configmaps".into(),
            namespace: None,
            selectors: vec![String::new(), "metadata.name=kube-flannel-cfg".into()],
            labels: "",
        }
    }

    #[test]
    fn queries_are_what_the_api_expects() {
        let uri = |request: Result<Request<Vec<u8>>, Failure>| request.unwrap().uri().to_string();
        let minute = Duration::from_mins(1);
        assert_eq!(uri(source().page(0, "", true)), "/api/v1/configmaps?limit=500");
        assert_eq!(
            uri(source().page(1, "a+b=", true)),
            "/api/v1/configmaps?limit=5000&continue=a%2Bb%3D&fieldSelector=metadata.name%3Dkube-flannel-cfg"
        );
        assert_eq!(
            uri(source().watch(0, "7", minute, true)),
            "/api/v1/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=60"
        );
        assert!(
            uri(source().stream_list(minute, true))
                .contains("sendInitialEvents=true&resourceVersionMatch=NotOlderThan")
        );
        let labelled = Source { labels: "component=kube-controller-manager", ..source() };
        assert_eq!(
            uri(labelled.page(0, "", true)),
            "/api/v1/configmaps?limit=500&labelSelector=component%3Dkube-controller-manager"
        );
    }

    #[test]
    fn protobuf_is_offered_first_and_json_always() {
        let accept = |protobuf| source().page(0, "", protobuf).unwrap().headers()[ACCEPT].clone();
        assert_eq!(accept(true), BOTH);
        assert_eq!(accept(false), JSON);
    }
}
