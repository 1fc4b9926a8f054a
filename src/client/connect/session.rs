//! One connection's worth of knowledge: whom we talk to, as whom, and the sending of requests. It keeps no objects and
//! retries nothing but a request whose credentials were refused.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::Full;
use jiff::SignedDuration;
use serde::Deserialize;
use tower::ServiceExt as _;

use super::{
    access::{Access, Grant},
    answer::Answer,
    failure::{self, Failure, Stage},
    peer::Peer,
    skew::Skew,
};
use crate::client::clock;
use crate::client::gate::{self, Kubelets, Mode};
use crate::model::server::Identity;

/// `foretop/0.1.0`
const USER_AGENT: &str = concat!("foretop/", env!("CARGO_PKG_VERSION"));

/// The largest answer to GET /version.
const LARGEST_VERSION: usize = 64 << 10;

/// A cluster, as one user reaches it. Shared by all tasks that talk to it.
pub struct Session {
    /// The context's name; `in-cluster` in a pod, the server's address when only `--server` was given.
    pub context: String,
    /// The cluster entry's name, with the same exceptions.
    pub cluster: String,
    /// The server's URL, without credentials.
    pub server: String,
    /// The user entry's name; in a pod the service account; empty for nobody.
    pub user: String,
    /// The namespace of the context or of `--namespace`, if there is one.
    pub namespace: Option<String>,
    /// Whether the server is on this machine.
    pub loopback: bool,
    /// What may be asked of the server; see [`gate`].
    pub mode: Mode,
    /// Whether kubelets may be asked; see [`gate`].
    pub kubelets: Kubelets,
    pub(super) access: Access,
    pub(super) peer: Arc<Peer>,
    pub(super) patience: Duration,
    pub(super) skew: Skew,
}

/// What GET /version says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerVersion {
    /// 1.
    pub major: u32,
    /// For example 36.
    pub minor: u32,
    /// For example `v1.36.3+k3s1`.
    pub git: String,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("context", &self.context)
            .field("cluster", &self.cluster)
            .field("server", &self.server)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Who is connected to what, for the header, the dialogs and the audit log.
    pub fn identity(&self) -> Identity {
        // The embedded cluster's addresses carry a made-up token, because clients send none over plain HTTP.
        let server = self.server.split("/tokens/").next().unwrap_or_default();
        Identity {
            context: self.context.clone(),
            cluster: self.cluster.clone(),
            server: server.to_owned(),
            user: self.user.clone(),
        }
    }

    /// Sends a request whose URI is only a path and a query, and returns as soon as the answer's head is there,
    /// whatever its status; `Answer::check` turns refusals into failures.
    ///
    /// Credentials, impersonation and the user agent are added. Should the server refuse the credentials (401) and
    /// better ones can be had, the request is sent exactly once more.
    ///
    /// # Errors
    /// When no answer came within the deadline, no credentials could be had, or the session's mode stops the request.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Answer, Failure> {
        self.send_within(self.patience, request).await
    }

    /// As `send`, with a deadline of its own. Obtaining credentials does not count: a plugin may ask the user.
    pub(in crate::client) async fn send_within(
        &self,
        patience: Duration,
        request: Request<Vec<u8>>,
    ) -> Result<Answer, Failure> {
        gate::permits(self.mode, self.kubelets, request.method(), request.uri())?;
        let kubelet = gate::asks_kubelet(request.uri().path());
        let (mut head, body) = request.into_parts();
        head.uri = self.absolute(&head.uri)?;
        let headers = &mut head.headers;
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        let watching = is_watch(&head.uri);
        let encoding = if self.access.target().compress && !watching { "gzip" } else { "identity" };
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(encoding));
        headers.extend(self.access.target().impersonation.clone());
        let request = Request::from_parts(head, Full::new(Bytes::from(body)));

        let grant = self.access.grant().await?;
        let answer = self.once(&grant, &request, patience).await?;
        // A kubelet's 401 is about the API server's credentials, not ours.
        if answer.status != StatusCode::UNAUTHORIZED || kubelet {
            return Ok(answer);
        }
        match self.access.after_refusal(&grant).await? {
            Some(grant) => self.once(&grant, &request, patience).await,
            None => Ok(answer),
        }
    }

    /// Asks for the server's version, which every authenticated user may read.
    ///
    /// # Errors
    /// Any failure of `send`, a refusal, or an answer that is no version.
    pub async fn version(&self) -> Result<ServerVersion, Failure> {
        self.version_within(self.patience).await
    }

    /// The same, with other deadlines for the answer's head and for its body.
    ///
    /// # Errors
    /// As `version`.
    pub async fn version_within(&self, patience: Duration) -> Result<ServerVersion, Failure> {
        let mut request = Request::new(Vec::new());
        *request.uri_mut() = Uri::from_static("/version");
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let answer = self.send_within(patience.min(self.patience), request).await?;
        let body = async { answer.check().await?.body.collect(LARGEST_VERSION).await };
        let body = tokio::time::timeout(patience, body).await.map_err(|_| Failure::Timeout {
            server: self.peer.address.clone(),
            stage: Stage::Body,
            after: Some(patience),
        })??;
        parse_version(&body).ok_or_else(|| Failure::Undecodable {
            path: "/version".to_owned(),
            why: "it is no version".to_owned(),
        })
    }

    /// Sends what comes next over new connections, because the old ones may be dead without anybody having said so.
    pub async fn reconnect(&self) {
        self.access.reconnect().await;
    }

    /// How far the server's clock is ahead of ours: the median of the last ten answers, good to about a second.
    pub fn skew(&self) -> Option<SignedDuration> {
        self.skew.median()
    }

    /// The failure of a request that was given up after so long.
    pub fn unanswered(&self, after: Duration) -> Failure {
        Failure::Timeout { server: self.peer.address.clone(), stage: Stage::Answer, after: Some(after) }
    }

    async fn once(
        &self,
        grant: &Grant,
        request: &Request<Full<Bytes>>,
        patience: Duration,
    ) -> Result<Answer, Failure> {
        let mut request = request.clone();
        if let Some(authorization) = &grant.authorization {
            request.headers_mut().insert(header::AUTHORIZATION, authorization.clone());
        }
        let sent = clock::now();
        let answer = tokio::time::timeout(patience, grant.transport.clone().oneshot(request)).await;
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(failure::classify(error.as_ref(), &grant.peer)),
            Err(_) => return Err(self.unanswered(patience)),
        };
        if let Some(date) = answer.headers().get(header::DATE).and_then(|date| date.to_str().ok()) {
            self.skew.note(date, sent, clock::now());
        }
        Ok(Answer::new(answer, Arc::clone(&grant.peer), self.patience))
    }

    /// Puts the server's address, and the path it may have, before the request's own path.
    fn absolute(&self, uri: &Uri) -> Result<Uri, Failure> {
        let base = &self.access.target().url;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let mut parts = base.clone().into_parts();
        parts.path_and_query = format!("{}{path}", base.path().trim_end_matches('/')).parse().ok();
        Uri::from_parts(parts)
            .map_err(|error| Failure::Setting { what: path.to_owned(), why: error.to_string() })
    }
}

/// Watches are answered piece by piece, which compression would only delay.
fn is_watch(uri: &Uri) -> bool {
    let query = uri.query().unwrap_or_default();
    query
        .split('&')
        .any(|part| matches!(part, "watch" | "watch=1" | "watch=true" | "follow=true" | "follow=1"))
}

fn parse_version(body: &[u8]) -> Option<ServerVersion> {
    #[derive(Deserialize)]
    struct Version {
        major: String,
        minor: String,
        #[serde(default, rename = "gitVersion")]
        git: String,
    }
    // Some providers write `27+`.
    let number = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text[..end].parse().ok()
    };
    let version: Version = serde_json::from_slice(body).ok()?;
    Some(ServerVersion { major: number(&version.major)?, minor: number(&version.minor)?, git: version.git })
}

#[cfg(test)]
mod tests {
    use super::{is_watch, parse_version};

    #[test]
    fn knows_watches() {
        assert!(is_watch(&"/api/v1/pods?limit=1&watch=1".parse().unwrap()));
        assert!(is_watch(&"/api/v1/pods?watch=true&x=y".parse().unwrap()));
        assert!(!is_watch(&"/api/v1/pods?watch=false".parse().unwrap()));
        assert!(!is_watch(&"/api/v1/namespaces/watch=1/pods".parse().unwrap()));
    }

    #[test]
    fn reads_versions_of_all_providers() {
        let gke = br#"{"major":"1","minor":"36+","gitVersion":"v1.36.3-gke.1"}"#;
        let version = parse_version(gke).unwrap();
        assert_eq!((version.major, version.minor, version.git.as_str()), (1, 36, "v1.36.3-gke.1"));
        assert!(parse_version(br#"{"major":"","minor":""}"#).is_none());
        assert!(parse_version(b"<html>").is_none());
    }
}
