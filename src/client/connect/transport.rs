//! The HTTP stack: TCP, a proxy, TLS, connection reuse, gzip. It adds no credentials and waits for no deadline.

use std::{error::Error, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{
            Connection, HttpConnector,
            proxy::{SocksV5, Tunnel},
        },
    },
    rt::TokioExecutor,
};
use kube::{client::ConfigExt as _, config};
use secrecy::{ExposeSecret, SecretString};
use tower::{BoxError, Layer as _, Service, ServiceBuilder, ServiceExt as _, util::BoxCloneSyncService};
use tower_http::decompression::DecompressionLayer;

use super::{
    certificate::Identity,
    failure::{self, Failure},
    greedy::{Greedy, Serving},
    proxy::{Protocol, Proxy},
    target::{Login, Target, Trust},
};

/// The longest wait for a TCP connection; the request's own deadline covers the rest.
const CONNECT: Duration = Duration::from_secs(10);

/// How much is read at once at most, in bytes: some records. Each connection keeps room for as much as was last read at
/// once, which would be 400 KiB for each list.
const GULP: usize = 128 << 10;

/// How long a connection may be silent before the system asks whether the other end is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// An answer's body as it comes in.
pub(super) type Incoming = UnsyncBoxBody<Bytes, BoxError>;

/// The stack; a clone shares its connections.
pub(super) type Transport =
    BoxCloneSyncService<http::Request<Full<Bytes>>, http::Response<Incoming>, BoxError>;

/// Builds the stack for a target, with this client certificate.
pub(super) fn transport(target: &Target, identity: Option<&Identity>) -> Result<Transport, Failure> {
    // Whoever comes first installs the process's TLS provider; it is always ring.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = config(target, identity);
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT));
    tcp.set_keepalive(Some(KEEPALIVE));
    tcp.set_keepalive_interval(Some(KEEPALIVE));
    let built = match &target.proxy {
        None => stack(tcp, &config),
        Some(proxy) => through(proxy, tcp, &config),
    };
    built.map_err(|error| failure::build(&error, &target.peer))
}

/// The library's form of a target. It never sees plugins, tokens or passwords.
fn config(target: &Target, identity: Option<&Identity>) -> kube::Config {
    let mut config = kube::Config::new(target.url.clone());
    match &target.trust {
        // Without TLS the system's authorities are not needed, and some containers have none.
        Trust::System => config.root_cert = (!target.peer.https).then(Vec::new),
        Trust::Certificates(list) => config.root_cert = Some(list.clone()),
        Trust::RotatingFile(file) => config.root_cert_file = Some(file.clone()),
        Trust::Anybody => config.accept_invalid_certs = true,
    }
    config.tls_server_name.clone_from(&target.tls_server_name);
    if let Some(identity) = identity {
        config.auth_info.client_certificate_data = Some(STANDARD.encode(&identity.certificate));
        config.auth_info.client_key_data = Some(STANDARD.encode(identity.key.expose_secret()).into());
    }
    if let Login::Provider(provider) = &target.login {
        let open = |(key, value): (&String, &SecretString)| (key.clone(), value.expose_secret().to_owned());
        config.auth_info.auth_provider = Some(config::AuthProviderConfig {
            name: provider.name.clone(),
            config: provider.config.iter().map(open).collect(),
            ..config::AuthProviderConfig::default()
        });
    }
    config
}

fn through(proxy: &Proxy, tcp: HttpConnector, config: &kube::Config) -> Result<Transport, kube::Error> {
    let login = proxy.login();
    let basic = login.as_ref().and_then(|(name, password)| {
        let pair = STANDARD.encode(format!("{name}:{}", password.expose_secret()));
        http::HeaderValue::try_from(format!("Basic {pair}")).ok()
    });
    match proxy.protocol {
        Protocol::Socks5 => {
            let socks = SocksV5::new(proxy.url.clone(), tcp);
            match login {
                Some((name, password)) => {
                    stack(socks.with_auth(name, password.expose_secret().to_owned()), config)
                }
                None => stack(socks, config),
            }
        }
        Protocol::Http => {
            let tunnel = Tunnel::new(proxy.url.clone(), tcp);
            stack(basic.into_iter().fold(tunnel, Tunnel::with_auth), config)
        }
        Protocol::Https => {
            let tunnel = Tunnel::new(proxy.url.clone(), config.rustls_https_connector_with_connector(tcp)?);
            stack(basic.into_iter().fold(tunnel, Tunnel::with_auth), config)
        }
    }
}

fn stack<C>(connector: C, config: &kube::Config) -> Result<Transport, kube::Error>
where
    C: Service<http::Uri> + Clone + Send + Sync + 'static,
    C::Response: Connection + hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static,
    C::Future: Send + 'static,
    C::Error: Error + Send + Sync + 'static,
{
    let serving = match config.cluster_url.scheme_str() {
        Some("https") => Serving::Records,
        _ => Serving::Plenty,
    };
    let connector = config.rustls_https_connector_with_connector(connector)?;
    let connector = connector.map_response(move |connection| Greedy::new(connection, serving));
    let client = Client::builder(TokioExecutor::new())
        .pool_idle_timeout(KEEPALIVE)
        .http1_max_buf_size(GULP)
        .build::<_, Full<Bytes>>(connector);
    let provider =
        config.auth_info.auth_provider.is_some().then(|| config.auth_layer()).transpose()?.flatten();
    let service = ServiceBuilder::new()
        .option_layer(provider)
        .map_err(BoxError::from)
        .service(DecompressionLayer::new().layer(client))
        .map_response(|answer: http::Response<_>| {
            answer.map(|body| http_body_util::BodyExt::map_err(body, BoxError::from).boxed_unsync())
        })
        .map_err(BoxError::from);
    Ok(BoxCloneSyncService::new(service))
}
