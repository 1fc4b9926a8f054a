//! The list-and-watch state machine: given what happened, what to ask next, after which delay, and what to tell the
//! user meanwhile. Pure: it asks nothing, sleeps nowhere and reads no clock.

use std::time::Duration;

use super::backoff::{FIRST, LONGEST, SLOW, delay, spread};

/// A watch that lasted this long without an event was a quiet one, not a refused one.
pub(super) const QUIET: Duration = Duration::from_secs(30);
/// A watch that ended sooner is not resumed at once, even when it brought something.
const HASTY: Duration = Duration::from_secs(1);
/// So often a server may catch up before it is listed, which costs it more.
const PATIENT: u32 = 3;

/// What to ask the server next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A list in pages.
    List,
    /// A watch that begins with the whole list.
    StreamList,
    /// A watch from this resourceVersion on.
    Watch {
        /// Where the last list or event left off.
        from: String,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Happened {
    /// A page of a list is complete, and others follow.
    Page,
    /// A list is complete as of this resourceVersion.
    Synced {
        /// Where a watch continues.
        at: String,
    },
    /// A watch brought an event or a bookmark.
    Heard {
        /// Where another watch would continue; `None` when it does not say.
        at: Option<String>,
    },
    /// The server ended the watch in good order.
    Ended {
        /// Whether it had brought anything.
        heard: bool,
        /// How long it was open.
        lasted: Duration,
    },
    /// It went wrong.
    Failed(Trouble),
    /// The connection may be dead without anybody having said so.
    Doubted,
    /// The server was away and is back, so that what failed until now says nothing.
    Returned {
        /// Whether it does streaming lists, which may not have been known before.
        streaming: bool,
    },
}

/// What went wrong, as far as it decides what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The resourceVersion or the continue token is too old: 410.
    Expired,
    /// This server has not yet seen the resourceVersion: it is behind another one, or was restored from a backup.
    Behind {
        /// In few words.
        why: String,
    },
    /// The resourceVersion makes no sense to this server.
    Unknown {
        /// In few words.
        why: String,
    },
    /// The server does not do streaming lists.
    NoStreaming,
    /// The server wants to speak JSON only: 406.
    NoProtobuf,
    /// The user may not: 403.
    Forbidden,
    /// The server has no such resource: 404.
    Absent,
    /// Only somebody's doing can mend it, for example a new login.
    Hopeless {
        /// In few words.
        why: String,
    },
    /// It may well succeed the next time.
    Passing {
        /// In few words.
        why: String,
        /// How long the server asks to wait.
        wait: Option<Duration>,
    },
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// How long to wait before [`Machine::next`].
    pub delay: Duration,
    /// What to tell the user.
    pub standing: Standing,
}

/// How the stream stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// As before.
    Same,
    /// The data may be old.
    Stale {
        /// In few words.
        why: String,
    },
    /// The user may not read it.
    Forbidden,
    /// The server does not have it.
    Absent,
}

impl Plan {
    fn at_once() -> Self {
        Self { delay: Duration::ZERO, standing: Standing::Same }
    }

    fn after(delay: Duration, why: String) -> Self {
        Self { delay, standing: Standing::Stale { why } }
    }
}

/// The state of one stream.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// Whether a streaming list is worth trying.
    streaming: bool,
    /// Whether a streaming list has been tried in vain.
    plain: bool,
    /// Whether protobuf is worth asking for.
    protobuf: bool,
    /// Where a watch can continue.
    position: Option<String>,
    /// Failures since something last went well.
    failures: u32,
    /// Expiries since a watch last brought something.
    expiries: u32,
    /// Whether a watch was ever allowed.
    granted: bool,
}

impl Machine {
    /// A stream of which nothing is known yet.
    pub(super) fn new(streaming: bool) -> Self {
        Self {
            streaming,
            plain: false,
            protobuf: true,
            position: None,
            failures: 0,
            expiries: 0,
            granted: false,
        }
    }

    /// What to ask now.
    pub(super) fn next(&self) -> Next {
        match &self.position {
            Some(from) => Next::Watch { from: from.clone() },
            None if self.streaming => Next::StreamList,
            None => Next::List,
        }
    }

    /// Whether to offer protobuf.
    pub(super) fn protobuf(&self) -> bool {
        self.protobuf
    }

    /// Begins with a list the next time.
    pub(super) fn forget(&mut self) {
        self.position = None;
    }

    /// Takes in what happened.
    pub(super) fn hear(&mut self, happened: Happened, dice: f64) -> Plan {
        match happened {
            Happened::Synced { at } if at.is_empty() => {
                // A watch from nowhere would begin with the whole state again, unmarked.
                self.failures += 1;
                Plan::after(delay(self.failures, dice), "the list has no version".to_owned())
            }
            Happened::Synced { at } => {
                self.position = Some(at);
                self.failures = 0;
                Plan::at_once()
            }
            Happened::Page => {
                self.failures = 0;
                Plan::at_once()
            }
            Happened::Heard { at } => {
                self.position = at.filter(|at| !at.is_empty()).or(self.position.take());
                (self.failures, self.expiries, self.granted) = (0, 0, true);
                Plan::at_once()
            }
            Happened::Ended { heard, lasted } => self.ended(heard, lasted, dice),
            Happened::Failed(trouble) => self.failed(trouble, dice),
            Happened::Doubted => Plan::after(Duration::ZERO, "connecting anew".to_owned()),
            Happened::Returned { streaming } => {
                self.failures = 0;
                self.streaming |= streaming && !self.plain;
                Plan::at_once()
            }
        }
    }

    fn ended(&mut self, heard: bool, lasted: Duration, dice: f64) -> Plan {
        if !heard && lasted < QUIET {
            self.failures += 1;
            return Plan::after(delay(self.failures, dice), "the server closes the watch at once".to_owned());
        }
        self.failures = 0;
        if lasted < HASTY {
            // Something between us and the server cuts every stream: come back, but not in a tight loop.
            return Plan { delay: spread(FIRST, dice), standing: Standing::Same };
        }
        Plan::at_once()
    }

    fn failed(&mut self, trouble: Trouble, dice: f64) -> Plan {
        match trouble {
            Trouble::Expired => {
                self.position = None;
                self.expiries += 1;
                if self.expiries == 1 {
                    return Plan::at_once();
                }
                Plan::after(delay(self.expiries - 1, dice), "too old, listing again".to_owned())
            }
            Trouble::NoStreaming => {
                (self.streaming, self.plain) = (false, true);
                Plan::at_once()
            }
            Trouble::NoProtobuf if self.protobuf => {
                self.protobuf = false;
                Plan::at_once()
            }
            Trouble::NoProtobuf => Plan::after(spread(SLOW, dice), "no common encoding".to_owned()),
            Trouble::Unknown { why } => {
                self.position = None;
                self.failures += 1;
                Plan::after(delay(self.failures, dice), why)
            }
            Trouble::Behind { why } => {
                self.failures += 1;
                if self.failures >= PATIENT {
                    self.position = None;
                }
                Plan::after(delay(self.failures, dice), why)
            }
            // A server that has just started may refuse what it granted before.
            Trouble::Forbidden if self.granted && self.failures < PATIENT => {
                self.failures += 1;
                Plan { delay: delay(self.failures, dice), standing: Standing::Forbidden }
            }
            Trouble::Forbidden => self.slowly(Standing::Forbidden, dice),
            Trouble::Absent => self.slowly(Standing::Absent, dice),
            Trouble::Hopeless { why } => Plan::after(spread(LONGEST, dice), why),
            Trouble::Passing { why, wait } => {
                self.failures += 1;
                // A streaming list that keeps breaking may still do in pages.
                self.plain |= self.streaming && self.position.is_none() && self.failures >= 3;
                self.streaming &= !self.plain;
                let own = delay(self.failures, dice);
                Plan::after(wait.map_or(own, |wait| wait.max(own)), why)
            }
        }
    }

    /// Where a watch is not allowed a list may be, so each slow attempt begins with one.
    fn slowly(&mut self, standing: Standing, dice: f64) -> Plan {
        self.position = None;
        Plan { delay: spread(SLOW, dice), standing }
    }
}

#[cfg(test)]
mod tests;
