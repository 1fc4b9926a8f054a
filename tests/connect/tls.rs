//! Certificates and handshakes that go right or wrong, with a real TLS server on loopback.

use crate::support::{
    Authority, Folder, Pair, Server, VERSION, base64, failure, ok, reach, refuse, says, soon, tls,
};
use foretop::client::connect::failure::{Certificate, Failure, Fault};

fn names(pair: &Pair) -> String {
    format!("client-certificate-data: {}, client-key-data: {}", base64(&pair.certificate), base64(&pair.key))
}

async fn version_server(pair: &Pair) -> Server {
    Server::start(Some(tls(pair, None)), |_| ok(VERSION)).await
}

#[tokio::test]
async fn a_trusted_server_answers() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = version_server(&authority.issue(&["127.0.0.1"])).await;
    let session = reach(&folder.trusting(&server.https(), &authority, "token: t")).await;
    let version = soon(session.version()).await.unwrap();
    assert_eq!((version.major, version.minor, version.git.as_str()), (1, 36, "v1.36.3"));
    assert_eq!(server.header(0, "authorization"), ["Bearer t"]);
}

#[tokio::test]
async fn an_authority_from_a_file_and_a_named_server() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = version_server(&authority.issue(&["kubernetes"])).await;
    folder.write("pki/ca.crt", &authority.pem);
    let cluster = format!(
        "server: '{}', certificate-authority: pki/ca.crt, tls-server-name: kubernetes",
        server.https()
    );
    let wish = folder.wish(&cluster, "");
    soon(reach(&wish).await.version()).await.unwrap();

    // --server makes the kubeconfig's tls-server-name void, because it belongs to the other server.
    let mut wish = wish;
    wish.server = Some(server.https());
    assert!(matches!(failure(&wish).await, Failure::Tls { fault: Fault::WrongHost { .. }, .. }));
}

#[tokio::test]
async fn an_expired_server_certificate() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = version_server(&authority.issue_between(&["127.0.0.1"], (2020, 2021))).await;
    let failure = failure(&folder.trusting(&server.https(), &authority, "")).await;
    let message = "the server certificate of 127.0.0.1: it expired at 2021-01-01T00:00:00Z";
    says(&failure, message, "kubeadm certs renew apiserver", "certificate expired");
    assert!(!failure.is_retryable());
}

#[tokio::test]
async fn a_server_certificate_from_the_future() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = version_server(&authority.issue_between(&["127.0.0.1"], (2080, 2090))).await;
    let failure = failure(&folder.trusting(&server.https(), &authority, "")).await;
    says(&failure, "not valid before 2080-01-01", "this machine's clock", "certificate not yet valid");
}

#[tokio::test]
async fn a_server_signed_by_somebody_else() {
    let (authority, other, folder) = (Authority::new("ca"), Authority::new("other"), Folder::new());
    let server = version_server(&other.issue(&["127.0.0.1"])).await;
    let wish = folder.trusting(&server.https(), &authority, "");
    let wrong = failure(&wish).await;
    says(&wrong, "not trusted", "fetch a new kubeconfig", "certificate not trusted");
    assert!(wrong.hint().contains("intercepts"));

    let system = failure(&folder.wish(&format!("server: '{}'", server.https()), "")).await;
    assert!(matches!(system, Failure::Tls { fault: Fault::UnknownIssuer, .. }), "{system:?}");

    let mut careless = wish;
    careless.insecure_skip_tls_verify = true;
    soon(reach(&careless).await.version()).await.unwrap();
}

#[tokio::test]
async fn a_server_with_another_name() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = version_server(&authority.issue(&["api.example.com", "10.0.0.1"])).await;
    let failure = failure(&folder.trusting(&server.https(), &authority, "")).await;
    says(
        &failure,
        "the server certificate of 127.0.0.1: it is not for 127.0.0.1 but for api.example.com, 10.0.0.1",
        "tls-server-name",
        "certificate for another host",
    );
}

#[tokio::test]
async fn plain_http_behind_https() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = Server::start(None, |_| ok(VERSION)).await;
    let failure = failure(&folder.trusting(&server.https(), &authority, "")).await;
    says(&failure, "does not speak TLS", "http:// instead of https://", "server speaks plain HTTP");
}

#[tokio::test]
async fn tls_behind_http() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = version_server(&authority.issue(&["127.0.0.1"])).await;
    let url = format!("http://127.0.0.1:{}", server.port);
    let silent = failure(&folder.wish(&format!("server: '{url}'"), "")).await;
    says(&silent, "expects TLS", "https:// instead of http://", "server expects https");

    // Go's servers say it in words.
    let polite = Server::start(None, |_| {
        crate::support::refuse(400, "Client sent an HTTP request to an HTTPS server.\n")
    })
    .await;
    let url = format!("http://127.0.0.1:{}", polite.port);
    let polite = failure(&folder.wish(&format!("server: '{url}'"), "")).await;
    assert!(matches!(polite, Failure::TlsExpected { .. }), "{polite:?}");
}

#[tokio::test]
async fn a_client_certificate_identifies() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let acceptor = tls(&authority.issue(&["127.0.0.1"]), Some(&authority));
    let server = Server::start(Some(acceptor), |_| ok(VERSION)).await;
    let own = authority.issue(&["me"]);
    soon(reach(&folder.trusting(&server.https(), &authority, &names(&own))).await.version()).await.unwrap();

    folder.write("me.crt", &own.certificate);
    folder.write("me.key", &own.key);
    let files = "client-certificate: me.crt, client-key: me.key";
    soon(reach(&folder.trusting(&server.https(), &authority, files)).await.version()).await.unwrap();
}

#[tokio::test]
async fn a_client_certificate_that_the_server_refuses() {
    let (authority, other, folder) = (Authority::new("ca"), Authority::new("other"), Folder::new());
    let acceptor = tls(&authority.issue(&["127.0.0.1"]), Some(&authority));
    let server = Server::start(Some(acceptor), |_| ok(VERSION)).await;
    let mine = |fault: Fault| Failure::Tls {
        certificate: Certificate::Client { user: "test-user".to_owned() },
        fault,
    };

    let foreign = failure(&folder.trusting(&server.https(), &authority, &names(&other.issue(&["me"])))).await;
    assert_eq!(foreign, mine(Fault::UnknownIssuer));
    says(
        &foreign,
        "the client certificate of user \"test-user\"",
        "another cluster",
        "client certificate not trusted",
    );

    let none = failure(&folder.trusting(&server.https(), &authority, "token: t")).await;
    says(&none, "the server demands one", "fetch a new kubeconfig", "client certificate rejected");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn an_expired_client_certificate_is_noticed_before_anything_is_sent() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = version_server(&authority.issue(&["127.0.0.1"])).await;
    let old = authority.issue_between(&["me"], (2020, 2021));
    let expired = failure(&folder.trusting(&server.https(), &authority, &names(&old))).await;
    let message = "the client certificate of user \"test-user\": it expired at 2021-01-01";
    says(&expired, message, "kubeadm certs renew admin.conf", "client certificate expired");
    assert_eq!(server.count(), 0);

    let early = authority.issue_between(&["me"], (2080, 2090));
    let early = failure(&folder.trusting(&server.https(), &authority, &names(&early))).await;
    says(&early, "not valid before 2080", "clock", "client certificate not yet valid");

    // Beside a token it does not matter, and --token removes it altogether.
    let both = format!("{}, token: t", names(&old));
    soon(reach(&folder.trusting(&server.https(), &authority, &both)).await.version()).await.unwrap();
    let mut wish = folder.trusting(&server.https(), &authority, &names(&old));
    wish.token = Some("mine".into());
    soon(reach(&wish).await.version()).await.unwrap();
    assert_eq!(server.header(1, "authorization"), ["Bearer mine"]);
}

#[tokio::test]
async fn a_client_certificate_that_was_replaced_is_read_again_when_the_old_one_is_refused() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let acceptor = tls(&authority.issue(&["127.0.0.1"]), Some(&authority));
    let refusals = std::sync::atomic::AtomicUsize::new(2);
    let server = Server::start(Some(acceptor), move |_| {
        let left = refusals.load(std::sync::atomic::Ordering::SeqCst);
        refusals.store(left.saturating_sub(1), std::sync::atomic::Ordering::SeqCst);
        if left == 0 { ok(VERSION) } else { refuse(401, r#"{"message":"Unauthorized","code":401}"#) }
    })
    .await;
    let replace = |pair: &Pair| {
        folder.write("me.crt", &pair.certificate);
        folder.write("me.key", &pair.key);
    };
    replace(&authority.issue(&["me"]));
    let files = "client-certificate: me.crt, client-key: me.key";
    let session = reach(&folder.trusting(&server.https(), &authority, files)).await;
    let refused = soon(session.version()).await.unwrap_err();
    assert!(matches!(refused, Failure::Unauthorized { .. }), "{refused:?}");
    assert_eq!(server.count(), 1, "the same certificate is not shown twice");

    replace(&authority.issue(&["me"]));
    soon(session.version()).await.unwrap();
    assert_eq!(server.count(), 3, "the new certificate is shown once the old one was refused");
}

#[tokio::test]
async fn a_key_that_does_not_fit() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let mut pair = authority.issue(&["me"]);
    pair.key = authority.issue(&["me"]).key;
    let failure = failure(&folder.trusting("https://127.0.0.1:1", &authority, &names(&pair))).await;
    says(&failure, "client-key: it does not fit", "Correct it", "wrong setting");
}
