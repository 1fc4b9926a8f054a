//! The choice between the actions that one key stands for on a row. What is chosen goes on as if its own key had been
//! pressed.

use jiff::Timestamp;

use super::act::READ_ONLY;
use super::keys::Command;
use super::mode::Mode;
use super::{Effect, Ui};
use crate::actions::{self, Action};
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::key::Target;

/// What the user chooses from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The name of the action whose key was pressed.
    pub(super) name: &'static str,
    /// What it is about.
    pub(super) target: Target,
    /// The numbers of the actions in `actions::ALL`.
    actions: Vec<usize>,
    /// Which of them enter takes.
    pub(super) at: usize,
}

/// One of the actions, as it stands now.
pub(super) struct Offer {
    action: usize,
    /// What it would do: the question that it asks.
    pub(super) text: String,
    /// Why it cannot be done.
    pub(super) refusal: Option<String>,
}

impl Choice {
    /// The choice that an action's key stands for on a target; `None` when there is nothing to choose.
    pub(super) fn of(action: &Action, target: &Target) -> Option<Self> {
        let actions: Vec<usize> =
            (action.offers)(target).iter().filter_map(|name| actions::numbered(name)).collect();
        let at = 0;
        (actions.len() > 1).then(|| Self { name: action.name, target: target.clone(), actions, at })
    }

    /// What is offered, as things stand now.
    pub(super) fn offers(&self, cluster: &Cluster) -> Vec<Offer> {
        let offer = |number: &usize| {
            let action = actions::ALL.get(*number)?;
            let question = (action.question)(cluster, &self.target);
            let text = question.map_or_else(|| action.help.to_owned(), |question| question.text);
            let refusal = (action.applies)(cluster, &self.target).err().map(|refusal| refusal.0);
            Some(Offer { action: *number, text, refusal })
        };
        self.actions.iter().filter_map(offer).collect()
    }

    fn step(&mut self, command: Command) {
        self.at = match command {
            Command::Down => (self.at + 1).min(self.actions.len().saturating_sub(1)),
            Command::Up => self.at.saturating_sub(1),
            _ => self.at,
        };
    }
}

impl Ui {
    /// Lets the user choose, when an action's key stands for several; tells whether it does.
    pub(super) fn choose(&mut self, action: &Action, target: &Target) -> bool {
        let Some(choice) = Choice::of(action, target) else { return false };
        if self.settings.read_only {
            self.say(Severity::Warning, format!("{}: {READ_ONLY}", action.name));
        } else {
            self.mode = Mode::Choose(Box::new(choice));
        }
        true
    }

    /// A key while there is something to choose.
    pub(super) fn choosing(&mut self, command: Command, cluster: &Cluster, now: Timestamp) -> Option<Effect> {
        let Mode::Choose(choice) = &mut self.mode else { return None };
        let at = match command {
            Command::Accept => choice.at,
            Command::Pick(at) => at,
            Command::Back => {
                self.mode = Mode::Browse;
                self.say(Severity::Info, "nothing was changed");
                return None;
            }
            other => {
                choice.step(other);
                return None;
            }
        };
        let offer = choice.offers(cluster).into_iter().nth(at)?;
        choice.at = at;
        if let Some(why) = offer.refusal {
            // It is told in full beside what is refused.
            self.say(Severity::Warning, why);
            return None;
        }
        let target = choice.target.clone();
        self.mode = Mode::Browse;
        self.begin(offer.action, vec![target], None, cluster, now)
    }
}
