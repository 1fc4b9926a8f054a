//! The list-and-watch state machine: given what happened, what to ask next, after which delay, and what to tell the
//! user meanwhile. Pure: it asks nothing, sleeps nowhere and reads no clock.

use std::time::Duration;

mod terms;

use super::backoff::{FIRST, LONGEST, SLOW, delay, spread};

pub(super) use self::terms::{Happened, Next, Plan, Standing, Trouble};

/// A watch that lasted this long without an event was a quiet one, not a refused one.
pub(super) const QUIET: Duration = Duration::from_secs(30);
/// A watch that ended sooner is not resumed at once, even when it brought something.
const HASTY: Duration = Duration::from_secs(1);
/// So often a server may catch up before it is listed, which costs it more.
const PATIENT: u32 = 3;

impl Plan {
    fn at_once() -> Self {
        Self { delay: Duration::ZERO, standing: Standing::Same }
    }

    fn after(delay: Duration, why: String) -> Self {
        Self { delay, standing: Standing::Stale { why } }
    }
}

/// Whether a streaming list is worth trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Streaming {
    /// The server has not said that it does them.
    Unknown,
    /// It has.
    Offered,
    /// It kept breaking.
    Broken,
    /// The server refuses it.
    Refused,
}

impl Streaming {
    fn offered(yes: bool) -> Self {
        if yes { Self::Offered } else { Self::Unknown }
    }
}

/// The state of one stream.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// Whether a streaming list is worth trying.
    streaming: Streaming,
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
    /// The newest version that was ever reached, where versions are numbers.
    newest: Option<u64>,
}

impl Machine {
    /// A stream of which nothing is known yet.
    pub(super) fn new(streaming: bool) -> Self {
        Self {
            streaming: Streaming::offered(streaming),
            protobuf: true,
            position: None,
            failures: 0,
            expiries: 0,
            granted: false,
            newest: None,
        }
    }

    /// What to ask now.
    pub(super) fn next(&self) -> Next {
        match &self.position {
            Some(from) => Next::Watch { from: from.clone() },
            None if self.streaming == Streaming::Offered => Next::StreamList,
            None => Next::List,
        }
    }

    /// Whether to offer protobuf.
    pub(super) fn protobuf(&self) -> bool {
        self.protobuf
    }

    /// The version that a list must have reached, so that nothing goes back in time; after some patience any will do,
    /// because a cluster that was restored from a backup counts from an earlier version.
    pub(super) fn not_before(&self) -> Option<u64> {
        self.newest.filter(|_| self.failures < PATIENT)
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
                self.newest = at.parse().ok();
                self.position = Some(at);
                self.failures = 0;
                Plan::at_once()
            }
            Happened::Opened => {
                self.granted = true;
                Plan::at_once()
            }
            Happened::Page => {
                self.failures = 0;
                Plan::at_once()
            }
            Happened::Heard { at } => {
                if let Some(at) = at.filter(|at| !at.is_empty()) {
                    self.newest = at.parse().ok();
                    self.position = Some(at);
                }
                (self.failures, self.expiries) = (0, 0);
                Plan::at_once()
            }
            Happened::Ended { heard, lasted } => self.ended(heard, lasted, dice),
            Happened::Failed(trouble) => self.failed(trouble, dice),
            Happened::Doubted => Plan::after(Duration::ZERO, "connecting anew".to_owned()),
            Happened::Returned { streaming } => {
                self.failures = 0;
                // A server that returns again and again is not listed each time without a pause.
                self.expiries = self.expiries.min(1);
                // What broke while the server was going away says nothing of what it can do.
                if matches!(self.streaming, Streaming::Unknown | Streaming::Broken) {
                    self.streaming = Streaming::offered(streaming);
                }
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
                self.streaming = Streaming::Refused;
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
                // A replica catches up soon or never: what grows longer are only the pauses after a list.
                Plan::after(delay(self.failures.saturating_sub(PATIENT).max(1), dice), why)
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
                if self.next() == Next::StreamList && self.failures >= 3 {
                    self.streaming = Streaming::Broken;
                }
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
