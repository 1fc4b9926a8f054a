//! What happens to the screen, told apart: keys by what has them, news by what they are about. It draws nothing.

use crossterm::event::{KeyEvent, KeyEventKind};
use jiff::Timestamp;

use super::keys::{self, Command, Place};
use super::mode::{Message, Mode};
use super::page::Scroll;
use super::{Effect, Msg, Room, Ui};
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::operation::{Outcome, OutcomeResult};

impl Ui {
    pub(super) fn take_in(&mut self, msg: Msg, cluster: &Cluster, now: Timestamp) -> Option<Effect> {
        match msg {
            Msg::Key(key) => self.press(key, cluster, now),
            Msg::Paste(text) => {
                self.paste(&text);
                None
            }
            Msg::Outcome(outcome) => {
                self.outcome(outcome);
                None
            }
            Msg::Access(permission, access) => {
                self.answered(&permission, &access, cluster);
                None
            }
            Msg::Events(target, events) => {
                for detail in self.details.iter_mut().filter(|detail| detail.target == target) {
                    detail.events = Some(events.clone());
                }
                None
            }
            Msg::Yaml(target, yaml) => {
                for detail in self.details.iter_mut().filter(|detail| detail.target == target) {
                    detail.take_yaml(&yaml);
                }
                None
            }
            Msg::Machine(target, machine) => {
                for detail in self.details.iter_mut().filter(|detail| detail.target == target) {
                    detail.machine = Some(machine.clone());
                }
                None
            }
            Msg::Kubelet(target, told) => {
                for detail in self.details.iter_mut().filter(|detail| detail.target == target) {
                    detail.take_kubelet(&told);
                }
                None
            }
            Msg::Notice(severity, text) => {
                self.say(severity, text);
                None
            }
        }
    }

    /// Puts a line before the user.
    pub(super) fn say(&mut self, severity: Severity, text: impl Into<String>) {
        self.status = Some((severity, text.into()));
    }

    fn press(&mut self, key: KeyEvent, cluster: &Cluster, now: Timestamp) -> Option<Effect> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        let command = keys::find(self.place(), key);
        if command == Some(Command::Quit) {
            return Some(Effect::Quit);
        }
        if self.room == Room::TooSmall {
            // Nobody can see what a key would do; only the way out stays open.
            return (command == Some(Command::BackOrQuit)).then_some(Effect::Quit);
        }
        self.status = None;
        match &mut self.mode {
            Mode::Browse => command.and_then(|command| self.browse(command, cluster, now)),
            Mode::Typing(..) => self.type_key(key, command, cluster),
            Mode::Checking(_) | Mode::Confirm(..) => self.decide(command?, cluster),
            Mode::Message(_, scroll) | Mode::Help(scroll) => {
                if !scroll.go(command?) {
                    self.mode = Mode::Browse;
                }
                None
            }
        }
    }

    /// Where keys are pressed now.
    pub(super) fn place(&self) -> Place {
        match &self.mode {
            Mode::Browse if self.details.is_empty() => Place::Panes,
            Mode::Browse => Place::Detail,
            Mode::Typing(..) => Place::Typing,
            Mode::Checking(_) | Mode::Confirm(..) => Place::Confirm,
            Mode::Message(..) | Mode::Help(_) => Place::Reading,
        }
    }

    fn outcome(&mut self, outcome: Outcome) {
        let Outcome { operation, result } = outcome;
        if let Some(at) = self.performing.iter().position(|other| *other == operation) {
            self.performing.remove(at);
        }
        let what = format!("{} {}", operation.action, operation.target);
        match result {
            OutcomeResult::Accepted => {
                let undo = operation.inverse.map(|undo| format!("; undo: {undo}")).unwrap_or_default();
                self.say(Severity::Ok, format!("{what}: accepted{undo}"));
            }
            OutcomeResult::AcceptedDryRun => {
                self.say(
                    Severity::Ok,
                    format!("{what}: the server would accept it; dry run, nothing changed"),
                );
            }
            OutcomeResult::Refused { why, hint } => self.failed(format!("{what}: refused"), why, hint),
            OutcomeResult::Unknown { why, hint } => {
                self.failed(format!("{what}: outcome unknown"), why, hint);
            }
            OutcomeResult::NotSent { why, hint } => self.failed(format!("{what}: not sent"), why, hint),
        }
    }

    fn failed(&mut self, title: String, why: String, hint: String) {
        self.say(Severity::Critical, title.clone());
        let text = [why, hint].into_iter().filter(|text| !text.is_empty()).collect();
        self.tell(Message { severity: Severity::Critical, title, text });
    }

    /// Shows a message in full, now or as soon as nothing else has the keys.
    pub(super) fn tell(&mut self, message: Message) {
        if matches!(self.mode, Mode::Browse) && self.waiting.is_empty() {
            self.mode = Mode::Message(message, Scroll::default());
        } else {
            self.waiting.push(message);
        }
    }
}
