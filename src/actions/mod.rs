//! Actions: what a user can do to the cluster, each a pure function to an `Operation` or a refusal. Nothing is sent.
//!
//! A member is one file with its `Action` constants and their lines in [`ALL`].

use jiff::Timestamp;

use crate::model::cluster::Cluster;
use crate::model::key::Target;
use crate::model::operation::{Operation, Permission, Refusal};

pub mod bounds;
pub mod cordon;
pub mod evict;
pub mod scale;
pub mod taint;

/// One thing that a user can do.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// For the help, the footer, key files and the audit log.
    pub name: &'static str,
    /// The default key.
    pub key: char,
    /// What it does, in few words.
    pub help: &'static str,
    /// On how many objects it is done at once.
    pub reach: Reach,
    /// What is shown before it is asked for.
    pub prelude: Prelude,
    /// Whether it applies to the target at all; the refusal says why not, for the footer.
    pub applies: fn(&Cluster, &Target) -> Result<(), Refusal>,
    /// The actions that its key stands for on a target, by name, for the user to choose from; none when it stands for
    /// itself alone.
    pub offers: fn(&Target) -> &'static [&'static str],
    /// What the server must allow; `None` when it does not apply.
    pub permission: fn(&Cluster, &Target) -> Option<Permission>,
    /// What must be asked first, if anything.
    pub question: fn(&Cluster, &Target) -> Option<Question>,
    /// The operation, from the answer to the question, as things stand at this time.
    pub plan: fn(&Cluster, &Target, &str, Timestamp) -> Result<Operation, Refusal>,
}

/// On how many objects an action is done at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The selected one.
    One,
    /// Each of those that are marked, else the selected one. What the server must allow is the same for all.
    Each,
}

/// What is shown before an action is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prelude {
    /// Nothing.
    None,
    /// What an edit of taints would do, while it is typed. Looking changes nothing and needs no right.
    WhatIf,
}

/// Something that the user must answer before there is a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub text: String,
    /// What stands in the field at first.
    pub initial: String,
}

/// It stands for itself alone.
fn itself(_target: &Target) -> &'static [&'static str] {
    &[]
}

/// The number in [`ALL`] of the action of that name.
pub fn numbered(name: &str) -> Option<usize> {
    ALL.iter().position(|action| action.name == name)
}

/// Every action, in the order of the footer.
pub const ALL: &[&Action] =
    &[&cordon::CORDON, &cordon::UNCORDON, &taint::TAINT, &scale::SCALE, &bounds::BOUNDS, &evict::EVICT];
