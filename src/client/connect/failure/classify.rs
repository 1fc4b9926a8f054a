//! What the network, TLS and proxy libraries' errors mean. It looks down the chain of causes for the first error it
//! knows; what the server itself says is in `status`.

use std::{error::Error, io, io::ErrorKind};

use rustls::{AlertDescription, CertificateError, Error as TlsError};

use super::{Certificate, Failure, Fault, Stage, words};
use crate::client::connect::peer::Peer;

/// The failure behind a transport error.
pub(in crate::client::connect) fn classify(error: &(dyn Error + 'static), peer: &Peer) -> Failure {
    let chain = chain(error);
    let through_proxy = chain.iter().any(|link| proxy_words(*link).is_some());
    if through_proxy && let Some(failure) = proxy(&chain, peer) {
        return failure;
    }
    for link in &chain {
        if let Some(tls) = link.downcast_ref::<TlsError>() {
            return handshake(tls, peer);
        }
        if link.downcast_ref::<kube::client::AuthError>().is_some() {
            return Failure::AuthProvider {
                name: "oidc".to_owned(),
                why: "could not renew its token".to_owned(),
            };
        }
    }
    chain.iter().find_map(|link| known(*link, peer)).unwrap_or_else(|| Failure::Garbled {
        server: peer.address.clone(),
        why: chain.last().map(ToString::to_string).unwrap_or_default(),
    })
}

/// The failure behind an error while the HTTP stack was built, before anything was sent.
pub(in crate::client::connect) fn build(error: &kube::Error, peer: &Peer) -> Failure {
    use kube::client::RustlsTlsError as Tls;
    let setting = |what: &str, why: String| Failure::Setting { what: what.to_owned(), why };
    match error {
        kube::Error::RustlsTls(Tls::InvalidServerName(_)) => {
            setting("tls-server-name", "it is no host name".to_owned())
        }
        kube::Error::RustlsTls(Tls::AddRootCertificate(why)) => {
            setting("certificate-authority", why.to_string())
        }
        kube::Error::RustlsTls(Tls::InvalidPrivateKey(_)) => {
            setting("client-key", format!("it does not fit the client certificate of user {:?}", peer.user))
        }
        kube::Error::RustlsTls(Tls::MissingPrivateKey | Tls::UnknownPrivateKeyFormat) => {
            setting("client-key", "it is no private key in PEM format".to_owned())
        }
        kube::Error::RustlsTls(Tls::MissingCertificate | Tls::InvalidIdentityPem(_)) => {
            setting("client-certificate", "it is no certificate in PEM format".to_owned())
        }
        kube::Error::Auth(_) => {
            Failure::AuthProvider { name: "oidc".to_owned(), why: "is not completely configured".to_owned() }
        }
        _ => setting("TLS", "the connection's settings are not usable".to_owned()),
    }
}

/// The errors from the outermost to the innermost; `io::Error` hides what it wraps from `source`.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut links = Vec::new();
    let mut next: Option<&'a (dyn Error + 'static)> = Some(error);
    while let Some(link) = next {
        links.push(link);
        next = match link.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => link.source(),
        };
    }
    links
}

fn known(link: &(dyn Error + 'static), peer: &Peer) -> Option<Failure> {
    let server = || peer.address.clone();
    if let Some(error) = link.downcast_ref::<io::Error>() {
        return system(error, peer);
    }
    if link.to_string().starts_with("dns error") {
        return Some(Failure::Dns { host: peer.dialled_host().to_owned() });
    }
    let error = link.downcast_ref::<hyper::Error>()?;
    if error.is_parse() {
        return Some(if peer.https {
            Failure::Garbled { server: server(), why: "it is not HTTP".to_owned() }
        } else {
            Failure::TlsExpected { server: server() }
        });
    }
    if error.is_incomplete_message() {
        return Some(Failure::HungUp { server: server() });
    }
    (error.is_canceled() || error.is_closed()).then(|| Failure::Reset { server: server() })
}

fn system(error: &io::Error, peer: &Peer) -> Option<Failure> {
    let server = peer.dialled().to_owned();
    let failure = match error.kind() {
        ErrorKind::ConnectionRefused => Failure::Refused { server },
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            Failure::Reset { server }
        }
        ErrorKind::UnexpectedEof => Failure::HungUp { server },
        ErrorKind::TimedOut => Failure::Timeout { server, stage: Stage::Connect, after: None },
        ErrorKind::NetworkUnreachable
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable
        | ErrorKind::PermissionDenied => Failure::Unreachable { server, why: words::system(error) },
        _ => return None,
    };
    // With a proxy the refusal is the proxy's own.
    Some(match (&peer.proxy, failure) {
        (Some(proxy), Failure::Refused { .. }) => {
            Failure::Proxy { proxy: proxy.clone(), why: "refused the connection".to_owned() }
        }
        (_, failure) => failure,
    })
}

/// What a proxy library's error says, as the rest of a sentence; nothing for other errors.
fn proxy_words(link: &(dyn Error + 'static)) -> Option<&'static str> {
    // The library keeps the types of these errors to itself, so their text is all there is to go by.
    let text = link.to_string();
    let why = text.strip_prefix("tunnel error: ").or_else(|| text.strip_prefix("SOCKS error: "))?;
    Some(match why {
        "proxy authorization required" => "wants a user name and a password",
        "credentials not accepted" | "server does not support user/pass authentication" => {
            "does not accept the user name and password"
        }
        "failed to create underlying connection" => "cannot be reached",
        "unexpected end of file" | "io error establishing tunnel" | "io error during SOCKS handshake" => {
            "hung up"
        }
        _ => "refused to connect to the cluster",
    })
}

fn proxy(chain: &[&(dyn Error + 'static)], peer: &Peer) -> Option<Failure> {
    let proxy = peer.proxy.clone()?;
    // A reason below the proxy's own error says more: its name is unknown, it refused, its certificate is bad.
    let inner = chain.iter().rev().find_map(|link| known(*link, peer));
    let why = match inner {
        Some(failure @ (Failure::Proxy { .. } | Failure::Dns { .. })) => return Some(failure),
        _ => chain.iter().find_map(|link| proxy_words(*link))?.to_owned(),
    };
    Some(Failure::Proxy { proxy, why })
}

fn handshake(error: &TlsError, peer: &Peer) -> Failure {
    let server = peer.address.clone();
    match error {
        TlsError::InvalidCertificate(fault) => Failure::Tls {
            certificate: Certificate::Server { host: peer.host.clone() },
            fault: certificate_fault(fault, peer),
        },
        TlsError::InvalidMessage(_) => Failure::PlainHttp { server },
        TlsError::AlertReceived(alert) => refused_by_server(*alert, peer),
        other => Failure::Handshake { server, why: other.to_string() },
    }
}

fn certificate_fault(error: &CertificateError, peer: &Peer) -> Fault {
    let at = |time: &rustls::pki_types::UnixTime| {
        i64::try_from(time.as_secs()).ok().and_then(|second| jiff::Timestamp::from_second(second).ok())
    };
    match error {
        CertificateError::Expired => Fault::Expired { since: None },
        CertificateError::ExpiredContext { not_after, .. } => Fault::Expired { since: at(not_after) },
        CertificateError::NotValidYet => Fault::NotYetValid { from: None },
        CertificateError::NotValidYetContext { not_before, .. } => {
            Fault::NotYetValid { from: at(not_before) }
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Fault::UnknownIssuer,
        CertificateError::NotValidForName => {
            Fault::WrongHost { expected: peer.host.clone(), presented: Vec::new() }
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            Fault::WrongHost { expected: expected.to_str().into_owned(), presented: presented.clone() }
        }
        CertificateError::Revoked => Fault::Revoked,
        other => Fault::Other(other.to_string()),
    }
}

/// The server's alerts about certificates are about the one that foretop showed.
fn refused_by_server(alert: AlertDescription, peer: &Peer) -> Failure {
    let fault = match alert {
        AlertDescription::CertificateExpired => Fault::Expired { since: None },
        AlertDescription::CertificateRevoked => Fault::Revoked,
        AlertDescription::UnknownCA => Fault::UnknownIssuer,
        AlertDescription::CertificateRequired => {
            Fault::Other("the server demands one, and none was given".to_owned())
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::DecryptError => Fault::Other("the server does not accept it".to_owned()),
        other => {
            return Failure::Handshake {
                server: peer.address.clone(),
                why: format!("the server sent the alert {other:?}"),
            };
        }
    };
    Failure::Tls { certificate: Certificate::Client { user: peer.user.clone() }, fault }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::{Failure, Peer, Stage, classify};

    fn peer(proxy: Option<&str>) -> Peer {
        Peer {
            address: "api.prod:6443".to_owned(),
            host: "api.prod".to_owned(),
            https: true,
            proxy: proxy.map(str::to_owned),
            user: String::new(),
            credential: super::super::CredentialKind::None,
            client_certificate: None,
        }
    }

    #[test]
    fn the_systems_errors_are_found_at_any_depth() {
        let deep = |kind: ErrorKind| Error::other(Error::other(Error::from(kind)));
        let unreachable = classify(&deep(ErrorKind::NetworkUnreachable), &peer(None));
        assert_eq!(unreachable.to_string(), "api.prod:6443 is unreachable: network unreachable");
        assert_eq!(unreachable.short(), "unreachable");
        assert!(unreachable.hint().contains("VPN") && unreachable.is_retryable());

        let slow = classify(&deep(ErrorKind::TimedOut), &peer(None));
        assert!(matches!(slow, Failure::Timeout { stage: Stage::Connect, .. }));
        assert_eq!(slow.to_string(), "api.prod:6443 did not accept the connection in time");

        let refused = classify(&deep(ErrorKind::ConnectionRefused), &peer(Some("corp:3128")));
        assert_eq!(refused.to_string(), "the proxy corp:3128 refused the connection");
    }

    #[test]
    fn what_nobody_knows_is_said_in_its_own_words() {
        let strange = classify(&Error::other("the moon is full"), &peer(None));
        assert_eq!(strange.to_string(), "api.prod:6443 gave an answer that makes no sense: the moon is full");
        assert_eq!(strange.short(), "garbled answer");
    }
}
