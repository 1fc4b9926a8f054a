//! What the state machine is told and what it answers. No behaviour.

use std::time::Duration;

/// What to ask the server next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::client::watch) enum Next {
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
pub(in crate::client::watch) enum Happened {
    /// A page of a list is complete, and others follow.
    Page,
    /// A list is complete as of this resourceVersion.
    Synced {
        /// Where a watch continues.
        at: String,
    },
    /// A watch is open; what comes of it is not known.
    Opened,
    /// A watch brought an event or a bookmark, or has been open for long.
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
pub(in crate::client::watch) enum Trouble {
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
pub(in crate::client::watch) struct Plan {
    /// How long to wait before [`Machine::next`].
    pub delay: Duration,
    /// What to tell the user.
    pub standing: Standing,
}

/// How the stream stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::client::watch) enum Standing {
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
