//! Child processes that cannot outlive the tests: killed through their own handle on drop, and by a tether when the
//! test process itself disappears. It knows nothing about what it runs.
use std::fs::File;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

/// Reads "started PID" and "ended PID" lines. When its input closes, which the kernel does for a process that died in
/// whatever way, it kills what is still listed and removes the folder.
const TETHER: &str = r#"
trap '' HUP INT TERM
pids=
while read -r what pid; do
  case $what in
    started) pids="$pids $pid" ;;
    ended) rest=; for one in $pids; do [ "$one" = "$pid" ] || rest="$rest $one"; done; pids=$rest ;;
  esac
done
[ -z "$pids" ] || kill -KILL $pids
for attempt in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" && break; sleep 0.2; done
"#;

/// A throw-away folder for processes; it is gone when this is dropped or the test process ends.
pub(crate) struct Tether {
    folder: PathBuf,
    line: Line,
    shell: Child,
}

/// The tether's input, closed by taking it.
type Line = Arc<Mutex<Option<ChildStdin>>>;

impl Tether {
    pub(crate) fn new(prefix: &str) -> Self {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir().expect("a temporary folder").keep();
        let mut shell = Command::new("sh")
            .arg("-c")
            .arg(TETHER)
            .arg("tether")
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh starts");
        let line = Arc::new(Mutex::new(shell.stdin.take()));
        Self { folder, line, shell }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts a program with its output in `NAME.log` in the folder.
    pub(crate) fn start(&self, name: &str, program: &Path, args: &[String]) -> Process {
        let log = self.folder.join(format!("{name}.log"));
        let out = File::options().create(true).append(true).open(&log).expect("a log file");
        let child = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(out.try_clone().expect("a second handle of the log"))
            .stderr(out)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        say(&self.line, "started", child.id());
        Process { name: name.to_owned(), child, log, line: Arc::clone(&self.line) }
    }
}

impl Drop for Tether {
    fn drop(&mut self) {
        drop(self.line.lock().unwrap_or_else(PoisonError::into_inner).take());
        // The shell now kills what has not ended and removes the folder; a failure leaves only files behind.
        let _ = self.shell.wait();
    }
}

fn say(line: &Line, what: &str, pid: u32) {
    if let Some(line) = line.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        // Without a listener there is nobody left to be told either.
        let _ = writeln!(line, "{what} {pid}");
    }
}

/// One child; dropping it kills it and waits until it is gone.
pub(crate) struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    line: Line,
}

impl Process {
    /// The end of the log if the process has ended by itself.
    pub(crate) fn died(&mut self) -> Option<String> {
        let status = self.child.try_wait().expect("the child can be asked")?;
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(15)..].join("\n");
        Some(format!("{} ended with {status}:\n{tail}", self.name))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended by itself cannot be killed, and both calls know that.
        let _ = self.child.kill();
        let _ = self.child.wait();
        say(&self.line, "ended", self.child.id());
    }
}

/// Loopback ports that are free now. They are taken from below the range that the kernel hands out for outgoing
/// connections, so a server that is down for a moment finds its port free when it comes back.
pub(crate) fn free_ports<const COUNT: usize>(attempt: u16) -> [u16; COUNT] {
    let first = 20_000 + (std::process::id() as u16 % 1_000) * 10 + attempt * 97;
    let mut candidates = (first..32_000).filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    std::array::from_fn(|_| candidates.next().expect("a free loopback port"))
}
