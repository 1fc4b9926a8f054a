//! Credential plugins and token files: what is run, how often, and what is said when it goes wrong.
use std::path::PathBuf;
use std::time::Duration;

use crate::support::{
    Authority, Folder, Server, VERSION, base64, failure, get, ok, reach, refuse, says, soon, tls,
};
use foretop::client::connect::{
    Environment, Wish,
    failure::{CredentialKind, Failure},
};

/// A shell script as a plugin; every run adds a line to `runs`.
struct Plugin<'a> {
    folder: &'a Folder,
}

impl Plugin<'_> {
    fn user(&self, script: &str, more: &str) -> String {
        let file = self.folder.write(
            "plugin.sh",
            &format!(
                "echo run >> '{}'\nrun=$(grep -c run '{0}')\n{script}\n",
                self.folder.0.path().join("runs").display()
            ),
        );
        format!(
            "exec: {{apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: /bin/sh, \
             args: ['{}']{more}}}",
            file.display()
        )
    }

    fn runs(&self) -> usize {
        std::fs::read_to_string(self.folder.0.path().join("runs")).unwrap_or_default().lines().count()
    }
}

/// Prints a credential whose token is the number of the run.
fn prints(status: &str) -> String {
    format!(
        "cat <<EOF\n{{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{status}}}\nEOF"
    )
}

/// A server that accepts only this token.
async fn accepting(authority: &Authority, token: &'static str) -> Server {
    Server::start(Some(tls(&authority.issue(&["127.0.0.1"]), None)), move |asked| {
        let shown = asked.headers.get("authorization").and_then(|value| value.to_str().ok());
        if shown == Some(token) {
            ok(VERSION)
        } else {
            refuse(401, r#"{"message":"Unauthorized","code":401}"#)
        }
    })
    .await
}

#[tokio::test]
async fn a_good_plugin_is_run_once() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = accepting(&authority, "Bearer 1").await;
    let plugin = Plugin { folder: &folder };
    let user = plugin.user(&prints(r#"{"token":"$run","expirationTimestamp":"2090-01-01T00:00:00Z"}"#), "");
    let session = reach(&folder.trusting(&server.https(), &authority, &user)).await;
    assert_eq!(plugin.runs(), 1);
    for _ in 0..3 {
        soon(session.version()).await.unwrap();
    }
    assert_eq!(plugin.runs(), 1);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_request_succeeds() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = accepting(&authority, "Bearer 2").await;
    let plugin = Plugin { folder: &folder };
    let session = reach(&folder.trusting(
        &server.https(),
        &authority,
        &plugin.user(&prints(r#"{"token":"$run"}"#), ""),
    ))
    .await;
    soon(session.version()).await.unwrap();
    assert_eq!(plugin.runs(), 2);
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_slow_plugin_is_waited_for_longer_than_the_server() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = accepting(&authority, "Bearer 2").await;
    let plugin = Plugin { folder: &folder };
    let go = folder.0.path().join("go");
    let script = format!(
        "[ $run = 1 ] || until [ -e '{}' ]; do sleep 0.02; done\n{}",
        go.display(),
        prints(r#"{"token":"$run"}"#)
    );
    let session = reach(&folder.trusting(&server.https(), &authority, &plugin.user(&script, ""))).await;
    let minute = Duration::from_mins(1);
    let mut answer = std::pin::pin!(soon(session.version_within(minute)));
    while plugin.runs() < 2 {
        tokio::select! {
            early = &mut answer => panic!("without the plugin: {early:?}"),
            () = tokio::time::sleep(Duration::from_millis(10)) => {}
        }
    }
    // The clock goes on while the plugin, which the server has nothing to do with, is slow.
    tokio::time::pause();
    tokio::time::advance(minute + minute / 2).await;
    tokio::time::resume();
    std::fs::write(&go, "").unwrap();
    answer.await.unwrap();
    assert_eq!(plugin.runs(), 2);
}

#[tokio::test]
async fn many_refused_requests_share_one_renewal() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = accepting(&authority, "Bearer 2").await;
    let plugin = Plugin { folder: &folder };
    let session = reach(&folder.trusting(
        &server.https(),
        &authority,
        &plugin.user(&prints(r#"{"token":"$run"}"#), ""),
    ))
    .await;
    let answers = soon(futures::future::join_all((0..10).map(|_| session.version()))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(plugin.runs(), 2);
}

#[tokio::test]
async fn a_plugin_without_access_is_not_run_in_a_loop() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = accepting(&authority, "Bearer never").await;
    let plugin = Plugin { folder: &folder };
    let session = reach(&folder.trusting(
        &server.https(),
        &authority,
        &plugin.user(&prints(r#"{"token":"$run"}"#), ""),
    ))
    .await;
    let refused = soon(session.version()).await.unwrap_err();
    let user = "test-user".to_owned();
    assert_eq!(refused, Failure::Unauthorized { user, credential: CredentialKind::Plugin });
    says(&refused, "credentials from the plugin", "run again", "not logged in");
    assert_eq!(server.count(), 2);
    for _ in 0..5 {
        soon(session.version()).await.unwrap_err();
    }
    assert_eq!(plugin.runs(), 2);
    assert_eq!(server.count(), 7);
}

#[tokio::test]
async fn an_expired_token_is_renewed_before_the_request() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = accepting(&authority, "Bearer 2").await;
    let plugin = Plugin { folder: &folder };
    let user = plugin.user(&prints(r#"{"token":"$run","expirationTimestamp":"2020-01-01T00:00:00Z"}"#), "");
    let session = reach(&folder.trusting(&server.https(), &authority, &user)).await;
    soon(session.version()).await.unwrap();
    assert_eq!((plugin.runs(), server.count()), (2, 1));
}

#[tokio::test]
async fn a_client_certificate_from_a_plugin_is_renewed_too() {
    let (authority, stranger, folder) = (Authority::new("ca"), Authority::new("stranger"), Folder::new());
    let acceptor = tls(&authority.issue(&["127.0.0.1"]), Some(&authority));
    let server = Server::start(Some(acceptor), |_| ok(VERSION)).await;
    let plugin = Plugin { folder: &folder };
    // The first run prints a pair that is expired by its own word, the second one that the server accepts.
    for (run, pair) in [(1, stranger.issue(&["me"])), (2, authority.issue(&["me"]))] {
        let status = serde_json::json!({
            "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1",
            "status": {
                "clientCertificateData": pair.certificate, "clientKeyData": pair.key,
                "expirationTimestamp": if run == 1 { "2020-01-01T00:00:00Z" } else { "2090-01-01T00:00:00Z" },
            },
        });
        folder.write(&format!("out{run}"), &status.to_string());
    }
    let script = format!("cat '{}'/out$run", folder.0.path().display());
    let session = reach(&folder.trusting(&server.https(), &authority, &plugin.user(&script, ""))).await;
    soon(session.version()).await.unwrap();
    soon(session.version()).await.unwrap();
    assert_eq!((plugin.runs(), server.count()), (2, 2));
    assert!(server.header(0, "authorization").is_empty());
}

#[tokio::test]
async fn what_a_plugin_is_told() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = accepting(&authority, "Bearer t").await;
    let plugin = Plugin { folder: &folder };
    let told = folder.0.path().join("told");
    let script = format!(
        "printf %s \"$KUBERNETES_EXEC_INFO\" > '{}'\n[ \"$EXTRA\" = value ] || exit 9\n\
         [ -z \"$(cat)\" ] || exit 8\necho hush-stderr >&2\n{}",
        told.display(),
        prints(r#"{"token":"t"}"#)
    );
    let user = plugin.user(&script, ", provideClusterInfo: true, env: [{name: EXTRA, value: value}]");
    let cluster = format!(
        "server: '{}', certificate-authority-data: {}, extensions: [{{name: client.authentication.k8s.io/exec, \
         extension: {{audience: prod}}}}]",
        server.https(),
        base64(&authority.pem)
    );
    let session = reach(&folder.wish(&cluster, &user)).await;
    soon(session.version()).await.unwrap();
    let told: serde_json::Value = serde_json::from_slice(&std::fs::read(told).unwrap()).unwrap();
    assert_eq!(
        told,
        serde_json::json!({
            "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1",
            "spec": { "interactive": false, "cluster": {
                "server": server.https(), "certificate-authority-data": base64(&authority.pem),
                "config": { "audience": "prod" },
            }},
        })
    );
}

async fn broken(folder: &Folder, script: &str) -> Failure {
    let plugin = Plugin { folder };
    let user = plugin.user(script, "");
    let failure = failure(&folder.wish("server: 'https://127.0.0.1:1'", &user)).await;
    assert_eq!(plugin.runs(), 1);
    assert!(!format!("{failure} {failure:?} {}", failure.hint()).contains("hush"), "{failure:?}");
    failure
}

#[tokio::test]
async fn a_plugin_that_fails() {
    let folder = Folder::new();
    let failed = broken(&folder, "echo hush; echo hush >&2; exit 3").await;
    assert_eq!(failed, Failure::ExecFailed { command: "/bin/sh".to_owned(), code: Some(3) });
    says(&failed, "\"/bin/sh\" failed with exit code 3", "in a shell", "credential plugin failed");
    let folder = Folder::new();
    let killed = broken(&folder, "kill -9 $$").await;
    says(&killed, "was ended by a signal", "in a shell", "credential plugin failed");
}

#[tokio::test]
async fn a_plugin_that_prints_something_else() {
    let folder = Folder::new();
    let garbage = broken(&folder, "echo hush, not JSON").await;
    assert!(matches!(garbage, Failure::ExecOutput { .. }));
    says(
        &garbage,
        "did not print a usable ExecCredential",
        "in a shell",
        "credential plugin printed no credentials",
    );
    let folder = Folder::new();
    let binary = broken(&folder, "printf '\\377\\376hush'").await;
    assert!(binary.to_string().contains("not UTF-8"), "{binary}");
    let folder = Folder::new();
    let endless = broken(&folder, "yes hush | head -c 3000000").await;
    assert!(endless.to_string().contains("it does not end"), "{endless}");
}

#[tokio::test]
async fn a_plugin_that_is_missing() {
    let folder = Folder::new();
    let exec = "exec: {apiVersion: client.authentication.k8s.io/v1, command: foretop-no-such-login";
    let bare = failure(&folder.wish("server: 'https://a'", &format!("{exec}}}"))).await;
    let message = "the credential plugin \"foretop-no-such-login\" is not installed";
    says(&bare, message, "Install foretop-no-such-login", "credential plugin missing");
    let user = format!("{exec}, installHint: \"See https://login.example\\e[31m\"}}");
    let hinted = failure(&folder.wish("server: 'https://a'", &user)).await;
    assert_eq!(hinted.hint(), "See https://login.example[31m");
    // A command with a slash is relative to the kubeconfig.
    folder.write("bin/login", "not executable");
    let user = "exec: {apiVersion: client.authentication.k8s.io/v1, command: bin/login}";
    let closed = failure(&folder.wish("server: 'https://a'", user)).await;
    assert!(matches!(closed, Failure::ExecNotStarted { .. }), "{closed:?}");
    says(&closed, "cannot be started: permission denied", "executable", "credential plugin failed");
    let user = "exec: {apiVersion: client.authentication.k8s.io/v1, command: login, interactiveMode: Always}";
    let always = failure(&folder.wish("server: 'https://a'", user)).await;
    says(&always, "wants the terminal", "never lends its terminal", "credential plugin wants the terminal");
}

#[tokio::test]
async fn a_token_on_the_command_line_replaces_the_plugin() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = accepting(&authority, "Bearer mine").await;
    let plugin = Plugin { folder: &folder };
    let mut wish = folder.trusting(&server.https(), &authority, &plugin.user("exit 1", ""));
    wish.token = Some("mine".into());
    soon(reach(&wish).await.version()).await.unwrap();
    assert_eq!(plugin.runs(), 0);
}

#[tokio::test]
async fn a_rotated_token_file_is_read_again_when_the_old_token_is_refused() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = accepting(&authority, "Bearer new").await;
    let file: PathBuf = folder.write("token", "old\n");
    let wish = folder.trusting(&server.https(), &authority, "tokenFile: token, token: unused");
    let session = reach(&wish).await;
    let refused = soon(session.version()).await.unwrap_err();
    assert!(matches!(refused, Failure::Unauthorized { credential: CredentialKind::TokenFile, .. }));
    // The file has not changed, so asking again would have been in vain.
    assert_eq!(server.count(), 1);

    std::fs::write(&file, "new\n").unwrap();
    let session = reach(&wish).await;
    std::fs::write(&file, "newer\n").unwrap();
    soon(session.version()).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    soon(session.version()).await.unwrap();
}

#[tokio::test]
async fn a_pod_reaches_its_cluster() {
    let (authority, folder) = (Authority::new("ca"), Folder::new());
    let server = accepting(&authority, "Bearer pod").await;
    folder.write("account/token", "pod\n");
    folder.write("account/ca.crt", &authority.pem);
    let environment = Environment {
        service_host: Some("127.0.0.1".to_owned()),
        service_port: Some(server.port.to_string()),
        service_account: folder.0.path().join("account"),
        ..folder.environment()
    };
    let session = reach(&Wish { environment, ..Wish::default() }).await;
    assert_eq!(session.user, "service account");
    assert!(soon(session.send(get("/version"))).await.unwrap().status.is_success());
}
