//! foretop in a pseudo terminal, as a user sees it: its frames with the moments of their arrival, and a keyboard. The
//! reader blocks until there is output; the screen is searched only while somebody waits for something on it.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::{Parser, Screen};

use super::Result;
use super::guard::{Guard, Guarded};
use super::marks::{Border, Marks};

type Condition = Box<dyn FnMut(&Screen) -> bool + Send>;

/// A running foretop. It is ended when this is dropped.
pub(crate) struct Program {
    seen: Arc<Seen>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    /// The moment before it was started.
    pub(crate) started: Instant,
    /// Its process id.
    pub(crate) pid: u32,
    _master: Box<dyn MasterPty + Send>,
    _guarded: Guarded,
}

struct Seen {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: Parser,
    marks: Marks,
    waits: Vec<Wait>,
    next: usize,
    frames: Frames,
    begun: Option<Instant>,
    last: Option<Instant>,
    closed: bool,
}

struct Wait {
    ticket: usize,
    condition: Condition,
    met: Option<Instant>,
}

/// The frames of a stretch of time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frames {
    /// How many.
    pub(crate) count: u64,
    /// From the end of one to the end of the next.
    pub(crate) gaps: Vec<Duration>,
    /// From the first byte to the last of the one that took longest to arrive.
    pub(crate) longest_write: Duration,
    /// Bytes of output.
    pub(crate) bytes: u64,
}

impl State {
    fn take_in(&mut self, mut bytes: &[u8], at: Instant) -> bool {
        let mut met = false;
        self.frames.bytes += bytes.len() as u64;
        while let Some((border, length)) = self.marks.next(bytes) {
            let (now, rest) = bytes.split_at(length);
            self.parser.process(now);
            bytes = rest;
            match border {
                Border::Begin => self.begun = Some(at),
                Border::End => met |= self.frame(at),
            }
        }
        self.parser.process(bytes);
        met
    }

    /// A frame is complete; whether somebody waited for it.
    fn frame(&mut self, at: Instant) -> bool {
        self.frames.count += 1;
        if let Some(begun) = self.begun.take() {
            self.frames.longest_write = self.frames.longest_write.max(at - begun);
        }
        self.frames.gaps.extend(self.last.replace(at).map(|last| at - last));
        let mut met = false;
        for wait in self.waits.iter_mut().filter(|wait| wait.met.is_none()) {
            if (wait.condition)(self.parser.screen()) {
                wait.met = Some(at);
                met = true;
            }
        }
        met
    }
}

impl Program {
    /// Starts it in a terminal of that many columns and rows.
    pub(crate) fn start(
        guard: &Guard,
        path: &Path,
        args: &[&str],
        (columns, rows): (u16, u16),
    ) -> Result<Self> {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).map_err(|why| why.to_string())?;
        let mut command = CommandBuilder::new(path);
        command.args(args);
        command.env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        let (Some(height), Some(width)) = (NonZeroU16::new(rows), NonZeroU16::new(columns)) else {
            return Err("a terminal has rows and columns".into());
        };
        let state = State {
            parser: Parser::new(height, width, 0),
            marks: Marks::default(),
            waits: Vec::new(),
            next: 0,
            frames: Frames::default(),
            begun: None,
            last: None,
            closed: false,
        };
        let seen = Arc::new(Seen { state: Mutex::new(state), changed: Condvar::new() });
        let reader = pair.master.try_clone_reader().map_err(|why| why.to_string())?;
        let keyboard = pair.master.take_writer().map_err(|why| why.to_string())?;
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).map_err(|why| why.to_string())?;
        let pid = child.process_id().ok_or("the program has no process id")?;
        let guarded = guard.watch(pid);
        drop(pair.slave);
        let eyes = Arc::clone(&seen);
        std::thread::spawn(move || eyes.read(reader));
        Ok(Self { seen, keyboard, child, started, pid, _master: pair.master, _guarded: guarded })
    }

    /// Sends bytes as a keyboard does.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.keyboard.write_all(bytes)?;
        Ok(self.keyboard.flush()?)
    }

    /// From now on, looks at every complete frame until one satisfies the condition.
    pub(crate) fn expect(&self, condition: impl FnMut(&Screen) -> bool + Send + 'static) -> usize {
        self.seen.with(|state| {
            state.next += 1;
            state.waits.push(Wait { ticket: state.next, condition: Box::new(condition), met: None });
            state.next
        })
    }

    /// When the frame arrived that satisfied the condition, if it has.
    pub(crate) fn met(&self, ticket: usize) -> Option<Instant> {
        self.seen.with(|state| state.waits.iter().find(|wait| wait.ticket == ticket)?.met)
    }

    /// Waits for a condition and forgets it: the moment of the frame that satisfied it, or none in that time.
    pub(crate) fn wait(&self, ticket: usize, within: Duration) -> Option<Instant> {
        let deadline = Instant::now() + within;
        let mut state = self.seen.lock();
        loop {
            let met = state.waits.iter().find(|wait| wait.ticket == ticket)?.met;
            let left = deadline.saturating_duration_since(Instant::now());
            if met.is_some() || left.is_zero() || state.closed {
                state.waits.retain(|wait| wait.ticket != ticket);
                return met;
            }
            state = self.seen.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Lets time pass; less of it when the program ends.
    pub(crate) fn rest(&self, time: Duration) {
        let never = self.expect(|_| false);
        self.wait(never, time);
    }

    /// Reads something off the screen as it is now.
    pub(crate) fn look<T>(&self, read: impl FnOnce(&Screen) -> T) -> T {
        self.seen.with(|state| read(state.parser.screen()))
    }

    /// The frames since this was last asked.
    pub(crate) fn frames(&self) -> Frames {
        self.seen.with(|state| std::mem::take(&mut state.frames))
    }

    /// Whether it has ended, or closed its terminal.
    pub(crate) fn ended(&self) -> bool {
        self.seen.with(|state| state.closed)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

impl Seen {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.lock())
    }

    fn read(&self, mut reader: Box<dyn Read + Send>) {
        let mut buffer = vec![0; 64 * 1024];
        // The kernel reports the end of a pseudo terminal as an error.
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            let at = Instant::now();
            if self.with(|state| state.take_in(&buffer[..count], at)) {
                self.changed.notify_all();
            }
        }
        self.with(|state| state.closed = true);
        self.changed.notify_all();
    }
}
