//! Facts about the server and the session. No credentials.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::change::Freshness;
use super::flag::Flag;
use super::operation::Permission;
use super::text::Str;

/// Who is connected to what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The kubeconfig context, or `in-cluster`, or `demo`.
    pub context: String,
    /// The cluster's name in the kubeconfig.
    pub cluster: String,
    /// The API server's address without credentials.
    pub server: String,
    /// The user's name in the kubeconfig.
    pub user: String,
}

/// Something new about the server.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerNews {
    /// Who is connected to what.
    Identity(Identity),
    /// The server's gitVersion.
    Version(String),
    /// How far the server's clock is ahead of ours.
    Skew(SignedDuration),
    /// The server could not be reached: a sentence, and what to do about it.
    Unreachable {
        /// What happened.
        why: String,
        /// What to do next.
        hint: String,
    },
    /// The server does not answer, so streams that seem open may be dead: since when nothing was heard, why in few
    /// words, and when it is asked again. `Reachable` ends the doubt.
    Silent {
        /// When the server last answered.
        since: Timestamp,
        /// In few words.
        why: String,
        /// When it is asked again.
        retry_at: Timestamp,
    },
    /// The server answered.
    Reachable,
    /// When the leader of the controller manager took over, from its lease; `None` when that cannot be read.
    Leader(Option<Timestamp>),
    /// What the command lines of the controller manager's mirror pods say; all of it, in place of what was said before.
    /// Empty where there are no such pods, or where they may not be read.
    Observed(Vec<Observed>),
    /// What the user says of a controller's flag, which the API does not show.
    Assume(Flag, f64),
    /// The answer to an access review.
    Access(Permission, Access),
}

/// A flag as mirror pods of the controller manager show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// The flag.
    pub flag: Flag,
    /// Its value.
    pub value: f64,
    /// The pods that it was read from, by name; they are in kube-system.
    pub pods: Arc<[Str]>,
}

/// What the server says of a permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Granted.
    Allowed,
    /// Not granted; the server's reason, possibly empty.
    Denied(String),
    /// The server could not tell.
    Unknown(String),
}

/// What is known of the server now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Server {
    /// Who is connected to what.
    pub identity: Identity,
    /// The server's gitVersion, once it has answered.
    pub version: Option<String>,
    /// How far the server's clock is ahead of ours.
    pub skew: SignedDuration,
    /// Why the server cannot be reached, and what to do, while that is so.
    pub unreachable: Option<(String, String)>,
    /// What every stream that seems live is taken for while the server does not answer.
    pub doubt: Option<Freshness>,
    /// When the leader of the controller manager took over: its clocks began anew then. `None` when not known.
    pub leader: Option<Timestamp>,
    /// What the controller manager's mirror pods say of its flags; `None` until it has been looked for them and for the
    /// leader.
    pub observed: Option<Vec<Observed>>,
    /// What the user says of the controllers' flags.
    pub assumed: Vec<(Flag, f64)>,
    /// Answers to access reviews.
    pub access: Vec<(Permission, Access)>,
}

impl Server {
    /// Takes in news. Whether objects may be judged differently from now on: another attempt at a server that is away
    /// is news for the reader alone.
    pub fn hear(&mut self, news: ServerNews) -> bool {
        let doubted = self.doubted_since();
        let judged = match news {
            ServerNews::Version(_) | ServerNews::Skew(_) | ServerNews::Assume(..) => true,
            ServerNews::Leader(acquired) => self.leader != acquired,
            ServerNews::Observed(ref flags) => self.observed.as_deref().unwrap_or_default() != flags,
            ServerNews::Identity(_)
            | ServerNews::Unreachable { .. }
            | ServerNews::Silent { .. }
            | ServerNews::Reachable
            | ServerNews::Access(..) => false,
        };
        self.take(news);
        judged || self.doubted_since() != doubted
    }

    fn doubted_since(&self) -> Option<Timestamp> {
        match self.doubt {
            Some(Freshness::Stale { since, .. }) => Some(since),
            _ => None,
        }
    }

    fn take(&mut self, news: ServerNews) {
        match news {
            ServerNews::Identity(identity) => self.identity = identity,
            ServerNews::Version(version) => self.version = Some(version),
            ServerNews::Skew(skew) => self.skew = skew,
            ServerNews::Unreachable { why, hint } => self.unreachable = Some((why, hint)),
            ServerNews::Silent { since, why, retry_at } => {
                self.doubt = Some(Freshness::Stale { since, why, retry_at }.by(self.skew));
            }
            ServerNews::Reachable => (self.unreachable, self.doubt) = (None, None),
            ServerNews::Assume(flag, value) => {
                self.assumed.retain(|(known, _)| *known != flag);
                self.assumed.push((flag, value));
            }
            ServerNews::Leader(acquired) => self.leader = acquired,
            ServerNews::Observed(flags) => self.observed = Some(flags),
            ServerNews::Access(permission, access) => {
                self.access.retain(|(known, _)| *known != permission);
                self.access.push((permission, access));
            }
        }
    }

    /// The server's answer for a permission, if it was asked.
    pub fn access(&self, permission: &Permission) -> Option<&Access> {
        self.access.iter().find(|(known, _)| known == permission).map(|(_, access)| access)
    }
}
