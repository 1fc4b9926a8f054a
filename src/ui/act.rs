//! From a key to an operation: refusal, question, plan, right, confirmation. The one way to `Effect::Perform`, and
//! closed in read-only mode. It sends nothing.

use jiff::Timestamp;

use super::input::Input;
use super::keys::Command;
use super::mode::{Ask, Asked, Button, Message, Mode, Pending};
use super::page::Scroll;
use super::{Effect, Ui};
use crate::actions::{self, Action};
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
    /// Begins an action on what is selected.
    pub(super) fn act(&mut self, at: usize, cluster: &Cluster, now: Timestamp) -> Option<Effect> {
        let action = action(at)?;
        let Some(target) = self.target(cluster, now) else {
            self.say(Severity::Info, format!("{}: nothing is selected", action.name));
            return None;
        };
        if self.settings.read_only {
            self.say(Severity::Warning, format!("{}: {READ_ONLY}", action.name));
            return None;
        }
        if let Err(Refusal(why)) = (action.applies)(cluster, &target) {
            self.say(Severity::Warning, format!("{}: {why}", action.name));
            return None;
        }
        if let Some(question) = (action.question)(cluster, &target) {
            let asked = Asked { action: at, target, text: question.text };
            self.mode = Mode::Typing(Ask::Question(asked), Input::new(&question.initial));
            return None;
        }
        self.plan(at, target, "", cluster)
    }

    /// Makes the plan; goes on to the question of rights.
    pub(super) fn plan(
        &mut self,
        at: usize,
        target: Target,
        answer: &str,
        cluster: &Cluster,
    ) -> Option<Effect> {
        let action = action(at)?;
        match (action.plan)(cluster, &target, answer) {
            Err(Refusal(why)) => {
                self.say(Severity::Warning, format!("{}: {why}", action.name));
                None
            }
            Ok(operation) => {
                let answer = answer.to_owned();
                self.check(Pending { action: at, target, answer, operation, note: None }, cluster)
            }
        }
    }

    /// Asks whether the user may, unless the server has already said.
    fn check(&mut self, pending: Pending, cluster: &Cluster) -> Option<Effect> {
        match cluster.server.access(&pending.operation.permission).cloned() {
            Some(Access::Allowed) => self.ask(pending),
            Some(Access::Denied(why)) => self.deny(&pending, &why, cluster),
            // An unknown answer is asked for again: it may have been a server that was starting.
            Some(Access::Unknown(_)) | None if self.settings.read_only => {}
            Some(Access::Unknown(_)) | None => {
                let permission = pending.operation.permission.clone();
                self.mode = Mode::Checking(Box::new(pending));
                return Some(Effect::Review(permission));
            }
        }
        None
    }

    /// The server has said whether the user may.
    pub(super) fn answered(
        &mut self,
        permission: &Permission,
        access: &Access,
        cluster: &Cluster,
    ) -> Option<Effect> {
        let Mode::Checking(pending) = &self.mode else { return None };
        if pending.operation.permission != *permission {
            return None;
        }
        let mut pending = (**pending).clone();
        match access {
            Access::Allowed => self.ask(pending),
            Access::Denied(why) => {
                self.mode = Mode::Browse;
                self.deny(&pending, why, cluster);
            }
            Access::Unknown(why) => {
                pending.note = Some(format!("The server could not say whether you may: {why}"));
                self.ask(pending);
            }
        }
        None
    }

    fn ask(&mut self, pending: Pending) {
        self.mode = Mode::Confirm(Box::new(pending), Button::Cancel, Scroll::default());
    }

    fn deny(&mut self, pending: &Pending, why: &str, cluster: &Cluster) {
        let operation = &pending.operation;
        let user = &cluster.server.identity.user;
        let mut text = vec![format!("User {user} may not {}.", operation.permission)];
        if !why.is_empty() {
            text.push(format!("The server says: {why}"));
        }
        text.push("`foretop rbac` prints the smallest ClusterRole that allows it.".into());
        let title = format!("{} {}: not allowed", operation.action, operation.target);
        self.tell(Message { severity: Severity::Warning, title, text });
    }

    /// A key in the dialog before a change, or while the server is asked.
    pub(super) fn decide(&mut self, command: Command, cluster: &Cluster) -> Option<Effect> {
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
                return self.confirmed(pending, cluster);
            }
            Command::Accept if *button == Button::Confirm => {
                let pending = (**pending).clone();
                return self.confirmed(pending, cluster);
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
    fn confirmed(&mut self, pending: Pending, cluster: &Cluster) -> Option<Effect> {
        self.mode = Mode::Browse;
        let shown = &pending.operation;
        let planned = (action(pending.action)?.plan)(cluster, &pending.target, &pending.answer);
        match planned {
            Err(Refusal(why)) => {
                self.say(Severity::Warning, format!("{}: {why}; nothing was changed", shown.action));
                None
            }
            Ok(operation) if same(&operation, shown) => self.perform(operation),
            Ok(operation) => {
                let note = Some("The object has changed since you were asked. Please look again.".into());
                self.ask(Pending { operation, note, ..pending });
                None
            }
        }
    }

    fn perform(&mut self, operation: Operation) -> Option<Effect> {
        if self.settings.read_only {
            self.say(Severity::Warning, READ_ONLY);
            return None;
        }
        self.performing.push(operation.clone());
        Some(Effect::Perform(Box::new(operation)))
    }
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
