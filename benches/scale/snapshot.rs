//! `foretop snapshot` beside `kubectl get nodes,pods,hpa -A`: wall time from start to exit, in turns.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::json;

use crate::command::Asked;
use crate::report::cores;
use crate::support::guard::Guard;
use crate::support::{Result, median};

const RUNS: usize = 5;

/// Compares them on the cluster of that kubeconfig.
pub(crate) fn compare(asked: &Asked, guard: &Guard, kubeconfig: &Path) -> Result<String> {
    let config: Vec<&OsStr> = ["--kubeconfig".as_ref(), kubeconfig.as_os_str()]
        .into_iter()
        .chain(asked.context.iter().flat_map(|context| ["--context".as_ref(), context.as_ref()]))
        .collect();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // The first of each is not counted: it warms the caches.
    for run in 0..=RUNS {
        let our = time(guard, &asked.program, &config, &["snapshot"])?;
        let their = time(guard, &asked.kubectl, &config, &["get", "nodes,pods,hpa", "-A"])?;
        if run > 0 {
            ours.push(our);
            theirs.push(their);
        }
    }
    let (Some(our), Some(their)) = (median(ours.clone()), median(theirs.clone())) else {
        return Err("nothing was measured".into());
    };
    if asked.json {
        let all = json!({"cores": cores(), "foretop_ms": ours, "kubectl_ms": theirs, "ratio": our / their});
        return Ok(serde_json::to_string_pretty(&all)?);
    }
    let list = |times: &[f64]| times.iter().map(|it| format!("{it:.0}")).collect::<Vec<_>>().join("  ");
    Ok(format!(
        "machine: {} cores\n\nforetop snapshot, ms             {}   median {our:.0}\n\
         kubectl get nodes,pods,hpa, ms   {}   median {their:.0}\nratio {:.3}",
        cores(),
        list(&ours),
        list(&theirs),
        our / their
    ))
}

/// Milliseconds from start to exit.
fn time(guard: &Guard, program: &Path, config: &[&OsStr], args: &[&str]) -> Result<f64> {
    let mut command = Command::new(program);
    command.args(args).args(config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let start = Instant::now();
    let child = command.spawn().map_err(|why| format!("{}: {why}", program.display()))?;
    let _guarded = guard.watch(child.id());
    let ended = child.wait_with_output()?;
    let time = start.elapsed();
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr);
        return Err(format!("{} {args:?}: {}\n{said}", program.display(), ended.status).into());
    }
    Ok(time.as_secs_f64() * 1000.0)
}
