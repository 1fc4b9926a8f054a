//! A kubeconfig's current context as a file for curl, so that no credential stands on a command line. Certificates,
//! tokens and token files are known; credential plugins are not run.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use base64::Engine;
use serde::Deserialize;

use super::Result;
use super::guard::Guard;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Kubeconfig {
    clusters: Vec<NamedCluster>,
    users: Vec<NamedUser>,
    contexts: Vec<NamedContext>,
    current_context: String,
}

#[derive(Debug, Deserialize)]
struct NamedCluster {
    name: String,
    cluster: Cluster,
}

#[derive(Debug, Deserialize)]
struct NamedUser {
    name: String,
    #[serde(default)]
    user: User,
}

#[derive(Debug, Deserialize)]
struct NamedContext {
    name: String,
    context: Context,
}

#[derive(Debug, Deserialize)]
struct Context {
    cluster: String,
    #[serde(default)]
    user: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Cluster {
    server: String,
    certificate_authority: Option<PathBuf>,
    certificate_authority_data: Option<String>,
    #[serde(default)]
    insecure_skip_tls_verify: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct User {
    client_certificate: Option<PathBuf>,
    client_certificate_data: Option<String>,
    client_key: Option<PathBuf>,
    client_key_data: Option<String>,
    token: Option<String>,
    #[serde(rename = "tokenFile")]
    token_file: Option<PathBuf>,
}

/// How curl reaches the cluster.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    /// The API server's address, without a slash at its end.
    pub(crate) server: String,
    /// The file for `curl -K`, which only its owner may read.
    pub(crate) config: PathBuf,
}

impl Credentials {
    /// Reads a context, the current one unless named, and writes the file into the guarded folder.
    pub(crate) fn read(guard: &Guard, kubeconfig: &Path, context: Option<&str>) -> Result<Self> {
        let all: Kubeconfig = serde_yaml::from_str(&std::fs::read_to_string(kubeconfig)?)?;
        let wanted = context.unwrap_or(&all.current_context);
        let context = all.contexts.iter().find(|it| it.name == wanted).map(|it| &it.context);
        let context = context.ok_or_else(|| format!("the kubeconfig has no context {wanted:?}"))?;
        let cluster = all.clusters.iter().find(|it| it.name == context.cluster).map(|it| &it.cluster);
        let cluster =
            cluster.ok_or_else(|| format!("the kubeconfig has no cluster {:?}", context.cluster))?;
        let nobody = User::default();
        let user = all.users.iter().find(|it| it.name == context.user).map_or(&nobody, |it| &it.user);
        let base = kubeconfig.parent().unwrap_or(Path::new("."));
        let mut config =
            String::from("silent\nshow-error\nmax-time = 300\nhttp1.1\nuser-agent = \"foretop-scale\"\n");
        if cluster.insecure_skip_tls_verify {
            config.push_str("insecure\n");
        }
        let files = [
            ("cacert", &cluster.certificate_authority, &cluster.certificate_authority_data),
            ("cert", &user.client_certificate, &user.client_certificate_data),
            ("key", &user.client_key, &user.client_key_data),
        ];
        for (option, path, data) in files {
            if let Some(file) = file(guard, base, option, path.as_deref(), data.as_deref())? {
                writeln!(config, "{option} = \"{}\"", file.display())?;
            }
        }
        if let Some(token) = token(user, base)? {
            writeln!(config, "header = \"Authorization: Bearer {token}\"")?;
        }
        let config = guard.write("curl", config.as_bytes())?;
        Ok(Self { server: cluster.server.trim_end_matches('/').to_owned(), config })
    }

    /// The server's host and port, without scheme and path.
    pub(crate) fn address(&self) -> Result<String> {
        let rest = self.server.split_once("://").map(|(_, rest)| rest).ok_or("the server has no URL")?;
        Ok(rest.split('/').next().unwrap_or_default().to_owned())
    }
}

fn file(
    guard: &Guard,
    base: &Path,
    name: &str,
    path: Option<&Path>,
    data: Option<&str>,
) -> Result<Option<PathBuf>> {
    match (data, path) {
        (Some(data), _) => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(data.trim())?;
            Ok(Some(guard.write(&format!("{name}.pem"), &bytes)?))
        }
        (None, Some(path)) => Ok(Some(base.join(path))),
        (None, None) => Ok(None),
    }
}

fn token(user: &User, base: &Path) -> Result<Option<String>> {
    match (&user.token, &user.token_file) {
        (Some(token), _) => Ok(Some(token.clone())),
        (None, Some(path)) => Ok(Some(std::fs::read_to_string(base.join(path))?.trim().to_owned())),
        (None, None) => Ok(None),
    }
}
