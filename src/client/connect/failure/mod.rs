//! What can go wrong between the user's wish and the server's answer, told apart so that each can be mended. Failures
//! carry names and numbers, never credentials, plugin output or whole bodies.

use std::{path::PathBuf, time::Duration};

mod classify;
mod hint;
mod kinds;
mod status;
mod words;

pub(super) use classify::{build, classify};
pub use kinds::{Cause, Certificate, CredentialKind, Fault, Stage};

/// A server may ask to wait for any time; nobody waits for longer than this.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// The cause by which a server says that it has not yet seen a resourceVersion.
const TOO_LARGE: &str = "ResourceVersionTooLarge";

/// Why a cluster could not be reached, or did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// No kubeconfig exists in any of the usual places, and this is no pod.
    #[error("no kubeconfig found; looked for {}", words::files(looked_for))]
    NoKubeconfig {
        /// The files that were looked for.
        looked_for: Vec<PathBuf>,
    },
    /// The kubeconfig exists and says nothing.
    #[error("the kubeconfig is empty: {}", words::files(files))]
    EmptyKubeconfig {
        /// The files that were read.
        files: Vec<PathBuf>,
    },
    /// The file cannot be understood.
    #[error("{} is not a kubeconfig: {why}", file.display())]
    NotYaml {
        /// The file.
        file: PathBuf,
        /// The parser's complaint, without the values it quotes.
        why: String,
    },
    /// No such context.
    #[error("no context {wanted:?} in the kubeconfig{}", words::suggestion(nearest.as_deref()))]
    UnknownContext {
        /// The name asked for.
        wanted: String,
        /// The names there are.
        known: Vec<String>,
        /// The one that was probably meant.
        nearest: Option<String>,
    },
    /// No such cluster.
    #[error("no cluster {wanted:?} in the kubeconfig{}", words::suggestion(nearest.as_deref()))]
    UnknownCluster {
        /// The name asked for.
        wanted: String,
        /// The names there are.
        known: Vec<String>,
        /// The one that was probably meant.
        nearest: Option<String>,
    },
    /// No such user.
    #[error("no user {wanted:?} in the kubeconfig{}", words::suggestion(nearest.as_deref()))]
    UnknownUser {
        /// The name asked for.
        wanted: String,
        /// The names there are.
        known: Vec<String>,
        /// The one that was probably meant.
        nearest: Option<String>,
    },
    /// The kubeconfig has no current context, and none was named.
    #[error("the kubeconfig has no current context")]
    NoContext {
        /// The contexts there are.
        known: Vec<String>,
    },
    /// A setting is missing, malformed, or contradicts another.
    #[error("{what}: {why}")]
    Setting {
        /// Which setting, for example `server of cluster "prod"`.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file that the kubeconfig names does not exist.
    #[error("the {what} {} does not exist", file.display())]
    MissingFile {
        /// What the file is for, for example `client certificate`.
        what: String,
        /// The file.
        file: PathBuf,
    },
    /// A file exists and cannot be read.
    #[error("the {what} {} cannot be read: {why}", file.display())]
    UnreadableFile {
        /// What the file is for.
        what: String,
        /// The file.
        file: PathBuf,
        /// The system's reason.
        why: String,
    },
    /// The host's name has no address.
    #[error("cannot find the address of {host}")]
    Dns {
        /// The host.
        host: String,
    },
    /// Nothing listens there.
    #[error("{server} refused the connection")]
    Refused {
        /// The server's address.
        server: String,
    },
    /// No way leads there.
    #[error("{server} is unreachable: {why}")]
    Unreachable {
        /// The server's address.
        server: String,
        /// The system's reason.
        why: String,
    },
    /// It took too long.
    #[error("{}", words::timeout(server, *stage, *after))]
    Timeout {
        /// The server's address.
        server: String,
        /// What was being waited for.
        stage: Stage,
        /// How long was waited, when foretop's own deadline ended it.
        after: Option<Duration>,
    },
    /// The server cut the connection.
    #[error("{server} reset the connection")]
    Reset {
        /// The server's address.
        server: String,
    },
    /// The server closed the connection before it had answered.
    #[error("{server} hung up before its answer was complete")]
    HungUp {
        /// The server's address.
        server: String,
    },
    /// A certificate was not accepted.
    #[error("{certificate}: {fault}")]
    Tls {
        /// Whose certificate.
        certificate: Certificate,
        /// What is wrong with it.
        fault: Fault,
    },
    /// The handshake failed for another reason than a certificate.
    #[error("the TLS handshake with {server} failed: {why}")]
    Handshake {
        /// The server's address.
        server: String,
        /// The TLS library's reason.
        why: String,
    },
    /// The URL says https, and the server speaks plain HTTP.
    #[error("{server} does not speak TLS")]
    PlainHttp {
        /// The server's address.
        server: String,
    },
    /// The URL says http, and the server speaks TLS.
    #[error("{server} expects TLS, but its URL says http")]
    TlsExpected {
        /// The server's address.
        server: String,
    },
    /// The answer is not HTTP, or not what was asked for.
    #[error("{server} gave an answer that makes no sense: {why}")]
    Garbled {
        /// The server's address.
        server: String,
        /// What is wrong with it.
        why: String,
    },
    /// The proxy is the problem.
    #[error("the proxy {proxy} {why}")]
    Proxy {
        /// The proxy's address, without credentials.
        proxy: String,
        /// What it did, as the rest of a sentence.
        why: String,
    },
    /// The server does not accept who is asking (401).
    #[error("{}", words::unauthorized(user, *credential))]
    Unauthorized {
        /// The user entry of the kubeconfig; empty when there is none.
        user: String,
        /// What was shown to the server.
        credential: CredentialKind,
    },
    /// The server knows who is asking and refuses (403).
    #[error("{message}")]
    Forbidden {
        /// For example `list`; empty when the server does not say.
        verb: String,
        /// For example `pods` or `nodes/proxy`; a path for non-resource requests.
        resource: String,
        /// The server's sentence.
        message: String,
    },
    /// The credential plugin is not installed.
    #[error("the credential plugin {command:?} is not installed")]
    ExecMissing {
        /// The plugin.
        command: String,
        /// The kubeconfig's advice how to install it.
        install_hint: String,
    },
    /// The credential plugin cannot be started.
    #[error("the credential plugin {command:?} cannot be started: {why}")]
    ExecNotStarted {
        /// The plugin.
        command: String,
        /// The system's reason.
        why: String,
    },
    /// The credential plugin gave up.
    #[error("the credential plugin {command:?} {}", words::exit(*code))]
    ExecFailed {
        /// The plugin.
        command: String,
        /// Its exit code; none when a signal ended it.
        code: Option<i32>,
    },
    /// The credential plugin did not end in time.
    #[error("the credential plugin {command:?} did not finish within {}", words::duration(*after))]
    ExecTimeout {
        /// The plugin.
        command: String,
        /// The time it had.
        after: Duration,
    },
    /// The credential plugin printed something else than credentials.
    #[error("the credential plugin {command:?} did not print a usable ExecCredential: {why}")]
    ExecOutput {
        /// The plugin.
        command: String,
        /// What is wrong, without quoting the output.
        why: String,
    },
    /// The credential plugin insists on talking to the user.
    #[error("the credential plugin {command:?} wants the terminal (interactiveMode: Always)")]
    ExecInteractive {
        /// The plugin.
        command: String,
    },
    /// A login that is built into clients failed, or is not built in any more.
    #[error("the auth-provider {name:?} {why}")]
    AuthProvider {
        /// Its name in the kubeconfig.
        name: String,
        /// What is wrong, as the rest of a sentence.
        why: String,
    },
    /// There is no such thing (404).
    #[error("{message}")]
    NotFound {
        /// The server's sentence.
        message: String,
    },
    /// The object has changed, or exists already (409).
    #[error("{message}")]
    Conflict {
        /// `Conflict` or `AlreadyExists`.
        reason: String,
        /// The server's sentence.
        message: String,
    },
    /// The resource version or continue token is too old (410): list again.
    #[error("{message}")]
    Gone {
        /// The server's sentence.
        message: String,
    },
    /// The server has too much to do, or a disruption budget forbids an eviction (429).
    #[error("{message}")]
    TooManyRequests {
        /// How long to wait, when the server says so.
        retry_after: Option<Duration>,
        /// The server's sentence.
        message: String,
        /// What is behind it, for example the disruption budget.
        causes: Vec<Cause>,
    },
    /// Any other refusal.
    #[error("the server answered {code}{}", words::said(reason, message))]
    Server {
        /// The HTTP status.
        code: u16,
        /// Kubernetes' reason, for example `Invalid`; may be empty.
        reason: String,
        /// The server's sentence; may be empty.
        message: String,
        /// The details.
        causes: Vec<Cause>,
        /// How long to wait, when the server says so.
        retry_after: Option<Duration>,
    },
    /// The answer is larger than what the caller can use.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// foretop's own gate let the request not leave.
    #[error(transparent)]
    Stopped(#[from] crate::client::gate::Stopped),
    /// An answer cannot be decoded.
    #[error("cannot decode the answer to {path}: {why}")]
    Undecodable {
        /// What was asked for.
        path: String,
        /// Where decoding stopped, without quoting the answer.
        why: String,
    },
}

impl Failure {
    /// A file that could not be read.
    pub(super) fn unreadable(what: &str, file: &std::path::Path, error: &std::io::Error) -> Self {
        let (what, file) = (what.to_owned(), file.to_owned());
        if error.kind() == std::io::ErrorKind::NotFound {
            Self::MissingFile { what, file }
        } else {
            Self::UnreadableFile { what, file, why: words::system(error) }
        }
    }

    /// Whether the same request may succeed later although the user changes nothing.
    ///
    /// What is not retryable may still mend itself by the user's doing (a new login, a new role), so a live screen asks
    /// again at its longest interval, and a one-shot command stops.
    pub fn is_retryable(&self) -> bool {
        let overloaded =
            matches!(self, Self::Server { code, retry_after, .. } if *code >= 500 || retry_after.is_some());
        overloaded
            || matches!(
                self,
                Self::Dns { .. }
                    | Self::Refused { .. }
                    | Self::Unreachable { .. }
                    | Self::Timeout { .. }
                    | Self::Reset { .. }
                    | Self::HungUp { .. }
                    | Self::Garbled { .. }
                    | Self::Proxy { .. }
                    | Self::ExecTimeout { .. }
                    | Self::Gone { .. }
                    | Self::TooManyRequests { .. }
            )
    }

    /// What a server that is behind another one says, for those that give an old answer without saying so.
    pub(in crate::client) fn behind() -> Self {
        let cause = Cause { reason: TOO_LARGE.to_owned(), ..Cause::default() };
        Self::Server {
            code: 504,
            reason: "Timeout".to_owned(),
            message: "Too large resource version".to_owned(),
            causes: vec![cause],
            retry_after: None,
        }
    }

    /// Whether the server has not yet seen what another one has.
    pub(in crate::client) fn is_behind(&self) -> bool {
        matches!(self, Self::Server { causes, .. } if causes.iter().any(|it| it.reason == TOO_LARGE))
    }

    /// How long the server asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        if let Self::TooManyRequests { retry_after, .. } | Self::Server { retry_after, .. } = self {
            retry_after.map(|wait| wait.min(LONGEST_WAIT))
        } else {
            None
        }
    }
}
