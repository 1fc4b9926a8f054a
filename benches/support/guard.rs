//! Makes sure that nothing stays behind: a small shell ends exactly the processes that were started, by their ids, and
//! removes the temporary folder, also when the measuring program itself is killed.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;

use super::Result;

/// Reads `+ PID` and `- PID`; when nobody writes any more, ends what is left. It takes no part in a Ctrl-C.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
all=
while read -r what pid; do
    case $what in
        +) all="$all $pid" ;;
        -) rest=; for one in $all; do [ "$one" = "$pid" ] || rest="$rest $one"; done; all=$rest ;;
    esac
done
for pid in $all; do kill "$pid" 2>/dev/null; done
rm -rf -- "$0"
"#;

/// The keeper of started processes and of a folder for their files.
#[derive(Debug)]
pub(crate) struct Guard {
    folder: TempDir,
    files: AtomicUsize,
    keeper: Child,
    words: Arc<Mutex<Option<ChildStdin>>>,
}

/// One process under guard, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Guarded {
    pid: u32,
    words: Arc<Mutex<Option<ChildStdin>>>,
}

impl Guard {
    /// Starts the keeper.
    pub(crate) fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("foretop-measure-").tempdir()?;
        let mut command = Command::new("sh");
        command.arg("-c").arg(SCRIPT).arg(folder.path()).process_group(0);
        let mut keeper = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let words = Arc::new(Mutex::new(keeper.stdin.take()));
        Ok(Self { folder, files: AtomicUsize::new(0), keeper, words })
    }

    /// A path for a file that only its owner can reach, and that is gone afterwards.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same, for a file that nobody else writes under that name.
    pub(crate) fn own_file(&self, name: &str) -> PathBuf {
        self.file(&format!("{}-{name}", self.files.fetch_add(1, Ordering::Relaxed)))
    }

    /// Where such files are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file that only its owner may read.
    pub(crate) fn write(&self, name: &str, text: &[u8]) -> Result<PathBuf> {
        let path = self.own_file(name);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path)?.write_all(text)?;
        Ok(path)
    }

    /// Takes a process that was started by this one under guard, until the answer is dropped: then it must have ended.
    pub(crate) fn watch(&self, pid: u32) -> Guarded {
        let guarded = Guarded { pid, words: Arc::clone(&self.words) };
        guarded.say('+');
        guarded
    }
}

impl Guarded {
    fn say(&self, what: char) {
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(words) = words.as_mut() {
            // A keeper that is gone can keep nothing; the owners end their processes themselves.
            let _gone = writeln!(words, "{what} {}", self.pid);
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.say('-');
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.words.lock().unwrap_or_else(PoisonError::into_inner).take());
        let _gone = self.keeper.wait();
    }
}
