//! What happens to the screen, told apart: keys by what has them, news by what they are about. It draws nothing.

use crossterm::event::{KeyEvent, KeyEventKind};
use jiff::Timestamp;

use super::keys::{self, Command, Place};
use super::mode::{Message, Mode};
use super::page::Scroll;
use super::{Effect, Msg, Room, Ui};
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::operation::{Operation, Outcome, OutcomeResult};

/// Operations that were confirmed together, until all of them are answered.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    /// What is done to what: `taint 3 nodes`.
    pub(super) title: String,
    /// Those that are not answered yet.
    pub(super) open: Vec<Operation>,
    /// What came of the others, one line each.
    pub(super) told: Vec<(Severity, String)>,
    /// How many of these were accepted as a dry run.
    pub(super) dry: usize,
}

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
                self.answered(&permission, &access, cluster, now);
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
            Mode::Typing(..) => self.type_key(key, command, cluster, now),
            Mode::WhatIf(_) => self.imagine_key(key, command, cluster, now),
            Mode::Choose(_) => self.choosing(command?, cluster, now),
            Mode::Checking(_) | Mode::Confirm(..) => self.decide(command?, cluster, now),
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
            Mode::WhatIf(_) => Place::WhatIf,
            Mode::Choose(_) => Place::Choose,
            Mode::Checking(_) | Mode::Confirm(..) => Place::Confirm,
            Mode::Message(..) | Mode::Help(_) => Place::Reading,
        }
    }

    fn outcome(&mut self, outcome: Outcome) {
        let Outcome { operation, result } = outcome;
        if let Some(at) = self.performing.iter().position(|other| *other == operation) {
            self.performing.remove(at);
        }
        let batch = self.batches.iter().position(|batch| batch.open.contains(&operation));
        if let Some(at) = batch {
            return self.one_of(at, &operation, result);
        }
        let what = format!("{} {}", operation.action, operation.subject());
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

    /// One of several has been answered; what came of all is told together, so that no failure hides another.
    fn one_of(&mut self, at: usize, operation: &Operation, result: OutcomeResult) {
        let batch = &mut self.batches[at];
        batch.open.retain(|other| other != operation);
        batch.dry += usize::from(matches!(result, OutcomeResult::AcceptedDryRun));
        let name = operation.subject();
        batch.told.push(match result {
            OutcomeResult::Accepted => (Severity::Ok, format!("{name}: accepted")),
            OutcomeResult::AcceptedDryRun => {
                (Severity::Ok, format!("{name}: the server would accept it; dry run, nothing changed"))
            }
            OutcomeResult::Refused { why, hint } => {
                (Severity::Critical, format!("{name}: refused: {why} {hint}"))
            }
            OutcomeResult::Unknown { why, hint } => {
                (Severity::Critical, format!("{name}: outcome unknown: {why} {hint}"))
            }
            OutcomeResult::NotSent { why, hint } => {
                (Severity::Critical, format!("{name}: not sent: {why} {hint}"))
            }
        });
        if !batch.open.is_empty() {
            return;
        }
        let Batch { title, mut told, dry, .. } = self.batches.remove(at);
        let failed = told.iter().filter(|(severity, _)| *severity > Severity::Ok).count();
        let well = told.len() - failed;
        if failed == 0 {
            let text = match dry {
                0 => format!("{title}: all {well} accepted"),
                _ => format!("{title}: all {well} would be accepted; dry run, nothing changed"),
            };
            return self.say(Severity::Ok, text);
        }
        told.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
        let accepted = if dry > 0 { "would be accepted" } else { "accepted" };
        let title = format!("{title}: {well} {accepted}, {failed} not");
        self.say(Severity::Critical, title.clone());
        let text = told.into_iter().map(|(_, line)| line).collect();
        self.tell(Message { severity: Severity::Critical, title, text });
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
