//! The service account of the pod that foretop runs in. It is used only when there is no kubeconfig.

use base64::Engine as _;

use super::{
    Environment,
    choose::Choice,
    kubeconfig::{Cluster, User},
};

/// Cluster and user of the pod, or nothing when this is no pod.
pub(super) fn choice(environment: &Environment) -> Option<Choice> {
    let (host, port) = (environment.service_host.as_ref()?, environment.service_port.as_ref()?);
    let token_file = environment.service_account.join("token");
    if !token_file.is_file() {
        return None;
    }
    let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let authority = environment.service_account.join("ca.crt");
    Some(Choice {
        context: "in-cluster".to_owned(),
        cluster_name: "in-cluster".to_owned(),
        user_name: subject(&token_file).unwrap_or_else(|| "service account".to_owned()),
        namespace: namespace(environment),
        rotating_authority: true,
        cluster: Cluster {
            server: Some(format!("https://{host}:{port}")),
            certificate_authority: authority.is_file().then_some(authority),
            ..Cluster::default()
        },
        user: User { token_file: Some(token_file), ..User::default() },
    })
}

fn namespace(environment: &Environment) -> Option<String> {
    let told = environment.pod_namespace.clone();
    told.or_else(|| std::fs::read_to_string(environment.service_account.join("namespace")).ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
}

/// The token's subject, for example `system:serviceaccount:monitoring:foretop`, unverified and only for display.
fn subject(token_file: &std::path::Path) -> Option<String> {
    let token = std::fs::read_to_string(token_file).ok()?;
    let claims = token.trim().split('.').nth(1)?;
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    claims.get("sub")?.as_str().map(str::to_owned)
}
