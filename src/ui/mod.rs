//! The screen: what the user sees and does. Keys go in, effects come out, and one function draws everything that a
//! terminal, a text snapshot or a picture shows. It does no I/O and reads no clock.
//!
//! ```text
//! foretop  context kind  v1.36.3  user admin             READ-ONLY   header
//! ● live 10 kinds                                                    freshness
//! ╭ 1 nodes 12 ────────────────────────────────────────────────────╮ pane: table and pane
//! │  NAME       STATUS …                                           │
//! ╰ +4 columns: enter ───────────────────────────────── 1-12/500 ──╯
//! ╭ 2 autoscalers 3 ──────────────╮╭ 3 network 12 ─────────────────╮
//! ╰───────────────────────────────╯╰───────────────────────────────╯
//! ╭ 4 findings 2 ──────────────────────────────────────────────────╮
//! ╰────────────────────────────────────────────────────────────────╯
//! enter open  c cordon  / filter …                     ? help  q quit  footer
//! ```

use crossterm::event::KeyEvent;
use jiff::Timestamp;
use ratatui::buffer::Buffer;

use crate::analysis::outlook::Outlook;
use crate::model::cluster::Cluster;
use crate::model::event::Event;
use crate::model::finding::Severity;
use crate::model::key::Target;
use crate::model::kind::Kind;
use crate::model::kubelet::Told;
use crate::model::machine::Machine;
use crate::model::operation::{Operation, Outcome, Permission};
use crate::model::scope::Scope;
use crate::model::server::Access;
use crate::views;

mod act;
mod browse;
mod canvas;
pub mod choose;
pub mod chord;
pub mod detail;
mod detail_screen;
mod dialog;
mod findings;
mod foot;
mod footer;
mod freshness;
mod header;
mod help;
pub mod input;
mod kept;
pub mod keys;
mod layout;
pub mod mode;
mod page;
pub mod palette;
pub mod pane;
mod pane_screen;
mod screen;
mod table;
pub mod text;
pub mod theme;
mod theme_file;
mod typing;
mod update;
pub mod what_if;
mod what_if_screen;

use detail::Detail;
use kept::Hold;
use mode::{Message, Mode};
use pane::{Pane, Source};
use theme::{ColorMode, Theme};
use update::Batch;

/// What the user chose at the start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The colours.
    pub theme: Theme,
    /// Whether colours may be used.
    pub color: ColorMode,
    /// Whether actions are refused.
    pub read_only: bool,
    /// Whether requests are sent as dry runs.
    pub dry_run: bool,
    /// Whether the kubelet of an opened node is asked.
    pub kubelet: bool,
    /// Which part of the cluster is looked at.
    pub scope: Scope,
    /// The scenario of the embedded cluster, if that is what is looked at.
    pub demo: Option<String>,
}

/// What happens to the screen. What happens to the cluster comes as `Change`, not here.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one at a time and never kept")]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// A text was pasted.
    Paste(String),
    /// An operation ended.
    Outcome(Outcome),
    /// The server answered an access review.
    Access(Permission, Access),
    /// The events of an object.
    Events(Target, Vec<Event>),
    /// The YAML of an object, or why there is none.
    Yaml(Target, Result<String, String>),
    /// What a node says beyond what is kept of every node.
    Machine(Target, Box<Machine>),
    /// What a node's kubelet says, or why it says nothing.
    Kubelet(Target, Told),
    /// Something to tell the user.
    Notice(Severity, String),
}

/// What the screen asks of the program.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// End.
    Quit,
    /// Send the requests of these operations, one after the other; the user has confirmed them.
    Perform(Vec<Operation>),
    /// Ask the server whether something is allowed.
    Review(Permission),
    /// A detail was opened: fetch its events and YAML.
    Open(Target),
    /// The detail was closed: stop fetching.
    Close,
    /// Retry lost connections now.
    RetryNow,
    /// Put a text on the clipboard.
    Copy(String),
    /// Draw every cell anew.
    Redraw,
}

/// Whether the terminal was large enough when it was last drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    Enough,
    TooSmall,
}

/// How many panes are on screen where there is room for several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zoom {
    All,
    Focused,
}

/// What is judged of the cluster, and whether it may be judged anew.
#[derive(Clone, Debug, Default)]
struct Seen {
    outlook: Outlook,
    hold: Hold,
    steps: Steps,
    /// How many frames have shown the cluster as it was.
    frame: u64,
}

/// How much is computed at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Steps {
    /// Everything, so that a frame lacks nothing.
    #[default]
    All,
    /// So much that a key waits for no more than that; in steps that are so many times finer than that.
    Some(usize),
}

impl Steps {
    /// How many may be computed at once, of which so many take a step.
    fn of(self, step: usize) -> usize {
        match self {
            Self::All => usize::MAX,
            Self::Some(finer) => (step / finer).max(1),
        }
    }
}

/// So many objects are checked at once, or those of one check.
const CHECKS: usize = 2000;

/// When it was last looked for findings.
#[derive(Clone, Debug, Default)]
struct Looked {
    at: Option<Timestamp>,
    revision: u64,
    /// Changes per second since the time before.
    rate: Option<u64>,
    /// Whether some are still to be looked for.
    unfinished: bool,
}

/// What the user sees and does.
#[derive(Clone, Debug)]
pub struct Ui {
    settings: Settings,
    panes: Vec<Pane>,
    focus: usize,
    zoom: Zoom,
    details: Vec<Detail>,
    mode: Mode,
    status: Option<(Severity, String)>,
    performing: Vec<Operation>,
    batches: Vec<Batch>,
    waiting: Vec<Message>,
    seen: Seen,
    looked: Looked,
    room: Room,
}

impl Ui {
    /// The screen as it is at the start: every pane, trouble first.
    pub fn new(settings: Settings) -> Self {
        let sources = views::ALL.iter().map(|view| Source::View(view));
        let (panes, others): (Vec<_>, Vec<_>) = sources.partition(|source| is_pane(*source));
        let panes = panes.into_iter().chain([Source::Findings]).chain(others).map(Pane::new).collect();
        let status = settings.theme.warnings.first().map(|warning| (Severity::Warning, warning.clone()));
        Self {
            settings,
            panes,
            focus: 0,
            zoom: Zoom::All,
            details: Vec::new(),
            mode: Mode::Browse,
            status,
            performing: Vec::new(),
            batches: Vec::new(),
            waiting: Vec::new(),
            seen: Seen::default(),
            looked: Looked::default(),
            room: Room::Enough,
        }
    }

    /// Takes in what happened; the effect is the program's to carry out. Changes nothing but the screen's own state.
    pub fn update(&mut self, msg: Msg, cluster: &Cluster, now: Timestamp) -> Option<Effect> {
        self.look(cluster, now);
        let effect = self.take_in(msg, cluster, now);
        if matches!(self.mode, Mode::Browse) && !self.waiting.is_empty() {
            self.mode = Mode::Message(self.waiting.remove(0), page::Scroll::default());
        }
        effect
    }

    /// Gives the keys to a view by its id, or to `findings`; tells whether there is one.
    pub fn select_view(&mut self, id: &str) -> bool {
        let Some(at) = self.panes.iter().position(|pane| pane.source.id() == id) else { return false };
        self.details.clear();
        self.focus = at;
        true
    }

    /// The object whose events and YAML are on screen.
    pub fn wants_detail(&self) -> Option<&Target> {
        self.details.last().map(|detail| &detail.target)
    }

    /// What is going on above the panes.
    pub fn mode(&self) -> &Mode {
        &self.mode
    }

    /// Which part of the cluster is looked at.
    pub fn scope(&self) -> &Scope {
        &self.settings.scope
    }

    /// The line for the user, if there is one.
    pub fn status(&self) -> Option<&str> {
        self.status.as_ref().map(|(_, text)| text.as_str())
    }

    /// Until it is released, rows and findings stand as they were drawn last: whoever presses a key acts on what he
    /// sees, and is answered at once however much there is to compute.
    pub fn hold(&mut self) {
        self.seen.hold = Hold::On;
    }

    /// From now on the cluster is shown as it is. Tells whether it was held.
    pub fn release(&mut self) -> bool {
        std::mem::take(&mut self.seen.hold) == Hold::On
    }

    /// From now on no more is computed at once than a key may wait for: what is on screen first, and the rest in the
    /// frames that follow, and in [`Ui::look_on`]. The steps are made so many times finer.
    pub fn take_steps(&mut self, finer: usize) {
        self.seen.steps = Steps::Some(finer.max(1));
    }

    /// Whether the last frame lacks rows that are still to be computed, none of which is on screen: another is wanted.
    pub fn unfinished(&self) -> bool {
        self.panes.iter().any(|pane| pane.unfinished(self.seen.frame))
    }

    /// Whether findings are still to be looked for, for which [`Ui::look_on`] is wanted.
    pub fn looks_on(&self) -> bool {
        self.looked.unfinished
    }

    /// Goes on looking for findings, for one step. Tells whether they are other findings than before.
    pub fn look_on(&mut self, cluster: &Cluster, now: Timestamp) -> bool {
        let before = self.seen.outlook.edition();
        let most = self.seen.steps.of(CHECKS);
        self.looked.unfinished = !self.seen.outlook.follow_some(cluster, now, most);
        self.seen.outlook.edition() != before
    }

    /// Looks for findings before the next frame is due, which then has no more to do than to show them. A frame looks
    /// by itself where nobody has.
    pub fn look_around(&mut self, cluster: &Cluster, now: Timestamp) {
        self.look(cluster, now);
    }

    /// Looks for findings again, at most twice a second: nobody reads faster.
    fn look(&mut self, cluster: &Cluster, now: Timestamp) {
        if self.seen.hold == Hold::On {
            return;
        }
        if cluster.synced(Kind::Node) {
            // While the nodes arrive, each batch of them would make it anew.
            self.seen.outlook.follow_mesh(cluster);
        }
        let age = self.looked.at.map(|at| now.duration_since(at).as_millis());
        let revision = cluster.revision();
        let changed = self.looked.revision != revision;
        if age.is_none_or(|age| !(0..1000).contains(&age) || (age >= 500 && changed)) {
            let arrived = revision.saturating_sub(self.looked.revision);
            let rate = age.and_then(|age| u64::try_from(age).ok()).filter(|age| *age > 0);
            let rate = rate.map(|age| arrived.saturating_mul(1000) / age);
            let unfinished = self.seen.steps != Steps::All;
            if !unfinished {
                self.seen.outlook.follow(cluster, now);
            }
            self.looked = Looked { at: Some(now), revision, rate, unfinished };
        }
    }
}

/// Whether a source has a place of its own among the panes.
fn is_pane(source: Source) -> bool {
    match source {
        Source::View(view) => view.pane,
        Source::Findings => true,
    }
}

/// Draws everything. The only thing it changes in `ui` is what it remembers of the screen: how many rows are visible,
/// and which neighbour takes over when the selected row is gone.
pub fn draw(ui: &mut Ui, cluster: &Cluster, now: Timestamp, buffer: &mut Buffer) {
    ui.seen.frame += u64::from(ui.seen.hold == Hold::Off);
    ui.look(cluster, now);
    let theme = ui.settings.theme.within(ui.settings.color);
    screen::draw(ui, cluster, now, &mut canvas::Canvas::new(buffer, &theme));
}
