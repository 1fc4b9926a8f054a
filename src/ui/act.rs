//! From a key to an operation: refusal, right, question, plan, confirmation. The one way to `Effect::Perform`, and
//! closed in read-only mode. It sends nothing.

use jiff::Timestamp;

use super::input::Input;
use super::keys::Command;
use super::mode::{Ask, Asked, Button, Message, Mode, Pending, Wanted};
use super::page::Scroll;
use super::update::Batch;
use super::{Effect, Ui};
use crate::actions::{self, Action, Prelude, Question};
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::key::Target;
use crate::model::operation::{Operation, Permission, Refusal};
use crate::model::server::Access;

/// Why nothing is changed in read-only mode.
pub(super) const READ_ONLY: &str = "nothing is changed here: foretop was started with --read-only";

fn action(at: usize) -> Option<&'static Action> {
    actions::ALL.get(at).copied()
}

impl Ui {
    /// Begins an action on what is marked or selected, with what was typed after its name.
    pub(super) fn act(
        &mut self,
        at: usize,
        rest: String,
        cluster: &Cluster,
        now: Timestamp,
    ) -> Option<Effect> {
        let action = action(at)?;
        let targets = self.targets(action.reach, cluster, now);
        if targets.is_empty() {
            let group = self.list().and_then(|pane| pane.subject().map(|it| it.name().to_string()));
            let why = group
                .map_or("nothing is selected".to_owned(), |it| format!("{it} is no object; enter goes on"));
            self.say(Severity::Info, format!("{}: {why}", action.name));
            return None;
        }
        if action.prelude == Prelude::WhatIf {
            self.imagine(at, targets, &rest, cluster);
            return None;
        }
        if rest.is_empty() && targets.first().is_some_and(|target| self.choose(action, target)) {
            return None;
        }
        self.begin(at, targets, (!rest.is_empty()).then_some(rest), cluster, now)
    }

    /// Goes on with an action: refusals first, then the right. The answer to its question may be known already.
    pub(super) fn begin(
        &mut self,
        at: usize,
        targets: Vec<Target>,
        answer: Option<String>,
        cluster: &Cluster,
        now: Timestamp,
    ) -> Option<Effect> {
        let action = action(at)?;
        if self.settings.read_only {
            self.say(Severity::Warning, format!("{}: {READ_ONLY}", action.name));
            return None;
        }
        let first = self.first(action, &targets, cluster).cloned()?;
        if answer.is_some() && action.prelude == Prelude::None && (action.question)(cluster, &first).is_none()
        {
            self.say(Severity::Warning, format!("{} takes nothing more than what is selected", action.name));
            return None;
        }
        let permission = (action.permission)(cluster, &first)?;
        self.check(Wanted { action: at, targets, permission, note: None, answer }, cluster, now)
    }

    /// The first that an action applies to; when there is none, the user is told why.
    pub(super) fn first<'t>(
        &mut self,
        action: &Action,
        targets: &'t [Target],
        cluster: &Cluster,
    ) -> Option<&'t Target> {
        let found = targets.iter().find(|target| (action.applies)(cluster, target).is_ok());
        if found.is_none()
            && let Some(Err(Refusal(why))) = targets.first().map(|target| (action.applies)(cluster, target))
        {
            self.say(Severity::Warning, format!("{}: {why}", action.name));
        }
        found
    }

    /// Asks whether the user may, unless the server has said yes before. A no is asked for again: rights are granted
    /// while people look at refusals.
    fn check(&mut self, wanted: Wanted, cluster: &Cluster, now: Timestamp) -> Option<Effect> {
        if cluster.server.access(&wanted.permission) == Some(&Access::Allowed) {
            self.proceed(wanted, cluster, now);
            return None;
        }
        let permission = wanted.permission.clone();
        self.mode = Mode::Checking(Box::new(wanted));
        Some(Effect::Review(permission))
    }

    /// The server has said whether the user may.
    pub(super) fn answered(
        &mut self,
        permission: &Permission,
        access: &Access,
        cluster: &Cluster,
        now: Timestamp,
    ) {
        let Mode::Checking(wanted) = &self.mode else { return };
        if wanted.permission != *permission {
            return;
        }
        let mut wanted = (**wanted).clone();
        self.mode = Mode::Browse;
        match access {
            Access::Allowed => self.proceed(wanted, cluster, now),
            Access::Denied(why) => self.deny(&wanted, why, cluster),
            Access::Unknown(why) => {
                wanted.note = Some(format!("The server could not say whether you may: {why}"));
                self.proceed(wanted, cluster, now);
            }
        }
    }

    /// The user may: asks what must be asked, else goes on to the plan.
    fn proceed(&mut self, wanted: Wanted, cluster: &Cluster, now: Timestamp) {
        if let Some(answer) = wanted.answer.clone() {
            return self.plan(wanted, &answer, cluster, now);
        }
        match question(&wanted, cluster) {
            Some(question) => {
                let asked = Asked { wanted, text: question.text };
                self.mode = Mode::Typing(Ask::Question(asked), Input::suggested(&question.initial));
            }
            None => self.plan(wanted, "", cluster, now),
        }
    }

    /// Makes the plans and asks for the user's yes.
    pub(super) fn plan(&mut self, wanted: Wanted, answer: &str, cluster: &Cluster, now: Timestamp) {
        let Some(action) = action(wanted.action) else { return };
        let (operations, left_out) = plans(action, &wanted, answer, cluster, now);
        if operations.is_empty() {
            let why = left_out.into_iter().next().unwrap_or_default();
            return match question(&wanted, cluster) {
                // A slip of the finger is mended where it was made.
                Some(question) => {
                    let asked = Asked { wanted, text: format!("{why}. {}", question.text) };
                    self.mode = Mode::Typing(Ask::Question(asked), Input::suggested(answer));
                }
                None => self.say(Severity::Warning, format!("{}: {why}", action.name)),
            };
        }
        let operations = self.worded(operations);
        self.ask(Pending { wanted, answer: answer.to_owned(), operations, left_out });
    }

    /// In the words of the mode that foretop was started in.
    fn worded(&self, operations: Vec<Operation>) -> Vec<Operation> {
        let dry = |operation: Operation| {
            if self.settings.dry_run { operation.as_dry_run() } else { operation }
        };
        operations.into_iter().map(dry).collect()
    }

    fn ask(&mut self, pending: Pending) {
        self.mode = Mode::Confirm(Box::new(pending), Button::Cancel, Scroll::default());
    }

    fn deny(&mut self, wanted: &Wanted, why: &str, cluster: &Cluster) {
        let Some(action) = action(wanted.action) else { return };
        let user = &cluster.server.identity.user;
        let mut text = vec![format!("User {user} may not {}.", wanted.permission)];
        if !why.is_empty() {
            text.push(format!("The server says: {why}"));
        }
        text.push("Nothing was sent. Whoever administers the cluster can grant this right.".into());
        let title = format!("{} {}: not allowed", action.name, wanted.subject());
        self.tell(Message { severity: Severity::Warning, title, text });
    }

    /// A key in the dialog before a change, or while the server is asked.
    pub(super) fn decide(&mut self, command: Command, cluster: &Cluster, now: Timestamp) -> Option<Effect> {
        if matches!(self.mode, Mode::Checking(_)) {
            if command == Command::No {
                self.mode = Mode::Browse;
                self.say(Severity::Info, "nothing was changed");
            }
            return None;
        }
        let Mode::Confirm(pending, button, scroll) = &mut self.mode else { return None };
        match command {
            Command::Next | Command::Previous => *button = button.other(),
            Command::Yes => {
                let pending = (**pending).clone();
                return self.confirmed(&pending, cluster, now);
            }
            Command::Accept if *button == Button::Confirm => {
                let pending = (**pending).clone();
                return self.confirmed(&pending, cluster, now);
            }
            Command::Accept | Command::No => {
                self.mode = Mode::Browse;
                self.say(Severity::Info, "nothing was changed");
            }
            other => {
                scroll.go(other);
            }
        }
        None
    }

    /// The user said yes. The cluster may have moved on meanwhile, so the plan is made again; what would now be done
    /// must be what was shown.
    fn confirmed(&mut self, pending: &Pending, cluster: &Cluster, now: Timestamp) -> Option<Effect> {
        self.mode = Mode::Browse;
        let Pending { wanted, answer, operations: shown, .. } = pending;
        let (operations, left_out) = plans(action(wanted.action)?, wanted, answer, cluster, now);
        let Some(first) = operations.first() else {
            let why = left_out.first().map(String::as_str).unwrap_or_default();
            let name = shown.first().map_or("", |operation| operation.action);
            self.say(Severity::Warning, format!("{name}: {why}; nothing was changed"));
            return None;
        };
        let same = operations.len() == shown.len() && operations.iter().zip(shown).all(|(a, b)| same(a, b));
        // What is sent may be less than what was marked.
        let title = format!("{} {} {}", first.action, operations.len(), first.target.kind.plural());
        let operations = self.worded(operations);
        if same {
            return self.perform(title, operations);
        }
        let note = "The object has changed since you were asked. Please look again.".to_owned();
        let wanted = Wanted { note: Some(note), ..wanted.clone() };
        self.ask(Pending { wanted, answer: answer.clone(), operations, left_out });
        None
    }

    fn perform(&mut self, title: String, operations: Vec<Operation>) -> Option<Effect> {
        if self.settings.read_only {
            self.say(Severity::Warning, READ_ONLY);
            return None;
        }
        self.performing.extend(operations.iter().cloned());
        if operations.len() > 1 {
            self.batches.push(Batch { title, open: operations.clone(), told: Vec::new(), dry: 0 });
        }
        Some(Effect::Perform(operations))
    }
}

/// What must be asked before there is a plan.
fn question(wanted: &Wanted, cluster: &Cluster) -> Option<Question> {
    let action = action(wanted.action)?;
    wanted.targets.iter().find_map(|target| (action.question)(cluster, target))
}

/// A plan for each target, and why there is none for the others.
fn plans(
    action: &Action,
    wanted: &Wanted,
    answer: &str,
    cluster: &Cluster,
    now: Timestamp,
) -> (Vec<Operation>, Vec<String>) {
    let mut operations = Vec::new();
    let mut left_out = Vec::new();
    for target in &wanted.targets {
        match (action.plan)(cluster, target, answer, now) {
            Ok(operation) => operations.push(operation),
            Err(Refusal(why)) => left_out.push(why),
        }
    }
    (operations, left_out)
}

/// Whether two plans do the same; what they say of the consequences may differ.
fn same(one: &Operation, other: &Operation) -> bool {
    one.target == other.target
        && one.old == other.old
        && one.new == other.new
        && one.requests == other.requests
}

/// `cordon` is `cordoning` while it lasts.
pub(super) fn gerund(action: &str) -> String {
    format!("{}ing", action.strip_suffix('e').unwrap_or(action))
}
