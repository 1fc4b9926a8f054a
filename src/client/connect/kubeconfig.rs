//! The kubeconfig format: its fields, and one file's text turned into them. Which files are read, and which entries
//! win, is decided in `load` and `choose`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

use super::failure::Failure;
use crate::wire::meta::or_default;

/// One file, or several merged.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Kubeconfig {
    #[serde(deserialize_with = "or_default")]
    pub clusters: Vec<NamedCluster>,
    #[serde(deserialize_with = "or_default")]
    pub users: Vec<NamedUser>,
    #[serde(deserialize_with = "or_default")]
    pub contexts: Vec<NamedContext>,
    #[serde(rename = "current-context", deserialize_with = "or_default")]
    pub current_context: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct NamedCluster {
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub cluster: Cluster,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct NamedUser {
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub user: User,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct NamedContext {
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub context: Context,
}

/// What a context ties together.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Context {
    #[serde(deserialize_with = "or_default")]
    pub cluster: String,
    #[serde(deserialize_with = "or_default")]
    pub user: String,
    #[serde(deserialize_with = "filled")]
    pub namespace: Option<String>,
}

/// Where a cluster is, and how it proves itself. `proxy_url` may carry a password.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Cluster {
    #[serde(deserialize_with = "filled")]
    pub server: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub insecure_skip_tls_verify: bool,
    #[serde(deserialize_with = "filled_path")]
    pub certificate_authority: Option<PathBuf>,
    #[serde(deserialize_with = "filled")]
    pub certificate_authority_data: Option<String>,
    #[serde(deserialize_with = "filled_secret")]
    pub proxy_url: Option<SecretString>,
    #[serde(deserialize_with = "or_default")]
    pub disable_compression: bool,
    #[serde(deserialize_with = "filled")]
    pub tls_server_name: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub extensions: Vec<Extension>,
}

/// A cluster's extension; the one for credential plugins is handed to them.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Extension {
    pub name: String,
    #[serde(default)]
    pub extension: serde_json::Value,
}

/// Who asks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct User {
    #[serde(deserialize_with = "filled")]
    pub username: Option<String>,
    #[serde(deserialize_with = "filled_secret")]
    pub password: Option<SecretString>,
    #[serde(deserialize_with = "filled_secret")]
    pub token: Option<SecretString>,
    #[serde(rename = "tokenFile", deserialize_with = "filled_path")]
    pub token_file: Option<PathBuf>,
    #[serde(deserialize_with = "filled_path")]
    pub client_certificate: Option<PathBuf>,
    #[serde(deserialize_with = "filled")]
    pub client_certificate_data: Option<String>,
    #[serde(deserialize_with = "filled_path")]
    pub client_key: Option<PathBuf>,
    #[serde(deserialize_with = "filled_secret")]
    pub client_key_data: Option<SecretString>,
    #[serde(rename = "as", deserialize_with = "filled")]
    pub impersonate: Option<String>,
    #[serde(rename = "as-uid", deserialize_with = "filled")]
    pub impersonate_uid: Option<String>,
    #[serde(rename = "as-groups", deserialize_with = "or_default")]
    pub impersonate_groups: Vec<String>,
    #[serde(rename = "as-user-extra", deserialize_with = "or_default")]
    pub impersonate_extra: BTreeMap<String, Vec<String>>,
    pub auth_provider: Option<AuthProvider>,
    pub exec: Option<Exec>,
}

/// A login built into the client; only `oidc` is left of them.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct AuthProvider {
    pub name: String,
    #[serde(default, deserialize_with = "secret_map")]
    pub config: BTreeMap<String, SecretString>,
}

/// A credential plugin.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Exec {
    #[serde(default, deserialize_with = "or_default")]
    pub api_version: String,
    #[serde(default, deserialize_with = "or_default")]
    pub command: String,
    #[serde(default, deserialize_with = "secret_list")]
    pub args: Vec<SecretString>,
    #[serde(default, deserialize_with = "or_default")]
    pub env: Vec<Variable>,
    #[serde(default, deserialize_with = "or_default")]
    pub install_hint: String,
    #[serde(default, deserialize_with = "or_default")]
    pub provide_cluster_info: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub interactive_mode: String,
}

/// A variable added to a plugin's environment.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Variable {
    pub name: String,
    #[serde(default, deserialize_with = "secret")]
    pub value: SecretString,
}

fn filled<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.filter(|text| !text.is_empty()))
}

fn filled_path<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    Ok(filled(from)?.map(PathBuf::from))
}

fn filled_secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretString>, D::Error> {
    Ok(filled(from)?.map(Into::into))
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    Ok(Option::<String>::deserialize(from)?.unwrap_or_default().into())
}

fn secret_list<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<SecretString>, D::Error> {
    let list = Option::<Vec<String>>::deserialize(from)?.unwrap_or_default();
    Ok(list.into_iter().map(Into::into).collect())
}

fn secret_map<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, SecretString>, D::Error> {
    let map = Option::<BTreeMap<String, String>>::deserialize(from)?.unwrap_or_default();
    Ok(map.into_iter().map(|(key, value)| (key, value.into())).collect())
}

impl Kubeconfig {
    /// Reads one file's text; a text without content is the empty kubeconfig.
    pub(super) fn parse(text: &[u8], file: &Path) -> Result<Self, Failure> {
        let not_yaml = |why: String| Failure::NotYaml { file: file.to_owned(), why };
        let text = std::str::from_utf8(text).map_err(|_| not_yaml("it is not UTF-8 text".to_owned()))?;
        let value: serde_yaml::Value = serde_yaml::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| not_yaml(without_quotes(&error.to_string())))?;
        match value {
            serde_yaml::Value::Null => Ok(Self::default()),
            serde_yaml::Value::Mapping(_) => {
                let mut read: Self = serde_yaml::from_value(value)
                    .map_err(|error| not_yaml(without_quotes(&error.to_string())))?;
                read.resolve_paths(file.parent().unwrap_or(Path::new("")));
                Ok(read)
            }
            _ => Err(not_yaml("it is no kubeconfig but a bare value".to_owned())),
        }
    }

    /// True when nothing in it could lead to a cluster.
    pub(super) fn is_empty(&self) -> bool {
        self.clusters.is_empty()
            && self.users.is_empty()
            && self.contexts.is_empty()
            && self.current_context.is_empty()
    }

    /// Paths in a kubeconfig are relative to the file that names them.
    fn resolve_paths(&mut self, folder: &Path) {
        let resolve = |path: &mut Option<PathBuf>| {
            if let Some(path) = path {
                *path = folder.join(&*path);
            }
        };
        for NamedCluster { cluster, .. } in &mut self.clusters {
            resolve(&mut cluster.certificate_authority);
        }
        for NamedUser { user, .. } in &mut self.users {
            resolve(&mut user.client_certificate);
            resolve(&mut user.client_key);
            resolve(&mut user.token_file);
            if let Some(exec) = &mut user.exec
                && exec.command.contains(std::path::MAIN_SEPARATOR)
            {
                exec.command = folder.join(&exec.command).to_string_lossy().into_owned();
            }
        }
    }
}

/// A parser's complaint without the values it quotes, because a value may be a secret.
fn without_quotes(complaint: &str) -> String {
    let mut kept = String::new();
    let mut closing = None;
    for letter in complaint.chars() {
        match closing {
            None if matches!(letter, '"' | '`') => {
                closing = Some(letter);
                kept.push('…');
            }
            None => kept.push(letter),
            Some(mark) if mark == letter => closing = None,
            Some(_) => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Kubeconfig, without_quotes};

    #[test]
    fn complaints_quote_no_values() {
        let text = b"users: [{name: a, user: {token: {hush: hush}}}, {name: b, user: \"s3cret\"}]";
        let failure = Kubeconfig::parse(text, Path::new("/x/config")).unwrap_err();
        assert!(!format!("{failure} {failure:?}").contains("s3cret"));
        assert_eq!(
            without_quotes("invalid type: string \"abc\", expected `x` at line 2"),
            "invalid type: string …, expected … at line 2"
        );
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let text = b"clusters: [{name: c, cluster: {certificate-authority: ca.crt}}]\nusers: [{name: u, user: {tokenFile: /abs, exec: {command: ./bin/login}}}, {name: v, user: {exec: {command: aws}}}]";
        let read = Kubeconfig::parse(text, Path::new("/etc/kube/config")).unwrap();
        assert_eq!(
            read.clusters[0].cluster.certificate_authority.as_deref(),
            Some(Path::new("/etc/kube/ca.crt"))
        );
        assert_eq!(read.users[0].user.token_file.as_deref(), Some(Path::new("/abs")));
        assert_eq!(read.users[0].user.exec.as_ref().unwrap().command, "/etc/kube/./bin/login");
        assert_eq!(read.users[1].user.exec.as_ref().unwrap().command, "aws");
    }

    #[test]
    fn comments_alone_are_empty() {
        assert!(Kubeconfig::parse(b"# nothing yet\n", Path::new("x")).unwrap().is_empty());
        assert!(
            Kubeconfig::parse(b"apiVersion: v1\nkind: Config\nclusters: null\n", Path::new("x"))
                .unwrap()
                .is_empty()
        );
    }
}
