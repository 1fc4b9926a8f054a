//! What the system tells of a running process: its time on the processor and its memory. It starts and ends nothing.

use std::time::Duration;

use super::Result;

/// `getconf CLK_TCK`: Linux tells user space hundredths on every architecture.
const TICKS: u64 = 100;

/// User and system time of a process so far, in steps of 10 ms.
///
/// # Errors
/// When the process is gone.
pub(crate) fn cpu(pid: u32) -> Result<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in brackets, may contain anything; utime and stime are the fields 14 and 15.
    let rest = text.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let ticks: u64 =
        rest.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}

/// How much of its cores the whole machine has used so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    busy: u64,
    all: u64,
}

impl Load {
    /// Up to now.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) fn now() -> Result<Self> {
        let text = std::fs::read_to_string("/proc/stat")?;
        let line = text.lines().next().unwrap_or_default();
        let ticks: Vec<u64> =
            line.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
        // Idle and waiting for disks are the fourth and the fifth; guests are counted in the first two already.
        let all: u64 = ticks.iter().take(8).sum();
        Ok(Self { busy: all - ticks.iter().skip(3).take(2).sum::<u64>(), all })
    }

    /// Since an earlier moment, as a share of all cores.
    pub(crate) fn since(self, before: Self) -> f64 {
        (self.busy - before.busy) as f64 / (self.all - before.all).max(1) as f64
    }
}

/// Resident memory in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// Now (VmRSS).
    pub(crate) now: u64,
    /// The most there ever was (VmHWM).
    pub(crate) peak: u64,
}

/// The resident memory of a process.
///
/// # Errors
/// When the process is gone.
pub(crate) fn memory(pid: u32) -> Result<Memory> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    Ok(Memory { now: field("VmRSS:").unwrap_or(0) * 1024, peak: field("VmHWM:").unwrap_or(0) * 1024 })
}

/// Lets the peak begin anew at what is used now. Not everybody may; then the peak stays that of the whole life.
pub(crate) fn forget_peak(pid: u32) -> bool {
    std::fs::write(format!("/proc/{pid}/clear_refs"), "5").is_ok()
}
