//! What goes on above the panes: typing, asking, confirming, reading. One at a time, hence an enum.

use super::choose::Choice;
use super::input::Input;
use super::page::Scroll;
use super::what_if::WhatIfPage;
use crate::model::finding::Severity;
use crate::model::key::Target;
use crate::model::operation::{Operation, Permission};

/// What has the keys.
#[derive(Clone, Debug)]
pub enum Mode {
    /// The panes, or the detail that is open.
    Browse,
    /// A line that is being typed.
    Typing(Ask, Input),
    /// An edit of taints that is being typed, above what it would do.
    WhatIf(Box<WhatIfPage>),
    /// A choice between the actions that a key stands for.
    Choose(Box<Choice>),
    /// Waiting for the server to say whether an action is allowed.
    Checking(Box<Wanted>),
    /// The dialog before a change.
    Confirm(Box<Pending>, Button, Scroll),
    /// Something to read in full.
    Message(Message, Scroll),
    /// The help.
    Help(Scroll),
}

/// What is being typed.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one at a time")]
pub enum Ask {
    /// The filter of a table.
    Filter,
    /// A text to search for.
    Search,
    /// A namespace.
    Namespace,
    /// A command.
    Command,
    /// The answer to an action's question.
    Question(Asked),
}

/// An action whose key was pressed.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Its number in `actions::ALL`.
    pub action: usize,
    /// What was marked or selected when its key went down.
    pub targets: Vec<Target>,
    /// What the server must allow.
    pub permission: Permission,
    /// Something to know besides, for example that rights could not be checked.
    pub note: Option<String>,
    /// The answer to its question, where it was given before it was asked.
    pub answer: Option<String>,
}

impl Wanted {
    /// What it is about: `node/worker-1`, or `3 nodes`.
    pub fn subject(&self) -> String {
        match self.targets.as_slice() {
            [one] => one.to_string(),
            many => {
                many.first().map_or_else(String::new, |it| format!("{} {}", many.len(), it.kind.plural()))
            }
        }
    }
}

/// An action that needs an answer before there is a plan.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What is wanted.
    pub wanted: Wanted,
    /// The question.
    pub text: String,
}

/// Operations that the user has not yet confirmed, one for each object.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// What is wanted.
    pub wanted: Wanted,
    /// The answer to its question, if it had one.
    pub answer: String,
    /// What would be done; never empty.
    pub operations: Vec<Operation>,
    /// Why objects that were marked are left out.
    pub left_out: Vec<String>,
}

/// The buttons of a dialog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Button {
    /// Changes nothing.
    #[default]
    Cancel,
    /// Goes on.
    Confirm,
}

impl Button {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Cancel => Self::Confirm,
            Self::Confirm => Self::Cancel,
        }
    }
}

/// Something to read in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// How bad it is.
    pub severity: Severity,
    /// The heading.
    pub title: String,
    /// Paragraphs.
    pub text: Vec<String>,
}
