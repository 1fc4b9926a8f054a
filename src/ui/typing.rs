//! A line that is being typed: live filtering, searching, namespaces, commands, answers. It draws nothing.

use crossterm::event::KeyEvent;
use jiff::Timestamp;

use super::input::Input;
use super::keys::Command;
use super::mode::{Ask, Mode};
use super::page::Scroll;
use super::palette::{self, Typed};
use super::theme::Theme;
use super::{Effect, Ui};
use crate::model::cluster::Cluster;
use crate::model::filter::Filter;
use crate::model::finding::Severity;

impl Ui {
    /// A key while a line is being typed.
    pub(super) fn type_key(
        &mut self,
        key: KeyEvent,
        command: Option<Command>,
        cluster: &Cluster,
        now: Timestamp,
    ) -> Option<Effect> {
        match command {
            Some(Command::Accept) => return self.typed(cluster, now),
            Some(Command::Back) => self.give_up(),
            Some(Command::Complete) => self.complete(),
            _ => {
                if let Mode::Typing(_, input) = &mut self.mode
                    && input.key(key)
                {
                    self.follow();
                }
            }
        }
        None
    }

    /// A pasted text goes where a line is being typed, and nowhere else.
    pub(super) fn paste(&mut self, text: &str) {
        let line = text.lines().next().unwrap_or_default();
        match &mut self.mode {
            Mode::Typing(_, input) => {
                input.insert(line);
                self.follow();
            }
            Mode::WhatIf(page) => page.insert(line),
            _ => {}
        }
    }

    /// Filters and searches follow what is typed at once.
    fn follow(&mut self) {
        let Mode::Typing(ask, input) = &self.mode else { return };
        let text = input.text().to_owned();
        match ask {
            Ask::Filter => self.filter(&text),
            Ask::Search => {
                if let Some(detail) = self.details.last_mut() {
                    detail.search = text;
                    detail.match_at = None;
                    detail.find(1);
                }
            }
            Ask::Namespace | Ask::Command | Ask::Question(_) => {}
        }
    }

    fn filter(&mut self, text: &str) {
        if let Some(pane) = self.list() {
            pane.filter = Filter::new(text, pane.source.columns());
        }
    }

    /// Leaves the line without taking it; an empty filter is what escape stands for.
    fn give_up(&mut self) {
        let Mode::Typing(ask, _) = std::mem::replace(&mut self.mode, Mode::Browse) else { return };
        match ask {
            Ask::Filter => self.filter(""),
            Ask::Search => {
                if let Some(detail) = self.details.last_mut() {
                    detail.search.clear();
                    detail.match_at = None;
                }
            }
            Ask::Question(_) => self.say(Severity::Info, "nothing was changed"),
            Ask::Namespace | Ask::Command => {}
        }
    }

    fn complete(&mut self) {
        if let Mode::Typing(Ask::Command, input) = &mut self.mode
            && let Some(text) = palette::complete(input.text())
        {
            input.replace(&text);
        }
    }

    /// Takes the line.
    fn typed(&mut self, cluster: &Cluster, now: Timestamp) -> Option<Effect> {
        let Mode::Typing(ask, input) = std::mem::replace(&mut self.mode, Mode::Browse) else { return None };
        match ask {
            Ask::Filter => {
                self.filter(input.text());
                None
            }
            Ask::Search => {
                self.searched(&input);
                None
            }
            Ask::Namespace => {
                self.look_at(palette::named_namespace(input.text()));
                None
            }
            Ask::Command => self.command(input.text(), cluster, now),
            Ask::Question(asked) => {
                self.plan(asked.wanted, input.text(), cluster, now);
                None
            }
        }
    }

    fn searched(&mut self, input: &Input) {
        let found = self.details.last().is_some_and(|detail| detail.match_at.is_some());
        if !found && !input.text().is_empty() {
            self.say(Severity::Info, format!("{} is not in the YAML", input.text()));
        }
    }

    fn look_at(&mut self, namespace: Option<String>) {
        self.settings.scope.namespace = namespace.map(Into::into);
    }

    fn command(&mut self, line: &str, cluster: &Cluster, now: Timestamp) -> Option<Effect> {
        if line.trim().is_empty() {
            return None;
        }
        match palette::read(line) {
            Err(why) => self.say(Severity::Warning, why),
            Ok(Typed::Quit) => return Some(Effect::Quit),
            Ok(Typed::Help) => self.mode = Mode::Help(Scroll::default()),
            Ok(Typed::Namespace(namespace)) => self.look_at(namespace),
            Ok(Typed::Theme(name)) => match Theme::embedded(&name) {
                Ok(theme) => self.settings.theme = theme,
                Err(why) => self.say(Severity::Warning, why),
            },
            Ok(Typed::Act(action, rest)) => return self.act(action, rest, cluster, now),
            Ok(Typed::View(id)) => {
                let open = !self.details.is_empty();
                self.select_view(id);
                return open.then_some(Effect::Close);
            }
        }
        None
    }
}
