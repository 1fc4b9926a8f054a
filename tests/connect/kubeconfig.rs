//! Finding the kubeconfig, merging it, choosing from it, and saying what is wrong with it. Nothing here is connected.

use std::path::Path;

use crate::support::{Folder, failure, reach, says};
use foretop::client::connect::{Environment, Wish, failure::Failure};

#[tokio::test]
async fn nothing_anywhere() {
    let folder = Folder::new();
    let wish = Wish { environment: folder.environment(), ..Wish::default() };
    let failure = failure(&wish).await;
    let looked_for = vec![folder.0.path().join(".kube/config")];
    assert_eq!(failure, Failure::NoKubeconfig { looked_for });
    says(&failure, ".kube/config", "foretop --demo", "no kubeconfig");
    assert!(!failure.is_retryable());
}

#[tokio::test]
async fn a_list_of_missing_files() {
    let folder = Folder::new();
    folder.write(".kube/config", "current-context: never-read");
    let list = std::env::join_paths([folder.0.path().join("a"), folder.0.path().join("b")]).unwrap();
    let environment = Environment { kubeconfig: Some(list), ..folder.environment() };
    let failure = failure(&Wish { environment, ..Wish::default() }).await;
    let looked_for = vec![folder.0.path().join("a"), folder.0.path().join("b")];
    assert_eq!(failure, Failure::NoKubeconfig { looked_for });
}

#[tokio::test]
async fn an_explicit_file_must_exist() {
    let folder = Folder::new();
    let wish = Wish { kubeconfig: Some(folder.0.path().join("gone")), ..Wish::default() };
    says(&failure(&wish).await, "gone does not exist", "--kubeconfig", "missing file");
    let wish = Wish { kubeconfig: Some(folder.0.path().to_owned()), ..Wish::default() };
    says(&failure(&wish).await, "cannot be read: is a directory", "permissions", "unreadable file");
}

#[tokio::test]
async fn an_empty_file() {
    let folder = Folder::new();
    for text in ["", "\n\n", "# nothing\n", "apiVersion: v1\nkind: Config\nclusters: []\n"] {
        let wish = Wish { kubeconfig: Some(folder.write("empty", text)), ..Wish::default() };
        let failure = failure(&wish).await;
        assert_eq!(failure, Failure::EmptyKubeconfig { files: vec![folder.0.path().join("empty")] });
        says(&failure, "empty", "from your provider", "empty kubeconfig");
    }
}

#[tokio::test]
async fn no_kubeconfig_at_all() {
    let folder = Folder::new();
    for (text, why) in [
        ("clusters: [", "line"),
        ("just words", "bare value"),
        ("clusters: {a: b}", "invalid type"),
        ("\u{0}\u{1}", "control characters"),
    ] {
        let wish = Wish { kubeconfig: Some(folder.write("broken", text)), ..Wish::default() };
        let failure = failure(&wish).await;
        assert!(matches!(failure, Failure::NotYaml { .. }), "{text:?}: {failure:?}");
        says(&failure, why, "kubectl config view --kubeconfig", "malformed kubeconfig");
    }
}

const THREE: &str = "
contexts:
- {name: production, context: {cluster: prod, user: admin, namespace: shop}}
- {name: staging, context: {cluster: stage, user: admin}}
- {name: broken, context: {cluster: nowhere, user: admin}}
- {name: nobody, context: {cluster: prod, user: gone}}
clusters:
- {name: prod, cluster: {server: 'https://me:hush@prod.example:6443/'}}
- {name: stage, cluster: {server: 'https://stage.example'}}
users:
- {name: admin, user: {token: s3cret}}
";

fn three(folder: &Folder) -> Wish {
    Wish { kubeconfig: Some(folder.write("three", THREE)), ..Wish::default() }
}

#[tokio::test]
async fn unknown_names_suggest_the_nearest() {
    let folder = Folder::new();
    let wish = Wish { context: Some("prodution".to_owned()), ..three(&folder) };
    let context = failure(&wish).await;
    says(&context, "did you mean \"production\"?", "production, staging", "unknown context");
    let wish = Wish { context: Some("xyz".to_owned()), ..three(&folder) };
    assert!(matches!(failure(&wish).await, Failure::UnknownContext { nearest: None, .. }));
    let wish = Wish { context: Some("broken".to_owned()), ..three(&folder) };
    says(&failure(&wish).await, "no cluster \"nowhere\"", "prod, stage", "unknown cluster");
    let wish = Wish { cluster: Some("stagee".to_owned()), ..three(&folder) };
    says(&failure(&wish).await, "did you mean \"stage\"?", "--cluster", "unknown cluster");
    let wish = Wish { context: Some("nobody".to_owned()), ..three(&folder) };
    says(&failure(&wish).await, "no user \"gone\"", "admin", "unknown user");
}

#[tokio::test]
async fn no_current_context() {
    let folder = Folder::new();
    let failure = failure(&three(&folder)).await;
    assert!(matches!(failure, Failure::NoContext { .. }));
    says(&failure, "no current context", "Choose with --context: production, staging", "no current context");
}

#[tokio::test]
async fn a_context_says_who_and_where() {
    let folder = Folder::new();
    let wish = Wish { context: Some("production".to_owned()), ..three(&folder) };
    let session = reach(&wish).await;
    assert_eq!(session.context, "production");
    assert_eq!(session.cluster, "prod");
    assert_eq!(session.server, "https://prod.example:6443");
    assert_eq!(session.user, "admin");
    assert_eq!(session.namespace.as_deref(), Some("shop"));
    assert!(!session.loopback);
    assert_eq!(session.skew(), None);
}

#[tokio::test]
async fn options_win_over_the_context() {
    let folder = Folder::new();
    let wish = Wish {
        context: Some("production".to_owned()),
        cluster: Some("stage".to_owned()),
        namespace: Some("mine".to_owned()),
        ..three(&folder)
    };
    let session = reach(&wish).await;
    assert_eq!((session.cluster.as_str(), session.server.as_str()), ("stage", "https://stage.example"));
    assert_eq!(session.namespace.as_deref(), Some("mine"));
    // Cluster and user can be named without any context.
    let wish = Wish { cluster: Some("stage".to_owned()), user: Some("admin".to_owned()), ..three(&folder) };
    let session = reach(&wish).await;
    assert_eq!((session.cluster.as_str(), session.user.as_str()), ("stage", "admin"));
}

#[tokio::test]
async fn a_server_alone_is_enough() {
    let folder = Folder::new();
    let wish = Wish {
        server: Some("http://localhost:8001".to_owned()),
        environment: folder.environment(),
        ..Wish::default()
    };
    let session = reach(&wish).await;
    assert_eq!(session.server, "http://localhost:8001");
    assert_eq!((session.context.as_str(), session.cluster.as_str()), ("localhost:8001", "localhost:8001"));
    assert!(session.loopback);
    assert_eq!((session.user.as_str(), session.namespace), ("", None));
}

#[tokio::test]
async fn the_first_file_that_names_something_wins_it() {
    let folder = Folder::new();
    let first = folder.write(
        "a/first",
        "clusters: [{name: c, cluster: {server: 'https://first', certificate-authority: ca.pem}}]\n\
         users: [{name: u, user: {token: one}}]",
    );
    let second = folder.write(
        "b/second",
        "current-context: two\nclusters: [{name: c, cluster: {server: 'https://second'}}]\n\
         contexts: [{name: two, context: {cluster: c, user: u, namespace: from-second}}]",
    );
    let third = folder.write(
        "c/third",
        "current-context: three\ncontexts: [{name: three, context: {cluster: c}}, {name: two, context: {cluster: x}}]",
    );
    let authority = crate::support::Authority::new("ca");
    folder.write("a/ca.pem", &authority.pem);
    let missing = folder.0.path().join("missing");
    let list = std::env::join_paths([&missing, &first, &second, &second, &third]).unwrap();
    let wish = Wish {
        environment: Environment { kubeconfig: Some(list), ..folder.environment() },
        ..Wish::default()
    };
    let session = reach(&wish).await;
    assert_eq!(session.context, "two");
    assert_eq!(session.server, "https://first");
    assert_eq!(session.namespace.as_deref(), Some("from-second"));

    // The path is relative to the file that names it, not to the first file or to the working folder.
    std::fs::remove_file(folder.0.path().join("a/ca.pem")).unwrap();
    let gone = failure(&wish).await;
    let file = folder.0.path().join("a/ca.pem");
    assert_eq!(gone, Failure::MissingFile { what: "certificate authority".to_owned(), file });
    says(&gone, "certificate authority", "relative paths start at the kubeconfig's folder", "missing file");
}

#[tokio::test]
async fn settings_that_cannot_be() {
    let folder = Folder::new();
    let ca = "server: 'https://a', certificate-authority-data: ";
    let pem = crate::support::base64(&crate::support::Authority::new("ca").pem);
    for (cluster, user, message) in [
        (String::new(), "", "server of cluster \"test-cluster\": it is not set"),
        (format!("{ca}'%%'"), "", "it is not base64"),
        (format!("{ca}aGVsbG8="), "", "holds no certificate in PEM format"),
        (format!("{ca}{pem}, insecure-skip-tls-verify: true"), "", "contradicts insecure-skip-tls-verify"),
        (
            "server: 'https://a', tls-server-name: 'no name'".to_owned(),
            "",
            "tls-server-name: it is no host name",
        ),
        ("server: 'https://a', proxy-url: 'ftp://p'".to_owned(), "", "only http, https and socks5"),
        ("server: 'https://a'".to_owned(), "token: \"a\\nb\"", "characters that no header can carry"),
        ("server: 'https://a'".to_owned(), "client-certificate-data: aGVsbG8=", "client-key: it is missing"),
        (
            "server: 'https://a'".to_owned(),
            "client-certificate-data: aGVsbG8=, client-key-data: aGVsbG8=",
            "client-key: it is no private key in PEM format",
        ),
        ("server: 'https://a'".to_owned(), "as-groups: [a]", "needs a user to act as"),
    ] {
        let failure = failure(&folder.wish(&cluster, user)).await;
        assert!(matches!(failure, Failure::Setting { .. }), "{failure:?}");
        says(&failure, message, "Correct it in the kubeconfig", "wrong setting");
    }
}

#[tokio::test]
async fn files_that_are_missing_are_named_by_their_purpose() {
    let folder = Folder::new();
    for (user, what) in [
        ("client-certificate: c.pem, client-key: k.pem", "client certificate"),
        ("client-key: k.pem", "client key"),
        ("tokenFile: t", "token file"),
    ] {
        let failure = failure(&folder.wish("server: 'https://a'", user)).await;
        assert!(
            matches!(&failure, Failure::MissingFile { what: named, file }
            if named == what && file.parent() == Some(folder.0.path())),
            "{failure:?}"
        );
    }
}

#[tokio::test]
async fn logins_that_clients_no_longer_have() {
    let folder = Folder::new();
    let wish = folder.wish("server: 'https://a'", "auth-provider: {name: gcp, config: {access-token: hush}}");
    let gcp = failure(&wish).await;
    says(&gcp, "\"gcp\" is no longer part", "gke-gcloud-auth-plugin", "login failed");
    let wish = folder.wish("server: 'https://a'", "auth-provider: {name: oidc, config: {client-id: a}}");
    let oidc = failure(&wish).await;
    says(&oidc, "\"oidc\"", "Log in again", "login failed");
}

#[tokio::test]
async fn in_a_pod_the_service_account_is_used() {
    let folder = Folder::new();
    let environment = pod(&folder);
    let session = reach(&Wish { environment: environment.clone(), ..Wish::default() }).await;
    assert_eq!(session.server, "https://[fd00::1]:443");
    assert_eq!((session.context.as_str(), session.cluster.as_str()), ("in-cluster", "in-cluster"));
    assert_eq!(session.user, "system:serviceaccount:monitoring:foretop");
    assert_eq!(session.namespace.as_deref(), Some("monitoring"));

    let told = Environment { pod_namespace: Some("told".to_owned()), ..environment.clone() };
    let session = reach(&Wish { environment: told, ..Wish::default() }).await;
    assert_eq!(session.namespace.as_deref(), Some("told"));

    // A kubeconfig wins, a missing token means this is no pod, and a named context is not in a pod.
    let named =
        Wish { context: Some("prod".to_owned()), environment: environment.clone(), ..Wish::default() };
    assert!(matches!(failure(&named).await, Failure::NoKubeconfig { .. }));
    folder.write(".kube/config", "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\nclusters: [{name: k, cluster: {server: 'https://k'}}]");
    let session = reach(&Wish { environment: environment.clone(), ..Wish::default() }).await;
    assert_eq!(session.server, "https://k");
    std::fs::remove_file(folder.0.path().join(".kube/config")).unwrap();
    std::fs::remove_file(folder.0.path().join("account/token")).unwrap();
    assert!(matches!(failure(&Wish { environment, ..Wish::default() }).await, Failure::NoKubeconfig { .. }));
}

fn pod(folder: &Folder) -> Environment {
    let claims = r#"{"sub":"system:serviceaccount:monitoring:foretop"}"#;
    let claims = crate::support::base64(claims).trim_end_matches('=').to_owned();
    folder.write("account/token", &format!("head.{claims}.signature\n"));
    folder.write("account/ca.crt", &crate::support::Authority::new("ca").pem);
    folder.write("account/namespace", "monitoring\n");
    Environment {
        service_host: Some("fd00::1".to_owned()),
        service_port: Some("443".to_owned()),
        service_account: folder.0.path().join("account"),
        ..folder.environment()
    }
}

#[tokio::test]
async fn debug_shows_no_secrets() {
    let folder = Folder::new();
    let user = "username: me, password: hush-password, exec: {command: login, args: [hush-arg], env: [{name: A, value: hush-env}]}";
    let mut wish = folder.wish("server: 'https://me:hush-url@a', proxy-url: 'http://me:hush-proxy@p'", user);
    wish.token = Some("hush-token".into());
    wish.environment.https_proxy = Some("http://me:hush-environment@p".into());
    let session = reach(&wish).await;
    let shown = format!("{wish:?} {session:?}");
    assert!(shown.contains("https://a"), "{shown}");
    assert!(!shown.contains("hush"), "{shown}");
}

#[test]
fn the_real_environment_is_captured() {
    let environment = Environment::capture();
    assert_eq!(environment.home, std::env::home_dir());
    assert_eq!(environment.service_account, Path::new("/var/run/secrets/kubernetes.io/serviceaccount"));
}
