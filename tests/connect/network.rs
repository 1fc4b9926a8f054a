//! Networks and servers that fail, and what foretop's requests look like on the wire.
use std::time::Duration;

use crate::paused;
use crate::support::{Authority, Folder, Server, VERSION, failure, get, ok, reach, refuse, says, soon, tls};
use foretop::client::connect::{
    Session, Wish,
    failure::{CredentialKind, Failure, Stage},
};
use futures::StreamExt as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

fn at(port: u16) -> Wish {
    Wish { server: Some(format!("http://127.0.0.1:{port}")), ..Wish::default() }
}

/// A listener that hands each connection, after its request's head, to `then`.
async fn raw<F, T>(then: F) -> u16
where
    F: Fn(tokio::net::TcpStream) -> T + Send + 'static,
    T: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_gone) => break,
                }
            }
            then(stream).await;
        }
    });
    port
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let failure = failure(&at(port)).await;
    assert_eq!(failure, Failure::Refused { server: format!("127.0.0.1:{port}") });
    says(&failure, "refused the connection", "cluster is running", "connection refused");
    assert!(failure.is_retryable());
}

#[tokio::test]
async fn no_such_name() {
    let wish = Wish { server: Some("https://foretop.invalid:6443".to_owned()), ..Wish::default() };
    let failure = failure(&wish).await;
    assert_eq!(failure, Failure::Dns { host: "foretop.invalid".to_owned() });
    says(&failure, "cannot find the address of foretop.invalid", "VPN", "name not found");
    assert!(failure.is_retryable());
}

#[tokio::test]
async fn silence_in_plain_and_in_tls() {
    let port = raw(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    for scheme in ["http", "https"] {
        let wish = Wish {
            server: Some(format!("{scheme}://127.0.0.1:{port}")),
            request_timeout: Some(Duration::from_millis(200)),
            ..Wish::default()
        };
        let failure = failure(&wish).await;
        assert!(matches!(failure, Failure::Timeout { stage: Stage::Answer, .. }), "{failure:?}");
        says(&failure, "did not answer within 200 ms", "--request-timeout", "timed out");
        assert!(failure.is_retryable());
    }
}

/// Time is paused: on a busy machine even the beginning may take longer than what is waited for.
#[tokio::test(start_paused = true)]
async fn silence_in_the_middle() {
    for (whole, version, after) in [(7, 7, "7 s"), (7, 2, "2 s")] {
        let port = raw(|mut stream| async move {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{").await.unwrap();
            std::future::pending::<()>().await;
        })
        .await;
        let wish = Wish { request_timeout: Some(Duration::from_secs(whole)), ..at(port) };
        let session = reach(&wish).await;
        let answer = session.version_within(Duration::from_secs(version));
        let failure = paused::soon("giving up", answer).await.unwrap_err();
        let message = format!("stopped in the middle of an answer for {after}");
        says(&failure, &message, "VPN", "timed out");
    }
}

#[tokio::test]
async fn servers_that_hang_up() {
    let port = raw(|stream| async move { drop(stream) }).await;
    let early = failure(&at(port)).await;
    says(&early, "hung up", "tries again", "server hung up");
    let port = raw(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{").await.unwrap();
    })
    .await;
    let late = failure(&at(port)).await;
    assert!(matches!(late, Failure::HungUp { .. }), "{late:?}");
    let port = raw(|stream| async move {
        // Closing at once with data unread or with a zero linger sends a reset.
        stream.set_zero_linger().unwrap();
    })
    .await;
    let reset = failure(&at(port)).await;
    says(&reset, "reset the connection", "restarting", "connection reset");
    assert!(early.is_retryable() && late.is_retryable() && reset.is_retryable());
}

#[tokio::test]
async fn something_that_is_no_api_server() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let acceptor = tls(&authority.issue(&["127.0.0.1"]), None);
    let server = Server::start(Some(acceptor), |_| ok("<html>Please log in</html>")).await;
    let page = failure(&folder.trusting(&server.https(), &authority, "")).await;
    says(&page, "cannot decode the answer to /version", "login page", "undecodable answer");
    assert!(!page.to_string().contains("log in"));
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = Server::start(Some(tls(&authority.issue(&["127.0.0.1"]), None)), |asked| match asked.uri.path() {
        "/401" => refuse(401, r#"{"kind":"Status","message":"Unauthorized","reason":"Unauthorized","code":401}"#),
        "/403" => refuse(403, r#"{"message":"pods is forbidden: User \"x\" cannot list resource \"pods\" in API group \"\" at the cluster scope","reason":"Forbidden"}"#),
        "/409" => refuse(409, r#"{"message":"the object has been modified","reason":"Conflict"}"#),
        "/410" => refuse(410, r#"{"message":"too old resource version: 5 (9)","reason":"Expired"}"#),
        "/429" => {
            let mut response = refuse(429, "slow down");
            response.headers_mut().insert("retry-after", 7.into());
            response
        }
        "/422" => refuse(422, r#"{"message":"bad","reason":"Invalid","details":{"causes":[{"reason":"FieldValueForbidden","message":"m","field":"f"}]}}"#),
        _ => refuse(503, "no healthy upstream"),
    })
    .await;
    let session = reach(&folder.trusting(&server.https(), &authority, "token: t")).await;
    let fail = async |path: &str| soon(session.send(get(path))).await.unwrap().check().await.unwrap_err();

    let unauthorized = fail("/401").await;
    assert_eq!(
        unauthorized,
        Failure::Unauthorized { user: "test-user".to_owned(), credential: CredentialKind::Token }
    );
    says(&unauthorized, "does not accept the token of user \"test-user\"", "log in again", "not logged in");
    says(&fail("/403").await, "cannot list resource", "administers the cluster", "may not list pods");
    says(&fail("/409").await, "has been modified", "as it is now", "conflict");
    let gone = fail("/410").await;
    says(&gone, "too old", "fetched again", "too old, listing again");
    assert!(gone.is_retryable());
    let busy = fail("/429").await;
    says(&busy, "slow down", "Try again in 7 s", "server is busy");
    assert_eq!(busy.retry_after(), Some(Duration::from_secs(7)));
    assert!(busy.is_retryable());
    let invalid = fail("/422").await;
    assert!(matches!(&invalid, Failure::Server { code: 422, causes, .. } if causes[0].field == "f"));
    assert!(!invalid.is_retryable());
    let down = fail("/503").await;
    says(&down, "answered 503: no healthy upstream", "not ready", "server error 503");
    assert!(down.is_retryable());
    // A static token cannot be renewed, so nothing was asked twice.
    assert_eq!(server.count(), 7);
}

#[tokio::test]
async fn no_credentials_go_over_plain_http() {
    let folder = Folder::new();
    let server = Server::start(None, |_| refuse(401, "")).await;
    let user = "token: hush, exec: {apiVersion: client.authentication.k8s.io/v1, command: /nonexistent}";
    let wish = folder.wish(&format!("server: 'http://127.0.0.1:{}'", server.port), user);
    let failure = failure(&wish).await;
    says(&failure, "wants credentials, and none were given", "only to https servers", "not logged in");
    assert!(server.header(0, "authorization").is_empty());
}

#[tokio::test]
async fn what_requests_carry() {
    let server = Server::start(None, |_| ok(VERSION)).await;
    let wish = Wish {
        server: Some(format!("http://127.0.0.1:{}/k8s/clusters/c-1/", server.port)),
        impersonate: Some("bob".to_owned()),
        impersonate_groups: vec!["dev".to_owned(), "ops".to_owned()],
        ..Wish::default()
    };
    let session = reach(&wish).await;
    soon(session.version()).await.unwrap();
    assert_eq!(server.asked.lock().unwrap()[0].uri.path(), "/k8s/clusters/c-1/version");
    assert_eq!(server.header(0, "host"), [format!("127.0.0.1:{}", server.port)]);
    assert_eq!(server.header(0, "impersonate-user"), ["bob"]);
    assert_eq!(server.header(0, "impersonate-group"), ["dev", "ops"]);
    assert_eq!(server.header(0, "user-agent"), [format!("foretop/{}", env!("CARGO_PKG_VERSION"))]);
    // On loopback compression costs more than it saves.
    assert_eq!(server.header(0, "accept-encoding"), ["identity"]);
}

#[tokio::test]
async fn basic_auth() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = Server::start(Some(tls(&authority.issue(&["127.0.0.1"]), None)), |_| ok(VERSION)).await;
    let session = reach(&folder.trusting(&server.https(), &authority, "username: me, password: a:b")).await;
    soon(session.version()).await.unwrap();
    assert_eq!(server.header(0, "authorization"), ["Basic bWU6YTpi"]);
}

#[tokio::test]
async fn large_answers_are_cut_off_and_others_streamed() {
    let server = Server::start(None, |_| ok("0123456789")).await;
    let session = reach(&at(server.port)).await;
    let answer = soon(session.send(get("/x"))).await.unwrap();
    assert_eq!(answer.body.collect(9).await, Err(Failure::TooLarge { limit: 9 }));
    let answer = soon(session.send(get("/x"))).await.unwrap();
    assert_eq!(answer.body.collect(10).await.unwrap().as_ref(), b"0123456789");
    let mut answer = soon(session.send(get("/x"))).await.unwrap();
    let mut streamed = Vec::new();
    while let Some(piece) = soon(answer.body.next()).await {
        streamed.extend_from_slice(&piece.unwrap());
    }
    assert_eq!(streamed, b"0123456789");
}

#[tokio::test]
async fn the_servers_clock_is_estimated() {
    let server = Server::start(None, |_| {
        let mut response = ok(VERSION);
        response.headers_mut().insert("date", "Fri, 21 Nov 2036 07:00:00 GMT".parse().unwrap());
        response
    })
    .await;
    let session = reach(&at(server.port)).await;
    let theirs: jiff::Timestamp = "2036-11-21T07:00:00Z".parse().unwrap();
    let ahead = || theirs.duration_since(foretop::client::clock::now());
    let most = ahead();
    soon(session.version()).await.unwrap();
    let (least, skew) = (ahead(), session.skew().unwrap());
    let second = jiff::SignedDuration::from_secs(1);
    assert!(least - second <= skew && skew <= most + second, "{skew:?}, not {least:?} to {most:?}");
}

#[test]
fn sessions_are_shared_between_tasks() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Session>();
}
