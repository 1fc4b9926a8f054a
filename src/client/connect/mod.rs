//! From what the user typed to a cluster that answers: kubeconfig, credentials, TLS, proxies, and failures that say
//! what to do. It asks for no objects; that is built on `Session`.

mod access;
mod answer;
mod certificate;
mod choose;
mod environment;
mod exec;
pub mod failure;
mod greedy;
mod impersonate;
mod incluster;
mod kubeconfig;
mod load;
mod nearest;
mod peer;
mod proxy;
mod session;
mod skew;
mod target;
mod transport;

use std::{path::PathBuf, sync::Arc, time::Duration};

use secrecy::SecretString;

use self::{
    access::Access,
    failure::{Certificate, CredentialKind},
    skew::Skew,
    target::Target,
};
pub use self::{
    answer::{Answer, Body},
    environment::Environment,
    failure::Failure,
    session::{ServerVersion, Session},
};
use super::clock;
use super::gate::{Kubelets, Mode};

/// How long to wait for the head of an answer unless the user says otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// A deadline that never comes, for `--request-timeout=0`.
const FOREVER: Duration = Duration::from_hours(365 * 24);

/// What the user asked for; the names are those of kubectl's options.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// `--kubeconfig`: this file alone.
    pub kubeconfig: Option<PathBuf>,
    /// A kubeconfig's text instead of any file; the embedded cluster comes with one.
    pub kubeconfig_text: Option<String>,
    /// `--context`
    pub context: Option<String>,
    /// `--cluster`
    pub cluster: Option<String>,
    /// `--user`
    pub user: Option<String>,
    /// `--namespace`
    pub namespace: Option<String>,
    /// `--token`: replaces the user's other credentials.
    pub token: Option<SecretString>,
    /// `--server`
    pub server: Option<String>,
    /// `--as`
    pub impersonate: Option<String>,
    /// `--as-group`, any number of times.
    pub impersonate_groups: Vec<String>,
    /// `--insecure-skip-tls-verify`
    pub insecure_skip_tls_verify: bool,
    /// `--request-timeout`: 30 s when absent, none when zero.
    pub request_timeout: Option<Duration>,
    /// `--read-only` and `--dry-run`: what may be asked of the server.
    pub mode: Mode,
    /// `--kubelet`: whether kubelets may be asked through the server.
    pub kubelets: Kubelets,
    /// The process environment.
    pub environment: Environment,
}

/// Finds the cluster and the credentials and makes the HTTP stack ready. A credential plugin is run at most once; the
/// server need not be reachable.
///
/// # Errors
/// When the kubeconfig, a file it names, or the credential plugin is at fault.
pub async fn connect(wish: &Wish) -> Result<Session, Failure> {
    let (choice, target) = tokio::task::spawn_blocking({
        let wish = wish.clone();
        move || {
            let choice = choose::choose(&wish)?;
            let target = Target::new(&choice, &wish.environment)?;
            Ok::<_, Failure>((choice, target))
        }
    })
    .await
    .map_err(|_| Failure::Setting {
        what: "kubeconfig".to_owned(),
        why: "reading it was interrupted".to_owned(),
    })??;
    check_client_certificate(&target)?;

    let peer = Arc::new(target.peer.clone());
    let or_address = |name: &str| if name.is_empty() { peer.address.clone() } else { name.to_owned() };
    Ok(Session {
        context: or_address(&choice.context),
        cluster: or_address(&choice.cluster_name),
        server: target.url.to_string().trim_end_matches('/').to_owned(),
        user: who(&choice.user_name, wish),
        namespace: choice.namespace,
        loopback: target.is_loopback(),
        mode: wish.mode,
        kubelets: wish.kubelets,
        patience: match wish.request_timeout {
            None => PATIENCE,
            Some(Duration::ZERO) => FOREVER,
            Some(deadline) => deadline,
        },
        access: Access::open(target).await?,
        peer,
        skew: Skew::default(),
    })
}

/// Who asks, in the words of the command line: the kubeconfig's user is not the one whom a token or `--as` stands for.
fn who(name: &str, wish: &Wish) -> String {
    let own = if wish.token.is_some() { "the bearer of --token" } else { name };
    match &wish.impersonate {
        Some(other) => format!("{own} as {other}"),
        None => own.to_owned(),
    }
}

/// An API server answers an expired certificate with a plain 401, so it is better noticed here. With other credentials
/// beside it the certificate does not matter.
fn check_client_certificate(target: &Target) -> Result<(), Failure> {
    if target.peer.credential != CredentialKind::Certificate {
        return Ok(());
    }
    match target.peer.client_certificate.and_then(|validity| validity.fault(clock::now())) {
        Some(fault) => {
            Err(Failure::Tls { certificate: Certificate::Client { user: target.peer.user.clone() }, fault })
        }
        None => Ok(()),
    }
}
