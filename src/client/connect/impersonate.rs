//! The headers by which one user acts as another. Whether that is allowed, the server decides.

use std::fmt::Write as _;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{failure::Failure, kubeconfig::User};

/// The `Impersonate-*` headers for a user entry.
pub(super) fn headers(user: &User) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    let Some(name) = &user.impersonate else {
        let rest = user.impersonate_uid.is_some()
            || !user.impersonate_groups.is_empty()
            || !user.impersonate_extra.is_empty();
        let why = "a group, uid or extra needs a user to act as (--as)".to_owned();
        return if rest { Err(Failure::Setting { what: "--as-group".to_owned(), why }) } else { Ok(headers) };
    };
    headers.insert("impersonate-user", value("--as", name)?);
    if let Some(uid) = &user.impersonate_uid {
        headers.insert("impersonate-uid", value("as-uid", uid)?);
    }
    for group in &user.impersonate_groups {
        headers.append("impersonate-group", value("--as-group", group)?);
    }
    for (key, values) in &user.impersonate_extra {
        let name = HeaderName::try_from(format!("impersonate-extra-{}", escaped(key)))
            .map_err(|_| wrong("as-user-extra"))?;
        for text in values {
            headers.append(name.clone(), value("as-user-extra", text)?);
        }
    }
    Ok(headers)
}

fn value(what: &str, text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_str(text).map_err(|_| wrong(what))
}

fn wrong(what: &str) -> Failure {
    Failure::Setting { what: what.to_owned(), why: "it has characters that no header can carry".to_owned() }
}

/// Keys may hold characters that header names may not, above all slashes.
fn escaped(key: &str) -> String {
    let mut escaped = String::new();
    for byte in key.to_lowercase().bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02x}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{User, headers};

    #[test]
    fn all_of_them() {
        let user: User = serde_yaml::from_str(
            "{as: bob, as-uid: u1, as-groups: [dev, ops], as-user-extra: {Example.com/Scopes: [a, b]}}",
        )
        .unwrap();
        let headers = headers(&user).unwrap();
        let all = |name: &str| headers.get_all(name).iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>();
        assert_eq!(all("impersonate-user"), ["bob"]);
        assert_eq!(all("impersonate-uid"), ["u1"]);
        assert_eq!(all("impersonate-group"), ["dev", "ops"]);
        assert_eq!(all("impersonate-extra-example.com%2fscopes"), ["a", "b"]);
    }

    #[test]
    fn a_group_alone_is_refused() {
        let user = User { impersonate_groups: vec!["dev".to_owned()], ..User::default() };
        assert!(headers(&user).unwrap_err().to_string().contains("needs a user"));
        let user = User { impersonate: Some("a\nb".to_owned()), ..User::default() };
        assert!(headers(&user).unwrap_err().to_string().contains("--as:"));
        assert!(headers(&User::default()).unwrap().is_empty());
    }
}
