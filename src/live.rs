//! The live screen: one loop owns `Cluster` and `Ui`, without locks, and everything that can wake it is in one place.

mod errands;

use std::io::IsTerminal;
#[cfg(debug_assertions)]
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use crossterm::event::{Event as TerminalEvent, KeyEventKind};
use futures::StreamExt;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::analysis::autoscaling;
use crate::analysis::vigil::Vigil;
use crate::cli::Options;
use crate::client::clock;
use crate::client::watch::Order;
use crate::exit::Exit;
use crate::link::{Link, Plan};
use crate::model::change::{Change, Freshness};
use crate::model::cluster::Cluster;
use crate::model::finding::Severity;
use crate::model::kind::Kind;
use crate::model::scope::Scope;
use crate::model::server::ServerNews;
use crate::terminal::{Screen, keys, signals};
use crate::ui::theme::{ColorMode, Theme};
use crate::ui::{self, Effect, Msg, Settings, Ui};

/// Under load, one frame per this much time; a key press is drawn at once.
const FRAME: Duration = Duration::from_millis(33);

/// The same while a large list arrives: nobody reads numbers that rush by, and the cores have a list to read.
const LISTING_FRAME: Duration = Duration::from_millis(100);

/// A key is answered with rows that are no older than this, or with those before changes that nobody has seen yet.
const YOUNG: Duration = Duration::from_millis(250);

/// A list that has brought more than this is a large one.
const LARGE_LIST: u64 = 2000;

/// How many batches one turn applies at most, so that keys never wait for more than these.
const BATCHES_PER_TURN: usize = 8;

/// In so many turns of each second at most it is noted where autoscalers stand, a few in each.
const NOTING: usize = 10;

/// The screen's settings from the command line.
///
/// # Errors
/// A sentence for the user when the theme cannot be read.
pub fn settings(options: &Options) -> Result<Settings, String> {
    let no_color = options.no_color || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    Ok(Settings {
        theme: Theme::load(&options.theme)?,
        color: if no_color { ColorMode::None } else { ColorMode::Full },
        read_only: options.read_only,
        dry_run: options.dry_run,
        kubelet: options.kubelet,
        scope: Scope { namespace: options.namespace().map(Into::into), ..Scope::default() },
        demo: options.demo.clone(),
    })
}

/// Runs the live screen until the user leaves.
///
/// # Errors
/// A sentence for standard error, with the exit code that goes with it.
pub async fn run(options: &Options, state: PathBuf) -> Result<Exit, (Exit, String)> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        let why = "the live screen needs a terminal; for scripts and pipes there is `foretop snapshot`";
        return Err((Exit::Usage, why.to_owned()));
    }
    let settings = settings(options).map_err(|why| (Exit::Usage, why))?;
    let plan = Plan::new(options).await.map_err(|why| (Exit::Usage, why))?;
    // Before the terminal is taken: whoever ends the program from now on gets it back.
    let signals = signals();
    let screen =
        Screen::enter().map_err(|why| (Exit::Usage, format!("the terminal cannot be used: {why}")))?;
    let mut live = Live::new(plan, settings, screen, state);
    live.cluster.apply_all(options.assumptions());
    #[cfg(debug_assertions)]
    fail_on_demand();
    let exit = live.turn(signals).await;
    live.screen.leave();
    Ok(exit)
}

/// Panics in this task or in another one, or waits until the terminal is gone, for the tests that these come to a good
/// end; release builds cannot.
#[cfg(debug_assertions)]
#[expect(clippy::panic, reason = "that is what it is for")]
fn fail_on_demand() {
    match std::env::var("FORETOP_PANIC").as_deref() {
        Ok("loop") => panic!("on demand, in the loop"),
        Ok("task") => drop(tokio::spawn(async { panic!("on demand, in a task") })),
        Ok("gone") => {
            let _told = write!(std::io::stdout(), "until it goes").and_then(|()| std::io::stdout().flush());
            while std::io::stdin().is_terminal() {
                std::thread::yield_now();
            }
        }
        _ => {}
    }
}

/// What the screen does not show yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Dirt {
    /// It shows everything.
    #[default]
    None,
    /// Measurements, which are many and some seconds old when they arrive: the next second's frame shows them.
    Measured,
    /// Something that the next frame shows.
    News,
}

impl Dirt {
    fn of(change: &Change) -> Self {
        match change {
            Change::Measured(..) | Change::Probed(..) | Change::Noted(..) => Self::Measured,
            _ => Self::News,
        }
    }
}

/// Everything that the loop owns.
struct Live {
    cluster: Cluster,
    ui: Ui,
    link: Link,
    screen: Screen,
    state: PathBuf,
    inbox: mpsc::Receiver<Msg>,
    post: mpsc::Sender<Msg>,
    detail: Vec<JoinHandle<()>>,
    dirt: Dirt,
    /// Which autoscalers' standing is to be noted.
    vigil: Vigil,
    /// In how many more turns it is.
    noting: usize,
    /// When the screen last showed the cluster as it was then.
    current: Instant,
}

impl Live {
    fn new(plan: Plan, settings: Settings, screen: Screen, state: PathBuf) -> Self {
        let (post, inbox) = mpsc::channel(64);
        for warning in &settings.theme.warnings {
            let _full = post.try_send(Msg::Notice(Severity::Warning, format!("theme: {warning}")));
        }
        let mut ui = Ui::new(settings);
        ui.take_steps(1);
        Self {
            cluster: Cluster::default(),
            ui,
            link: Link::open(plan, None, Order::Kinds),
            screen,
            state,
            inbox,
            post,
            detail: Vec::new(),
            dirt: Dirt::News,
            vigil: Vigil::default(),
            noting: 0,
            current: Instant::now(),
        }
    }

    /// The server's clock.
    fn now(&self) -> Timestamp {
        clock::now() + self.cluster.server.skew
    }

    async fn turn(&mut self, mut signals: mpsc::Receiver<u8>) -> Exit {
        let Ok(mut keys) = keys() else { return Exit::Signal(1) };
        let mut batches = Vec::with_capacity(BATCHES_PER_TURN);
        let mut tick = interval(Duration::from_secs(1));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let frame = self.current + self.pace();
            tokio::select! {
                biased;
                event = keys.next() => match event {
                    Some(Ok(event)) => if self.terminal(event) { return Exit::Fine },
                    // The terminal is gone: there is nobody to draw for.
                    Some(Err(_)) | None => return Exit::Signal(1),
                },
                Some(number) = signals.recv() => return Exit::Signal(number),
                Some(msg) = self.inbox.recv() => {
                    if let Msg::Access(permission, access) = &msg {
                        let news = ServerNews::Access(permission.clone(), access.clone());
                        self.cluster.apply(Change::Server(news));
                    }
                    if self.update(msg) { return Exit::Fine }
                }
                // Before the frame, which then shows it.
                () = std::future::ready(()), if self.noting > 0 => self.note(),
                // Before the changes: a flood of them must not starve the frames.
                () = sleep_until(frame), if self.dirt == Dirt::News => {
                    if !self.draw() { return Exit::Signal(1) }
                }
                // A part at a time, so that keys and frames come between. It has an end soon, for which changes wait.
                () = std::future::ready(()), if self.ui.looks_on() => {
                    let now = self.now();
                    if self.ui.look_on(&self.cluster, now) {
                        self.dirt = Dirt::News;
                    }
                }
                _ = self.link.changes.recv_many(&mut batches, BATCHES_PER_TURN), if !self.link.changes.is_closed() => {
                    let dirt = batches.iter().flatten().map(Dirt::of).max();
                    self.cluster.apply_all(batches.drain(..).flatten());
                    self.dirt = self.dirt.max(dirt.unwrap_or_default());
                }
                _ = tick.tick() => {
                    // In a turn of its own: a key that comes now waits for this or for the frame, not for both.
                    self.look_around();
                }
            }
        }
    }

    /// Once a second: asks what has become of interest, and looks for what is wrong. What autoscalers measure says
    /// nothing while their pods are being counted, and both ends have a list to read.
    fn look_around(&mut self) {
        let counting = matches!(self.cluster.freshness(Kind::Pod), Freshness::Listing { .. });
        if !counting || self.cluster.synced(Kind::Pod) {
            self.link.ask(&self.cluster);
        }
        self.ui.look_around(&self.cluster, self.now());
        (self.noting, self.dirt) = (NOTING, Dirt::News);
    }

    /// Notes where some autoscalers stand.
    fn note(&mut self) {
        let now = self.now();
        let notes = autoscaling::notes(&mut self.vigil, &self.cluster, now);
        self.noting = if notes.is_empty() { 0 } else { self.noting - 1 };
        self.cluster.apply_all(notes);
    }

    /// Takes a key, a paste or a new size, and draws at once: with the rows that the user saw when he pressed it, as
    /// long as they are young. Whether the user leaves.
    fn terminal(&mut self, event: TerminalEvent) -> bool {
        if self.dirt > Dirt::None || self.current.elapsed() < YOUNG {
            self.ui.hold();
        }
        let leave = match event {
            TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => self.update(Msg::Key(key)),
            TerminalEvent::Paste(text) => self.update(Msg::Paste(text)),
            _ => false,
        };
        let (current, dirt) = (self.current, self.dirt);
        let gone = leave || !self.draw();
        if self.current == current {
            // What arrived meanwhile is still to be shown.
            self.dirt = dirt;
        }
        gone
    }

    /// Tells the screen's state of something and carries out what it wants. Whether the user leaves.
    fn update(&mut self, msg: Msg) -> bool {
        self.dirt = Dirt::News;
        let now = self.now();
        let effect = self.ui.update(msg, &self.cluster, now);
        effect.is_some_and(|effect| self.carry_out(effect))
    }

    /// How long a frame stands at least when nobody presses a key.
    fn pace(&self) -> Duration {
        let large = |kind: &Kind| match self.cluster.freshness(*kind) {
            Freshness::Listing { seen, .. } => *seen > LARGE_LIST,
            _ => false,
        };
        // Rows that wait to be computed do not wait for long.
        if !self.ui.unfinished() && Kind::ALL.iter().any(large) { LISTING_FRAME } else { FRAME }
    }

    /// Draws a frame. False when the terminal no longer takes it.
    fn draw(&mut self) -> bool {
        let now = self.now();
        self.dirt = Dirt::None;
        let drawn = self.screen.draw(|buffer| ui::draw(&mut self.ui, &self.cluster, now, buffer));
        if !self.ui.release() {
            self.current = Instant::now();
            if self.ui.unfinished() {
                self.dirt = Dirt::News;
            }
        }
        drawn.is_ok()
    }

    fn carry_out(&mut self, effect: Effect) -> bool {
        match effect {
            Effect::Quit => return true,
            Effect::Perform(operations) => self.perform(operations),
            Effect::Review(permission) => self.review(permission),
            Effect::Open(target) => self.open(&target),
            Effect::Close => self.close(),
            Effect::RetryNow => {
                self.link.retry_now();
                if let Some(target) = self.ui.wants_detail().cloned() {
                    self.open(&target);
                }
            }
            Effect::Copy(text) => self.screen.copy(&text),
            Effect::Redraw => self.screen.forget(),
        }
        false
    }
}
