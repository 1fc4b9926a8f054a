//! Certificates, tokens and kubeconfigs of a throw-away control plane. Grants are RBAC objects and live in `objects`.
use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use serde_json::json;

use super::metrics;

/// The people (and the machine) that the control plane knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum User {
    /// system:masters.
    Admin,
    /// Reads everything that the program reads, writes nothing.
    Viewer,
    /// Gets, lists and watches nodes, nothing else.
    NodeReader,
}

impl User {
    pub(crate) const ALL: [Self; 3] = [Self::Admin, Self::Viewer, Self::NodeReader];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Viewer => "viewer",
            Self::NodeReader => "node-reader",
        }
    }

    fn groups(self) -> &'static str {
        match self {
            Self::Admin => "system:masters",
            Self::Viewer | Self::NodeReader => "foretop:tests",
        }
    }
}

/// As what the API server shows itself to the servers behind it.
pub(crate) const FRONT: &str = "front-proxy-client";

/// The files that the servers and the program are started with.
pub(crate) struct Credentials {
    folder: PathBuf,
    ca: Vec<u8>,
    ca_pem: String,
    tokens: Vec<(User, String)>,
}

impl Credentials {
    /// Writes ca.crt, a certificate and a key each for the server, for the metrics server behind it and for how it
    /// shows itself to that (front), accounts.key, accounts.pub and tokens.csv into the folder.
    pub(crate) fn write(folder: &Path) -> Self {
        let (ca, ca_pem, issuer) = authority();
        let serving = ExtendedKeyUsagePurpose::ServerAuth;
        let at_home = ["127.0.0.1", "localhost", "kubernetes.default.svc"];
        let (server, server_key) = certificate(&issuer, "kube-apiserver", &at_home, serving.clone());
        let (measuring, measuring_key) = certificate(&issuer, "metrics", &[metrics::HOST], serving);
        let (front, front_key) = certificate(&issuer, FRONT, &[], ExtendedKeyUsagePurpose::ClientAuth);
        let accounts = KeyPair::generate().expect("a key");
        let tokens: Vec<_> = User::ALL.into_iter().map(|user| (user, secret())).collect();
        let lines = tokens.iter().map(|(user, token)| {
            let name = user.name();
            format!("{token},{name},{name},\"{}\"\n", user.groups())
        });
        for (file, text) in [
            ("ca.crt", ca_pem.clone()),
            ("server.crt", server),
            ("server.key", server_key),
            ("metrics.crt", measuring),
            ("metrics.key", measuring_key),
            ("front.crt", front),
            ("front.key", front_key),
            ("accounts.key", accounts.serialize_pem()),
            ("accounts.pub", accounts.public_key_pem()),
            ("tokens.csv", lines.collect()),
        ] {
            fs::write(folder.join(file), text).expect("the folder is writable");
        }
        Self { folder: folder.to_owned(), ca, ca_pem, tokens }
    }

    pub(crate) fn token(&self, user: User) -> &str {
        let found = self.tokens.iter().find(|(one, _)| *one == user);
        &found.expect("every user has a token").1
    }

    /// The certificate authority in DER form.
    pub(crate) fn ca(&self) -> &[u8] {
        &self.ca
    }

    /// Writes a kubeconfig whose only context is named after the user.
    pub(crate) fn kubeconfig(&self, user: User, server: &str) -> PathBuf {
        use base64::Engine as _;
        let ca = base64::engine::general_purpose::STANDARD.encode(&self.ca_pem);
        let cluster = json!({"server": server, "certificate-authority-data": ca});
        let path = self.folder.join(format!("{}.kubeconfig", user.name()));
        write_kubeconfig(&path, user.name(), &cluster, &json!({"token": self.token(user)}));
        path
    }
}

/// Writes a kubeconfig with one cluster, one user and one context of the same name. YAML is a superset of JSON.
pub(crate) fn write_kubeconfig(
    path: &Path,
    name: &str,
    cluster: &serde_json::Value,
    user: &serde_json::Value,
) {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    });
    fs::write(path, config.to_string()).expect("the folder is writable");
}

fn authority() -> (Vec<u8>, String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("no names to refuse");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params.distinguished_name.push(DnType::CommonName, "foretop test authority");
    let certificate = params.self_signed(&key).expect("a certificate");
    (certificate.der().to_vec(), certificate.pem(), Issuer::new(params, key))
}

/// A certificate and its key.
fn certificate(
    issuer: &Issuer<'static, KeyPair>,
    name: &str,
    hosts: &[&str],
    usage: ExtendedKeyUsagePurpose,
) -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).expect("valid names");
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages = vec![usage];
    let certificate = params.signed_by(&key, issuer).expect("a certificate");
    (certificate.pem(), key.serialize_pem())
}

/// A random token: the first half of a fresh public key, in hexadecimal.
fn secret() -> String {
    use std::fmt::Write as _;
    let key = KeyPair::generate().expect("a key");
    key.public_key_raw().iter().skip(1).take(16).fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing into a string cannot fail");
        text
    })
}
