//! From a key press to the frame that shows it: presses `j` and `k` at random moments and waits until another row is
//! selected. The rows' meaning is nothing to it.

use std::time::{Duration, Instant};

use vt100::Screen;

use super::Result;
use super::program::Program;

/// No answer in this time is a program that hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long the answers took, the shortest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    pub(crate) times: Vec<Duration>,
}

/// Presses keys while there is something to measure.
#[derive(Debug)]
pub(crate) struct Fingers {
    random: u64,
    down: bool,
}

impl Fingers {
    pub(crate) fn new() -> Self {
        Self { random: 0x2545_F491_4F6C_DD1D, down: true }
    }

    /// Presses until the time is over, or until the condition of that ticket is met.
    pub(crate) fn press(
        &mut self,
        program: &mut Program,
        most: Duration,
        until: Option<usize>,
    ) -> Result<Answers> {
        let deadline = Instant::now() + most;
        let mut answers = Answers::default();
        while Instant::now() < deadline && until.is_none_or(|ticket| program.met(ticket).is_none()) {
            answers.times.push(self.one(program)?);
            program.rest(self.pause());
        }
        answers.times.sort();
        Ok(answers)
    }

    /// Presses one.
    pub(crate) fn one(&mut self, program: &mut Program) -> Result<Duration> {
        let before = program.look(selected).ok_or("no row is selected: there is nothing to move")?;
        let ticket = program.expect(move |screen| selected(screen).is_some_and(|now| now != before));
        let pressed = Instant::now();
        program.send(if self.down { b"j" } else { b"k" })?;
        self.down = !self.down;
        let shown = program.wait(ticket, PATIENCE).ok_or("a key had no answer")?;
        Ok(shown.saturating_duration_since(pressed))
    }

    /// A moment that no timer of the program agrees with: 20 to 120 ms.
    fn pause(&mut self) -> Duration {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        Duration::from_micros(20_000 + self.random % 100_000)
    }
}

/// The first word of the selected row: what is selected, wherever it stands. The row is in reversed video.
pub(crate) fn selected(screen: &Screen) -> Option<String> {
    let (rows, columns) = screen.size();
    let reversed = |row: u16, column: u16| screen.cell(row, column).is_some_and(vt100::Cell::inverse);
    // The banner of an unreachable server is reversed too, from the first column on.
    let is_row = |row: &u16| reversed(*row, 3) && reversed(*row, 5) && !reversed(*row, 0);
    let row = (2..rows.get().saturating_sub(1)).find(is_row)?;
    let text: String =
        (1..columns.get()).filter_map(|column| screen.cell(row, column)).map(vt100::Cell::contents).collect();
    let words = text.split_whitespace();
    let named = |word: &&str| word.starts_with(|c: char| c.is_alphanumeric());
    words.filter(|word| word.len() > 1).find(named).map(str::to_owned)
}
