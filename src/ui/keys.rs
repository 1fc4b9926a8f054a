//! The one key table. Dispatch, footer, help and the README's table all read it; nothing else knows a key.

use std::fmt::Write as _;
use std::sync::LazyLock;

use crossterm::event::KeyEvent;

use super::chord::{Chord, chord};
use crate::actions;
use crate::views;

/// Something that a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// One row or line down.
    Down,
    /// One row or line up.
    Up,
    /// A screenful down.
    PageDown,
    /// A screenful up.
    PageUp,
    /// To the first row or line.
    Top,
    /// To the last row or line.
    Bottom,
    /// The next pane, tab or button.
    Next,
    /// The previous pane, tab or button.
    Previous,
    /// The pane of that number, counted from 0.
    Pane(usize),
    /// Opens the selected row.
    Open,
    /// Opens the selected row at its YAML.
    OpenYaml,
    /// One step back.
    Back,
    /// One step back, and at the top the end.
    BackOrQuit,
    /// The end, from anywhere.
    Quit,
    /// Filters the rows, or searches the text.
    Filter,
    /// The next place that the search found.
    NextMatch,
    /// The previous place that the search found.
    PreviousMatch,
    /// Marks the selected row, or takes its mark away.
    Mark,
    /// Shows only rows in trouble, or all again.
    TroubledOnly,
    /// Sorts by the column to the right.
    SortRight,
    /// Sorts by the column to the left.
    SortLeft,
    /// Turns the order round.
    SortReversed,
    /// Trouble first again.
    SortTrouble,
    /// Asks for a namespace.
    Namespace,
    /// Looks at all namespaces.
    AllNamespaces,
    /// Asks for a command.
    Palette,
    /// Gives the focused pane the whole screen, or shows all panes again.
    Zoom,
    /// Tries lost connections again now.
    RetryNow,
    /// Copies the selected name.
    Copy,
    /// Shows the help.
    Help,
    /// Draws the screen anew.
    Redraw,
    /// The action of that number in `actions::ALL`.
    Act(usize),
    /// What stands at that place of a choice, counted from 0.
    Pick(usize),
    /// Presses the focused button, or takes the line as typed.
    Accept,
    /// Says yes.
    Yes,
    /// Says no.
    No,
    /// Completes what is typed.
    Complete,
}

/// Where a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The panes.
    Panes,
    /// The detail of one object.
    Detail,
    /// A line that is being typed.
    Typing,
    /// What an edit of taints would do, while it is typed.
    WhatIf,
    /// A choice between the actions that a key stands for.
    Choose,
    /// A dialog with buttons.
    Confirm,
    /// Help and messages.
    Reading,
}

impl Place {
    /// Every place with its heading in the help and its word in the README.
    pub const ALL: [(Self, &'static str, &'static str); 7] = [
        (Self::Panes, "Panes", "panes"),
        (Self::Detail, "In a detail, besides or instead", "detail"),
        (Self::Typing, "While typing", "typing"),
        (Self::WhatIf, "What if a taint", "what if"),
        (Self::Choose, "Where a key stands for several things", "choice"),
        (Self::Confirm, "Before a change", "dialog"),
        (Self::Reading, "Help and messages", "reading"),
    ];
}

/// Keys and what they do.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Any of these.
    pub chords: Vec<Chord>,
    /// What they do.
    pub command: Command,
    /// Where.
    pub places: Vec<Place>,
    /// The word in the footer, for those that are shown there.
    pub word: Option<&'static str>,
    /// What it does, in few words.
    pub help: String,
}

impl Binding {
    fn new(keys: &str, command: Command, places: &[Place], help: impl Into<String>) -> Self {
        let chords = keys.split(' ').filter_map(chord).collect();
        Self { chords, command, places: places.to_vec(), word: None, help: help.into() }
    }

    fn word(mut self, word: &'static str) -> Self {
        self.word = Some(word);
        self
    }

    /// Its keys as they are printed.
    pub fn names(&self) -> String {
        self.chords.iter().map(|chord| chord.name()).collect::<Vec<_>>().join(" ")
    }
}

/// The whole table, in the order of footer and help.
pub static TABLE: LazyLock<Vec<Binding>> = LazyLock::new(|| {
    let mut table = vec![
        Binding::new("enter d", Command::Open, LISTS, "open the selected row: findings, pods, events, YAML")
            .word("open"),
        Binding::new("y", Command::OpenYaml, LISTS, "show its YAML"),
    ];
    for (at, action) in actions::ALL.iter().enumerate() {
        let key = action.key.to_string();
        table.push(Binding::new(&key, Command::Act(at), LISTS, action.help).word(action.name));
    }
    table.push(Binding::new("space", Command::Mark, LISTS, "mark the row, or take its mark away"));
    table.extend(panes());
    table.extend(moving());
    table.extend(dialogs());
    table
});

const LISTS: &[Place] = &[Place::Panes, Place::Detail];
const SCROLLS: &[Place] = &[Place::Panes, Place::Detail, Place::Confirm, Place::Reading];
const STEPS: &[Place] = &[Place::Panes, Place::Detail, Place::Choose, Place::Confirm, Place::Reading];

fn panes() -> Vec<Binding> {
    use Command as C;
    use Place as P;
    let names = views::ALL.iter().filter(|view| view.pane).map(|view| view.title).chain(["findings"]);
    let mut table = vec![
        Binding::new("/", C::Filter, LISTS, "filter the rows, or search the YAML: regex, !not, column:text")
            .word("filter"),
        Binding::new("n", C::Namespace, &[P::Panes], "look at one namespace, or at all").word("namespace"),
        Binding::new("0", C::AllNamespaces, &[P::Panes], "look at all namespaces"),
        Binding::new("ctrl-z", C::TroubledOnly, LISTS, "show only rows in trouble").word("trouble only"),
        Binding::new("tab l right", C::Next, &[P::Panes], "next pane").word("next pane"),
        Binding::new("shift-tab h left", C::Previous, &[P::Panes], "previous pane"),
        Binding::new("tab l right", C::Next, &[P::Detail], "next tab").word("next tab"),
        Binding::new("shift-tab h left", C::Previous, &[P::Detail], "previous tab"),
    ];
    for (at, name) in names.enumerate() {
        let key = (at + 1).to_string();
        table.push(Binding::new(&key, C::Pane(at), &[P::Panes], format!("go to {name}")));
    }
    table.extend([
        Binding::new("f", C::Zoom, &[P::Panes], "give the pane the whole screen, or show all panes"),
        Binding::new("> .", C::SortRight, LISTS, "sort by the next column"),
        Binding::new("< ,", C::SortLeft, LISTS, "sort by the previous column"),
        Binding::new("R", C::SortReversed, LISTS, "reverse the order"),
        Binding::new("S", C::SortTrouble, LISTS, "trouble first again"),
        Binding::new("n", C::NextMatch, &[P::Detail], "next match in the YAML"),
        Binding::new("N", C::PreviousMatch, &[P::Detail], "previous match in the YAML"),
        Binding::new("Y", C::Copy, LISTS, "copy the selected name"),
        Binding::new(
            "ctrl-r",
            C::RetryNow,
            LISTS,
            "retry lost connections now, and fetch an open detail anew",
        ),
        Binding::new(":", C::Palette, LISTS, "type a command").word("command"),
        Binding::new("ctrl-l", C::Redraw, LISTS, "draw the screen anew"),
        Binding::new("?", C::Help, LISTS, "this help").word("help"),
        Binding::new("esc", C::Back, LISTS, "back; clears marks and a filter first"),
        Binding::new("q", C::BackOrQuit, LISTS, "back, and at the top quit").word("quit"),
    ]);
    table
}

fn moving() -> [Binding; 7] {
    use Command as C;
    [
        Binding::new("j down", C::Down, STEPS, "down"),
        Binding::new("k up", C::Up, STEPS, "up"),
        Binding::new("ctrl-f pgdn", C::PageDown, SCROLLS, "a screenful down"),
        Binding::new("space", C::PageDown, &[Place::Confirm, Place::Reading], "a screenful down"),
        Binding::new("ctrl-b pgup", C::PageUp, SCROLLS, "a screenful up"),
        Binding::new("g home", C::Top, SCROLLS, "to the top"),
        Binding::new("G end", C::Bottom, SCROLLS, "to the end"),
    ]
}

fn dialogs() -> [Binding; 21] {
    use Command as C;
    use Place as P;
    let everywhere = Place::ALL.map(|(place, ..)| place);
    [
        Binding::new("enter", C::Accept, &[P::Typing], "take what is typed").word("ok"),
        Binding::new("tab", C::Complete, &[P::Typing], "complete what is typed").word("complete"),
        Binding::new("esc", C::Back, &[P::Typing], "leave it").word("cancel"),
        Binding::new("enter", C::Accept, &[P::WhatIf], "go on to the dialog before the change").word("go on"),
        Binding::new("tab", C::Complete, &[P::WhatIf], "complete the taint; again for the next one")
            .word("complete"),
        Binding::new("down", C::Down, &[P::WhatIf], "down").word("scroll"),
        Binding::new("up", C::Up, &[P::WhatIf], "up"),
        Binding::new("pgdn", C::PageDown, &[P::WhatIf], "a screenful down"),
        Binding::new("pgup", C::PageUp, &[P::WhatIf], "a screenful up"),
        Binding::new("esc", C::Back, &[P::WhatIf], "leave it").word("leave"),
        Binding::new("enter", C::Accept, &[P::Choose], "go on with the chosen one").word("go on"),
        Binding::new("1", C::Pick(0), &[P::Choose], "the first"),
        Binding::new("2", C::Pick(1), &[P::Choose], "the second"),
        Binding::new("esc q", C::Back, &[P::Choose], "change nothing").word("cancel"),
        Binding::new("tab l right", C::Next, &[P::Confirm], "next button").word("choose"),
        Binding::new("shift-tab h left", C::Previous, &[P::Confirm], "previous button"),
        Binding::new("enter", C::Accept, &[P::Confirm], "press the chosen button; Cancel at first")
            .word("press"),
        Binding::new("y", C::Yes, &[P::Confirm], "do it").word("do it"),
        Binding::new("esc n q", C::No, &[P::Confirm], "change nothing").word("cancel"),
        Binding::new("esc q enter ?", C::Back, &[P::Reading], "close").word("close"),
        Binding::new("ctrl-c", C::Quit, &everywhere, "quit, from anywhere"),
    ]
}

/// What a key does at a place.
pub fn find(place: Place, key: KeyEvent) -> Option<Command> {
    let chord = Chord::of(key)?;
    let here = |binding: &&Binding| binding.places.contains(&place) && binding.chords.contains(&chord);
    TABLE.iter().find(here).map(|binding| binding.command)
}

/// The bindings of a place, in their order.
pub fn at(place: Place) -> impl Iterator<Item = &'static Binding> {
    TABLE.iter().filter(move |binding| binding.places.contains(&place))
}

/// The bindings that the help tells under the heading of a place: each once, where it is first of use.
pub fn introduced_at(place: Place) -> impl Iterator<Item = &'static Binding> {
    TABLE.iter().filter(move |binding| binding.places.first() == Some(&place))
}

/// The key table as the README shows it.
pub fn markdown() -> String {
    let mut out = String::from("| Keys | What they do | Where |\n| --- | --- | --- |\n");
    for (place, ..) in Place::ALL {
        for binding in introduced_at(place) {
            let keys: Vec<_> = binding.chords.iter().map(|chord| format!("`{}`", chord.name())).collect();
            let there = |(place, _, word)| binding.places.contains(&place).then_some(word);
            let places: Vec<_> = Place::ALL.into_iter().filter_map(there).collect();
            let places =
                if places.len() == Place::ALL.len() { "everywhere".to_owned() } else { places.join(", ") };
            let _ = writeln!(out, "| {} | {} | {places} |", keys.join(" "), binding.help);
        }
    }
    out
}
