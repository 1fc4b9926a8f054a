//! The page on which an edit of taints is typed and its effects are seen before anything is asked for: what is typed,
//! what completes it, and the forecast as of the last second. It draws nothing and changes nothing.

use crossterm::event::KeyEvent;
use jiff::Timestamp;

use super::input::Input;
use super::kept::Hold;
use super::keys::Command;
use super::mode::Mode;
use super::page::{Page, Scroll};
use super::what_if_screen;
use super::{Effect, Ui};
use crate::actions;
use crate::analysis::placing::Audience;
use crate::analysis::taint_edit::{self, Edit, Wrong};
use crate::analysis::what_if::{WhatIf, tell};
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::key::Target;
use crate::model::node::Node;

/// An edit of taints that is being typed.
#[derive(Clone, Debug)]
pub struct WhatIfPage {
    /// The action that would carry it out.
    pub(super) action: usize,
    /// The nodes.
    pub(super) targets: Vec<Target>,
    /// What is typed.
    pub(super) input: Input,
    pub(super) scroll: Scroll,
    suggestions: Vec<String>,
    /// What stood there when tab was pressed first, and which completion stands there now.
    tab: Option<(String, usize)>,
    audience: Audience,
    /// The revision that the audience is of.
    heard: u64,
    shown: Option<Shown>,
}

/// What is on screen, and what it was made from.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    typed: String,
    second: i64,
    width: u16,
    /// What the edit comes to in one line, or what is wrong with what is typed.
    pub(super) head: (Severity, String),
    pub(super) page: Page,
}

impl WhatIfPage {
    fn new(action: usize, targets: Vec<Target>, typed: &str, cluster: &Cluster) -> Self {
        let mut page = Self {
            action,
            targets,
            input: Input::new(typed),
            scroll: Scroll::default(),
            suggestions: Vec::new(),
            tab: None,
            audience: Audience::of(cluster),
            heard: cluster.revision(),
            shown: None,
        };
        page.suggestions = taint_edit::suggestions(cluster, &page.nodes(cluster));
        page
    }

    /// Those of the nodes that are still there.
    pub(super) fn nodes<'c>(&self, cluster: &'c Cluster) -> Vec<&'c Node> {
        self.targets.iter().filter_map(|target| cluster.node(&target.key.name)).collect()
    }

    /// What tab would make of what is typed, and which of it stands there now.
    pub(super) fn completions(&self) -> (Vec<String>, Option<usize>) {
        match &self.tab {
            Some((stem, at)) => (taint_edit::completions(&self.suggestions, stem), Some(*at)),
            None => (taint_edit::completions(&self.suggestions, self.input.text()), None),
        }
    }

    /// Completes what is typed; again for the next completion.
    fn complete(&mut self) {
        let (all, at) = self.completions();
        if all.is_empty() {
            return;
        }
        let next = at.map_or(0, |at| (at + 1) % all.len());
        let stem = self.tab.take().map_or_else(|| self.input.text().to_owned(), |(stem, _)| stem);
        self.input.replace(&all[next]);
        self.tab = Some((stem, next));
    }

    /// Takes what is pasted.
    pub(super) fn insert(&mut self, text: &str) {
        self.input.insert(text);
        self.edited();
    }

    /// Something else is typed: it is completed anew, and read from its beginning.
    fn edited(&mut self) {
        self.tab = None;
        self.scroll = Scroll::default();
    }

    /// The forecast for what is typed, made anew when that changes, and once a second because the cluster moves on.
    pub(super) fn look(
        &mut self,
        hold: Hold,
        cluster: &Cluster,
        now: Timestamp,
        width: u16,
    ) -> (&Shown, &mut Scroll) {
        let second = now.as_second();
        let young = |shown: &Shown| hold == Hold::On || shown.second == second;
        let typed = self.input.text().to_owned();
        let current = |shown: &Shown| shown.typed == typed && shown.width == width && young(shown);
        let kept = self.shown.take();
        let shown = match kept {
            Some(shown) if current(&shown) => shown,
            before => {
                let old = before.is_some_and(|shown| !young(&shown));
                if old && self.heard != cluster.revision() {
                    (self.audience, self.heard) = (Audience::of(cluster), cluster.revision());
                }
                let (head, page) = self.think(cluster, now, width);
                Shown { typed: self.input.text().to_owned(), second, width, head, page }
            }
        };
        (self.shown.insert(shown), &mut self.scroll)
    }

    fn think(&self, cluster: &Cluster, now: Timestamp, width: u16) -> ((Severity, String), Page) {
        let nodes = self.nodes(cluster);
        match Edit::parse(self.input.text()) {
            Err(wrong) => {
                let severity = match wrong {
                    Wrong::Unfinished(_) => Severity::Info,
                    Wrong::Invalid(_) => Severity::Critical,
                };
                ((severity, wrong.text().to_owned()), what_if_screen::borne(&nodes, width))
            }
            Ok(edit) => {
                let what_if = WhatIf::of(cluster, &nodes, &edit, &self.audience, now);
                (tell::headline(&what_if, now), what_if_screen::page(&what_if, now, width))
            }
        }
    }
}

impl Ui {
    /// Shows what an edit of taints would do to some nodes; nothing is asked of the server.
    pub(super) fn imagine(&mut self, at: usize, targets: Vec<Target>, typed: &str, cluster: &Cluster) {
        let Some(action) = actions::ALL.get(at) else { return };
        if self.first(action, &targets, cluster).is_none() {
            return;
        }
        let applies = |target: &Target| (action.applies)(cluster, target).is_ok();
        let targets = targets.into_iter().filter(applies).collect();
        self.mode = Mode::WhatIf(Box::new(WhatIfPage::new(at, targets, typed, cluster)));
    }

    /// A key while an edit of taints is typed.
    pub(super) fn imagine_key(
        &mut self,
        key: KeyEvent,
        command: Option<Command>,
        cluster: &Cluster,
        now: Timestamp,
    ) -> Option<Effect> {
        let Mode::WhatIf(page) = &mut self.mode else { return None };
        match command {
            Some(Command::Accept) => return self.imagined(cluster, now),
            Some(Command::Back) => {
                self.mode = Mode::Browse;
                self.say(Severity::Info, "nothing was changed");
            }
            Some(Command::Complete) => page.complete(),
            Some(other) => {
                page.scroll.go(other);
            }
            None => {
                if page.input.key(key) {
                    page.edited();
                }
            }
        }
        None
    }

    /// What is typed is to be done: goes on as every action does.
    fn imagined(&mut self, cluster: &Cluster, now: Timestamp) -> Option<Effect> {
        let Mode::WhatIf(page) = &self.mode else { return None };
        let typed = page.input.text().to_owned();
        let edit = match Edit::parse(&typed) {
            Ok(edit) => edit,
            Err(wrong) => {
                self.say(Severity::Warning, wrong.text());
                return None;
            }
        };
        let (at, targets) = (page.action, page.targets.clone());
        let changes = page.nodes(cluster).iter().map(|node| edit.apply(node, now)).collect::<Vec<_>>();
        if changes.iter().all(Result::is_err) {
            let why = changes.into_iter().find_map(Result::err);
            self.say(Severity::Warning, why.unwrap_or_else(|| "the nodes are gone".to_owned()));
            return None;
        }
        self.begin(at, targets, Some(typed), cluster, now)
    }
}
