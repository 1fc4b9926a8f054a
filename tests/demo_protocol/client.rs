//! A small HTTP client of its own for the embedded cluster, so that no client library stands between a test and the
//! bytes. It knows as much HTTP/1.1 as the server speaks.

use std::net::SocketAddr;
use std::time::Duration;

use foretop::demo::{Clock, Demo, Options, serve};
use prost::bytes::{Buf, Bytes, BytesMut};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// No answer of a loopback server takes longer, however busy the machine is.
pub(crate) const PATIENCE: Duration = Duration::from_mins(4);

pub(crate) fn options(scenario: &str) -> Options {
    let clock = Clock::Frozen("2026-03-01T10:00:00Z".parse().unwrap());
    Options { scenario: scenario.to_owned(), seed: 7, clock, ..Options::default() }
}

pub(crate) async fn frozen(scenario: &str) -> Demo {
    serve(options(scenario)).await.unwrap()
}

pub(crate) async fn wall(scenario: &str) -> Demo {
    serve(Options { clock: Clock::Wall, ..options(scenario) }).await.unwrap()
}

pub(crate) struct Client {
    address: SocketAddr,
    token: Option<&'static str>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) retry_after: Option<String>,
    pub(crate) date: Option<String>,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.body))
    }
}

pub(crate) struct Watch {
    pub(crate) content_type: String,
    stream: TcpStream,
    chunked: BytesMut,
    plain: BytesMut,
    /// What has arrived of a frame.
    frame: BytesMut,
    ended: bool,
}

impl Client {
    pub(crate) fn new(address: SocketAddr, token: Option<&'static str>) -> Self {
        Self { address, token }
    }

    pub(crate) fn admin(demo: &Demo) -> Self {
        Self::new(demo.address(), Some("demo-admin"))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.accepting(path, "application/json").await
    }

    pub(crate) async fn accepting(&self, path: &str, accept: &str) -> Answer {
        self.ask("GET", path, accept, "", &[]).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.ask("PUT", path, "application/json", "application/json", body.to_string().as_bytes()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, "application/json", "application/json", body.to_string().as_bytes()).await
    }

    pub(crate) async fn patch(&self, path: &str, kind: &str, body: &Value) -> Answer {
        self.ask("PATCH", path, "application/json", kind, body.to_string().as_bytes()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, "application/json", "", &[]).await
    }

    pub(crate) async fn watch(&self, path: &str) -> Watch {
        self.watch_accepting(path, "application/json").await
    }

    pub(crate) async fn watch_accepting(&self, path: &str, accept: &str) -> Watch {
        let mut stream = self.send("GET", path, accept, "", &[]).await;
        let (head, rest) = read_head(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let content_type = header(&head, "content-type").unwrap();
        Watch {
            content_type,
            stream,
            chunked: rest,
            plain: BytesMut::new(),
            frame: BytesMut::new(),
            ended: false,
        }
    }

    /// Everything that is served, as one text.
    pub(crate) async fn everything(&self) -> String {
        let mut all = String::new();
        for path in [
            "/api/v1/namespaces",
            "/api/v1/nodes",
            "/api/v1/pods",
            "/api/v1/configmaps",
            "/api/v1/events",
            "/apis/coordination.k8s.io/v1/leases",
            "/apis/apps/v1/deployments",
            "/apis/apps/v1/replicasets",
            "/apis/apps/v1/statefulsets",
            "/apis/apps/v1/daemonsets",
            "/apis/policy/v1/poddisruptionbudgets",
            "/apis/autoscaling/v2/horizontalpodautoscalers",
        ] {
            all += &self.get(path).await.json().to_string();
        }
        all
    }

    /// Writes so much that the server forgets what was before.
    pub(crate) async fn forget_history(&self) {
        let map = json!({"metadata": {"name": "ballast"}});
        self.post("/api/v1/namespaces/default/configmaps", &map).await;
        let mut stream = self.connect().await;
        for number in 0..2100 {
            let body = json!({"data": {"number": number.to_string()}}).to_string();
            let path = "/api/v1/namespaces/default/configmaps/ballast";
            let request = self.request(
                "PATCH",
                path,
                "application/json",
                "application/merge-patch+json",
                body.as_bytes(),
            );
            stream.write_all(&request).await.unwrap();
            let (head, rest) = read_head(&mut stream).await;
            read_body(&mut stream, &head, rest).await;
        }
    }

    async fn ask(&self, method: &str, path: &str, accept: &str, kind: &str, body: &[u8]) -> Answer {
        let asked = async {
            let mut stream = self.send(method, path, accept, kind, body).await;
            let (head, rest) = read_head(&mut stream).await;
            let body = read_body(&mut stream, &head, rest).await;
            Answer {
                status: head.split(' ').nth(1).unwrap().parse().unwrap(),
                content_type: header(&head, "content-type").unwrap_or_default(),
                retry_after: header(&head, "retry-after"),
                date: header(&head, "date"),
                body,
            }
        };
        tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("no answer to {method} {path}"))
    }

    async fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        accept: &str,
        kind: &str,
        body: &[u8],
    ) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(&self.request(method, path, accept, kind, body)).await.unwrap();
        stream
    }

    fn request(&self, method: &str, path: &str, accept: &str, kind: &str, body: &[u8]) -> Vec<u8> {
        let optional = |name: &str, value: Option<String>| {
            value.map_or_else(String::new, |value| format!("{name}: {value}\r\n"))
        };
        let token = optional("Authorization", self.token.map(|token| format!("Bearer {token}")));
        let kind = optional("Content-Type", Some(kind.to_owned()).filter(|kind| !kind.is_empty()));
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: demo\r\nAccept: {accept}\r\nUser-Agent: test/1\r\n{token}{kind}\
             Content-Length: {length}\r\n\r\n"
        );
        [head.as_bytes(), body].concat()
    }
}

impl Watch {
    /// The next event in JSON, or none when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.plain.iter().position(|byte| *byte == b'\n') {
                let line = self.plain.split_to(end + 1);
                return Some(serde_json::from_slice(&line).unwrap());
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// The next event in protobuf, or none when the stream has ended.
    pub(crate) async fn next_frame(&mut self) -> Option<Bytes> {
        loop {
            let mut piece = self.plain.split().freeze();
            let frame = foretop::wire::frame::next_frame(&mut self.frame, &mut piece).unwrap();
            self.plain.extend_from_slice(&piece);
            if frame.is_some() {
                return frame;
            }
            if !self.more().await {
                return None;
            }
        }
    }

    async fn more(&mut self) -> bool {
        while !self.ended && !self.unchunk() {
            let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.chunked));
            self.ended = read.await.expect("the watch has nothing to say").unwrap() == 0;
        }
        !self.ended
    }

    /// Takes one whole chunk, if there is one.
    fn unchunk(&mut self) -> bool {
        let Some(end) = self.chunked.windows(2).position(|two| two == b"\r\n") else { return false };
        let size = usize::from_str_radix(std::str::from_utf8(&self.chunked[..end]).unwrap(), 16).unwrap();
        if self.chunked.len() < end + 4 + size {
            return false;
        }
        self.chunked.advance(end + 2);
        self.plain.extend_from_slice(&self.chunked[..size]);
        self.chunked.advance(size + 2);
        self.ended = size == 0;
        true
    }
}

async fn read_head(stream: &mut TcpStream) -> (String, BytesMut) {
    let mut buffer = BytesMut::new();
    loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = buffer.split_to(end + 4);
            return (String::from_utf8(head.to_vec()).unwrap(), buffer);
        }
        assert!(stream.read_buf(&mut buffer).await.unwrap() > 0, "the server hung up");
    }
}

async fn read_body(stream: &mut TcpStream, head: &str, mut body: BytesMut) -> Bytes {
    let length: usize = header(head, "content-length").map_or(0, |length| length.parse().unwrap());
    while body.len() < length {
        assert!(stream.read_buf(&mut body).await.unwrap() > 0, "the server hung up");
    }
    body.freeze()
}

pub(crate) fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}
