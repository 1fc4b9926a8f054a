//! An HTTP server that answers by a function and remembers what it was asked. It knows no Kubernetes.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use foretop::client::connect::{Session, Wish, connect};
use foretop::client::gate::{Kubelets, Mode};
use futures::{Stream, StreamExt as _};
use http::{Method, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, watch};

pub(crate) use crate::paused::{STEP, pass, soon};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: HashMap<String, String>,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Value,
}

impl Asked {
    pub(crate) fn query(&self, key: &str) -> &str {
        self.query.get(key).map_or("", String::as_str)
    }

    pub(crate) fn watches(&self) -> bool {
        self.query("watch") == "true"
    }
}

type Body = UnsyncBoxBody<Bytes, std::io::Error>;
pub(crate) type Reply = Response<Body>;

/// An answer that is complete.
pub(crate) fn whole(status: u16, body: &Value) -> Reply {
    bytes(status, "application/json", body.to_string().into_bytes())
}

pub(crate) fn bytes(status: u16, kind: &str, body: Vec<u8>) -> Reply {
    let body = Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed_unsync();
    Response::builder().status(status).header("content-type", kind).body(body).unwrap()
}

/// A refusal as the API server words it.
pub(crate) fn refusal(code: u16, reason: &str, message: &str) -> Reply {
    whole(code, &status(code, reason, message))
}

pub(crate) fn status(code: u16, reason: &str, message: &str) -> Value {
    json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
        "reason": reason, "code": code })
}

/// An answer that goes on while `pieces` does; an error in it cuts the connection.
pub(crate) fn stream(
    kind: &str,
    pieces: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
) -> Reply {
    let body = StreamBody::new(pieces.map(|piece| piece.map(Frame::data)));
    Response::builder().header("content-type", kind).body(UnsyncBoxBody::new(body)).unwrap()
}

/// The pieces of an answer that a test sends by hand.
pub(crate) fn by_hand() -> (mpsc::UnboundedSender<std::io::Result<Bytes>>, Reply) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let pieces = futures::stream::poll_fn(move |context| receiver.poll_recv(context));
    (sender, stream("application/json", pieces))
}

/// What the server does with a request.
pub(crate) enum Deed {
    Answer(Reply),
    /// Closes the connection instead.
    HangUp,
    /// Never answers, and keeps the connection open.
    Freeze,
    /// Answers when it is told to.
    Held(Arc<Notify>, Reply),
}

/// What GET /version says.
pub(crate) fn version(minor: u32) -> Reply {
    whole(200, &json!({ "major": "1", "minor": minor.to_string(), "gitVersion": format!("v1.{minor}.0") }))
}

/// The server.
pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<watch::Sender<Vec<Asked>>>,
    /// How often it was asked for its version.
    pub(crate) versions: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// An old server, which has no streaming lists.
    pub(crate) async fn start(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::of_version(31, reply).await
    }

    /// Answers GET /version itself, and everything else by `reply`.
    pub(crate) async fn of_version(
        minor: u32,
        reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::doing(move |asked| {
            Deed::Answer(if asked.path == "/version" { version(minor) } else { reply(asked) })
        })
        .await
    }

    /// Does what `deed` says, also when it is asked for its version.
    pub(crate) async fn doing(deed: impl Fn(&Asked) -> Deed + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(watch::Sender::new(Vec::new()));
        let versions = Arc::new(AtomicUsize::new(0));
        let (deed, memory, counter) = (Arc::new(deed), Arc::clone(&asked), Arc::clone(&versions));
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (deed, memory, counter) = (Arc::clone(&deed), Arc::clone(&memory), Arc::clone(&counter));
                let service = hyper::service::service_fn(move |request: Request<Incoming>| {
                    let (deed, memory, counter) =
                        (Arc::clone(&deed), Arc::clone(&memory), Arc::clone(&counter));
                    async move {
                        let asked = read(request).await;
                        let does = deed(&asked);
                        if asked.path == "/version" {
                            counter.fetch_add(1, Ordering::SeqCst);
                        } else {
                            memory.send_modify(|all| all.push(asked));
                        }
                        match does {
                            Deed::Answer(reply) => Ok(reply),
                            Deed::HangUp => Err(std::io::Error::other("away")),
                            Deed::Freeze => std::future::pending().await,
                            Deed::Held(told, reply) => {
                                told.notified().await;
                                Ok(reply)
                            }
                        }
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(socket), service),
                );
            }
        });
        Self { url, asked, versions, task }
    }

    /// What it was asked so far, without GET /version.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.borrow().clone()
    }

    /// The same, once it was asked so often.
    pub(crate) async fn asked_times(&self, times: usize) -> Vec<Asked> {
        let mut seen = self.asked.subscribe();
        soon("the next request", async { seen.wait_for(|all| all.len() >= times).await.unwrap().clone() })
            .await
    }

    /// Waits until it was asked more often than that.
    pub(crate) async fn asked_more(&self, times: usize) {
        let mut seen = self.asked.subscribe();
        let _more = seen.wait_for(|all| all.len() > times).await;
    }

    pub(crate) async fn session(&self, mode: Mode) -> Arc<Session> {
        let wish = Wish { server: Some(self.url.clone()), mode, ..Wish::default() };
        Arc::new(connect(&wish).await.unwrap())
    }

    /// A session by which kubelets may be asked.
    pub(crate) async fn session_asking_kubelets(&self, mode: Mode) -> Arc<Session> {
        let wish =
            Wish { server: Some(self.url.clone()), mode, kubelets: Kubelets::Asked, ..Wish::default() };
        Arc::new(connect(&wish).await.unwrap())
    }
}

async fn read(request: Request<Incoming>) -> Asked {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let query = head.uri.query().unwrap_or_default();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    Asked {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: pairs.map(|(key, value)| (key.to_owned(), decode(value))).collect(),
        headers: head.headers,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    }
}

fn decode(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let hex: String = bytes.by_ref().take(2).map(char::from).collect();
            out.push(u8::from_str_radix(&hex, 16).unwrap());
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).unwrap()
}
