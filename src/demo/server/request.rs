//! One request, taken apart: path, parameters, headers, body. It judges nothing.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;

use super::refusal::{Answer, Refusal};
use crate::demo::json::put;
use crate::demo::protobuf;
use crate::wire::frame;

/// How the pieces of a list are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pieces {
    #[default]
    Joined,
    /// Each in a frame of its own, so that the fault script finds them.
    Apart,
}

/// A request with its body read.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// As it came.
    pub(crate) query: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) accept: String,
    pub(crate) content_type: String,
    pub(crate) token: Option<String>,
    pub(crate) agent: String,
    pub(crate) body: Bytes,
    /// How many of the newest versions the answer must not know.
    pub(crate) behind: u64,
    pub(crate) pieces: Pieces,
}

impl Request {
    /// Takes a request apart.
    pub(crate) fn new(method: Method, uri: &http::Uri, headers: &HeaderMap, body: Bytes) -> Self {
        let header = |name: &str| {
            let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
            values.collect::<Vec<_>>().join(",")
        };
        let query = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let parameters = query.map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        });
        // A bearer token counts more than one in the address, which is there for clients that send none.
        let (in_path, path) = split_token(decode_path(uri.path()));
        let bearer = header("authorization").strip_prefix("Bearer ").map(str::to_owned);
        Self {
            method,
            path,
            query: uri.query().unwrap_or_default().to_owned(),
            parameters: parameters.collect(),
            accept: header("accept"),
            content_type: header("content-type"),
            token: bearer.or(in_path),
            agent: header("user-agent"),
            body,
            behind: 0,
            pieces: Pieces::Joined,
        }
    }

    /// One parameter, or nothing.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// Whether a parameter is set to something true.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        matches!(self.parameter(name), "true" | "1")
    }

    /// A parameter that is a number.
    ///
    /// # Errors
    /// When it is something else.
    pub(crate) fn number(&self, name: &str) -> Answer<Option<u64>> {
        let text = self.parameter(name);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| Refusal::bad_request(format!("{name}: Invalid value: {text:?}")))
    }

    /// The name that managedFields give the writer.
    pub(crate) fn manager(&self) -> &str {
        let named = self.parameter("fieldManager");
        if named.is_empty() { self.agent.split(['/', ' ']).next().unwrap_or("unknown") } else { named }
    }

    /// Whether the request must change nothing, said by `dryRun=All` in the parameters or in the options of the body.
    ///
    /// # Errors
    /// When the parameter is something else.
    pub(crate) fn is_dry(&self) -> Answer<bool> {
        match self.parameter("dryRun") {
            "" => Ok(false),
            "All" => Ok(true),
            other => Err(Refusal::invalid_options(
                "dryRun",
                &format!("Unsupported value: {other:?}: supported values: \"All\""),
            )),
        }
    }

    /// The body as an object.
    ///
    /// # Errors
    /// When it is in another encoding or malformed.
    pub(crate) fn object(&self) -> Answer<Value> {
        match self.content_type.split(';').next().unwrap_or_default().trim() {
            "" | "application/json" => serde_json::from_slice(&self.body)
                .map_err(|error| Refusal::bad_request(format!("error decoding the body: {error}"))),
            "application/yaml" => serde_yaml::from_slice(&self.body)
                .map_err(|error| Refusal::bad_request(format!("error decoding the body: {error}"))),
            "application/vnd.kubernetes.protobuf" => self.protobuf_object(),
            _ => Err(Refusal::unsupported_media(
                "application/json, application/yaml, application/vnd.kubernetes.protobuf",
            )),
        }
    }

    fn protobuf_object(&self) -> Answer<Value> {
        let wrong = |why: &str| Refusal::bad_request(format!("error decoding the body: {why}"));
        let envelope = frame::open(self.body.clone()).map_err(|error| wrong(&error.to_string()))?;
        let named = envelope.type_meta.unwrap_or_default();
        if !protobuf::knows(&named.kind) {
            return Err(wrong(&format!("no kind {:?} is registered", named.kind)));
        }
        let mut object =
            protobuf::decode(&named.kind, &envelope.raw).ok_or_else(|| wrong("malformed protobuf"))?;
        put(&mut object, "/kind", named.kind);
        put(&mut object, "/apiVersion", named.api_version);
        Ok(object)
    }

    /// The body as an object, or null when there is none.
    ///
    /// # Errors
    /// As `object`.
    pub(crate) fn options(&self) -> Answer<Value> {
        if self.body.is_empty() { Ok(Value::Null) } else { self.object() }
    }
}

/// Takes `/tokens/TOKEN` from the beginning of a path.
fn split_token(path: String) -> (Option<String>, String) {
    let Some((token, rest)) =
        path.strip_prefix("/tokens/").map(|rest| rest.split_once('/').unwrap_or((rest, "")))
    else {
        return (None, path);
    };
    (Some(token.to_owned()), format!("/{rest}"))
}

fn decode_path(path: &str) -> String {
    decode(&path.replace('+', "%2B"))
}

/// Reads percent encoding, and `+` as a space.
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        let hex = bytes.get(index + 1..index + 3).and_then(|two| std::str::from_utf8(two).ok());
        match (bytes[index], hex.and_then(|two| u8::from_str_radix(two, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                index += 3;
                continue;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        index += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let uri: http::Uri = "/api/v1/pods?labelSelector=a%3Db%2Cc&watch=1&x=1+2%".parse().unwrap();
        let request = Request::new(Method::GET, &uri, &HeaderMap::new(), Bytes::new());
        assert_eq!(request.parameter("labelSelector"), "a=b,c");
        assert_eq!(request.parameter("x"), "1 2%");
        assert!(request.is_set("watch"));
        assert!(request.number("x").is_err());
        assert_eq!(split_token("/tokens/t/api/v1".to_owned()), (Some("t".to_owned()), "/api/v1".to_owned()));
        assert_eq!(split_token("/api/v1".to_owned()), (None, "/api/v1".to_owned()));
    }
}
