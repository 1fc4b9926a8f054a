//! Starts the program itself, in a terminal or headless, with a home of its own so that nobody's settings matter.
use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::api::runtime;
use super::terminal::Terminal;

const PROGRAM: &str = env!("CARGO_BIN_EXE_foretop");

/// Longer than every timeout that the tests give to the program itself.
const PATIENCE: Duration = Duration::from_secs(90);

/// Narrow enough that one pane has the whole width, so that rows are not cut.
const COLUMNS: u16 = 140;
const ROWS: u16 = 40;

/// The live screen in a terminal. Its home goes with it.
pub(crate) struct Live {
    pub(crate) terminal: Terminal,
    _home: TempDir,
}

/// Starts the live screen on the cluster of the kubeconfig.
pub(crate) fn live(kubeconfig: &Path, args: &[&str]) -> Live {
    let home = home();
    let folder = home.path().display().to_string();
    let kubeconfig = kubeconfig.display().to_string();
    let args = [&["--kubeconfig", &kubeconfig], args].concat();
    let terminal = Terminal::open(Path::new(PROGRAM), &args, &[("HOME", &folder)], COLUMNS, ROWS);
    Live { terminal, _home: home }
}

/// What a headless run left behind.
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// The output as JSON; anything else fails with both outputs.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            let Self { code, stdout, stderr } = self;
            panic!("no JSON ({error}), exit code {code:?}\nstdout:\n{stdout}\nstderr:\n{stderr}")
        })
    }
}

/// Runs the program to its end; one that does not end is killed and fails the test.
pub(crate) fn run(kubeconfig: &Path, args: &[&str]) -> Finished {
    let home = home();
    let mut command = tokio::process::Command::new(PROGRAM);
    command.arg("--kubeconfig").arg(kubeconfig).args(args);
    command.env_clear().env("HOME", home.path()).env("PATH", path());
    command.stdin(Stdio::null()).kill_on_drop(true);
    let ended = runtime().block_on(async { tokio::time::timeout(PATIENCE, command.output()).await });
    let output = ended
        .unwrap_or_else(|_| panic!("{args:?} did not end within {PATIENCE:?}"))
        .expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("the output is text");
    Finished { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn home() -> TempDir {
    tempfile::Builder::new().prefix("foretop-home-").tempdir().expect("a temporary folder")
}

fn path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}
