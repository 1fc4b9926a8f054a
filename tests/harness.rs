//! The test harness tested by itself: the terminal with a shell, the proxy with a small server of its own, the tether
//! with processes that sleep. No cluster and nothing of the program is needed.
#[cfg(test)]
#[expect(dead_code, reason = "each test program uses its part of the harness")]
mod support;

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::path::Path;
    use std::time::Duration;

    use bytes::Bytes;
    use http::{Method, Request, Response};
    use http_body_util::{Full, StreamBody};
    use hyper::body::{Frame, Incoming};
    use hyper_util::rt::TokioIo;
    use serde_json::json;

    use crate::support::api::{Api, runtime};
    use crate::support::processes::Tether;
    use crate::support::proxy::{Proxy, Recorded};
    use crate::support::screen;
    use crate::support::terminal::Terminal;

    const SOON: Duration = Duration::from_mins(4);

    fn shell(script: &str) -> Terminal {
        Terminal::open(Path::new("sh"), &["-c", script], &[], 60, 10)
    }

    fn alive(pid: &str) -> bool {
        // A process that was killed may wait for its parent for a moment longer.
        std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    }

    #[test]
    fn a_terminal_shows_output_and_takes_keys() {
        let terminal = shell("read line; echo \"got $line\"; exec cat");
        terminal.type_text("hello");
        terminal.press("enter");
        terminal.wait_for("the echo", SOON, |screen| screen.contents().contains("got hello"));
        terminal.press("a b ctrl-d ctrl-d");
        assert!(terminal.wait_until_ended(SOON).success());
    }

    /// Not a test but the program of the next one: it names the keys that it gets, until ctrl-c.
    #[test]
    #[ignore = "runs in the terminal of another test"]
    fn names_the_keys_that_are_pressed() {
        use std::io::Write as _;
        crossterm::terminal::enable_raw_mode().expect("a terminal");
        print!("ready ");
        loop {
            std::io::stdout().flush().expect("a terminal");
            let crossterm::event::Event::Key(key) = crossterm::event::read().expect("events") else {
                continue;
            };
            print!("{} {},", key.code, key.modifiers.bits());
            if key.code == crossterm::event::KeyCode::Char('c') && !key.modifiers.is_empty() {
                break;
            }
        }
        crossterm::terminal::disable_raw_mode().expect("a terminal");
    }

    #[test]
    fn keys_arrive_one_by_one_as_they_were_pressed() {
        let program = std::env::current_exe().expect("a path");
        let args = ["--ignored", "--exact", "--nocapture", "tests::names_the_keys_that_are_pressed"];
        let terminal = Terminal::open(&program, &args, &[], 200, 10);
        terminal.wait_for("the start", SOON, |screen| screen.contents().contains("ready"));
        terminal.press("esc j esc : esc esc enter shift-tab tab backspace up pgdn D ctrl-f / ctrl-c");
        assert!(terminal.wait_until_ended(SOON).success(), "{}", terminal.picture());
        let text = terminal.text();
        let arrived = text.split("ready ").nth(1).and_then(|rest| rest.split("test ").next()).expect("keys");
        let keys = "Esc 0,j 0,Esc 0,: 0,Esc 0,Esc 0,Enter 0,Back Tab 1,Tab 0,Backspace 0,Up 0,Page Down 0,D 1,f 2,/ 0,c 2,";
        assert_eq!(arrived, keys);
    }

    #[test]
    fn rows_are_found_by_whole_names_in_the_body() {
        let lines = [
            "header web",
            "web",
            " space/web-1 x",
            "| web-1 |",
            "web-1.b",
            " /web-1",
            "",
            "",
            "",
            "footer web-1",
        ];
        let terminal = shell(&format!("printf '{}'", lines.join("\\n")));
        terminal.wait_until_ended(SOON);
        let found = terminal.look(|screen| screen::rows(screen, "web-1"));
        assert_eq!(found, [" space/web-1 x", "| web-1 |"]);
    }

    #[test]
    fn a_terminal_reports_the_exit_code_and_keeps_the_last_words() {
        let terminal = shell("printf 'last words'; exit 4");
        assert_eq!(terminal.wait_until_ended(SOON).exit_code(), 4);
        assert!(terminal.text().contains("last words"));
    }

    #[test]
    fn a_program_that_ends_fails_the_wait_at_once_with_its_screen() {
        let terminal = shell("printf 'all I can say'");
        let wait = || {
            terminal.wait_for("more", Duration::from_hours(1), |screen| screen.contents().contains("more"))
        };
        let failure =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(wait)).expect_err("it cannot be there");
        let message = failure.downcast_ref::<String>().expect("a message");
        assert!(message.contains("all I can say") && message.contains("the program ended"), "{message}");
    }

    #[test]
    fn a_terminal_passes_its_size_and_signals_on() {
        let terminal = shell(
            "trap 'stty size' WINCH; trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.1; done",
        );
        terminal.wait_for("the start", SOON, |screen| screen.contents().contains("up"));
        terminal.resize(100, 33);
        terminal.wait_for("the new size", SOON, |screen| screen.contents().contains("33 100"));
        terminal.signal("TERM");
        assert_eq!(terminal.wait_until_ended(SOON).exit_code(), 7);
        assert!(terminal.text().contains("bye"));
    }

    #[test]
    fn a_terminal_sees_which_modes_a_program_leaves_behind() {
        let dirty = shell(r"stty raw -echo; printf '\033[?1049h\033[?25l\033[?2004h\033[?1000hup'; read x");
        dirty.wait_for("the modes", SOON, |screen| screen.contents().contains("up"));
        let modes = dirty.modes();
        assert!(modes.alternate_screen && modes.cursor_hidden && modes.bracketed_paste && modes.mouse);
        assert_ne!(modes.discipline, dirty.fresh_modes().discipline);

        let tidy = shell(
            r"was=$(stty -g); stty raw; printf '\033[?1049h\033[?25lup'; stty $was; printf '\033[?25h\033[?1049l'",
        );
        tidy.wait_until_ended(SOON);
        assert_eq!(tidy.modes(), *tidy.fresh_modes());
    }

    #[test]
    fn a_terminal_answers_a_program_that_asks_what_it_is() {
        let terminal = shell(r"stty raw -echo; printf '\033[c'; head -c 9 | od -An -c");
        terminal.wait_for("the answer", SOON, |screen| screen.contents().contains('?'));
    }

    #[test]
    fn dropping_a_terminal_kills_its_program() {
        let terminal = shell("echo pid=$$=; exec sleep 600");
        let text = terminal.wait_for("the pid", SOON, |screen| screen.contents().matches('=').count() == 2);
        let pid = text.split('=').nth(1).expect("a pid").to_owned();
        assert!(alive(&pid));
        drop(terminal);
        assert!(!alive(&pid));
    }

    #[test]
    fn a_tether_ends_its_processes_and_removes_its_folder() {
        let tether = Tether::new("foretop-harness-");
        let folder = tether.folder().to_owned();
        let start = || tether.start("sleep", Path::new("sleep"), &["600".to_owned()]);
        let (early, mut late) = (start(), start());
        let (early_pid, late_pid) = (early.pid().to_string(), late.pid().to_string());
        drop(early);
        assert!(!alive(&early_pid) && alive(&late_pid) && late.died().is_none());
        // As when the test process is gone: nobody is left to drop it.
        std::mem::forget(late);
        drop(tether);
        assert!(!folder.exists());
        let dead = async {
            while alive(&late_pid) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        runtime().block_on(async { tokio::time::timeout(SOON, dead).await.expect("the shell killed it") });
    }

    #[test]
    fn a_process_that_dies_is_reported_with_its_log() {
        let tether = Tether::new("foretop-harness-");
        let script = ["-c", "echo no port; exit 1"].map(str::to_owned);
        let mut process = tether.start("server", Path::new("sh"), &script);
        let died = runtime().block_on(async {
            let looking = async {
                loop {
                    if let Some(why) = process.died() {
                        return why;
                    }
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            };
            tokio::time::timeout(SOON, looking).await.expect("it dies at once")
        });
        assert!(died.contains("no port") && died.contains("exit status: 1"), "{died}");
    }

    /// A server whose /stream answers one line and then stays silent, as a watch does.
    fn upstream() -> String {
        type Streamed = http_body_util::Either<
            Full<Bytes>,
            StreamBody<
                std::pin::Pin<Box<dyn futures::Stream<Item = Result<Frame<Bytes>, Infallible>> + Send>>,
            >,
        >;
        let answer = |request: Request<Incoming>| async move {
            let body: Streamed = if request.uri().path() == "/stream" {
                use futures::StreamExt as _;
                let line = Frame::data(Bytes::from_static(b"{\"first\":true}\n"));
                let lines = futures::stream::iter([Ok(line)]).chain(futures::stream::pending());
                http_body_util::Either::Right(StreamBody::new(Box::pin(lines)))
            } else {
                let answer = json!({"method": request.method().as_str(), "uri": request.uri().to_string()});
                http_body_util::Either::Left(Full::from(answer.to_string()))
            };
            Ok::<_, Infallible>(Response::new(body))
        };
        let listener = runtime().block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0))).expect("a port");
        let address = listener.local_addr().expect("a bound port");
        runtime().spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = hyper::service::service_fn(answer);
                let serve = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                tokio::spawn(serve);
            }
        });
        format!("http://{address}")
    }

    #[test]
    fn a_proxy_records_and_passes_on() {
        let proxy = Proxy::start(&Api::connect(&upstream(), None, None));
        let through = Api::connect(&proxy.server(), None, None);
        assert_eq!(
            through.get("/api/v1/nodes?limit=5"),
            json!({"method": "GET", "uri": "/api/v1/nodes?limit=5"})
        );
        let review = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        through.create(review, &json!({}));
        through.merge("/api/v1/nodes/one", &json!({}));
        let recorded =
            |method, path: &str, query: &str| Recorded { method, path: path.into(), query: query.into() };
        let all = proxy.requests();
        let expected = [
            recorded(Method::GET, "/api/v1/nodes", "limit=5"),
            recorded(Method::POST, review, ""),
            recorded(Method::PATCH, "/api/v1/nodes/one", ""),
        ];
        assert_eq!(all, expected);
        assert_eq!(all.iter().map(Recorded::is_harmless).collect::<Vec<_>>(), [true, true, false]);
    }

    #[test]
    fn a_proxy_passes_a_stream_on_before_it_ends() {
        use futures::AsyncBufReadExt as _;
        let proxy = Proxy::start(&Api::connect(&upstream(), None, None));
        let through = Api::connect(&proxy.server(), None, None);
        let line = runtime().block_on(async {
            let request = Request::get("/stream").body(Vec::new()).expect("a valid request");
            let mut lines = through.client().request_stream(request).await.expect("an answer").lines();
            let next = futures::StreamExt::next(&mut lines);
            tokio::time::timeout(SOON, next).await.expect("the first line comes at once")
        });
        assert_eq!(line.expect("a line").expect("a line of text"), "{\"first\":true}");
    }
}
