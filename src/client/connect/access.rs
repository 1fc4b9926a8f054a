//! The credentials in use, and when they are renewed: before they expire, and once after the server refused them.
//! Requests that come meanwhile wait for the one renewal. How a plugin is run is in `exec`.

use std::path::Path;
use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::{
    certificate::{Identity, Validity},
    failure::Failure,
    peer::Peer,
    target::{Login, Target},
    transport::{Transport, transport},
};
use crate::client::clock;

/// How long the content of a token file or of a client certificate's files is believed.
const FILE: SignedDuration = SignedDuration::from_secs(55);

/// Credentials are renewed this long before they expire, or in the last quarter of a shorter life.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// Refused right after a renewal, credentials are not renewed again for so long, and for twice as long each time:
/// the user has to do something, and a plugin may open a window every time it runs.
const AFTER_REFUSAL: SignedDuration = SignedDuration::from_secs(20);
/// It never becomes longer than this.
const AFTER_REFUSALS: SignedDuration = SignedDuration::from_mins(10);

/// A plugin's failure is told to everybody who asks within this time, instead of running it again.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(5);

/// What one request uses.
#[derive(Clone)]
pub(super) struct Grant {
    pub transport: Transport,
    /// Marked sensitive, so that its Debug does not show it.
    pub authorization: Option<HeaderValue>,
    /// Counts renewals.
    pub number: u64,
    /// The words for messages, with the certificate that is shown now.
    pub peer: Arc<Peer>,
}

/// The credentials of one session.
pub(super) struct Access {
    target: Target,
    held: Mutex<Held>,
}

struct Held {
    grant: Grant,
    identity: Option<Identity>,
    renew_at: Option<Timestamp>,
    expires: Option<Timestamp>,
    /// When a refusal last led to a renewal, and how long that keeps another from it.
    renewed_after_refusal: Option<(Timestamp, SignedDuration)>,
    failed: Option<(Timestamp, Failure)>,
}

/// What a source of credentials gave.
struct Fresh {
    authorization: Option<HeaderValue>,
    identity: Option<Identity>,
    expires: Option<Timestamp>,
}

impl Access {
    /// Obtains the first credentials.
    pub(super) async fn open(target: Target) -> Result<Self, Failure> {
        let now = clock::now();
        let fresh = obtain(&target, now).await?;
        let transport = transport(&target, fresh.identity.as_ref())?;
        let held = Held {
            renew_at: renew_at(fresh.expires, now),
            expires: fresh.expires,
            grant: Grant {
                transport,
                authorization: fresh.authorization,
                number: 0,
                peer: Arc::new(target.peer.clone()),
            },
            identity: fresh.identity,
            renewed_after_refusal: None,
            failed: None,
        };
        Ok(Self { target, held: Mutex::new(held) })
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// What the next request uses, renewed if it is about to expire.
    pub(super) async fn grant(&self) -> Result<Grant, Failure> {
        let mut held = self.held.lock().await;
        let now = clock::now();
        if held.renew_at.is_some_and(|at| now >= at)
            && let Err(failure) = self.renew(&mut held, now).await
        {
            // The old ones may do for the moments they have left.
            let usable = self.target.reads_files() || held.expires.is_none_or(|at| now < at);
            if !usable {
                return Err(failure);
            }
        }
        Ok(held.grant.clone())
    }

    /// Lets go of connections that are kept for later requests; those in use stay as they are.
    pub(super) async fn reconnect(&self) {
        let mut held = self.held.lock().await;
        // It has been built before with the same settings; should it fail now, the old one does.
        if let Ok(fresh) = transport(&self.target, held.identity.as_ref()) {
            held.grant.transport = fresh;
        }
    }

    /// What to try once more with after the server refused `refused`; nothing when there is nothing better.
    pub(super) async fn after_refusal(&self, refused: &Grant) -> Result<Option<Grant>, Failure> {
        let runs = matches!(self.target.login, Login::Plugin(_));
        if !runs && !self.target.reads_files() {
            return Ok(None);
        }
        let mut held = self.held.lock().await;
        if held.grant.number != refused.number {
            return Ok(Some(held.grant.clone()));
        }
        let now = clock::now();
        let last = held.renewed_after_refusal;
        if runs && last.is_some_and(|(at, wait)| recent(at, now, wait)) {
            return Ok(None);
        }
        let before = (held.grant.authorization.clone(), held.identity.clone());
        self.renew(&mut held, now).await?;
        let again = last.filter(|(at, _)| recent(*at, now, 2 * AFTER_REFUSALS));
        let wait = again.map_or(AFTER_REFUSAL, |(_, wait)| (2 * wait).min(AFTER_REFUSALS));
        held.renewed_after_refusal = Some((now, wait));
        let same = !runs && before == (held.grant.authorization.clone(), held.identity.clone());
        Ok((!same).then(|| held.grant.clone()))
    }

    async fn renew(&self, held: &mut Held, now: Timestamp) -> Result<(), Failure> {
        if let Some((at, failure)) = &held.failed
            && recent(*at, now, AFTER_FAILURE)
        {
            return Err(failure.clone());
        }
        let renewed = match obtain(&self.target, now).await {
            Ok(fresh) => self.put(held, fresh, now),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = &renewed {
            held.failed = Some((clock::now(), failure.clone()));
        }
        renewed
    }

    fn put(&self, held: &mut Held, fresh: Fresh, now: Timestamp) -> Result<(), Failure> {
        if fresh.identity != held.identity {
            held.grant.transport = transport(&self.target, fresh.identity.as_ref())?;
            if self.target.rotates() {
                let validity = fresh.identity.as_ref().and_then(|it| Validity::of_pem(&it.certificate));
                held.grant.peer = Arc::new(Peer { client_certificate: validity, ..self.target.peer.clone() });
            }
            held.identity = fresh.identity;
        }
        held.grant.authorization = fresh.authorization;
        held.grant.number += 1;
        held.renew_at = renew_at(fresh.expires, now);
        held.expires = fresh.expires;
        held.failed = None;
        Ok(())
    }
}

/// Whether something that happened at `at` is less than `span` ago. A clock that was set back makes nothing recent,
/// or it would stay so until the clock is there again.
fn recent(at: Timestamp, now: Timestamp, span: SignedDuration) -> bool {
    let passed = now.duration_since(at);
    !passed.is_negative() && passed < span
}

fn renew_at(expires: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    let expires = expires?;
    let margin = MARGIN.min(expires.duration_since(now) / 4).max(SignedDuration::ZERO);
    expires.checked_sub(margin).ok()
}

async fn obtain(target: &Target, now: Timestamp) -> Result<Fresh, Failure> {
    let identity = target.identity()?;
    // Files are read again in time, and their old content used while they cannot be.
    let files = now.checked_add(FILE).ok();
    let rotated = files.filter(|_| target.rotates());
    let with = |authorization| Fresh { authorization, identity: identity.clone(), expires: rotated };
    Ok(match &target.login {
        Login::None | Login::Provider(_) => with(None),
        Login::Token(token) => with(Some(bearer("token", token)?)),
        Login::TokenFile(file) => {
            let token = token_in(file)?;
            Fresh { expires: files, ..with(Some(bearer("tokenFile", &token)?)) }
        }
        Login::Password { name, password } => {
            let pair = SecretString::from(format!("{name}:{}", password.expose_secret()));
            with(Some(sensitive("password", &format!("Basic {}", STANDARD.encode(pair.expose_secret())))?))
        }
        Login::Plugin(plugin) => {
            let granted = plugin.run().await?;
            let token = granted.token.as_ref().map(|token| bearer("the plugin's token", token));
            Fresh {
                authorization: token.transpose()?,
                identity: granted.identity.or(identity),
                expires: granted.expires,
            }
        }
    })
}

fn token_in(file: &Path) -> Result<SecretString, Failure> {
    let text =
        std::fs::read_to_string(file).map_err(|error| Failure::unreadable("token file", file, &error))?;
    let token = text.trim();
    if token.is_empty() {
        let why = "it is empty".to_owned();
        return Err(Failure::Setting { what: format!("the token file {}", file.display()), why });
    }
    Ok(token.to_owned().into())
}

fn bearer(what: &str, token: &SecretString) -> Result<HeaderValue, Failure> {
    sensitive(what, &format!("Bearer {}", token.expose_secret().trim()))
}

fn sensitive(what: &str, text: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(text).map_err(|_| Failure::Setting {
        what: what.to_owned(),
        why: "it has characters that no header can carry".to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Access, Failure, SignedDuration, Target, Timestamp, clock, recent, renew_at};
    use crate::client::connect::{Environment, choose::Choice, kubeconfig::User};

    async fn open(user: &str) -> Result<Access, Failure> {
        let mut choice = Choice { user: serde_yaml::from_str::<User>(user).unwrap(), ..Choice::default() };
        choice.cluster.server = Some("https://127.0.0.1:1".to_owned());
        Access::open(Target::new(&choice, &Environment::default())?).await
    }

    async fn shown(access: &Access) -> Result<String, Failure> {
        let grant = access.grant().await?;
        Ok(grant.authorization.unwrap().to_str().unwrap().to_owned())
    }

    fn write(folder: &Path, name: &str, text: &str) -> String {
        let file = folder.join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    }

    #[test]
    fn renews_a_minute_or_a_quarter_early() {
        let now: Timestamp = "2026-11-21T07:00:00Z".parse().unwrap();
        let at = |expires: &str| renew_at(Some(expires.parse().unwrap()), now).unwrap().to_string();
        assert_eq!(at("2026-11-21T08:00:00Z"), "2026-11-21T07:59:00Z");
        assert_eq!(at("2026-11-21T07:01:00Z"), "2026-11-21T07:00:45Z");
        assert_eq!(at("2026-11-21T06:00:00Z"), "2026-11-21T06:00:00Z");
        assert_eq!(renew_at(None, now), None);
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nothing_recent() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let span = SignedDuration::from_secs(20);
        assert!(recent(at("2026-11-21T07:00:00Z"), at("2026-11-21T07:00:19Z"), span));
        assert!(!recent(at("2026-11-21T07:00:00Z"), at("2026-11-21T07:00:20Z"), span));
        assert!(!recent(at("2026-11-21T07:00:00Z"), at("2026-11-21T06:00:00Z"), span));
    }

    #[tokio::test]
    async fn a_token_file_is_read_again_within_a_minute() {
        let folder = tempfile::tempdir().unwrap();
        let file = write(folder.path(), "token", "one\n");
        let access = open(&format!("tokenFile: '{file}'")).await.unwrap();
        assert_eq!(shown(&access).await.unwrap(), "Bearer one");
        write(folder.path(), "token", "two\n");
        assert_eq!(shown(&access).await.unwrap(), "Bearer one");
        let due = access.held.lock().await.renew_at.unwrap();
        assert!(due.duration_since(clock::now()).as_secs() < 60);

        access.held.lock().await.renew_at = Some(Timestamp::UNIX_EPOCH);
        assert_eq!(shown(&access).await.unwrap(), "Bearer two");
        // While the file is being replaced the last token stays in use.
        std::fs::remove_file(&file).unwrap();
        access.held.lock().await.renew_at = Some(Timestamp::UNIX_EPOCH);
        assert_eq!(shown(&access).await.unwrap(), "Bearer two");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_failing_plugin_is_tolerated_until_its_last_token_expires() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        let script = format!(
            "echo run >> '{}'; [ $(grep -c run '{0}') = 1 ] || exit 1; echo '{{kind: ExecCredential, \
             apiVersion: client.authentication.k8s.io/v1, status: {{token: t, expirationTimestamp: \
             2090-01-01T00:00:00Z}}}}'",
            runs.display()
        );
        let script = write(folder.path(), "plugin.sh", &script);
        let user = format!(
            "exec: {{apiVersion: client.authentication.k8s.io/v1, command: /bin/sh, args: ['{script}']}}"
        );
        let access = open(&user).await.unwrap();
        access.held.lock().await.renew_at = Some(Timestamp::UNIX_EPOCH);
        assert_eq!(shown(&access).await.unwrap(), "Bearer t");

        access.held.lock().await.expires = Some(Timestamp::UNIX_EPOCH);
        let failed = Failure::ExecFailed { command: "/bin/sh".to_owned(), code: Some(1) };
        assert_eq!(shown(&access).await, Err(failed.clone()));
        assert_eq!(shown(&access).await, Err(failed));
        // Three requests in a row, and the failing plugin was tried once.
        assert_eq!(std::fs::read_to_string(runs).unwrap().lines().count(), 2);
    }
}
