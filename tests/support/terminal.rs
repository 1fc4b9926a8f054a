//! Drives a program in a pseudo terminal: sends keys, awaits what the screen shows, and looks at the state in which
//! the program leaves the terminal. It knows nothing about the program's screen.
use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use vt100::{Callbacks, Parser, Screen};

type Writer = Arc<Mutex<Box<dyn Write + Send>>>;

/// A program in a terminal of its own. It is killed when this is dropped.
pub(crate) struct Terminal {
    seen: Arc<Seen>,
    keyboard: Writer,
    master: Box<dyn MasterPty + Send>,
    fresh: Modes,
    pid: u32,
}

/// What the threads that read and wait have seen.
struct Seen {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: Parser<Answers>,
    /// No more output can come: it is all in the parser.
    closed: bool,
    exit: Option<ExitStatus>,
}

impl State {
    fn ended(&self) -> bool {
        self.closed && self.exit.is_some()
    }
}

/// The state of the terminal that a program has to hand back as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a terminal has many switches, each on or off")]
pub(crate) struct Modes {
    pub(crate) alternate_screen: bool,
    pub(crate) cursor_hidden: bool,
    pub(crate) bracketed_paste: bool,
    pub(crate) mouse: bool,
    /// The line discipline, as the kernel describes it (raw or not, echo, ...).
    pub(crate) discipline: String,
}

/// The answers of a terminal to a program's questions; a program that asks would otherwise wait for its timeout.
#[derive(Default)]
struct Answers(Vec<u8>);

impl Callbacks for Answers {
    fn unhandled_csi(
        &mut self,
        at: &mut Screen,
        i1: Option<u8>,
        _: Option<u8>,
        params: &[&[u16]],
        what: char,
    ) {
        let (row, column) = at.cursor_position();
        match (i1, what, params.first().and_then(|param| param.first())) {
            (None, 'c', _) => self.0.extend_from_slice(b"\x1b[?62;22c"),
            (None, 'n', Some(6)) => {
                self.0.extend_from_slice(format!("\x1b[{};{}R", row + 1, column + 1).as_bytes());
            }
            _ => {}
        }
    }
}

impl Terminal {
    /// Starts a program with nothing in its environment but what is given, PATH and TERM.
    pub(crate) fn open(program: &Path, args: &[&str], env: &[(&str, &str)], columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).expect("a pseudo terminal");
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for (name, value) in env {
            command.env(name, value);
        }
        let parser = Parser::new_with_callbacks(positive(rows), positive(columns), 0, Answers::default());
        let seen =
            Seen { state: Mutex::new(State { parser, closed: false, exit: None }), changed: Condvar::new() };
        let seen = Arc::new(seen);
        let fresh = modes(&seen.lock(), &*pair.master);
        let mut child = pair.slave.spawn_command(command).expect("the program starts");
        let pid = child.process_id().expect("a process id");
        // With the slave closed on this side, reading ends when the program's own handles are gone.
        drop(pair.slave);
        let keyboard: Writer =
            Arc::new(Mutex::new(pair.master.take_writer().expect("the terminal's keyboard")));
        let reader = pair.master.try_clone_reader().expect("the terminal's output");
        let (eyes, hands) = (Arc::clone(&seen), Arc::clone(&keyboard));
        std::thread::spawn(move || eyes.read(reader, &hands));
        let waiter = Arc::clone(&seen);
        std::thread::spawn(move || {
            let exit = child.wait().expect("a child can be waited for");
            waiter.change(|state| state.exit = Some(exit));
        });
        Self { seen, keyboard, master: pair.master, fresh, pid }
    }

    /// Sends keys, separated by blanks: single characters, and `enter esc tab shift-tab space up down left right
    /// backspace pgup pgdn home end f1 ctrl-X`.
    pub(crate) fn press(&self, keys: &str) {
        for key in keys.split_whitespace() {
            self.send(&bytes_of(key));
        }
    }

    /// Sends text as it is.
    pub(crate) fn type_text(&self, text: &str) {
        self.send(text.as_bytes());
    }

    fn send(&self, bytes: &[u8]) {
        let mut keyboard = self.keyboard.lock().unwrap_or_else(PoisonError::into_inner);
        keyboard.write_all(bytes).and_then(|()| keyboard.flush()).expect("the terminal takes keys");
    }

    /// Awaits a screen that satisfies the condition and returns its text; fails when the time is over or the program
    /// has ended without showing it.
    pub(crate) fn wait_for(&self, what: &str, within: Duration, ok: impl Fn(&Screen) -> bool) -> String {
        let state = self.seen.wait(within, |state| state.ended() || ok(state.parser.screen()));
        let screen = state.parser.screen();
        let text = screen.contents();
        let ended =
            state.exit.as_ref().map(|exit| format!("; the program ended: {exit}")).unwrap_or_default();
        assert!(ok(screen), "waited up to {within:?} for {what}{ended}\n{}", framed(screen));
        text
    }

    /// Reads something off the screen as it is now.
    pub(crate) fn look<T>(&self, read: impl FnOnce(&Screen) -> T) -> T {
        read(self.seen.lock().parser.screen())
    }

    /// The screen's text as it is now.
    pub(crate) fn text(&self) -> String {
        self.look(Screen::contents)
    }

    /// The screen in a frame, for messages.
    pub(crate) fn picture(&self) -> String {
        self.look(framed)
    }

    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.seen.change(|state| state.parser.set_size(positive(rows), positive(columns)));
        self.master.resize(size(columns, rows)).expect("the terminal can be resized");
    }

    /// Writes over the screen behind the program's back, as another program on the same terminal does: the screen's text
    /// before the program writes again.
    pub(crate) fn scribble(&self, text: &str) -> String {
        let mut after = String::new();
        self.seen.change(|state| {
            state.parser.process(text.as_bytes());
            after = state.parser.screen().contents();
        });
        after
    }

    /// Sends a signal by its name (TERM, INT, HUP, TSTP, CONT).
    pub(crate) fn signal(&self, name: &str) {
        assert!(self.seen.lock().exit.is_none(), "the program has already ended\n{}", self.picture());
        let sent = Command::new("sh")
            .args(["-c", "kill -s \"$1\" \"$2\"", "kill", name, &self.pid.to_string()])
            .status();
        assert!(sent.expect("sh starts").success(), "signal {name} was not sent");
    }

    /// Awaits the program's end, with all of its output on the screen.
    pub(crate) fn wait_until_ended(&self, within: Duration) -> ExitStatus {
        let state = self.seen.wait(within, State::ended);
        let screen = framed(state.parser.screen());
        state.exit.clone().unwrap_or_else(|| panic!("the program did not end within {within:?}\n{screen}"))
    }

    pub(crate) fn modes(&self) -> Modes {
        modes(&self.seen.lock(), &*self.master)
    }

    /// The state of the terminal before the program started.
    pub(crate) fn fresh_modes(&self) -> &Modes {
        &self.fresh
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.seen.lock().exit.is_none() {
            // The waiting thread owns the child, so it is killed by its id, which stays its own until that thread
            // has collected it.
            let pid = self.pid.to_string();
            let _ = Command::new("sh").args(["-c", "kill -KILL \"$1\" 2>/dev/null", "kill", &pid]).status();
            drop(self.seen.wait(Duration::from_mins(1), |state| state.exit.is_some()));
        }
    }
}

impl Seen {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Sleeps until the condition holds or the time is over; only output and exits wake it.
    fn wait(&self, within: Duration, done: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let deadline = Instant::now() + within;
        let mut state = self.lock();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || done(&state) {
                return state;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn read(&self, mut reader: Box<dyn std::io::Read + Send>, hands: &Writer) {
        let mut buffer = vec![0; 64 * 1024];
        // The kernel reports the end of a pseudo terminal as an error.
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            let mut answers = Vec::new();
            self.change(|state| {
                state.parser.process(&buffer[..count]);
                answers.append(&mut state.parser.callbacks_mut().0);
            });
            // A program that has gone since it asked takes no answer.
            let _ = hands.lock().unwrap_or_else(PoisonError::into_inner).write_all(&answers);
        }
        self.change(|state| state.closed = true);
    }
}

fn modes(state: &State, master: &dyn MasterPty) -> Modes {
    let screen = state.parser.screen();
    Modes {
        alternate_screen: screen.alternate_screen(),
        cursor_hidden: screen.hide_cursor(),
        bracketed_paste: screen.bracketed_paste(),
        mouse: screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None,
        discipline: format!("{:?}", master.get_termios()),
    }
}

fn framed(screen: &Screen) -> String {
    let (_, columns) = screen.size();
    let columns = columns.get();
    let edge = "-".repeat(usize::from(columns));
    let rows: Vec<String> =
        screen.rows(0, columns).map(|row| format!("|{row:<width$}|", width = usize::from(columns))).collect();
    format!("+{edge}+\n{}\n+{edge}+", rows.join("\n"))
}

fn bytes_of(key: &str) -> Vec<u8> {
    let bytes: &[u8] = match key {
        "enter" => b"\r",
        // A lone escape byte would swallow the key behind it whenever the program reads both at once; this is the
        // same key in the encoding that has no such doubt.
        "esc" => b"\x1b[27u",
        "tab" => b"\t",
        "shift-tab" => b"\x1b[Z",
        "space" => b" ",
        "backspace" => b"\x7f",
        "up" => b"\x1b[A",
        "down" => b"\x1b[B",
        "right" => b"\x1b[C",
        "left" => b"\x1b[D",
        "pgup" => b"\x1b[5~",
        "pgdn" => b"\x1b[6~",
        "home" => b"\x1b[H",
        "end" => b"\x1b[F",
        "f1" => b"\x1bOP",
        _ => match key.strip_prefix("ctrl-").map(str::as_bytes) {
            Some([letter]) => return vec![letter & 0x1f],
            _ if key.chars().count() == 1 => key.as_bytes(),
            _ => panic!("no key is called {key}"),
        },
    };
    bytes.to_vec()
}

fn positive(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("a terminal has rows and columns")
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}
