//! Where the tests find things on the program's screen and in its output: every expectation about words, keys and the
//! shape of the JSON is here and nowhere else.
use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use vt100::Screen;

use super::fixtures::SOON;
use super::terminal::Terminal;

/// Confirms a dialog, whose default is Cancel.
const CONFIRM: &str = "y";

/// Opens the selected row.
const OPEN: &str = "enter";

/// The panes, by the names that the command palette and `snapshot --view` give them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pane {
    Nodes,
    Autoscalers,
    Network,
    Pods,
}

impl Pane {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nodes => "nodes",
            Self::Autoscalers => "autoscalers",
            Self::Network => "network",
            Self::Pods => "pods",
        }
    }
}

/// Shows a pane through the command palette.
pub(crate) fn show(terminal: &Terminal, pane: Pane) {
    terminal.wait_for("the first screen", SOON, |screen| !screen.contents().trim().is_empty());
    terminal.press("esc :");
    terminal.type_text(pane.name());
    terminal.press("enter");
}

/// Shows a pane, filters it by a name and waits for the one row that is left, which is then selected.
pub(crate) fn select(terminal: &Terminal, pane: Pane, name: &str) -> String {
    show(terminal, pane);
    filter(terminal, name)
}

fn filter(terminal: &Terminal, name: &str) -> String {
    terminal.press("/");
    terminal.type_text(name);
    terminal.press("enter");
    wait_for_row(terminal, name, SOON, |_| true)
}

/// Selects an autoscaler once every kind is there: its row can stand on the screen before its target is known.
pub(crate) fn select_autoscaler(terminal: &Terminal, name: &str) -> String {
    wait_for_words(terminal, &["live all"], SOON);
    select(terminal, Pane::Autoscalers, name)
}

/// Opens a node, whose detail lists its pods, and selects one of them as `select` does.
pub(crate) fn select_pod(terminal: &Terminal, node: &str, pod: &str) -> String {
    select(terminal, Pane::Nodes, node);
    terminal.press(OPEN);
    filter(terminal, pod)
}

/// Waits until the row with the name satisfies the condition, and returns it.
pub(crate) fn wait_for_row(
    terminal: &Terminal,
    name: &str,
    within: Duration,
    ok: impl Fn(&str) -> bool,
) -> String {
    let what = format!("the row of {name}");
    let found = |screen: &Screen| rows(screen, name).into_iter().find(|row| ok(row));
    let text = std::cell::RefCell::new(None);
    terminal.wait_for(&what, within, |screen| {
        text.replace(found(screen));
        text.borrow().is_some()
    });
    text.into_inner().unwrap_or_default()
}

/// Lines at the top and at the bottom that are no rows: the header with the tab bar, the status line and the keys.
const HEADER: usize = 2;
const FOOTER: usize = 2;

/// The rows of a pane that hold the name as a word of its own. What the frame says about an object does not count.
pub(crate) fn rows(screen: &Screen, name: &str) -> Vec<String> {
    let (lines, columns) = screen.size();
    let body = usize::from(lines.get()).saturating_sub(HEADER + FOOTER);
    screen.rows(0, columns.get()).skip(HEADER).take(body).filter(|row| has_word(row, name)).collect()
}

/// Whether the name is a word of its own and not the filter that was typed, which has a slash before it.
fn has_word(row: &str, name: &str) -> bool {
    let part_of_name = |letter: char| letter.is_alphanumeric() || "-._".contains(letter);
    row.match_indices(name).any(|(at, _)| {
        let (before, after) = (&row[..at], &row[at + name.len()..]);
        let is_filter = before.strip_suffix('/').is_some_and(|before| !before.ends_with(part_of_name));
        !is_filter && !before.ends_with(part_of_name) && !after.starts_with(part_of_name)
    })
}

/// Waits for a dialog that names the object and what is to be done, and confirms it.
pub(crate) fn confirm(terminal: &Terminal, verb: &str, name: &str) {
    wait_for_dialog(terminal, verb, name);
    terminal.press(CONFIRM);
}

pub(crate) fn wait_for_dialog(terminal: &Terminal, verb: &str, name: &str) {
    terminal.wait_for(&format!("the dialog: {verb} {name}"), SOON, |screen| {
        let text = screen.contents().to_lowercase();
        has_dialog(screen) && text.contains(verb) && text.contains(name)
    });
}

pub(crate) fn wait_for_no_dialog(terminal: &Terminal) {
    terminal.wait_for("no dialog", SOON, |screen| !has_dialog(screen));
}

fn has_dialog(screen: &Screen) -> bool {
    screen.contents().contains("Cancel")
}

/// Chooses what the key `s` is to do to an autoscaler, by its number, and waits until the choice is gone.
pub(crate) fn choose(terminal: &Terminal, number: &str) {
    wait_for_words(terminal, &["what?"], SOON);
    terminal.press(number);
    terminal.wait_for("the choice to go", SOON, |screen| !screen.contents().contains("what?"));
}

/// Answers the question for the number of replicas and confirms what follows from it.
pub(crate) fn enter_replicas(terminal: &Terminal, name: &str, replicas: u32) {
    wait_for_words(terminal, &["replicas of", name], SOON);
    terminal.press("backspace backspace backspace");
    terminal.type_text(&replicas.to_string());
    terminal.press("enter");
    confirm(terminal, "scale", name);
}

/// Waits until the screen holds all of the words, in any order and case.
pub(crate) fn wait_for_words(terminal: &Terminal, words: &[&str], within: Duration) -> String {
    terminal.wait_for(&format!("the words {words:?}"), within, |screen| {
        let text = screen.contents().to_lowercase();
        words.iter().all(|word| text.contains(&word.to_lowercase()))
    })
}

/// Waits until the header says that the connection is lost and when it is tried again.
pub(crate) fn wait_for_stale(terminal: &Terminal, within: Duration) {
    wait_for_words(terminal, &["stale", "retry"], within);
}

/// Waits until nothing on the screen is stale any more.
pub(crate) fn wait_for_fresh(terminal: &Terminal, within: Duration) {
    terminal.wait_for("no stale data", within, |screen| !screen.contents().to_lowercase().contains("stale"));
}

/// Whether a node's row shows that the node is cordoned and that the controllers have tainted it for that.
pub(crate) fn row_is_cordoned(row: &str) -> bool {
    row.contains("cordoned") && row.contains("unschedulable:NoSchedule")
}

/// Whether a node's row shows nothing of a cordon any more.
pub(crate) fn row_is_open(row: &str) -> bool {
    !row.contains("cordoned") && !row.contains("unschedulable")
}

/// Whether a node's row shows what the controllers do to a node that has fallen silent.
pub(crate) fn row_is_unreachable(row: &str) -> bool {
    row.contains("Unknown") && row.contains("unreachable:") && row.contains("NoExecute")
}

/// Whether a node's row shows a healthy node.
pub(crate) fn row_is_ready(row: &str) -> bool {
    has_word(row, "Ready") && !row.contains("unreachable")
}

/// Leaves the program.
pub(crate) const QUIT: &str = "ctrl-c";

/// Every key that acts, moves or opens something; confirmed wherever a dialog should appear.
pub(crate) const BARRAGE: &str = "c y enter u y enter t a enter y enter esc D y enter e y enter s 9 enter y enter space c y enter \
    space D y tab enter y esc esc j k g G ctrl-f ctrl-b d esc ctrl-d y enter esc";

/// The names of a view's rows in `snapshot -o json`; namespaced objects are NAMESPACE/NAME.
pub(crate) fn names(snapshot: &Value, pane: Pane) -> BTreeSet<String> {
    let view = &snapshot["views"][pane.name()];
    let rows = view["rows"].as_array().or_else(|| view.as_array());
    let rows = rows.unwrap_or_else(|| panic!("the snapshot has no rows of {}: {snapshot:#}", pane.name()));
    let name = |row: &Value| row["name"].as_str().map(str::to_owned);
    rows.iter().map(|row| name(row).unwrap_or_else(|| panic!("a row has no name: {row}"))).collect()
}

/// The row of one object in `snapshot -o json`.
pub(crate) fn row<'a>(snapshot: &'a Value, pane: Pane, name: &str) -> &'a Value {
    let view = &snapshot["views"][pane.name()];
    let rows = view["rows"].as_array().or_else(|| view.as_array());
    let found = rows.and_then(|rows| rows.iter().find(|row| row["name"] == name));
    found.unwrap_or_else(|| panic!("the snapshot has no {name} in {}: {snapshot:#}", pane.name()))
}

/// Whether the snapshot says that it has everything that was asked for.
pub(crate) fn is_complete(snapshot: &Value) -> bool {
    snapshot["complete"] == true
}

/// Exit codes of the program.
pub(crate) const FINE: i32 = 0;
pub(crate) const UNREACHABLE: i32 = 3;
pub(crate) const INCOMPLETE: i32 = 4;
