//! What to do next about a failure, in one sentence each. The failures themselves are in `mod`.

use super::{Certificate, CredentialKind, Failure, Fault, words};

impl Failure {
    /// What to do next, in one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::NoKubeconfig { .. }
            | Self::EmptyKubeconfig { .. }
            | Self::NotYaml { .. }
            | Self::UnknownContext { .. }
            | Self::UnknownCluster { .. }
            | Self::UnknownUser { .. }
            | Self::NoContext { .. }
            | Self::Setting { .. }
            | Self::MissingFile { .. }
            | Self::UnreadableFile { .. } => self.settings_hint(),
            Self::Dns { .. }
            | Self::Refused { .. }
            | Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::Reset { .. }
            | Self::HungUp { .. }
            | Self::Handshake { .. }
            | Self::PlainHttp { .. }
            | Self::TlsExpected { .. }
            | Self::Garbled { .. }
            | Self::Proxy { .. } => self.network_hint(),
            Self::Tls { certificate, fault } => certificate_hint(certificate, fault),
            Self::Unauthorized { credential, .. } => credential_hint(*credential).to_owned(),
            Self::ExecMissing { .. }
            | Self::ExecNotStarted { .. }
            | Self::ExecFailed { .. }
            | Self::ExecTimeout { .. }
            | Self::ExecOutput { .. }
            | Self::ExecInteractive { .. }
            | Self::AuthProvider { .. } => self.plugin_hint(),
            Self::Stopped(_) => "Start foretop without --read-only and --dry-run.".to_owned(),
            Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Gone { .. }
            | Self::TooManyRequests { .. }
            | Self::Server { .. }
            | Self::TooLarge { .. }
            | Self::Undecodable { .. } => self.refusal_hint(),
        }
    }

    fn settings_hint(&self) -> String {
        match self {
            Self::NoKubeconfig { .. } => {
                "Name one with --kubeconfig FILE or KUBECONFIG, or try `foretop --demo`, which needs no cluster."
                    .to_owned()
            }
            Self::EmptyKubeconfig { .. } => {
                "Fetch the kubeconfig from your provider again, or try `foretop --demo`.".to_owned()
            }
            Self::NotYaml { file, .. } => {
                format!("Check it with `kubectl config view --kubeconfig {}`.", words::quoted(file))
            }
            Self::UnknownContext { known, .. } | Self::NoContext { known } => {
                choices("--context", "contexts", known)
            }
            Self::UnknownCluster { known, .. } => choices("--cluster", "clusters", known),
            Self::UnknownUser { known, .. } => choices("--user", "users", known),
            Self::MissingFile { what, .. } if what == "kubeconfig" => {
                "Check the path given with --kubeconfig.".to_owned()
            }
            Self::MissingFile { .. } => {
                "Restore the file, or correct its path in the kubeconfig (relative paths start at the kubeconfig's folder)."
                    .to_owned()
            }
            Self::UnreadableFile { .. } => "Check the file's permissions.".to_owned(),
            _ => "Correct it in the kubeconfig or on the command line.".to_owned(),
        }
    }

    fn network_hint(&self) -> String {
        match self {
            Self::Dns { .. } => {
                "Check the server's name in the kubeconfig, your network and your VPN.".to_owned()
            }
            Self::Refused { .. } => {
                "Check that the cluster is running and that the kubeconfig has its present port.".to_owned()
            }
            Self::Unreachable { .. } => "Check your network and your VPN.".to_owned(),
            Self::Timeout { .. } => {
                "Check your VPN and firewall; a slow server may need a longer --request-timeout.".to_owned()
            }
            Self::Reset { .. } | Self::HungUp { .. } => {
                "The server may be restarting, or something between cuts the connection; foretop's live screen tries again by itself."
                    .to_owned()
            }
            Self::Handshake { .. } => {
                "Check that the URL leads to a Kubernetes API server and not to another service.".to_owned()
            }
            Self::PlainHttp { .. } => {
                "If that is meant to be so, write http:// instead of https:// in the server's URL.".to_owned()
            }
            Self::TlsExpected { .. } => "Write https:// instead of http:// in the server's URL.".to_owned(),
            Self::Proxy { .. } => {
                "Check proxy-url in the kubeconfig or HTTPS_PROXY, and add the cluster to NO_PROXY if it needs no proxy."
                    .to_owned()
            }
            _ => "Check that the URL leads to a Kubernetes API server.".to_owned(),
        }
    }

    fn plugin_hint(&self) -> String {
        match self {
            Self::ExecMissing { install_hint, .. } if !install_hint.is_empty() => install_hint.clone(),
            Self::ExecMissing { command, .. } => {
                format!("Install {command}, or add its folder to PATH.")
            }
            Self::ExecNotStarted { command, .. } => format!("Check that {command} is an executable file."),
            Self::ExecFailed { command, .. } | Self::ExecOutput { command, .. } => {
                format!("Run `kubectl version` or {command} in a shell to see what it says; you may have to log in.")
            }
            Self::ExecTimeout { .. } => {
                "It may be waiting for a login: log in from a shell first, then start foretop again.".to_owned()
            }
            Self::ExecInteractive { .. } => {
                "foretop never lends its terminal: log in from a shell, and set interactiveMode: IfAvailable for this user."
                    .to_owned()
            }
            Self::AuthProvider { name, .. } if name == "oidc" => {
                "Log in again, for example with `kubectl oidc-login`.".to_owned()
            }
            _ => "Use a credential plugin instead, for example gke-gcloud-auth-plugin or kubelogin.".to_owned(),
        }
    }

    fn refusal_hint(&self) -> String {
        match self {
            Self::Forbidden { message, .. } if message.contains("\"system:anonymous\"") => {
                "The server took you for nobody: name a user with --user, or a token with --token.".to_owned()
            }
            // Since 1.36 the verb can also be `impersonate-on:user-info:list`.
            Self::Forbidden { verb, .. } if verb.starts_with("impersonate") => {
                "Ask for the right to impersonate, or leave out --as and --as-group.".to_owned()
            }
            Self::Forbidden { verb, resource, .. } if !verb.is_empty() && !resource.starts_with('/') => {
                format!("Ask whoever administers the cluster for the right to {verb} {resource}.")
            }
            Self::Forbidden { .. } => "Ask whoever administers the cluster for this right.".to_owned(),
            Self::NotFound { .. } => {
                "Check the name; the object may be gone, or this server may not have the API.".to_owned()
            }
            Self::Conflict { .. } => "Somebody else was faster: look at the object as it is now.".to_owned(),
            Self::Gone { .. } => "Nothing to do: the list is fetched again.".to_owned(),
            Self::TooManyRequests { retry_after: Some(wait), .. } => {
                format!("Try again in {} s.", wait.as_secs())
            }
            Self::TooManyRequests { .. } => "Try again in a moment.".to_owned(),
            Self::Server { code: 502..=504, .. } => {
                "The API server or a load balancer before it is not ready; try again in a moment.".to_owned()
            }
            Self::Server { code: 500.., .. } => "Look into the API server's log.".to_owned(),
            Self::TooLarge { .. } => "Narrow the request with --namespace or --selector.".to_owned(),
            Self::Undecodable { .. } => {
                "Check that the URL leads to a Kubernetes API server and not to a login page.".to_owned()
            }
            _ => "Correct the request.".to_owned(),
        }
    }
}

fn choices(option: &str, what: &str, known: &[String]) -> String {
    match known {
        [] => format!("The kubeconfig has no {what}."),
        known if known.len() > 8 => {
            format!("Choose with {option}: {} and {} more.", known[..8].join(", "), known.len() - 8)
        }
        known => format!("Choose with {option}: {}.", known.join(", ")),
    }
}

fn certificate_hint(certificate: &Certificate, fault: &Fault) -> String {
    let text = match (certificate, fault) {
        (Certificate::Client { .. }, Fault::Expired { .. }) => {
            "Fetch a new kubeconfig or renew the client certificate (kubeadm: `kubeadm certs renew admin.conf`)."
        }
        (Certificate::Client { .. }, Fault::NotYetValid { .. })
        | (Certificate::Server { .. }, Fault::NotYetValid { .. }) => {
            "Check this machine's clock; if it is right, the certificate was made on a machine whose clock is wrong."
        }
        (Certificate::Client { .. }, _) => {
            "The kubeconfig may belong to another cluster, or the cluster's authority was renewed: fetch a new kubeconfig."
        }
        (Certificate::Server { .. }, Fault::Expired { .. }) => {
            "Renew it on the server (kubeadm: `kubeadm certs renew apiserver`), and check this machine's clock."
        }
        (Certificate::Server { .. }, Fault::UnknownIssuer) => {
            "It was not signed by the kubeconfig's certificate-authority or, if it names none, by one that this machine trusts: fetch a new kubeconfig, and make sure that nobody intercepts the connection."
        }
        (Certificate::Server { .. }, Fault::WrongHost { .. }) => {
            "Use one of the certificate's names in the server's URL, or set tls-server-name in the kubeconfig."
        }
        (Certificate::Server { .. }, _) => "Ask the cluster's administrator for a valid certificate.",
    };
    text.to_owned()
}

fn credential_hint(credential: CredentialKind) -> &'static str {
    match credential {
        CredentialKind::None => {
            "Name a user with --user or a token with --token; credentials go only to https servers."
        }
        CredentialKind::Token | CredentialKind::Password => {
            "It may have expired or belong to another cluster: log in again."
        }
        CredentialKind::TokenFile => "The token in the file may have expired: renew the file.",
        CredentialKind::Certificate => {
            "It may belong to another cluster: fetch a new kubeconfig from this one."
        }
        CredentialKind::Plugin => {
            "The plugin was run again and its credentials were refused again: log in from a shell, and check that you have access to this cluster."
        }
        CredentialKind::Provider => "Log in again.",
    }
}
