//! Proxies on the way to a cluster whose name only the proxy knows.
use std::sync::{Arc, Mutex};

use crate::support::{Authority, Folder, Server, VERSION, base64, failure, get, ok, reach, says, soon, tls};
use bytes::Bytes;
use foretop::client::connect::{Wish, failure::Failure};
use http::Response;
use http_body_util::Full;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A proxy that answers CONNECT with `reply` and, if that is 200, leads everything to one port.
async fn tunnel(reply: &'static str, to: u16) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let memory = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let memory = memory.clone();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                memory.lock().unwrap().push(String::from_utf8(head).unwrap());
                stream.write_all(reply.as_bytes()).await.unwrap();
                if reply.contains(" 200 ") {
                    let mut server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
                }
            });
        }
    });
    (port, asked)
}

const OPEN: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

async fn cluster(authority: &Authority) -> Server {
    Server::start(Some(tls(&authority.issue(&["api.example"]), None)), |_| ok(VERSION)).await
}

fn beyond(folder: &Folder, authority: &Authority, more: &str) -> Wish {
    let data = base64(&authority.pem);
    folder.wish(
        &format!("server: 'https://api.example:6443', certificate-authority-data: {data}{more}"),
        "token: t",
    )
}

#[tokio::test]
async fn the_kubeconfigs_proxy() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = cluster(&authority).await;
    let (proxy, asked) = tunnel(OPEN, server.port).await;
    let wish = beyond(&folder, &authority, &format!(", proxy-url: 'http://me:a%40b@127.0.0.1:{proxy}'"));
    let session = reach(&wish).await;
    soon(session.version()).await.unwrap();
    let asked = asked.lock().unwrap();
    assert!(asked[0].starts_with("CONNECT api.example:6443 HTTP/1.1\r\n"), "{asked:?}");
    assert!(asked[0].contains(&format!("Proxy-Authorization: Basic {}\r\n", base64("me:a@b"))), "{asked:?}");
    assert!(!asked[0].contains("Bearer"), "the proxy saw the token");
    assert_eq!(server.header(0, "authorization"), ["Bearer t"]);
}

#[tokio::test]
async fn the_environments_proxy_and_its_exceptions() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = cluster(&authority).await;
    let (proxy, asked) = tunnel(OPEN, server.port).await;
    let mut wish = beyond(&folder, &authority, "");
    wish.environment.https_proxy = Some(format!("127.0.0.1:{proxy}").into());
    wish.environment.no_proxy = Some("127.0.0.1,other.example".to_owned());
    soon(reach(&wish).await.version()).await.unwrap();
    assert_eq!(asked.lock().unwrap().len(), 1);

    // Exempt, so the name is looked up here, where nobody knows it.
    wish.environment.no_proxy = Some(".example".to_owned());
    let direct = failure(&wish).await;
    assert_eq!(direct, Failure::Dns { host: "api.example".to_owned() });
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn proxies_that_refuse() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    for (reply, message) in [
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "wants a user name and a password"),
        ("HTTP/1.1 403 Forbidden\r\n\r\n", "refused to connect to the cluster"),
        ("", "hung up"),
    ] {
        let (proxy, _) = tunnel(reply, 0).await;
        let wish = beyond(&folder, &authority, &format!(", proxy-url: 'http://u:hush@127.0.0.1:{proxy}'"));
        let failure = failure(&wish).await;
        says(&failure, &format!("the proxy 127.0.0.1:{proxy} {message}"), "NO_PROXY", "proxy failed");
        assert!(failure.is_retryable());
        assert!(!format!("{failure:?}").contains("hush"));
    }
}

#[tokio::test]
async fn proxies_that_cannot_be_reached() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for (scheme, what) in [("http", "refused the connection"), ("socks5", "cannot be reached")] {
        let wish = beyond(&folder, &authority, &format!(", proxy-url: '{scheme}://127.0.0.1:{port}'"));
        let refused = failure(&wish).await;
        let message = format!("the proxy 127.0.0.1:{port} {what}");
        says(&refused, &message, "NO_PROXY", "proxy failed");
    }
    let wish = beyond(&folder, &authority, ", proxy-url: 'http://proxy.invalid:3128'");
    let unknown = failure(&wish).await;
    assert_eq!(unknown, Failure::Dns { host: "proxy.invalid".to_owned() });
}

#[tokio::test]
async fn certificates_beyond_a_proxy_are_the_servers() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server =
        Server::start(Some(tls(&authority.issue_between(&["api.example"], (2020, 2021)), None)), |_| {
            ok(VERSION)
        })
        .await;
    let (proxy, _) = tunnel(OPEN, server.port).await;
    let wish = beyond(&folder, &authority, &format!(", proxy-url: 'http://127.0.0.1:{proxy}'"));
    let failure = failure(&wish).await;
    let message = "the server certificate of api.example: it expired";
    says(&failure, message, "kubeadm certs renew apiserver", "certificate expired");
}

#[tokio::test]
async fn socks_proxies() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = cluster(&authority).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let to = server.port;
    let socks = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut greeting = [0; 2];
        stream.read_exact(&mut greeting).await.unwrap();
        let mut methods = vec![0; usize::from(greeting[1])];
        stream.read_exact(&mut methods).await.unwrap();
        stream.write_all(&[5, 0]).await.unwrap();
        let mut request = [0; 5];
        stream.read_exact(&mut request).await.unwrap();
        let mut name = vec![0; usize::from(request[4]) + 2];
        stream.read_exact(&mut name).await.unwrap();
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
        tokio::spawn(async move {
            let mut server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
        });
        String::from_utf8(name[..name.len() - 2].to_vec()).unwrap()
    });
    let wish = beyond(&folder, &authority, &format!(", proxy-url: 'socks5://127.0.0.1:{port}'"));
    soon(reach(&wish).await.version()).await.unwrap();
    assert_eq!(soon(socks).await.unwrap(), "api.example");
}

/// `{"major":"1","minor":"36"}`, gzipped.
const ZIPPED: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 202, 77, 204, 202, 47, 82, 178, 82, 50, 84, 210, 81, 202, 205,
    204, 3, 179, 141, 205, 148, 106, 1, 192, 81, 27, 248, 26, 0, 0, 0,
];

#[tokio::test]
async fn far_servers_are_asked_for_gzip_and_watches_are_not() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = Server::start(Some(tls(&authority.issue(&["api.example"]), None)), |asked| {
        let wanted = asked.headers.get("accept-encoding").and_then(|value| value.to_str().ok());
        if wanted != Some("gzip") {
            return ok(VERSION);
        }
        let mut response = Response::new(Full::new(Bytes::from_static(ZIPPED)));
        response.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
        response
    })
    .await;
    let (proxy, _) = tunnel(OPEN, server.port).await;
    let session =
        reach(&beyond(&folder, &authority, &format!(", proxy-url: 'http://127.0.0.1:{proxy}'"))).await;
    assert!(!session.loopback);
    assert_eq!(soon(session.version()).await.unwrap().minor, 36);
    assert_eq!(server.header(0, "accept-encoding"), ["gzip"]);
    let watch = soon(session.send(get("/api/v1/pods?watch=1&allowWatchBookmarks=true"))).await.unwrap();
    assert_eq!(watch.body.collect(1 << 10).await.unwrap(), VERSION.as_bytes());
    assert_eq!(server.header(1, "accept-encoding"), ["identity"]);

    let more = format!(", proxy-url: 'http://127.0.0.1:{proxy}', disable-compression: true");
    soon(reach(&beyond(&folder, &authority, &more)).await.version()).await.unwrap();
    assert_eq!(server.header(2, "accept-encoding"), ["identity"]);
}
