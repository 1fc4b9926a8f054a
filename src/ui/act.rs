//! From a key to an operation: refusal, right, question, plan, confirmation. The one way to `Effect::Perform`, and
//! closed in read-only mode. It sends nothing.

use jiff::Timestamp;

use super::input::Input;
use super::keys::Command;
use super::mode::{Ask, Asked, Button, Message, Mode, Pending, Wanted};
use super::page::Scroll;
use super::{Effect, Ui};
use crate::actions::{self, Action};
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
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
            let group = self.list().and_then(|pane| pane.subject().map(|it| it.name().to_string()));
            let why = group
                .map_or("nothing is selected".to_owned(), |it| format!("{it} is no object; enter goes on"));
            self.say(Severity::Info, format!("{}: {why}", action.name));
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
        let permission = (action.permission)(cluster, &target)?;
        self.check(Wanted { action: at, target, permission, note: None }, cluster)
    }

    /// Asks whether the user may, unless the server has said yes before. A no is asked for again: rights are granted
    /// while people look at refusals.
    fn check(&mut self, wanted: Wanted, cluster: &Cluster) -> Option<Effect> {
        if cluster.server.access(&wanted.permission) == Some(&Access::Allowed) {
            self.proceed(wanted, cluster);
            return None;
        }
        let permission = wanted.permission.clone();
        self.mode = Mode::Checking(Box::new(wanted));
        Some(Effect::Review(permission))
    }

    /// The server has said whether the user may.
    pub(super) fn answered(&mut self, permission: &Permission, access: &Access, cluster: &Cluster) {
        let Mode::Checking(wanted) = &self.mode else { return };
        if wanted.permission != *permission {
            return;
        }
        let mut wanted = (**wanted).clone();
        self.mode = Mode::Browse;
        match access {
            Access::Allowed => self.proceed(wanted, cluster),
            Access::Denied(why) => self.deny(&wanted, why, cluster),
            Access::Unknown(why) => {
                wanted.note = Some(format!("The server could not say whether you may: {why}"));
                self.proceed(wanted, cluster);
            }
        }
    }

    /// The user may: asks what must be asked, else goes on to the plan.
    fn proceed(&mut self, wanted: Wanted, cluster: &Cluster) {
        let Some(action) = action(wanted.action) else { return };
        match (action.question)(cluster, &wanted.target) {
            Some(question) => {
                let asked = Asked { wanted, text: question.text };
                self.mode = Mode::Typing(Ask::Question(asked), Input::suggested(&question.initial));
            }
            None => self.plan(wanted, "", cluster),
        }
    }

    /// Makes the plan and asks for the user's yes.
    pub(super) fn plan(&mut self, wanted: Wanted, answer: &str, cluster: &Cluster) {
        let Some(action) = action(wanted.action) else { return };
        match (action.plan)(cluster, &wanted.target, answer) {
            Err(Refusal(why)) => match (action.question)(cluster, &wanted.target) {
                // A slip of the finger is mended where it was made.
                Some(question) => {
                    let asked = Asked { wanted, text: format!("{why}. {}", question.text) };
                    self.mode = Mode::Typing(Ask::Question(asked), Input::suggested(answer));
                }
                None => self.say(Severity::Warning, format!("{}: {why}", action.name)),
            },
            Ok(operation) => {
                let operation = self.worded(operation);
                self.ask(Pending { wanted, answer: answer.to_owned(), operation });
            }
        }
    }

    /// In the words of the mode that foretop was started in.
    fn worded(&self, operation: Operation) -> Operation {
        if self.settings.dry_run { operation.as_dry_run() } else { operation }
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
        let title = format!("{} {}: not allowed", action.name, wanted.target);
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
                return self.confirmed(&pending, cluster);
            }
            Command::Accept if *button == Button::Confirm => {
                let pending = (**pending).clone();
                return self.confirmed(&pending, cluster);
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
    fn confirmed(&mut self, pending: &Pending, cluster: &Cluster) -> Option<Effect> {
        self.mode = Mode::Browse;
        let Pending { wanted, answer, operation: shown } = pending;
        let planned = (action(wanted.action)?.plan)(cluster, &wanted.target, answer);
        match planned {
            Err(Refusal(why)) => {
                self.say(Severity::Warning, format!("{}: {why}; nothing was changed", shown.action));
                None
            }
            Ok(operation) if same(&operation, shown) => {
                let operation = self.worded(operation);
                self.perform(operation)
            }
            Ok(operation) => {
                let operation = self.worded(operation);
                let note = "The object has changed since you were asked. Please look again.".to_owned();
                let wanted = Wanted { note: Some(note), ..wanted.clone() };
                self.ask(Pending { wanted, answer: answer.clone(), operation });
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
