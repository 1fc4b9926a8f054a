//! Exit codes: the program's answer to scripts.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is said and complete.
    Fine,
    /// There are findings as bad as was asked for.
    Found,
    /// The command line makes no sense.
    Usage,
    /// The cluster cannot be reached, or does not accept the credentials.
    Unreachable,
    /// A kind was forbidden, or the time was up first.
    Incomplete,
    /// Ended by a signal of this number.
    Signal(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Found => 1,
            Exit::Usage => 2,
            Exit::Unreachable => 3,
            Exit::Incomplete => 4,
            Exit::Signal(number) => 128 + number,
        })
    }
}
