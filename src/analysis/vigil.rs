//! Before when nobody needs to look at an object again, unless something is heard of it: so that a second at rest does not
//! look at thousands. It keeps instants by slot, and knows neither objects nor kinds.

use jiff::Timestamp;

use crate::model::key::Key;

/// When time alone may next change what is judged of the objects of one kind in one cluster.
#[derive(Clone, Debug, Default)]
pub struct Vigil {
    /// By slot; an object that was never looked at may change at any time.
    due: Vec<Timestamp>,
    /// Everything up to this revision has been taken in.
    seen: u64,
    judged: u64,
    /// When it was last looked.
    looked: Option<Timestamp>,
    /// Who was named then.
    named: Vec<Key>,
}

impl Vigil {
    /// Begins to look again, at a revision and at one by which all are judged. Gives the revision after which whatever was
    /// touched is to be taken in; 0 when everything is.
    pub fn begin(&mut self, revision: u64, judged: u64) -> u64 {
        let after = if judged == self.judged { self.seen } else { 0 };
        (self.seen, self.judged) = (revision, judged);
        after
    }

    /// Notes that it is looked at an instant, and gives the one of the last look. It is the same one the first time; by a
    /// clock that was put back, everything is due.
    pub fn look(&mut self, now: Timestamp) -> Timestamp {
        let last = self.looked.replace(now).unwrap_or(now);
        if now < last {
            self.due.fill(Timestamp::MIN);
        }
        last.min(now)
    }

    /// Notes when the object in a slot is due.
    pub fn set(&mut self, at: u32, due: Timestamp) {
        let at = at as usize;
        if self.due.len() <= at {
            self.due.resize(at + 1, Timestamp::MIN);
        }
        self.due[at] = due;
    }

    /// Names those that change by the second, and those that did so when it was last looked: they no longer do.
    pub fn name(&mut self, mut keys: Vec<Key>) -> Vec<Key> {
        let before = std::mem::replace(&mut self.named, keys.clone());
        keys.extend(before);
        keys
    }

    /// The slots whose objects are due by an instant.
    pub fn due(&self, by: Timestamp) -> impl Iterator<Item = u32> {
        self.due.iter().enumerate().filter(move |(_, due)| **due <= by).map(|(at, _)| at as u32)
    }
}
