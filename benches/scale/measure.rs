//! One run: curl and foretop in turns, then one foretop that stays: keys while it lists, memory, a stretch without keys
//! and one with keys.

use std::path::Path;
use std::time::{Duration, Instant};

use foretop::model::kind::Kind;
use serde::Serialize;
use vt100::Screen;

use crate::command::Asked;
use crate::support::credentials::Credentials;
use crate::support::guard::Guard;
use crate::support::keys::{Answers, Fingers, selected};
use crate::support::process::{self, Load};
use crate::support::program::{Frames, Program};
use crate::support::raw::{Curl, Fetched, Requests};
use crate::support::{Result, median, quantile};

/// Memory is steady this long after everything is synced.
const SETTLE: Duration = Duration::from_secs(3);

/// Fewer events than this say nothing about the cost of one.
const FEW: f64 = 100.0;

/// How long keys took to be shown.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Keys {
    pub(crate) count: usize,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) longest_ms: f64,
}

/// What one run showed. Times in milliseconds, memory in bytes.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Run {
    pub(crate) name: String,
    pub(crate) nodes: u64,
    pub(crate) pods: u64,
    pub(crate) bytes: u64,
    pub(crate) first_rows_ms: Option<f64>,
    pub(crate) synced_ms: Option<f64>,
    pub(crate) curl_pages_ms: Option<f64>,
    pub(crate) curl_whole_ms: Option<f64>,
    pub(crate) peak: u64,
    pub(crate) steady: u64,
    pub(crate) keys_listing: Keys,
    pub(crate) keys: Keys,
    /// Processor time of foretop in the stretch without keys, as a share of one core.
    pub(crate) cpu: f64,
    /// How much of all cores the whole machine used in that stretch, everybody together.
    pub(crate) machine: f64,
    /// Writes at the server in that stretch, per second.
    pub(crate) events: f64,
    pub(crate) cpu_ms_per_event: Option<f64>,
    /// What the header says at its end.
    pub(crate) header: String,
    pub(crate) frames: u64,
    pub(crate) frames_per_second: f64,
    pub(crate) frame_gap_p50_ms: f64,
    pub(crate) frame_gap_longest_ms: f64,
    pub(crate) frame_write_longest_ms: f64,
    /// What the server counted while foretop was synced, from all clients but this program.
    pub(crate) requests: Option<Requests>,
}

/// Everything that a run needs.
pub(crate) struct Measure<'a> {
    asked: &'a Asked,
    guard: &'a Guard,
    kubeconfig: &'a Path,
    credentials: Credentials,
}

impl<'a> Measure<'a> {
    pub(crate) fn new(asked: &'a Asked, guard: &'a Guard, kubeconfig: &'a Path) -> Result<Self> {
        let credentials = Credentials::read(guard, kubeconfig, asked.context.as_deref())?;
        Ok(Self { asked, guard, kubeconfig, credentials })
    }

    /// A measurement of one cluster in a terminal of that size, with nothing measured yet.
    pub(crate) fn begin(&self, size: (u16, u16), name: String) -> Result<Sitting<'_>> {
        let curl = Curl::new(self.guard, &self.credentials);
        let run =
            Run { name, nodes: curl.count(Kind::Node)?, pods: curl.count(Kind::Pod)?, ..Run::default() };
        Ok(Sitting { measure: self, curl, size, run, starts: Starts::default() })
    }

    /// Measures in a terminal of that size, all at once.
    pub(crate) fn run(&self, size: (u16, u16), name: String) -> Result<Run> {
        let mut sitting = self.begin(size, name)?;
        for _ in 0..self.asked.starts {
            sitting.start()?;
        }
        sitting.stay()
    }

    fn start(&self, size: (u16, u16)) -> Result<Program> {
        let kubeconfig = self.kubeconfig.to_string_lossy();
        let mut args = vec!["--read-only", "--kubeconfig", &kubeconfig];
        args.extend(self.asked.context.iter().flat_map(|context| ["--context", context]));
        Program::start(self.guard, &self.asked.program, &args, size)
    }

    fn synced(&self, program: &Program, ticket: usize) -> Result<Instant> {
        let patience = Duration::from_secs(self.asked.patience);
        program.wait(ticket, patience).ok_or_else(|| {
            let screen = program.look(Screen::contents);
            format!("not synced within {} s; the screen:\n{screen}", self.asked.patience).into()
        })
    }

    /// Keys from the first rows on until everything is synced.
    fn listing(&self, program: &mut Program, fingers: &mut Fingers) -> Result<Keys> {
        let all = program.expect(is_synced);
        let rows = program.expect(|screen| selected(screen).is_some());
        let patience = Duration::from_secs(self.asked.patience);
        program.wait(rows, patience).ok_or("no rows")?;
        let answers = fingers.press(program, patience, Some(all))?;
        self.synced(program, all)?;
        Ok(keys(&answers))
    }

    /// A stretch without keys: time on the processor, events, frames.
    fn stretch(&self, curl: &Curl<'_>, program: &Program, run: &mut Run) -> Result<()> {
        let version = curl.version()?;
        program.frames();
        let (cpu, load, start) = (process::cpu(program.pid)?, Load::now()?, Instant::now());
        program.rest(Duration::from_secs(self.asked.seconds));
        let cpu = process::cpu(program.pid)?.saturating_sub(cpu);
        let (frames, time) = (program.frames(), start.elapsed().as_secs_f64());
        let events = curl.version()?.saturating_sub(version) as f64;
        if program.ended() {
            return Err("foretop ended by itself".into());
        }
        run.machine = Load::now()?.since(load);
        run.cpu = cpu.as_secs_f64() / time;
        run.events = events / time;
        run.cpu_ms_per_event = (events >= FEW).then(|| ms(cpu) / events);
        run.header = program.look(header);
        tell_frames(run, frames, time);
        Ok(())
    }
}

/// One cluster's measurement under way.
pub(crate) struct Sitting<'a> {
    measure: &'a Measure<'a>,
    curl: Curl<'a>,
    size: (u16, u16),
    run: Run,
    starts: Starts,
}

/// What each start and each fetch took, in milliseconds.
#[derive(Default)]
struct Starts {
    first_rows: Vec<f64>,
    synced: Vec<f64>,
    pages: Vec<f64>,
    whole: Vec<f64>,
}

impl Sitting<'_> {
    /// What is measured.
    pub(crate) fn name(&self) -> &str {
        &self.run.name
    }

    /// Once curl and once foretop: they take turns, so that what one of them warms up serves the other too.
    pub(crate) fn start(&mut self) -> Result<()> {
        let (measure, starts) = (self.measure, &mut self.starts);
        starts.pages.push(ms(self.curl.pages(&Kind::ALL, measure.asked.page)?.time));
        let Fetched { bytes, time, .. } = self.curl.whole(&Kind::ALL)?;
        self.run.bytes = bytes;
        starts.whole.push(ms(time));
        let program = measure.start(self.size)?;
        let rows = program.expect(|screen| selected(screen).is_some());
        let all = program.expect(is_synced);
        starts.synced.push(ms(measure.synced(&program, all)? - program.started));
        starts.first_rows.extend(program.met(rows).map(|at| ms(at - program.started)));
        Ok(())
    }

    /// The middle of all starts, and then one foretop that stays.
    pub(crate) fn stay(self) -> Result<Run> {
        let Self { measure, curl, size, mut run, starts } = self;
        run.first_rows_ms = median(starts.first_rows);
        run.synced_ms = median(starts.synced);
        run.curl_pages_ms = median(starts.pages);
        run.curl_whole_ms = median(starts.whole);
        let mut program = measure.start(size)?;
        let mut fingers = Fingers::new();
        run.keys_listing = measure.listing(&mut program, &mut fingers)?;
        program.rest(SETTLE);
        let memory = process::memory(program.pid)?;
        (run.peak, run.steady) = (memory.peak, memory.now);
        let before = curl.others();
        measure.stretch(&curl, &program, &mut run)?;
        let answers = fingers.press(&mut program, Duration::from_secs(measure.asked.seconds), None)?;
        run.keys = keys(&answers);
        run.requests = before.and_then(|before| Some(curl.others()?.since(before)));
        Ok(run)
    }
}

fn tell_frames(run: &mut Run, mut frames: Frames, time: f64) {
    frames.gaps.sort();
    run.frames = frames.count;
    run.frames_per_second = frames.count as f64 / time;
    run.frame_gap_p50_ms = ms(quantile(&frames.gaps, 0.5));
    run.frame_gap_longest_ms = ms(frames.gaps.last().copied().unwrap_or_default());
    run.frame_write_longest_ms = ms(frames.longest_write);
}

/// The header's line about freshness and how much goes on.
fn header(screen: &Screen) -> String {
    let line = screen.rows(0, screen.size().1.get()).nth(1).unwrap_or_default();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether every stream is live and no number is still being counted.
pub(crate) fn is_synced(screen: &Screen) -> bool {
    let header = header(screen);
    let pending = ["listing", "connecting", "stale", "◐", "○"];
    header.contains("live")
        && !pending.iter().any(|word| header.contains(word))
        && !screen.contents().contains("counting")
}

pub(crate) fn keys(answers: &Answers) -> Keys {
    let at = |share| ms(quantile(&answers.times, share));
    Keys { count: answers.times.len(), p50_ms: at(0.5), p99_ms: at(0.99), longest_ms: at(1.0) }
}

pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
