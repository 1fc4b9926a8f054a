//! Credential plugins: it runs one and reads what it prints. When to run it is decided in `access`.
//!
//! The plugin never gets the terminal: it reads nothing, and what it prints besides credentials is thrown away, because
//! it would tear the screen and may hold secrets.

use std::{io::ErrorKind, path::PathBuf, process::Stdio, time::Duration};

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::{io::AsyncReadExt as _, process::Command};

use super::{
    certificate::Identity,
    failure::Failure,
    kubeconfig::{Exec, Variable},
};
use crate::wire::meta::or_default;

/// How long a plugin may take; some wait for a login in a browser.
const PATIENCE: Duration = Duration::from_mins(2);

/// No credentials are larger.
const LARGEST_OUTPUT: u64 = 1 << 20;

/// The group of all plugin API versions.
const GROUP: &str = "client.authentication.k8s.io";

/// A plugin, ready to run.
#[derive(Clone, Debug)]
pub(super) struct Plugin {
    command: String,
    args: Vec<SecretString>,
    env: Vec<Variable>,
    api_version: String,
    install_hint: String,
    /// The content of KUBERNETES_EXEC_INFO.
    request: String,
    patience: Duration,
}

/// What a plugin granted.
#[derive(Clone, Debug)]
pub(super) struct Granted {
    pub token: Option<SecretString>,
    pub identity: Option<Identity>,
    pub expires: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    #[serde(default, deserialize_with = "or_default")]
    kind: String,
    #[serde(default, deserialize_with = "or_default")]
    api_version: String,
    #[serde(default)]
    status: Option<Status>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    #[serde(deserialize_with = "or_default")]
    token: String,
    #[serde(deserialize_with = "or_default")]
    client_certificate_data: String,
    #[serde(deserialize_with = "or_default")]
    client_key_data: String,
    #[serde(deserialize_with = "or_default")]
    expiration_timestamp: String,
}

impl Plugin {
    /// Checks the kubeconfig's `exec` entry; `cluster` is told to plugins that ask for it.
    pub(super) fn new(exec: &Exec, user: &str, cluster: &serde_json::Value) -> Result<Self, Failure> {
        let wrong = |why: String| Failure::Setting { what: format!("exec of user {user:?}"), why };
        if exec.command.is_empty() {
            return Err(wrong("it names no command".to_owned()));
        }
        if ![format!("{GROUP}/v1"), format!("{GROUP}/v1beta1")].contains(&exec.api_version) {
            return Err(wrong(format!(
                "apiVersion {:?} is not supported, only {GROUP}/v1 and {GROUP}/v1beta1",
                exec.api_version
            )));
        }
        if exec.interactive_mode == "Always" {
            return Err(Failure::ExecInteractive { command: exec.command.clone() });
        }
        let mut spec = serde_json::json!({ "interactive": false });
        if exec.provide_cluster_info {
            spec["cluster"] = cluster.clone();
        }
        let request =
            serde_json::json!({ "kind": "ExecCredential", "apiVersion": exec.api_version, "spec": spec });
        Ok(Self {
            command: exec.command.clone(),
            args: exec.args.clone(),
            env: exec.env.clone(),
            api_version: exec.api_version.clone(),
            install_hint: exec.install_hint.chars().filter(|c| !c.is_control() || *c == '\n').collect(),
            request: request.to_string(),
            patience: PATIENCE,
        })
    }

    /// Runs the plugin once.
    pub(super) async fn run(&self) -> Result<Granted, Failure> {
        tracing::debug!(command = %self.command, "running the credential plugin");
        let printed = tokio::time::timeout(self.patience, self.print())
            .await
            .map_err(|_| Failure::ExecTimeout { command: self.command.clone(), after: self.patience })??;
        self.read(printed.expose_secret())
            .map_err(|why| Failure::ExecOutput { command: self.command.clone(), why: why.to_owned() })
    }

    async fn print(&self) -> Result<SecretString, Failure> {
        let mut child = self.start()?;
        let mut printed = Vec::new();
        let read = match child.stdout.take() {
            Some(stdout) => stdout.take(LARGEST_OUTPUT + 1).read_to_end(&mut printed).await,
            None => Ok(0),
        };
        let unusable = |why: &str| Failure::ExecOutput { command: self.command.clone(), why: why.to_owned() };
        if printed.len() as u64 > LARGEST_OUTPUT {
            return Err(unusable("it does not end"));
        }
        let status = child.wait().await.map_err(|error| self.not_started(&error))?;
        if !status.success() {
            return Err(Failure::ExecFailed { command: self.command.clone(), code: status.code() });
        }
        read.map_err(|_| unusable("it cannot be read"))?;
        String::from_utf8(printed).map(SecretString::from).map_err(|_| unusable("it is not UTF-8 text"))
    }

    fn start(&self) -> Result<tokio::process::Child, Failure> {
        let mut command = Command::new(PathBuf::from(&self.command));
        command.args(self.args.iter().map(ExposeSecret::expose_secret));
        command.envs(self.env.iter().map(|variable| (&variable.name, variable.value.expose_secret())));
        command.env("KUBERNETES_EXEC_INFO", &self.request);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        // In a process group of its own it cannot read from the terminal by way of /dev/tty either.
        #[cfg(unix)]
        command.process_group(0);
        command.spawn().map_err(|error| self.not_started(&error))
    }

    fn not_started(&self, error: &std::io::Error) -> Failure {
        let command = self.command.clone();
        if error.kind() == ErrorKind::NotFound {
            Failure::ExecMissing { command, install_hint: self.install_hint.clone() }
        } else {
            Failure::ExecNotStarted { command, why: error.kind().to_string() }
        }
    }

    /// The complaints never quote the output.
    fn read(&self, printed: &str) -> Result<Granted, &'static str> {
        let output: Output =
            serde_yaml::from_str(printed).map_err(|_| "it is neither JSON nor YAML of that kind")?;
        if output.kind != "ExecCredential" {
            return Err("its kind is not ExecCredential");
        }
        if output.api_version != self.api_version {
            return Err("its apiVersion is not the one in the kubeconfig");
        }
        let status = output.status.ok_or("it has no status")?;
        let identity = match (status.client_certificate_data.is_empty(), status.client_key_data.is_empty()) {
            (true, true) => None,
            (false, false) => Some(Identity {
                certificate: status.client_certificate_data.into_bytes(),
                key: status.client_key_data.into(),
            }),
            _ => return Err("it has only one of certificate and key"),
        };
        let token = Some(status.token).filter(|token| !token.is_empty()).map(SecretString::from);
        if token.is_none() && identity.is_none() {
            return Err("it has neither a token nor a certificate");
        }
        let expires = Some(status.expiration_timestamp).filter(|text| !text.is_empty());
        let expires =
            expires.map(|text| text.parse()).transpose().map_err(|_| "its expirationTimestamp is no time")?;
        Ok(Granted { token, identity, expires })
    }
}

#[cfg(test)]
mod tests {
    use super::{Exec, Failure, Plugin};

    fn exec(yaml: &str) -> Exec {
        serde_yaml::from_str(yaml).unwrap()
    }

    fn plugin() -> Plugin {
        let exec = exec("{apiVersion: client.authentication.k8s.io/v1, command: login}");
        Plugin::new(&exec, "dev", &serde_json::json!({})).unwrap()
    }

    #[test]
    fn reads_json_and_yaml() {
        let json = r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{},
            "status":{"token":"t","expirationTimestamp":"2026-11-21T07:00:00Z"}}"#;
        let granted = plugin().read(json).unwrap();
        assert!(granted.token.is_some());
        assert_eq!(granted.expires, Some("2026-11-21T07:00:00Z".parse().unwrap()));
        let yaml = "kind: ExecCredential\napiVersion: client.authentication.k8s.io/v1\nstatus:\n  token: t\n";
        assert_eq!(plugin().read(yaml).unwrap().expires, None);
    }

    #[test]
    fn complaints_do_not_quote() {
        let head = r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1""#;
        for (tail, complaint) in [
            ("}", "it has no status"),
            (r#","status":{}}"#, "it has neither a token nor a certificate"),
            (r#","status":{"clientKeyData":"hush"}}"#, "it has only one of certificate and key"),
            (
                r#","status":{"token":"hush","expirationTimestamp":"tomorrow"}}"#,
                "its expirationTimestamp is no time",
            ),
            (r#","status":"hush"}"#, "it is neither JSON nor YAML of that kind"),
        ] {
            assert_eq!(plugin().read(&format!("{head}{tail}")).unwrap_err(), complaint);
        }
        assert_eq!(plugin().read("kind: Secret").unwrap_err(), "its kind is not ExecCredential");
        let old =
            "{kind: ExecCredential, apiVersion: client.authentication.k8s.io/v1beta1, status: {token: t}}";
        assert_eq!(plugin().read(old).unwrap_err(), "its apiVersion is not the one in the kubeconfig");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_plugin_that_waits_for_somebody_is_ended() {
        let exec = exec("{apiVersion: client.authentication.k8s.io/v1, command: sleep, args: ['600']}");
        let mut plugin = Plugin::new(&exec, "dev", &serde_json::json!({})).unwrap();
        plugin.patience = std::time::Duration::from_millis(50);
        let failure = plugin.run().await.unwrap_err();
        assert_eq!(failure, Failure::ExecTimeout { command: "sleep".to_owned(), after: plugin.patience });
        assert_eq!(failure.to_string(), "the credential plugin \"sleep\" did not finish within 50 ms");
        assert_eq!(failure.short(), "credential plugin timed out");
        assert!(failure.hint().contains("log in from a shell first") && failure.is_retryable());
    }

    #[test]
    fn refuses_what_it_cannot_honour() {
        let refuse = |yaml: &str| Plugin::new(&exec(yaml), "dev", &serde_json::json!({})).unwrap_err();
        let always =
            refuse("{apiVersion: client.authentication.k8s.io/v1, command: login, interactiveMode: Always}");
        assert_eq!(always, Failure::ExecInteractive { command: "login".to_owned() });
        assert!(always.hint().contains("IfAvailable"));
        let alpha = refuse("{apiVersion: client.authentication.k8s.io/v1alpha1, command: login}");
        assert!(alpha.to_string().contains("v1alpha1"), "{alpha}");
        assert!(refuse("{apiVersion: client.authentication.k8s.io/v1}").to_string().contains("no command"));
    }

    #[test]
    fn tells_the_cluster_only_to_plugins_that_ask() {
        let told = |ask: bool| {
            let exec = exec(&format!(
                "{{apiVersion: client.authentication.k8s.io/v1, command: login, provideClusterInfo: {ask}}}"
            ));
            Plugin::new(&exec, "dev", &serde_json::json!({ "server": "https://a" })).unwrap().request
        };
        assert!(told(true).contains(r#""cluster":{"server":"https://a"}"#));
        assert!(!told(false).contains("https://a"));
        assert!(told(false).contains(r#""interactive":false"#));
    }
}
