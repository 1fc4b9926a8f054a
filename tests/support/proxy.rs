//! A recording proxy: plain HTTP on loopback in front of an API server (or the embedded cluster). It notes every
//! request's method and path and passes everything on as it is, watches as they stream. A gate may hold some back.
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderName, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kube::client::Body;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use super::api::{Api, runtime};
use super::credentials::write_kubeconfig;
use super::gate::Gate;

/// One request as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
}

/// Serves until it is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Recorded>>>,
    accepting: AbortHandle,
}

impl Proxy {
    /// Passes requests on as the user whose connection `upstream` is: what listens on loopback needs no token.
    pub(crate) fn start(upstream: &Api) -> Self {
        Self::behind(upstream, &Arc::default())
    }

    /// The same with a gate that some requests wait for.
    pub(crate) fn behind(upstream: &Api, gate: &Arc<Gate>) -> Self {
        let listener = runtime().block_on(TcpListener::bind(("127.0.0.1", 0))).expect("a loopback port");
        let address = listener.local_addr().expect("a bound port");
        let requests = Arc::default();
        let way =
            Way { upstream: upstream.client(), gate: Arc::clone(gate), requests: Arc::clone(&requests) };
        let accepting = runtime().spawn(accept(listener, way)).abort_handle();
        Self { address, requests, accepting }
    }

    pub(crate) fn server(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Writes a kubeconfig for the proxy into the folder; the context's name is the file's.
    pub(crate) fn kubeconfig(&self, folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(format!("{name}.kubeconfig"));
        write_kubeconfig(&path, name, &json!({"server": self.server()}), &json!({}));
        path
    }

    /// Everything that was asked so far, in the order of arrival.
    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Recorded {
    /// A request that cannot change the cluster: a read, or a question what one may do.
    pub(crate) fn is_harmless(&self) -> bool {
        let question = "/apis/authorization.k8s.io/v1/selfsubject";
        self.method == Method::GET || (self.method == Method::POST && self.path.starts_with(question))
    }
}

/// What a request goes through.
#[derive(Clone)]
struct Way {
    upstream: kube::Client,
    gate: Arc<Gate>,
    requests: Arc<Mutex<Vec<Recorded>>>,
}

async fn accept(listener: TcpListener, way: Way) {
    // Dropped with this task, so that no connection outlives the proxy.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, way.clone()));
    }
}

async fn serve(stream: TcpStream, way: Way) {
    let service = service_fn(|request: Request<Incoming>| {
        let recorded = Recorded {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
        };
        way.requests.lock().unwrap_or_else(PoisonError::into_inner).push(recorded);
        let way = way.clone();
        async move { Ok::<_, Infallible>(way.pass_on(request).await) }
    });
    // A client that hangs up in the middle of a watch is the normal end of a connection.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

impl Way {
    async fn pass_on(&self, request: Request<Incoming>) -> Response<Body> {
        let (mut parts, body) = request.into_parts();
        let Ok(body) = body.collect().await else {
            return refusal(StatusCode::BAD_REQUEST, "the request broke off");
        };
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        self.gate.enter(&method, &path, agent.unwrap_or_default()).await;
        remove_hop_headers(&mut parts.headers);
        // The connection upstream speaks for its own user and names its own host.
        parts.headers.remove(header::HOST);
        parts.headers.remove(header::AUTHORIZATION);
        let request = Request::from_parts(parts, Body::from(body.to_bytes()));
        match self.upstream.send(request).await {
            Ok(mut response) => {
                self.gate.answered(&method, &path, response.status()).await;
                remove_hop_headers(response.headers_mut());
                response
            }
            Err(error) => refusal(StatusCode::BAD_GATEWAY, &error.to_string()),
        }
    }
}

/// These describe one connection, not the message.
fn remove_hop_headers(headers: &mut http::HeaderMap) {
    const HOP: [HeaderName; 4] = [
        header::CONNECTION,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        HeaderName::from_static("keep-alive"),
    ];
    for name in HOP {
        headers.remove(name);
    }
}

fn refusal(status: StatusCode, why: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::from(format!("proxy: {why}"))));
    *response.status_mut() = status;
    response
}
