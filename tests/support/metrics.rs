//! A metrics server of the tests' own behind the real API server: HTTPS on loopback, registered for all three metrics
//! APIs. It answers what `measured` holds and notes who asked; it measures nothing.
use std::convert::Infallible;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

use super::api::{Api, runtime};
use super::measured::{Failure, Measured};
use super::objects;

/// The groups and versions that are served. The controller takes the version of custom metrics from discovery.
const SERVED: [(&str, &str); 3] = [
    ("metrics.k8s.io", "v1beta1"),
    ("custom.metrics.k8s.io", "v1beta2"),
    ("external.metrics.k8s.io", "v1beta1"),
];

/// The API server asks a new backend at once, and again every few seconds.
const REGISTRATION: Duration = Duration::from_mins(1);

/// The service behind which the API server finds this server; its certificate is for `SERVICE.NAMESPACE.svc`.
const NAMESPACE: &str = "measuring";
const SERVICE: &str = "metrics";
pub(crate) const HOST: &str = "metrics.measuring.svc";

/// One question as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// For whom the API server asked.
    pub(crate) user: String,
    pub(crate) path: String,
    pub(crate) query: String,
}

#[derive(Default)]
struct State {
    measured: Mutex<Measured>,
    asked: Mutex<Vec<Asked>>,
}

/// Serves until it is dropped.
pub(crate) struct MetricsServer {
    state: Arc<State>,
    accepting: AbortHandle,
}

impl MetricsServer {
    /// Starts with the certificate in `folder`, registers with the API server, and waits until that finds it available.
    pub(crate) fn start(folder: &Path, admin: &Api) -> Self {
        let listener = runtime().block_on(TcpListener::bind(("127.0.0.1", 0))).expect("a loopback port");
        let port = listener.local_addr().expect("a bound port").port();
        let state = Arc::<State>::default();
        let accepting = accept(listener, acceptor(folder), Arc::clone(&state));
        let server = Self { state, accepting: runtime().spawn(accepting).abort_handle() };
        register(folder, admin, port);
        server
    }

    /// Changes what is measured, all at once.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Measured)) {
        change(&mut self.state.measured.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Everything that was asked so far about values, in the order of arrival.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for MetricsServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn acceptor(folder: &Path) -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(folder.join("metrics.crt")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(folder.join("metrics.key")).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate with its key");
    TlsAcceptor::from(Arc::new(config))
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, state: Arc<State>) {
    // Dropped with this task, so that no connection outlives the server.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, acceptor.clone(), Arc::clone(&state)));
    }
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, state: Arc<State>) {
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let service = service_fn(|request: Request<Incoming>| {
        let answer = state.answer(&request);
        async move { Ok::<_, Infallible>(answer) }
    });
    // The API server closes its connections when it likes.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

impl State {
    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path();
        if request.method() != Method::GET {
            return say(StatusCode::METHOD_NOT_ALLOWED, &status(405, "only GET is served"));
        }
        if let Some(found) = discovery(path) {
            return say(StatusCode::OK, &found);
        }
        if !SERVED.iter().any(|(group, version)| path.starts_with(&format!("/apis/{group}/{version}/"))) {
            return say(StatusCode::NOT_FOUND, &status(404, "not served"));
        }
        let query = request.uri().query().unwrap_or_default();
        let user = request.headers().get("x-remote-user").and_then(|user| user.to_str().ok());
        let asked = Asked {
            user: user.unwrap_or_default().to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
        };
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
        match self.measured.lock().unwrap_or_else(PoisonError::into_inner).answer(path, query) {
            Ok(found) => say(StatusCode::OK, &found),
            Err(Failure { code, message }) => {
                let known = StatusCode::from_u16(code).expect("a status code");
                say(known, &status(code, &message))
            }
        }
    }
}

fn say(code: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = code;
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}

fn status(code: u16, message: &str) -> Value {
    let reason = match code {
        404 => "NotFound",
        403 => "Forbidden",
        503 => "ServiceUnavailable",
        _ => "InternalError",
    };
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    })
}

/// What a path of discovery says, in the form that needs no content negotiation.
fn discovery(path: &str) -> Option<Value> {
    let version = |(group, version): (&str, &str)| json!({"groupVersion": format!("{group}/{version}"), "version": version});
    let group =
        |it: (&str, &str)| json!({"name": it.0, "versions": [version(it)], "preferredVersion": version(it)});
    if path.trim_end_matches('/') == "/apis" {
        return Some(
            json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": SERVED.map(group).as_slice()}),
        );
    }
    let (found, rest) =
        SERVED.into_iter().find_map(|it| Some((it, path.strip_prefix(&format!("/apis/{}", it.0))?)))?;
    match rest.trim_matches('/') {
        "" => {
            let mut group = group(found);
            (group["kind"], group["apiVersion"]) = ("APIGroup".into(), "v1".into());
            Some(group)
        }
        rest if rest == found.1 => Some(json!({
            "kind": "APIResourceList", "apiVersion": "v1",
            "groupVersion": format!("{}/{}", found.0, found.1), "resources": resources(found.0),
        })),
        _ => None,
    }
}

/// Adapters list what they have just now; the controller does not look.
fn resources(group: &str) -> Value {
    let verbs = ["get", "list"];
    match group {
        "metrics.k8s.io" => json!([
            {"name": "nodes", "singularName": "", "namespaced": false, "kind": "NodeMetrics", "verbs": verbs},
            {"name": "pods", "singularName": "", "namespaced": true, "kind": "PodMetrics", "verbs": verbs},
        ]),
        "custom.metrics.k8s.io" => json!([
            {"name": "pods/hits", "singularName": "", "namespaced": true, "kind": "MetricValueList", "verbs": ["get"]},
        ]),
        _ => json!([
            {"name": "depth", "singularName": "", "namespaced": true, "kind": "ExternalMetricValueList", "verbs": ["get"]},
        ]),
    }
}

/// Loopback addresses may not be endpoints of a service, but a name may be one that resolves to it.
fn register(folder: &Path, admin: &Api, port: u16) {
    use base64::Engine as _;
    admin.create("/api/v1/namespaces", &objects::namespace(NAMESPACE));
    let service = json!({
        "metadata": {"name": SERVICE},
        "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]},
    });
    admin.create(&format!("/api/v1/namespaces/{NAMESPACE}/services"), &service);
    let authority = std::fs::read(folder.join("ca.crt")).expect("the authority");
    let authority = base64::engine::general_purpose::STANDARD.encode(authority);
    let collection = "/apis/apiregistration.k8s.io/v1/apiservices";
    let names = SERVED.map(|(group, version)| (format!("{version}.{group}"), group, version));
    for (name, group, version) in &names {
        admin.create(
            collection,
            &json!({
                "metadata": {"name": name},
                "spec": {
                    "group": group, "version": version, "groupPriorityMinimum": 100, "versionPriority": 100,
                    "service": {"namespace": NAMESPACE, "name": SERVICE, "port": port},
                    "caBundle": authority,
                },
            }),
        );
    }
    for (name, ..) in &names {
        admin.wait_for(&format!("{collection}/{name}"), "be available", REGISTRATION, |service| {
            let conditions = service["status"]["conditions"].as_array().map(Vec::as_slice);
            conditions
                .unwrap_or_default()
                .iter()
                .any(|it| it["type"] == "Available" && it["status"] == "True")
        });
    }
}
