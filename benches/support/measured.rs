//! Processes that are run to their end and measured, as the kernel counts (Linux).

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Result;

/// A finished process.
pub(crate) struct Measured {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    pub(crate) peak_kib: u64,
    pub(crate) stdout: String,
}

/// Runs a process to its end, which must have this exit code.
pub(crate) fn measure(command: &mut Command, code: i32) -> Result<Measured> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let pid = child.id().to_string();
    let stdout = child.stdout.take().ok_or("no output")?;
    let reader = std::thread::spawn(move || std::io::read_to_string(stdout));
    let mut peak_kib = 0;
    // The peak is gone with the process, its CPU time only once it has been waited for.
    loop {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        if field("State:").is_none_or(|state| state.starts_with('Z')) {
            break;
        }
        peak_kib = peak_of(&pid)?.unwrap_or(peak_kib);
        std::thread::sleep(Duration::from_millis(5));
    }
    let wall = start.elapsed();
    let cpu = cpu_of(&pid)?;
    let stdout = reader.join().map_err(|_| "the reader of the output failed")??;
    let status = child.wait()?;
    if status.code() != Some(code) {
        return Err(format!("{command:?} ended with {status}: {stdout}").into());
    }
    Ok(Measured { wall, cpu, peak_kib, stdout })
}

/// The peak of resident memory of a process so far, in KiB; none once it has ended.
pub(crate) fn peak_of(process: &str) -> Result<Option<u64>> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(peak.map(|peak| peak.trim().trim_end_matches(" kB").parse()).transpose()?)
}

/// User and system time of a process so far (`/proc/PID/stat`, fields 14 and 15, in hundredths of a second).
pub(crate) fn cpu_of(process: &str) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}
