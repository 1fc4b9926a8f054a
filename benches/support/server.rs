//! The embedded cluster as a process of its own, so that its memory and time are not foretop's.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use super::Result;
use super::guard::{Guard, Guarded};

/// A running `foretop demo`, or a program that serves in its place. It is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    words: ChildStdin,
    _guarded: Guarded,
    /// Its kubeconfig.
    pub(crate) kubeconfig: PathBuf,
}

impl Server {
    /// Starts it, on a free loopback port unless the arguments say which, and waits until it serves.
    pub(crate) fn start(guard: &Guard, program: &Path, args: &[String]) -> Result<Self> {
        let kubeconfig = guard.own_file("kubeconfig");
        let mut child = Command::new(program)
            .args(["demo", "--write-kubeconfig"])
            .arg(&kubeconfig)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let guarded = guard.watch(child.id());
        let words = child.stdin.take().ok_or("the server has no input")?;
        let mut lines = BufReader::new(child.stderr.take().ok_or("the server has no output")?).lines();
        let mut said = Vec::new();
        let begun = lines.by_ref().map_while(std::result::Result::ok).any(|line| {
            said.push(line);
            said.last().is_some_and(|line| line.contains("serves on"))
        });
        let server = Self { child, words, _guarded: guarded, kubeconfig };
        if !begun {
            return Err(format!("the embedded cluster does not start: {}", said.join(" ")).into());
        }
        // What it says later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(server)
    }

    /// Says a line to it.
    pub(crate) fn say(&mut self, line: &str) -> Result<()> {
        Ok(writeln!(self.words, "{line}")?)
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
