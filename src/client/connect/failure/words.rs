//! Pieces of sentences for `Failure`'s messages, and its few-word form for a header. Advice is in `hint`.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Certificate, CredentialKind, Failure, Fault, Stage};

pub(super) fn files(files: &[PathBuf]) -> String {
    if files.is_empty() {
        return "no file, because the home folder is unknown".to_owned();
    }
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
}

pub(super) fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
}

pub(super) fn timeout(server: &str, stage: Stage, after: Option<Duration>) -> String {
    let what = match stage {
        Stage::Connect => "did not accept the connection",
        Stage::Answer => "did not answer",
        Stage::Body => "stopped in the middle of an answer",
    };
    match after {
        Some(after) if stage == Stage::Body => format!("{server} {what} for {}", duration(after)),
        Some(after) => format!("{server} {what} within {}", duration(after)),
        None => format!("{server} {what} in time"),
    }
}

pub(super) fn duration(length: Duration) -> String {
    if length.subsec_millis() == 0 {
        format!("{} s", length.as_secs())
    } else {
        format!("{} ms", length.as_millis())
    }
}

pub(super) fn unauthorized(user: &str, credential: CredentialKind) -> String {
    let what = match credential {
        CredentialKind::None => return "the server wants credentials, and none were given".to_owned(),
        CredentialKind::Token => "token",
        CredentialKind::TokenFile => "token from a file",
        CredentialKind::Password => "password",
        CredentialKind::Certificate => "client certificate",
        CredentialKind::Plugin => "credentials from the plugin",
        CredentialKind::Provider => "login of the auth-provider",
    };
    if user.is_empty() {
        format!("the server does not accept the {what} (401 Unauthorized)")
    } else {
        format!("the server does not accept the {what} of user {user:?} (401 Unauthorized)")
    }
}

pub(super) fn exit(code: Option<i32>) -> String {
    code.map_or_else(|| "was ended by a signal".to_owned(), |code| format!("failed with exit code {code}"))
}

pub(super) fn said(reason: &str, message: &str) -> String {
    match (reason, message) {
        ("", "") => String::new(),
        ("", text) | (text, "") => format!(": {text}"),
        (reason, message) => format!(" {reason}: {message}"),
    }
}

/// The system's words for an error, without its number.
pub(super) fn system(error: &std::io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}

/// A file's name for use inside a command.
pub(super) fn quoted(file: &Path) -> String {
    let text = file.display().to_string();
    if text.contains(|c: char| c.is_whitespace() || c == '\'') { format!("{text:?}") } else { text }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server { host } => write!(f, "the server certificate of {host}"),
            Self::Client { user } if user.is_empty() => f.write_str("your client certificate"),
            Self::Client { user } => write!(f, "the client certificate of user {user:?}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired { since: Some(at) } => write!(f, "it expired at {at:.0}"),
            Self::Expired { since: None } => f.write_str("it has expired"),
            Self::NotYetValid { from: Some(at) } => write!(f, "it is not valid before {at:.0}"),
            Self::NotYetValid { from: None } => f.write_str("it is not valid yet"),
            Self::UnknownIssuer => f.write_str("it is signed by an authority that is not trusted"),
            Self::WrongHost { expected, presented } if presented.is_empty() => {
                write!(f, "it is not for {expected}")
            }
            Self::WrongHost { expected, presented } => {
                write!(f, "it is not for {expected} but for {}", names(presented))
            }
            Self::Revoked => f.write_str("it was revoked"),
            Self::Other(why) => f.write_str(why),
        }
    }
}

/// Kubernetes' certificates carry many names; the first ones are enough to recognise it.
fn names(presented: &[String]) -> String {
    let shown = presented.iter().take(5).map(|name| plain_name(name)).collect::<Vec<_>>().join(", ");
    if presented.len() > 5 { format!("{shown} and {} more", presented.len() - 5) } else { shown }
}

/// The TLS library writes names as `DnsName("a.b")`.
fn plain_name(name: &str) -> &str {
    match (name.find('"'), name.rfind('"')) {
        (Some(from), Some(to)) if to > from => &name[from + 1..to],
        _ => match (name.find('('), name.rfind(')')) {
            (Some(from), Some(to)) if to > from => &name[from + 1..to],
            _ => name,
        },
    }
}

impl Failure {
    /// A few words for a header or a status line.
    pub fn short(&self) -> String {
        let words = match self {
            Self::NoKubeconfig { .. } => "no kubeconfig",
            Self::EmptyKubeconfig { .. } => "empty kubeconfig",
            Self::NotYaml { .. } => "malformed kubeconfig",
            Self::UnknownContext { .. } => "unknown context",
            Self::UnknownCluster { .. } => "unknown cluster",
            Self::UnknownUser { .. } => "unknown user",
            Self::NoContext { .. } => "no current context",
            Self::Setting { .. } => "wrong setting",
            Self::MissingFile { .. } => "missing file",
            Self::UnreadableFile { .. } => "unreadable file",
            Self::Dns { .. } => "name not found",
            Self::Refused { .. } => "connection refused",
            Self::Unreachable { .. } => "unreachable",
            Self::Timeout { .. } => "timed out",
            Self::Reset { .. } => "connection reset",
            Self::HungUp { .. } => "server hung up",
            Self::Tls { certificate, fault } => return certificate_words(certificate, fault),
            Self::Handshake { .. } => "TLS handshake failed",
            Self::PlainHttp { .. } => "server speaks plain HTTP",
            Self::TlsExpected { .. } => "server expects https",
            Self::Garbled { .. } => "garbled answer",
            Self::Proxy { .. } => "proxy failed",
            Self::Unauthorized { .. } => "not logged in",
            Self::Forbidden { verb, .. } if verb.starts_with("impersonate") => "may not impersonate",
            Self::Forbidden { verb, resource, .. } if !verb.is_empty() => {
                return format!("may not {verb} {resource}");
            }
            Self::Forbidden { .. } => "forbidden",
            Self::ExecMissing { .. } => "credential plugin missing",
            Self::ExecNotStarted { .. } | Self::ExecFailed { .. } => "credential plugin failed",
            Self::ExecTimeout { .. } => "credential plugin timed out",
            Self::ExecOutput { .. } => "credential plugin printed no credentials",
            Self::ExecInteractive { .. } => "credential plugin wants the terminal",
            Self::AuthProvider { .. } => "login failed",
            Self::NotFound { .. } => "not found",
            Self::Conflict { .. } => "conflict",
            Self::Gone { .. } => "too old, listing again",
            Self::TooManyRequests { .. } => "server is busy",
            failure if failure.is_behind() => "server is behind",
            Self::Server { code, .. } => return format!("server error {code}"),
            Self::TooLarge { .. } => "answer too large",
            Self::Stopped(_) => "not sent",
            Self::Undecodable { .. } => "undecodable answer",
        };
        words.to_owned()
    }
}

fn certificate_words(certificate: &Certificate, fault: &Fault) -> String {
    let whose = match certificate {
        Certificate::Server { .. } => "certificate",
        Certificate::Client { .. } => "client certificate",
    };
    let what = match fault {
        Fault::Expired { .. } => "expired",
        Fault::NotYetValid { .. } => "not yet valid",
        Fault::UnknownIssuer => "not trusted",
        Fault::WrongHost { .. } => "for another host",
        Fault::Revoked => "revoked",
        Fault::Other(_) => "rejected",
    };
    format!("{whose} {what}")
}
