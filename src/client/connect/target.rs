//! A choice made ready to call: files read, URLs parsed, contradictions refused. It opens no connection and runs no
//! plugin.

use std::path::{Path, PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, Uri, uri::Scheme};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Environment,
    certificate::{Identity, Validity},
    choose::Choice,
    exec::Plugin,
    failure::{CredentialKind, Failure},
    impersonate,
    kubeconfig::{AuthProvider, Cluster, User},
    peer::Peer,
    proxy::{self, Proxy},
};

/// The extension of a cluster that is meant for credential plugins.
const PLUGIN_EXTENSION: &str = "client.authentication.k8s.io/exec";

/// Everything that the HTTP stack needs.
pub(super) struct Target {
    /// Scheme, host, port and the path before every request's path; never credentials.
    pub url: Uri,
    pub trust: Trust,
    pub tls_server_name: Option<String>,
    pub proxy: Option<Proxy>,
    pub compress: bool,
    /// The client certificate of the kubeconfig as it was at first.
    identity: Option<Identity>,
    /// Whose files it was read from, if it was.
    rotating: Option<User>,
    pub login: Login,
    pub impersonation: HeaderMap,
    pub peer: Peer,
}

/// Whose server certificates are believed.
pub(super) enum Trust {
    /// The operating system's authorities.
    System,
    /// These, in DER.
    Certificates(Vec<Vec<u8>>),
    /// Those in a file that is rotated.
    RotatingFile(PathBuf),
    /// Anybody's.
    Anybody,
}

/// How to say who is asking, besides a client certificate.
pub(super) enum Login {
    None,
    Token(SecretString),
    TokenFile(PathBuf),
    Password { name: String, password: SecretString },
    Plugin(Plugin),
    Provider(AuthProvider),
}

impl Target {
    /// Reads what the choice names.
    pub(super) fn new(choice: &Choice, environment: &Environment) -> Result<Self, Failure> {
        let url = server(choice)?;
        let https = url.scheme() == Some(&Scheme::HTTPS);
        let proxy = proxy::proxy(choice.cluster.proxy_url.as_ref(), &url, environment)?;
        let trust = trust(choice)?;
        // As with kubectl, no credentials go over a connection that anybody can read.
        let (login, identity) =
            if https { (login(choice, &trust)?, identity(&choice.user)?) } else { (Login::None, None) };
        let host = proxy::host(&url).to_owned();
        let port = url.port_u16().unwrap_or(if https { 443 } else { 80 });
        let peer = Peer {
            address: format!("{}:{port}", url.host().unwrap_or_default()),
            host,
            https,
            proxy: proxy.as_ref().map(|proxy| proxy.address.clone()),
            user: choice.user_name.clone(),
            credential: kind(&login, identity.as_ref()),
            client_certificate: identity.as_ref().and_then(|pair| Validity::of_pem(&pair.certificate)),
        };
        let loopback = proxy::is_loopback(&peer.host) && proxy.is_none();
        Ok(Self {
            url,
            trust,
            tls_server_name: choice.cluster.tls_server_name.clone(),
            compress: !choice.cluster.disable_compression && !loopback,
            proxy,
            rotating: Some(&choice.user)
                .filter(|user| identity.is_some() && user.client_certificate.is_some())
                .cloned(),
            identity,
            login,
            impersonation: impersonate::headers(&choice.user)?,
            peer,
        })
    }

    /// The client certificate of the kubeconfig, read again if it comes from files, which are replaced before it
    /// expires.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub(super) fn identity(&self) -> Result<Option<Identity>, Failure> {
        self.rotating.as_ref().map_or_else(|| Ok(self.identity.clone()), identity)
    }

    /// Whether the client certificate comes from files.
    pub(super) fn rotates(&self) -> bool {
        self.rotating.is_some()
    }

    /// Whether all credentials that may expire are in files, which somebody else renews.
    pub(super) fn reads_files(&self) -> bool {
        match self.login {
            Login::TokenFile(_) => true,
            Login::Plugin(_) => false,
            _ => self.rotates(),
        }
    }

    /// Whether the server is on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        self.proxy.is_none() && proxy::is_loopback(&self.peer.host)
    }
}

fn kind(login: &Login, identity: Option<&Identity>) -> CredentialKind {
    match login {
        Login::Token(_) => CredentialKind::Token,
        Login::TokenFile(_) => CredentialKind::TokenFile,
        Login::Password { .. } => CredentialKind::Password,
        Login::Plugin(_) => CredentialKind::Plugin,
        Login::Provider(_) => CredentialKind::Provider,
        Login::None if identity.is_some() => CredentialKind::Certificate,
        Login::None => CredentialKind::None,
    }
}

/// The cluster's URL with a scheme and without credentials, query and trailing slash.
fn server(choice: &Choice) -> Result<Uri, Failure> {
    let what = if choice.cluster_name.is_empty() {
        "--server".to_owned()
    } else {
        format!("server of cluster {:?}", choice.cluster_name)
    };
    let wrong = |why: &str| Failure::Setting { what: what.clone(), why: why.to_owned() };
    let text = choice.cluster.server.as_deref().ok_or_else(|| wrong("it is not set"))?.trim();
    let cluster = &choice.cluster;
    let tls = cluster.insecure_skip_tls_verify
        || cluster.certificate_authority.is_some()
        || cluster.certificate_authority_data.is_some();
    let text = match text.contains("://") {
        true => text.to_owned(),
        false if tls => format!("https://{text}"),
        false => format!("http://{text}"),
    };
    let uri: Uri = text.parse().map_err(|_| wrong("it is no URL"))?;
    let scheme = match uri.scheme_str() {
        Some("https") => Scheme::HTTPS,
        Some("http") => Scheme::HTTP,
        _ => return Err(wrong("its scheme is neither https nor http")),
    };
    let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?.as_str();
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if uri.host().is_none_or(str::is_empty) {
        return Err(wrong("it names no host"));
    }
    Uri::builder()
        .scheme(scheme)
        .authority(authority)
        .path_and_query(match uri.path().trim_end_matches('/') {
            "" => "/",
            path => path,
        })
        .build()
        .map_err(|_| wrong("it is no URL"))
}

fn trust(choice: &Choice) -> Result<Trust, Failure> {
    let cluster = &choice.cluster;
    let what = || format!("certificate-authority of cluster {:?}", choice.cluster_name);
    let given = cluster.certificate_authority.is_some() || cluster.certificate_authority_data.is_some();
    if cluster.insecure_skip_tls_verify {
        let why = "it contradicts insecure-skip-tls-verify: remove one of them".to_owned();
        return if given { Err(Failure::Setting { what: what(), why }) } else { Ok(Trust::Anybody) };
    }
    if choice.rotating_authority
        && let Some(file) = &cluster.certificate_authority
    {
        return Ok(Trust::RotatingFile(file.clone()));
    }
    let Some(pem) = authority(cluster, &what())? else { return Ok(Trust::System) };
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match certificates {
        Ok(list) if !list.is_empty() => {
            Ok(Trust::Certificates(list.iter().map(|der| der.to_vec()).collect()))
        }
        _ => Err(Failure::Setting { what: what(), why: "it holds no certificate in PEM format".to_owned() }),
    }
}

fn authority(cluster: &Cluster, what: &str) -> Result<Option<Vec<u8>>, Failure> {
    match (&cluster.certificate_authority_data, &cluster.certificate_authority) {
        (Some(data), _) => decode(data, what).map(Some),
        (None, Some(file)) => read("certificate authority", file).map(Some),
        (None, None) => Ok(None),
    }
}

fn identity(user: &User) -> Result<Option<Identity>, Failure> {
    let certificate = match (&user.client_certificate_data, &user.client_certificate) {
        (Some(data), _) => Some(decode(data, "client-certificate-data")?),
        (None, Some(file)) => Some(read("client certificate", file)?),
        (None, None) => None,
    };
    let key = match (&user.client_key_data, &user.client_key) {
        (Some(data), _) => Some(decode(data.expose_secret(), "client-key-data")?),
        (None, Some(file)) => Some(read("client key", file)?),
        (None, None) => None,
    };
    let wrong = |what: &str, why: &str| Failure::Setting { what: what.to_owned(), why: why.to_owned() };
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            let key = String::from_utf8(key).map_err(|_| wrong("client-key", "it is no PEM text"))?;
            Ok(Some(Identity { certificate, key: key.into() }))
        }
        (Some(_), None) => Err(wrong("client-key", "it is missing beside the client certificate")),
        // kubectl ignores a key without a certificate.
        (None, _) => Ok(None),
    }
}

/// Tokens win over passwords, and both over plugins; a token file is rotated, so it wins over a token.
fn login(choice: &Choice, trust: &Trust) -> Result<Login, Failure> {
    let user = &choice.user;
    if let Some(file) = &user.token_file
        && (file.exists() || user.token.is_none())
    {
        return Ok(Login::TokenFile(file.clone()));
    }
    if let Some(token) = &user.token {
        return Ok(Login::Token(token.clone()));
    }
    if let Some(name) = &user.username {
        let password = user.password.clone().unwrap_or_else(|| String::new().into());
        return Ok(Login::Password { name: name.clone(), password });
    }
    if let Some(exec) = &user.exec {
        let cluster = cluster_for_plugin(choice, trust)?;
        return Ok(Login::Plugin(Plugin::new(exec, &choice.user_name, &cluster)?));
    }
    match &user.auth_provider {
        Some(provider) if provider.name == "oidc" => Ok(Login::Provider(provider.clone())),
        Some(provider) => Err(Failure::AuthProvider {
            name: provider.name.clone(),
            why: "is no longer part of Kubernetes clients".to_owned(),
        }),
        None => Ok(Login::None),
    }
}

/// `spec.cluster` of an ExecCredential.
fn cluster_for_plugin(choice: &Choice, trust: &Trust) -> Result<serde_json::Value, Failure> {
    let cluster = &choice.cluster;
    let mut told = serde_json::json!({ "server": cluster.server });
    if let Some(name) = &cluster.tls_server_name {
        told["tls-server-name"] = name.as_str().into();
    }
    if matches!(trust, Trust::Anybody) {
        told["insecure-skip-tls-verify"] = true.into();
    }
    if let Some(pem) = authority(cluster, "certificate-authority")? {
        told["certificate-authority-data"] = STANDARD.encode(pem).into();
    }
    if let Some(url) = &cluster.proxy_url {
        told["proxy-url"] = url.expose_secret().into();
    }
    if cluster.disable_compression {
        told["disable-compression"] = true.into();
    }
    if let Some(extension) = cluster.extensions.iter().find(|known| known.name == PLUGIN_EXTENSION) {
        told["config"] = extension.extension.clone();
    }
    Ok(told)
}

fn decode(data: &str, what: &str) -> Result<Vec<u8>, Failure> {
    let data: String = data.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let why = "it is not base64".to_owned();
    STANDARD.decode(data).map_err(|_| Failure::Setting { what: what.to_owned(), why })
}

fn read(what: &str, file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| Failure::unreadable(what, file, &error))
}

#[cfg(test)]
mod tests {
    use super::{Choice, Cluster, Failure, server};

    fn url(text: &str, insecure: bool) -> Result<String, Failure> {
        let cluster = Cluster {
            server: Some(text.to_owned()),
            insecure_skip_tls_verify: insecure,
            ..Cluster::default()
        };
        server(&Choice { cluster, ..Choice::default() }).map(|uri| uri.to_string())
    }

    #[test]
    fn urls_lose_credentials_and_gain_a_scheme() {
        assert_eq!(url("https://me:hush@a:6443/", false).unwrap(), "https://a:6443/");
        assert_eq!(url("https://a/k8s/clusters/c-1/?x=y", false).unwrap(), "https://a/k8s/clusters/c-1");
        assert_eq!(url("127.0.0.1:8080", false).unwrap(), "http://127.0.0.1:8080/");
        assert_eq!(url("a:6443", true).unwrap(), "https://a:6443/");
    }

    #[test]
    fn wrong_urls_are_told_apart() {
        assert_eq!(
            url("ftp://a", false).unwrap_err().to_string(),
            "--server: its scheme is neither https nor http"
        );
        assert_eq!(url("https://a b", false).unwrap_err().to_string(), "--server: it is no URL");
    }
}
