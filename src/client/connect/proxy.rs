//! Which proxy stands between, by the rules of Go's `httpproxy`, which kubectl follows. The library's own reading of
//! NO_PROXY compares it with the proxy instead of the cluster, so it is decided here.

use std::net::IpAddr;

use http::Uri;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

use super::{Environment, failure::Failure};

/// A proxy. Its URL may carry a password, so it has no Debug that shows it.
#[derive(Clone)]
pub(super) struct Proxy {
    /// The URL as it was given, with a scheme.
    pub url: Uri,
    /// Host and port, for messages.
    pub address: String,
    /// How to speak to it.
    pub protocol: Protocol,
}

/// How to speak to a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http,
    Https,
    Socks5,
}

impl Proxy {
    /// The name and password in the URL, if any.
    pub(super) fn login(&self) -> Option<(String, SecretString)> {
        let (login, _) = self.url.authority()?.as_str().rsplit_once('@')?;
        let (name, password) = login.split_once(':').unwrap_or((login, ""));
        Some((unescaped(name), unescaped(password).into()))
    }
}

/// URLs escape what has a meaning in them, for example an `@` in a password.
fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                plain.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// The cluster's own `proxy-url`, else the environment's proxy unless NO_PROXY exempts the cluster.
pub(super) fn proxy(
    configured: Option<&SecretString>,
    server: &Uri,
    environment: &Environment,
) -> Result<Option<Proxy>, Failure> {
    if let Some(url) = configured {
        return parse("proxy-url", url).map(Some);
    }
    let (name, url) = if server.scheme_str() == Some("https") {
        ("HTTPS_PROXY", &environment.https_proxy)
    } else {
        ("HTTP_PROXY", &environment.http_proxy)
    };
    let host = host(server);
    let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("http") { 80 } else { 443 });
    match url {
        Some(url) if !exempt(environment.no_proxy.as_deref().unwrap_or_default(), host, port) => {
            parse(name, url).map(Some)
        }
        _ => Ok(None),
    }
}

/// A URI's host without the brackets of IPv6.
pub(super) fn host(uri: &Uri) -> &str {
    uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

/// Whether a host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn parse(name: &str, url: &SecretString) -> Result<Proxy, Failure> {
    let wrong = |why: &str| Failure::Setting { what: name.to_owned(), why: why.to_owned() };
    let text = url.expose_secret();
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url: Uri = text.parse().map_err(|_| wrong("it is no URL"))?;
    let protocol = match url.scheme_str() {
        Some("http") => Protocol::Http,
        Some("https") => Protocol::Https,
        Some("socks5" | "socks5h") => Protocol::Socks5,
        _ => return Err(wrong("only http, https and socks5 proxies are supported")),
    };
    let port = url.port_u16().unwrap_or(match protocol {
        Protocol::Http => 80,
        Protocol::Https => 443,
        Protocol::Socks5 => 1080,
    });
    match url.host() {
        Some(host) if !host.is_empty() => {
            let address = format!("{host}:{port}");
            Ok(Proxy { url, address, protocol })
        }
        _ => Err(wrong("it names no host")),
    }
}

/// Whether `host` is reached without a proxy.
fn exempt(no_proxy: &str, host: &str, port: u16) -> bool {
    if host == "localhost" {
        return true;
    }
    let address = host.parse::<IpAddr>().ok();
    if address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    let host = host.to_ascii_lowercase();
    let host = host.trim_end_matches('.');
    no_proxy.split(',').map(|rule| rule.trim().to_ascii_lowercase()).filter(|rule| !rule.is_empty()).any(
        |rule| match address {
            _ if rule == "*" => true,
            Some(address) => matches_address(&rule, address, port),
            None => matches_name(&rule, host, port),
        },
    )
}

fn matches_address(rule: &str, address: IpAddr, port: u16) -> bool {
    if let Ok(network) = rule.parse::<IpNet>() {
        return network.contains(&address);
    }
    if let Ok(exact) = rule.trim_matches(['[', ']']).parse::<IpAddr>() {
        return exact == address;
    }
    matches!(rule.parse::<std::net::SocketAddr>(), Ok(exact) if exact.ip() == address && exact.port() == port)
}

fn matches_name(rule: &str, host: &str, port: u16) -> bool {
    let (name, wanted_port) = match rule.rsplit_once(':') {
        Some((name, digits)) => (name, digits.parse::<u16>().ok()),
        None => (rule, Some(port)),
    };
    if wanted_port != Some(port) {
        return false;
    }
    let name = name.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(name);
    match name.strip_prefix('.') {
        // A leading dot means the names below, not the name itself.
        Some(_) => host.ends_with(name),
        None => host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')),
    }
}

#[cfg(test)]
mod tests {
    use super::{Environment, Protocol, exempt, proxy};

    #[test]
    fn no_proxy_follows_go() {
        let yes = [
            ("*", "api.prod", 443),
            ("prod.example.com", "prod.example.com", 6443),
            ("example.com", "api.example.com", 443),
            (".example.com", "api.example.com", 443),
            ("*.example.com", "api.example.com", 443),
            (" other , EXAMPLE.com ", "Api.Example.COM.", 443),
            ("example.com:6443", "api.example.com", 6443),
            ("10.0.0.0/8", "10.1.2.3", 443),
            ("10.1.2.3", "10.1.2.3", 6443),
            ("10.1.2.3:6443", "10.1.2.3", 6443),
            ("fd00::/8", "fd00::1", 443),
            ("[fd00::1]:6443", "fd00::1", 6443),
            ("", "localhost", 443),
            ("", "127.0.0.1", 443),
            ("", "::1", 443),
        ];
        for (rules, host, port) in yes {
            assert!(exempt(rules, host, port), "{rules} should exempt {host}:{port}");
        }
        let no = [
            ("", "api.example.com", 443),
            (".example.com", "example.com", 443),
            ("*.example.com", "example.com", 443),
            ("ample.com", "example.com", 443),
            ("example.com:443", "api.example.com", 6443),
            ("10.0.0.0/8", "11.1.2.3", 443),
            ("10.1.2.3:443", "10.1.2.3", 6443),
            ("10.1.2", "10.1.2.3", 443),
            ("proxy.corp", "api.example.com", 443),
        ];
        for (rules, host, port) in no {
            assert!(!exempt(rules, host, port), "{rules} should not exempt {host}:{port}");
        }
    }

    #[test]
    fn the_clusters_own_proxy_ignores_no_proxy() {
        let environment = Environment {
            https_proxy: Some("http://corp:3128".into()),
            no_proxy: Some("*".to_owned()),
            ..Environment::default()
        };
        let server = "https://api.prod:6443".parse().unwrap();
        assert!(proxy(None, &server, &environment).unwrap().is_none());
        let own = proxy(Some(&"socks5://u:p@bastion".into()), &server, &environment).unwrap().unwrap();
        assert_eq!((own.address.as_str(), own.protocol), ("bastion:1080", Protocol::Socks5));
    }

    #[test]
    fn passwords_are_unescaped() {
        use secrecy::ExposeSecret as _;
        let url = "http://me:a%40b%3Ac%+d@corp".into();
        let own = proxy(Some(&url), &"https://a".parse().unwrap(), &Environment::default()).unwrap().unwrap();
        let (name, password) = own.login().unwrap();
        assert_eq!((name.as_str(), password.expose_secret()), ("me", "a@b:c%+d"));
    }

    #[test]
    fn the_scheme_decides_which_variable_counts() {
        let environment = Environment { https_proxy: Some("corp:3128".into()), ..Environment::default() };
        let at =
            |server: &str| proxy(None, &server.parse().unwrap(), &environment).unwrap().map(|p| p.address);
        assert_eq!(at("https://api.prod").as_deref(), Some("corp:3128"));
        assert_eq!(at("http://api.prod"), None);
        let wrong = Environment { https_proxy: Some("ftp://u:hush@corp".into()), ..Environment::default() };
        let failure = proxy(None, &"https://api.prod".parse().unwrap(), &wrong).err().unwrap();
        assert!(!failure.to_string().contains("hush"));
        assert!(failure.to_string().contains("HTTPS_PROXY"));
    }
}
