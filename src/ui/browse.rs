//! Keys while nothing is asked: moving, sorting, filtering, opening and going back, in panes and details alike.

use jiff::Timestamp;

use super::detail::{Detail, Tab};
use super::input::Input;
use super::keys::Command;
use super::mode::{Ask, Mode};
use super::page::Scroll;
use super::pane::{Only, Pane, Source};
use super::{Effect, Ui, Zoom, is_pane};
use crate::actions::Reach;
use crate::model::cluster::Cluster;
use crate::model::filter::Filter;
use crate::model::finding::Severity;
use crate::model::key::{Key, Subject, Target};
use crate::model::table::SortBy;
use crate::views::{Opens, View};

impl Ui {
    /// The table that has the keys: a pane, or the pods of the open detail.
    pub(super) fn list(&mut self) -> Option<&mut Pane> {
        match self.details.last_mut() {
            Some(detail) => (detail.tab == Tab::Pods).then_some(&mut detail.pods),
            None => self.panes.get_mut(self.focus),
        }
    }

    /// The table that has the keys, with its rows as they are now.
    pub(super) fn arranged(&mut self, cluster: &Cluster, now: Timestamp) -> Option<&mut Pane> {
        let (scope, seen) = (self.settings.scope.clone(), std::mem::take(&mut self.seen));
        if let Some(pane) = self.list() {
            pane.arrange(cluster, &scope, &seen, now);
        }
        self.seen = seen;
        self.list()
    }

    /// What an action would act on: the selected row, or the object whose detail is open.
    pub(super) fn target(&mut self, cluster: &Cluster, now: Timestamp) -> Option<Target> {
        match self.arranged(cluster, now) {
            Some(pane) => pane.target().cloned(),
            None => self.details.last().map(|detail| detail.target.clone()),
        }
    }

    /// What an action would act on: what is marked where it takes several, else what is selected.
    pub(super) fn targets(&mut self, reach: Reach, cluster: &Cluster, now: Timestamp) -> Vec<Target> {
        let marked = match reach {
            Reach::Each => self.arranged(cluster, now).map(|pane| pane.marked()).unwrap_or_default(),
            Reach::One => Vec::new(),
        };
        if marked.is_empty() { self.target(cluster, now).into_iter().collect() } else { marked }
    }

    /// Marks the selected row; a text, which has no rows, turns a page instead.
    fn mark(&mut self, cluster: &Cluster, now: Timestamp) {
        let marked = self.arranged(cluster, now).map(Pane::mark);
        match marked {
            Some(true) => {}
            Some(false) => self.say(Severity::Info, "nothing is selected"),
            None => {
                self.scroll(Command::PageDown, cluster, now);
            }
        }
    }

    pub(super) fn browse(&mut self, command: Command, cluster: &Cluster, now: Timestamp) -> Option<Effect> {
        if self.scroll(command, cluster, now) {
            return None;
        }
        match command {
            Command::Next => self.beside(1),
            Command::Previous => self.beside(-1),
            Command::Pane(at) => self.focus = at.min(self.panes.len() - 1),
            Command::Zoom => {
                self.zoom = if self.zoom == Zoom::All { Zoom::Focused } else { Zoom::All };
            }
            Command::Open => return self.open(Tab::Summary, cluster, now),
            Command::OpenYaml => return self.open(Tab::Yaml, cluster, now),
            Command::Back => return self.back(),
            Command::BackOrQuit => return self.back_or_quit(),
            Command::Quit => return Some(Effect::Quit),
            Command::Filter => self.begin_filter(),
            Command::NextMatch => self.find_beside(1),
            Command::PreviousMatch => self.find_beside(-1),
            Command::Namespace => {
                let now = self.settings.scope.namespace.as_deref().unwrap_or_default().to_owned();
                self.mode = Mode::Typing(Ask::Namespace, Input::new(&now));
            }
            Command::AllNamespaces => self.settings.scope.namespace = None,
            Command::Palette => self.mode = Mode::Typing(Ask::Command, Input::default()),
            Command::RetryNow => {
                self.say(Severity::Ok, "retrying now");
                return Some(Effect::RetryNow);
            }
            Command::Mark => self.mark(cluster, now),
            Command::Copy => return self.copy(cluster, now),
            Command::Help => self.mode = Mode::Help(Scroll::default()),
            Command::Redraw => return Some(Effect::Redraw),
            Command::Act(action) => return self.act(action, String::new(), cluster, now),
            other => self.order(other),
        }
        None
    }

    /// Moves in the table or text that has the keys; tells whether the command was about that.
    fn scroll(&mut self, command: Command, cluster: &Cluster, now: Timestamp) -> bool {
        match self.arranged(cluster, now) {
            Some(pane) => {
                pane.pin();
                pane.go(command)
            }
            None => self.details.last_mut().is_some_and(|detail| detail.scroll_mut().go(command)),
        }
    }

    /// Sorting and hiding, which only tables have.
    fn order(&mut self, command: Command) {
        let Some(pane) = self.list() else { return };
        match command {
            Command::SortRight => pane.sort_beside(1),
            Command::SortLeft => pane.sort_beside(-1),
            Command::SortReversed => pane.sort_reversed(),
            Command::SortTrouble => pane.sort = SortBy::Trouble,
            Command::TroubledOnly => {
                pane.only = if pane.only == Only::All { Only::Troubled } else { Only::All };
            }
            _ => {}
        }
    }

    /// The next pane or tab.
    fn beside(&mut self, step: isize) {
        if let Some(detail) = self.details.last_mut() {
            detail.turn(step);
            return;
        }
        let permanent = self.panes.iter().filter(|pane| is_pane(pane.source)).count() as isize;
        let next = if (self.focus as isize) < permanent { self.focus as isize + step } else { 0 };
        self.focus = next.rem_euclid(permanent.max(1)) as usize;
    }

    /// Opens the selected row.
    fn open(&mut self, tab: Tab, cluster: &Cluster, now: Timestamp) -> Option<Effect> {
        let opener = self.list().map(|pane| pane.source);
        let Some(opener) = opener else {
            // Not in a table: the same key turns to the tab.
            if let Some(detail) = self.details.last_mut() {
                detail.tab = tab;
            }
            return None;
        };
        if let Source::View(View { opens: Opens::Rows(id, filter), .. }) = opener {
            self.open_rows(id, *filter, cluster, now);
            return None;
        }
        let Some(target) = self.target(cluster, now) else {
            self.say(Severity::Info, "nothing is selected");
            return None;
        };
        if !cluster.has(&target) {
            self.say(Severity::Info, format!("{target} is not among what foretop watches, or gone"));
        }
        let view = match opener {
            Source::View(view) => Some(view),
            Source::Findings => None,
        };
        self.details.push(Detail::new(target.clone(), view, tab));
        Some(Effect::Open(target))
    }

    /// Goes to another view, narrowed to what belongs to the selected row.
    fn open_rows(&mut self, id: &str, filter: fn(&Key) -> String, cluster: &Cluster, now: Timestamp) {
        let selected = self.arranged(cluster, now).and_then(|pane| pane.subject().map(Subject::key));
        let Some(key) = selected else {
            self.say(Severity::Info, "nothing is selected");
            return;
        };
        if self.select_view(id)
            && let Some(pane) = self.list()
        {
            pane.unmark();
            pane.filter = Filter::new(&filter(&key), pane.source.columns());
            pane.only = Only::All;
        }
    }

    /// One step back: marks, a filter, a detail, a zoom, in this order.
    fn back(&mut self) -> Option<Effect> {
        if self.list().is_some_and(Pane::unmark) {
            return None;
        }
        if let Some(pane) = self.list()
            && (!pane.filter.is_empty() || pane.only == Only::Troubled)
        {
            pane.filter = Filter::default();
            pane.only = Only::All;
            return None;
        }
        if self.details.pop().is_some() {
            return Some(
                self.details.last().map_or(Effect::Close, |detail| Effect::Open(detail.target.clone())),
            );
        }
        if self.panes.get(self.focus).is_some_and(|pane| !is_pane(pane.source)) {
            self.focus = 0;
        } else {
            self.zoom = Zoom::All;
        }
        None
    }

    fn back_or_quit(&mut self) -> Option<Effect> {
        if self.details.is_empty() { Some(Effect::Quit) } else { self.leave_detail() }
    }

    /// Closes the detail, whatever its filter.
    fn leave_detail(&mut self) -> Option<Effect> {
        if let Some(detail) = self.details.last_mut() {
            detail.pods.unmark();
            detail.pods.filter = Filter::default();
            detail.pods.only = Only::All;
        }
        self.back()
    }

    fn begin_filter(&mut self) {
        let searches = match self.details.last_mut() {
            Some(detail) if detail.tab == Tab::Yaml || !detail.tabs().contains(&Tab::Pods) => {
                detail.tab = Tab::Yaml;
                true
            }
            // Of all that a detail shows, its pods are what is filtered.
            Some(detail) => {
                detail.tab = Tab::Pods;
                false
            }
            None => false,
        };
        self.mode = Mode::Typing(if searches { Ask::Search } else { Ask::Filter }, Input::default());
    }

    fn find_beside(&mut self, step: isize) {
        let found = self.details.last_mut().is_some_and(|detail| detail.find(step));
        if !found {
            self.say(Severity::Info, "no match; / searches the YAML");
        }
    }

    fn copy(&mut self, cluster: &Cluster, now: Timestamp) -> Option<Effect> {
        let name = match self.arranged(cluster, now) {
            Some(pane) => pane.subject()?.name().to_string(),
            None => self.details.last()?.target.key.name.to_string(),
        };
        self.say(Severity::Ok, format!("copied {name}"));
        Some(Effect::Copy(name))
    }
}
