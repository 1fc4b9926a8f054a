//! The terminal: entered and left in one place, left also on panics and signals. It draws what it is given.

use std::io::{self, BufWriter, Stdout, Write, stdout};
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine;
use crossterm::cursor::{Hide, Show};
use crossterm::event::{self, DisableBracketedPaste, EnableBracketedPaste, EventStream};
use crossterm::execute;
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// One frame is one write: large enough for a full screen with colours.
const FRAME_BYTES: usize = 1 << 16;

/// Whether the terminal is ours. The panic hook has no other way to know.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The screen while it is ours.
pub struct Screen {
    /// Never dropped: that would show the cursor once more, and panic when terminal and standard error are gone.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Stdout>>>>,
}

impl Screen {
    /// Takes over the terminal.
    ///
    /// # Errors
    /// When the terminal does not obey.
    pub fn enter() -> io::Result<Self> {
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let entered = execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide);
        let backend = CrosstermBackend::new(BufWriter::with_capacity(FRAME_BYTES, stdout()));
        let terminal = entered.and_then(|()| Terminal::new(backend));
        terminal.map(|terminal| Self { terminal: ManuallyDrop::new(terminal) }).inspect_err(|_| restore())
    }

    /// Draws one frame, in one piece where the terminal can.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        crossterm::queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| paint(frame.buffer_mut()))?;
        crossterm::queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        io::Write::flush(self.terminal.backend_mut())
    }

    /// Forgets what stands on the screen, so that the next frame draws all of it.
    pub fn forget(&mut self) {
        // Not `clear`: that asks the terminal where its cursor is, and may wait two seconds for an answer that whoever
        // reads the keys gets. A terminal that is gone shows at the next frame.
        let _gone = self.terminal.size().and_then(|size| self.terminal.resize(size.into()));
    }

    /// Puts a text into the clipboard of the terminal (OSC 52), which works over ssh and in tmux.
    pub fn copy(&mut self, text: &str) {
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        let out = self.terminal.backend_mut();
        let _gone = write!(out, "\x1b]52;c;{encoded}\x07").and_then(|()| io::Write::flush(out));
    }

    /// Gives the terminal back.
    pub fn leave(&mut self) {
        restore();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Leaves the terminal as it was before; does nothing when it was not taken, or is already given back.
pub fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let _gone = execute!(stdout(), EndSynchronizedUpdate, DisableBracketedPaste, LeaveAlternateScreen, Show);
    let _gone = disable_raw_mode();
}

/// The keys as they are pressed.
///
/// # Errors
/// When the terminal has gone since it was taken.
pub fn keys() -> io::Result<EventStream> {
    // The stream itself panics when there is nothing to read from.
    event::poll(Duration::ZERO)?;
    Ok(EventStream::new())
}

/// The numbers of the signals that end the program, as they arrive.
pub fn signals() -> mpsc::Receiver<u8> {
    let (sender, receiver) = mpsc::channel(1);
    for (kind, number) in
        [(SignalKind::hangup(), 1), (SignalKind::interrupt(), 2), (SignalKind::terminate(), 15)]
    {
        let Ok(mut stream) = signal(kind) else { continue };
        let sender = sender.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                let _told = sender.try_send(number);
            }
        });
    }
    receiver
}
