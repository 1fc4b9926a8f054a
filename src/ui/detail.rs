//! The detail of one object: its tabs, what was fetched for it, and how far each is scrolled. It draws nothing.

use super::page::Scroll;
use super::pane::{Pane, Source};
use super::text;
use crate::model::event::Event;
use crate::model::key::Target;
use crate::model::kind::Kind;
use crate::model::kubelet::Told;
use crate::model::machine::Machine;
use crate::views::{self, View};

/// The tabs of a detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// Findings and description.
    Summary,
    /// Its pods.
    Pods,
    /// Its events.
    Events,
    /// The object as the API server has it.
    Yaml,
}

impl Tab {
    /// The tab's title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Pods => "pods",
            Self::Events => "events",
            Self::Yaml => "YAML",
        }
    }
}

/// The YAML of an object, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Yaml {
    /// Asked for.
    Loading,
    /// Its lines, and how many of managedFields were left out.
    Loaded(Vec<String>, usize),
    /// Why there is none.
    Failed(String),
}

/// One object on the whole screen.
#[derive(Clone, Debug)]
pub struct Detail {
    /// The object.
    pub target: Target,
    /// The view that it was opened from, whose description stands first.
    pub view: Option<&'static View>,
    /// The open tab.
    pub tab: Tab,
    /// Its pods.
    pub pods: Pane,
    /// Its events; `None` until they arrive.
    pub events: Option<Vec<Event>>,
    /// Its YAML.
    pub yaml: Yaml,
    /// What a node says beyond what is kept of every node; `None` until it arrives, and for other kinds.
    pub machine: Option<Box<Machine>>,
    /// What its kubelet has said so far, in the order of the questions.
    pub kubelet: Vec<Told>,
    /// What is searched for in the YAML.
    pub search: String,
    /// The line that the search stands on.
    pub match_at: Option<usize>,
    pub(super) summary_scroll: Scroll,
    pub(super) events_scroll: Scroll,
    pub(super) yaml_scroll: Scroll,
}

impl Detail {
    /// A detail whose events and YAML are still to come.
    pub fn new(target: Target, view: Option<&'static View>, tab: Tab) -> Self {
        let mut pods = Pane::new(Source::View(&views::pods::VIEW));
        pods.of = Some(target.clone());
        Self {
            target,
            view,
            tab,
            pods,
            events: None,
            yaml: Yaml::Loading,
            machine: None,
            kubelet: Vec::new(),
            search: String::new(),
            match_at: None,
            summary_scroll: Scroll::default(),
            events_scroll: Scroll::default(),
            yaml_scroll: Scroll::default(),
        }
    }

    /// The tabs that make sense for the object: a pod has no pods.
    pub fn tabs(&self) -> &'static [Tab] {
        match self.target.kind {
            Kind::Node
            | Kind::HorizontalPodAutoscaler
            | Kind::Deployment
            | Kind::ReplicaSet
            | Kind::StatefulSet
            | Kind::DaemonSet => &[Tab::Summary, Tab::Pods, Tab::Events, Tab::Yaml],
            Kind::Pod | Kind::NodeLease | Kind::PodDisruptionBudget | Kind::NetworkConfig => {
                &[Tab::Summary, Tab::Events, Tab::Yaml]
            }
        }
    }

    /// Turns to the tab `step` further.
    pub fn turn(&mut self, step: isize) {
        let tabs = self.tabs();
        let at = tabs.iter().position(|tab| *tab == self.tab).unwrap_or(0) as isize;
        self.tab = tabs[(at + step).rem_euclid(tabs.len() as isize) as usize];
    }

    /// The scroll position of the open tab.
    pub(super) fn scroll_mut(&mut self) -> &mut Scroll {
        match self.tab {
            Tab::Summary | Tab::Pods => &mut self.summary_scroll,
            Tab::Events => &mut self.events_scroll,
            Tab::Yaml => &mut self.yaml_scroll,
        }
    }

    /// Takes in the YAML without its managedFields, which nobody reads.
    pub(super) fn take_yaml(&mut self, yaml: &Result<String, String>) {
        self.yaml = match yaml {
            Ok(text) => {
                let (lines, hidden) = without_managed_fields(text);
                Yaml::Loaded(lines, hidden)
            }
            Err(why) => Yaml::Failed(why.clone()),
        };
    }

    /// Takes in what its kubelet says. With the first question all begins anew: older answers would look like new ones.
    pub(super) fn take_kubelet(&mut self, told: &Told) {
        self.kubelet.retain(|other| other.question() < told.question());
        self.kubelet.push(told.clone());
    }

    /// Scrolls to the next or previous line that holds what is searched for; tells whether there is one.
    pub(super) fn find(&mut self, step: isize) -> bool {
        let Yaml::Loaded(lines, _) = &self.yaml else { return false };
        let (count, wanted) = (lines.len(), self.search.to_lowercase());
        if wanted.is_empty() || count == 0 {
            return false;
        }
        let from = self.match_at.unwrap_or(self.yaml_scroll.top).min(count - 1);
        let at = |distance: usize| {
            if step < 0 { (from + count - distance % count) % count } else { (from + distance) % count }
        };
        // A fresh search may find the line where it begins.
        let first = usize::from(self.match_at.is_some());
        let holds = |at: &usize| lines[*at].to_lowercase().contains(&wanted);
        self.match_at = (first..=count).map(at).find(holds);
        if let Some(at) = self.match_at {
            self.yaml_scroll.show(at);
        }
        self.match_at.is_some()
    }
}

/// The lines of a YAML text without `metadata.managedFields`, and how many lines that were.
fn without_managed_fields(yaml: &str) -> (Vec<String>, usize) {
    let mut lines = Vec::new();
    let mut hidden = 0;
    let mut inside = false;
    for line in yaml.lines() {
        let indent = line.len() - line.trim_start().len();
        if inside {
            inside = indent > 2 || (indent == 2 && line.trim_start().starts_with("- "));
        }
        inside = inside || line.starts_with("  managedFields:");
        if inside {
            hidden += 1;
        } else {
            lines.push(line.chars().filter_map(text::shown).collect());
        }
    }
    (lines, hidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managed_fields_are_left_out_and_counted() {
        let yaml =
            "kind: Node\nmetadata:\n  managedFields:\n  - manager: x\n    time: y\n  name: a\nspec: {}\n";
        let (lines, hidden) = without_managed_fields(yaml);
        assert_eq!(lines, ["kind: Node", "metadata:", "  name: a", "spec: {}"]);
        assert_eq!(hidden, 3);
    }
}
