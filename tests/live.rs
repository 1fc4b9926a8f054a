//! The live screen in a pseudo terminal, on the embedded cluster: it starts, obeys, and leaves the terminal as it was,
//! however it ends.

#[cfg(test)]
#[expect(dead_code, reason = "this suite uses a part of the harness")]
mod support;

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::ops::Deref;
    use std::path::Path;
    use std::sync::mpsc;
    use std::time::Duration;

    use portable_pty::{CommandBuilder, PtySize, native_pty_system};
    use tempfile::TempDir;

    use crate::support::screen::{self, Pane};
    use crate::support::terminal::Terminal;

    const PROGRAM: &str = env!("CARGO_BIN_EXE_foretop");
    /// Nothing here takes so long, on however busy a machine.
    const SOON: Duration = Duration::from_mins(4);

    /// The program in a terminal, with a home of its own.
    struct Live {
        terminal: Terminal,
        _home: TempDir,
    }

    impl Deref for Live {
        type Target = Terminal;

        fn deref(&self) -> &Terminal {
            &self.terminal
        }
    }

    fn home() -> TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    fn open(args: &[&str], env: &[(&str, &str)], columns: u16, rows: u16) -> Live {
        let home = home();
        let folder = home.path().to_string_lossy().into_owned();
        let env = [env, &[("HOME", &*folder)]].concat();
        Live { terminal: Terminal::open(Path::new(PROGRAM), args, &env, columns, rows), _home: home }
    }

    /// The screen with rows on it.
    fn running(args: &[&str]) -> Live {
        let terminal = open(args, &[], 140, 40);
        terminal.wait_for("rows", SOON, |screen| screen.contents().contains("worker"));
        let modes = terminal.modes();
        assert!(modes.alternate_screen && modes.cursor_hidden && modes.bracketed_paste);
        terminal
    }

    fn assert_as_it_was(terminal: &Terminal) {
        assert_eq!(format!("{:?}", terminal.modes()), format!("{:?}", terminal.fresh_modes()));
    }

    #[test]
    fn keys_that_leave_give_the_terminal_back() {
        for key in ["q", "ctrl-c"] {
            let terminal = running(&["--demo"]);
            terminal.press(key);
            assert_eq!(terminal.wait_until_ended(SOON).exit_code(), 0, "{key}");
            assert_as_it_was(&terminal);
        }
    }

    #[test]
    fn signals_give_the_terminal_back_and_say_so_in_the_exit_code() {
        for (signal, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
            let terminal = running(&["--demo"]);
            terminal.signal(signal);
            assert_eq!(terminal.wait_until_ended(SOON).exit_code(), code, "{signal}");
            assert_as_it_was(&terminal);
        }
    }

    #[test]
    #[cfg(debug_assertions)]
    fn a_panic_gives_the_terminal_back_and_reports_itself() {
        for place in ["loop", "task"] {
            let terminal = open(&["--demo"], &[("FORETOP_PANIC", place)], 140, 40);
            assert_eq!(terminal.wait_until_ended(SOON).exit_code(), 101, "{place}\n{}", terminal.picture());
            assert_as_it_was(&terminal);
            assert!(terminal.text().contains("This is a bug in foretop"), "{}", terminal.picture());
        }
    }

    /// Takes the terminal away when the program has written something: the exit code.
    fn exit_code_without_a_terminal_after(written: &'static str, place: &str) -> u32 {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo terminal");
        let home = home();
        let mut command = CommandBuilder::new(PROGRAM);
        command.arg("--demo");
        command.env("HOME", home.path());
        command.env("FORETOP_PANIC", place);
        let mut child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut killer = child.clone_killer();
        let mut reader = pair.master.try_clone_reader().expect("its output");
        let mut within = |ended: mpsc::Receiver<u32>| {
            ended.recv_timeout(SOON).inspect_err(|_| killer.kill().expect("it can be killed"))
        };
        let (told, read) = mpsc::channel();
        std::thread::spawn(move || {
            let (mut seen, mut piece) = (Vec::new(), [0; 4096]);
            while !String::from_utf8_lossy(&seen).contains(written) {
                let count = reader.read(&mut piece).expect("output");
                seen.extend_from_slice(&piece[..count]);
            }
            drop(reader);
            told.send(0)
        });
        within(read).expect("it writes that");
        drop(pair.master);
        let (told, ended) = mpsc::channel();
        std::thread::spawn(move || told.send(child.wait().expect("an exit code").exit_code()));
        within(ended).expect("it ends by itself")
    }

    #[test]
    fn a_terminal_that_goes_away_ends_the_program() {
        let early = exit_code_without_a_terminal_after("\x1b[?1049h", "");
        assert_ne!(early, 101, "it does not panic while it takes the terminal");
        assert_eq!(exit_code_without_a_terminal_after("worker", ""), 129, "as when it is told to hang up");
    }

    #[test]
    #[cfg(debug_assertions)]
    fn a_terminal_that_goes_before_its_keys_are_read_ends_the_program() {
        assert_eq!(exit_code_without_a_terminal_after("goes", "gone"), 129);
    }

    #[test]
    fn a_tiny_terminal_gets_a_sentence_and_grows_into_a_screen() {
        let terminal = open(&["--demo"], &[], 30, 8);
        terminal.wait_for("a sentence", SOON, |screen| screen.contents().contains("30"));
        terminal.resize(100, 30);
        terminal.wait_for("rows", SOON, |screen| screen.contents().contains("worker"));
        terminal.resize(1, 1);
        terminal.resize(80, 24);
        terminal.wait_for("rows again", SOON, |screen| screen.contents().contains("worker"));
        terminal.press("q");
        assert_eq!(terminal.wait_until_ended(SOON).exit_code(), 0);
    }

    /// Both wake the program at once, and it must not sleep again before it has taken both.
    #[test]
    fn a_key_beside_a_new_size_is_not_lost() {
        let terminal = running(&["--demo"]);
        for turn in 0..60 {
            let (key, wanted) = if turn % 2 == 0 { ("2", "2 Autoscalers") } else { ("1", "1 Nodes") };
            terminal.resize(100 + turn, 30);
            terminal.press(key);
            terminal.wait_for(wanted, SOON, |screen| screen.contents().contains(&format!("▸ {wanted}")));
        }
        terminal.press("q");
        assert_eq!(terminal.wait_until_ended(SOON).exit_code(), 0);
    }

    #[test]
    fn what_another_program_wrote_over_the_screen_goes_with_ctrl_l() {
        let terminal = running(&["--demo"]);
        let text = terminal.scribble("\x1b[20;1Hrsyslogd was here\x1b[1;1H");
        assert!(text.contains("rsyslogd was here"), "{text}");
        terminal.press("ctrl-l");
        terminal.wait_for("a clean screen", SOON, |screen| !screen.contents().contains("rsyslogd"));
        terminal.press("q");
        assert_eq!(terminal.wait_until_ended(SOON).exit_code(), 0);
    }

    #[test]
    fn without_a_cluster_the_screen_opens_says_why_and_leaves() {
        let terminal = open(&["--kubeconfig", "/nonexistent/kubeconfig"], &[], 120, 30);
        terminal.wait_for("the reason", SOON, |screen| screen.contents().contains("/nonexistent/kubeconfig"));
        terminal.press("q");
        assert_eq!(terminal.wait_until_ended(SOON).exit_code(), 0);
        assert_as_it_was(&terminal);
    }

    #[test]
    fn cordon_asks_acts_and_shows_the_taint() {
        let terminal = running(&["--demo"]);
        screen::wait_for_words(&terminal, &["live all"], SOON);
        terminal.press("/");
        terminal.type_text("shop-worker-that-does-not-exist");
        terminal.press("esc esc");
        // Another node is cordoned from the beginning.
        let node = "worker-c-2";
        screen::select(&terminal, Pane::Nodes, node);
        screen::wait_for_row(&terminal, node, SOON, screen::row_is_open);
        terminal.press("c");
        screen::confirm(&terminal, "cordon", node);
        screen::wait_for_row(&terminal, node, SOON, screen::row_is_cordoned);
        terminal.press("ctrl-c");
        assert_eq!(terminal.wait_until_ended(SOON).exit_code(), 0);
    }
}
