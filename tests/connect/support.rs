//! A small HTTPS server, certificates and kubeconfigs for the tests of connecting. It knows no Kubernetes objects.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, Once},
    time::Duration,
};

use bytes::Bytes;
use foretop::client::connect::{Environment, Session, Wish, connect, failure::Failure};
use http::{Request, Response, request::Parts};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// Nothing in these tests may take longer.
pub(crate) const DEADLINE: Duration = Duration::from_mins(4);

pub(crate) const VERSION: &str = r#"{"major":"1","minor":"36","gitVersion":"v1.36.3"}"#;

/// A certificate authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

/// A certificate and its key, PEM.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    pub(crate) fn issue(&self, names: &[&str]) -> Pair {
        self.issue_between(names, (2020, 2090))
    }

    /// A certificate valid from the first day of one year to the first day of another.
    pub(crate) fn issue_between(&self, names: &[&str], years: (i32, i32)) -> Pair {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Pair { certificate, key: key.serialize_pem() }
    }
}

fn install_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// How the server greets.
pub(crate) fn tls(pair: &Pair, demand_from: Option<&Authority>) -> TlsAcceptor {
    use rustls::pki_types::pem::PemObject as _;
    install_provider();
    let chain = vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
    let config = match demand_from {
        None => rustls::ServerConfig::builder().with_no_client_auth(),
        Some(authority) => {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
            let verifier = rustls::server::WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
            rustls::ServerConfig::builder().with_client_cert_verifier(verifier)
        }
    };
    TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap()))
}

type Reply = Arc<dyn Fn(&Parts) -> Response<Full<Bytes>> + Send + Sync>;

/// A server that answers by a function and remembers what it was asked.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) asked: Arc<Mutex<Vec<Parts>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(crate) async fn start(
        acceptor: Option<TlsAcceptor>,
        reply: impl Fn(&Parts) -> Response<Full<Bytes>> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (reply, memory): (Reply, _) = (Arc::new(reply), asked.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, reply, memory) = (acceptor.clone(), reply.clone(), memory.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => serve(stream, reply, memory).await,
                        Some(acceptor) => match acceptor.accept(stream).await {
                            Ok(stream) => serve(stream, reply, memory).await,
                            Err(_refused_handshake) => {}
                        },
                    }
                });
            }
        });
        Self { port, asked, task }
    }

    /// The headers with this name of the `index`th request.
    pub(crate) fn header(&self, index: usize, name: &str) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked[index].headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub(crate) fn https(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    reply: Reply,
    memory: Arc<Mutex<Vec<Parts>>>,
) {
    let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
        let (head, _) = request.into_parts();
        let answer = reply(&head);
        memory.lock().unwrap().push(head);
        async move { Ok::<_, std::convert::Infallible>(answer) }
    });
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

pub(crate) fn ok(body: &'static str) -> Response<Full<Bytes>> {
    Response::new(Full::new(Bytes::from_static(body.as_bytes())))
}

pub(crate) fn refuse(code: u16, body: &'static str) -> Response<Full<Bytes>> {
    let mut response = ok(body);
    *response.status_mut() = code.try_into().unwrap();
    response
}

/// A folder with a kubeconfig in it.
pub(crate) struct Folder(pub(crate) tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.0.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        file
    }

    /// A kubeconfig with one context `test`; `cluster` and `user` are YAML flow mappings' insides.
    pub(crate) fn kubeconfig(&self, cluster: &str, user: &str) -> PathBuf {
        self.write(
            "config",
            &format!(
                "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
                 clusters:\n- name: test-cluster\n  cluster: {{{cluster}}}\n\
                 users:\n- name: test-user\n  user: {{{user}}}\n\
                 contexts:\n- name: test\n  context: {{cluster: test-cluster, user: test-user}}\n"
            ),
        )
    }

    /// The same with a server and its authority.
    pub(crate) fn trusting(&self, server: &str, authority: &Authority, user: &str) -> Wish {
        let data = base64(&authority.pem);
        self.wish(&format!("server: '{server}', certificate-authority-data: {data}"), user)
    }

    pub(crate) fn wish(&self, cluster: &str, user: &str) -> Wish {
        Wish { kubeconfig: Some(self.kubeconfig(cluster, user)), ..Wish::default() }
    }

    pub(crate) fn environment(&self) -> Environment {
        Environment { home: Some(self.0.path().to_owned()), ..Environment::default() }
    }
}

pub(crate) fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Awaits something that must not hang.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, what).await.expect("it hangs")
}

pub(crate) async fn reach(wish: &Wish) -> Session {
    soon(connect(wish)).await.unwrap()
}

/// The failure of connecting, or else of asking for the version.
pub(crate) async fn failure(wish: &Wish) -> Failure {
    match soon(connect(wish)).await {
        Ok(session) => soon(session.version()).await.unwrap_err(),
        Err(failure) => failure,
    }
}

pub(crate) fn get(path: &str) -> Request<Vec<u8>> {
    Request::get(path).body(Vec::new()).unwrap()
}

/// Asserts message, hint and short form at once.
#[track_caller]
pub(crate) fn says(failure: &Failure, message: &str, hint: &str, short: &str) {
    let (said, advice) = (failure.to_string(), failure.hint());
    assert!(said.contains(message), "message {said:?} lacks {message:?}");
    assert!(advice.contains(hint), "hint {advice:?} lacks {hint:?}");
    assert_eq!(failure.short(), short);
}
