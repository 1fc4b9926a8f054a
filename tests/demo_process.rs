//! The embedded cluster as a process of its own: it says where it is, and ends when it is told to.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running `foretop demo` and where it serves.
fn started(folder: &tempfile::TempDir) -> (Child, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foretop"));
    command.args(["demo", "--scenario", "large", "--pods", "60", "--churn", "100", "--write-kubeconfig"]);
    let mut child = command.arg(folder.path().join("kubeconfig")).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().rsplit("http://").next().unwrap().to_owned())
}

#[test]
fn a_signal_ends_it_although_somebody_watches() {
    for (signal, code) in [("-INT", 0), ("-TERM", 143)] {
        let folder = tempfile::tempdir().unwrap();
        let (mut child, address) = started(&folder);
        let mut stream = TcpStream::connect(&address).unwrap();
        let path = "/tokens/demo-admin/api/v1/pods?watch=1&resourceVersion=0";
        write!(stream, "GET {path} HTTP/1.1\r\nHost: demo\r\n\r\n").unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        assert!(Command::new("kill").arg(signal).arg(child.id().to_string()).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
        let mut rest = Vec::new();
        // The end of the stream, or a reset: an answer that goes on for ever would be neither.
        drop(stream.read_to_end(&mut rest));
    }
}

/// Somebody may end it as soon as the kubeconfig is there, which a pipe without a reader holds back here.
#[test]
#[cfg(target_os = "linux")]
fn it_heeds_signals_before_it_says_where_it_is() {
    const TERM: u32 = 15;
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("kubeconfig");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut command = Command::new(env!("CARGO_BIN_EXE_foretop"));
    let mut child = command.args(["demo", "--write-kubeconfig"]).arg(&pipe).spawn().unwrap();
    let heeded = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        u64::from_str_radix(caught.trim(), 16).unwrap() & (1 << (TERM - 1)) != 0
    };
    let end = Instant::now() + Duration::from_mins(4);
    while !heeded() {
        assert!(Instant::now() < end, "it writes the kubeconfig and does not listen");
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert!(std::fs::read_to_string(&pipe).unwrap().contains("current-context"));
    assert_eq!(child.wait().unwrap().code(), Some(128 + TERM as i32));
}

#[test]
fn a_size_for_a_scenario_that_has_its_own_is_refused() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foretop"));
    let ended = command.args(["demo", "--pods", "300"]).output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("belong to the scenario \"large\""), "{said}");
}
