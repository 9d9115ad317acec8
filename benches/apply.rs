//! The figures that the README states of `apply`, measured on whole processes against the simulator in a process of its own. Run with
//! `cargo bench --bench apply -- NAME`, where NAME is `rate` or `memory`; without a name, both. `memory` takes some minutes.

#![expect(clippy::print_stdout, reason = "a bench tells its figures")]

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};

use chatferry::internals::model::{ServiceSid, UserSid};
use chatferry::internals::plan::{JsonFields, Move, Operation, OperationKind, PlanDraft, Side, Subject};
use serde_json::{Value, json};
use simulator::Simulator;

#[path = "support/plan.rs"]
mod made_up;
#[path = "support/simulator.rs"]
mod simulator;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let names: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match names.as_slice() {
        [] => rate().and_then(|()| memory(1_000_000)),
        ["rate"] => rate(),
        ["memory"] => memory(1_000_000),
        ["memory", operations] => memory(operations.parse()?),
        other => Err(format!("no bench `{}`", other.join(" ")).into()),
    }
}

/// How much of the permitted rate is used, and how often a limit is met: 1,000 conversations and their participants, 200 ms latency,
/// 30 writes in any second to one conversation and to the service.
fn rate() -> Result<()> {
    let size = ["--users", "300", "--channels", "1130", "--memberships", "20"];
    let limits = ["--latency-ms", "200", "--write-rate", "30"];
    let folder = tempfile::tempdir()?;
    let simulator = Simulator::start(&[&size[..], &limits].concat())?;
    let [source, target] = &simulator.services;
    let chatferry = |arguments: &[&str]| run(&simulator, folder.path(), arguments);
    chatferry(&["crawl", "--service", source, "--rps", "0", "--concurrency", "64", "--json"])?;
    chatferry(&["plan", "--target", target, "--json"])?;
    chatferry(&["apply", "--yes", "--json", "--only", "create_role,create_user"])?;
    for kind in ["create_conversation", "create_participant"] {
        let result = chatferry(&["apply", "--yes", "--json", "--only", kind])?.result;
        let done = number(&result["performed"][kind]["done"]);
        let seconds = number(&result["elapsed_seconds"]);
        let share = if kind == "create_conversation" {
            format!(", {:.1} % of what 30 a second permit (95 wanted)", 100.0 * done / 30.0 / seconds)
        } else {
            format!(", of at most {} by --rps", 100)
        };
        println!(
            "rate: {done} {kind} in {seconds:.1} s: {:.1} a second{share}; {} answers were 429 (0 wanted)",
            done / seconds,
            result["throttled"]
        );
    }
    Ok(())
}

/// Peak memory of applying 1,000,000 operations, or as many as are asked for, against 10,000.
fn memory(most: u128) -> Result<()> {
    let mut peaks = Vec::new();
    for users in [10_000, most] {
        let folder = tempfile::tempdir()?;
        let simulator = Simulator::start(&["--users", "1", "--channels", "1"])?;
        write_plan(&folder.path().join("plan.db"), &simulator, users)?;
        let flags = ["--rps", "0", "--concurrency", "64", "--service-rate", "10000"];
        let applied = run(&simulator, folder.path(), &[&["apply", "--yes", "--json"], &flags[..]].concat())?;
        let result = &applied.result;
        println!(
            "memory: {} operations in {:.0} s: peak {} MiB, {}",
            result["performed"]["create_user"]["done"],
            number(&result["elapsed_seconds"]),
            applied.peak_kib / 1024,
            result["verdict"]
        );
        peaks.push(applied.peak_kib);
    }
    println!(
        "memory: {} MiB more (16 wanted at most)",
        (peaks[1].cast_signed() - peaks[0].cast_signed()) / 1024
    );
    Ok(())
}

/// A plan that creates so many users. It says that it undoes something, since it is of no snapshot.
fn write_plan(path: &Path, simulator: &Simulator, users: u128) -> Result<()> {
    let side = Side {
        account_sid: simulator.account.clone(),
        service_sid: simulator.services[1].clone(),
        friendly_name: None,
    };
    let header = made_up::header(Move::Undo, side.clone(), side, "");
    let mut draft = PlanDraft::create(path, &header)?;
    for user in 1..=users {
        let identity = format!("user-{user}@example.com");
        let subject = Subject {
            service_sid: Some(ServiceSid::from_wire(&simulator.services[1])),
            user_sid: Some(UserSid::from_digits(user)),
            identity: Some(identity.clone()),
            ..Subject::default()
        };
        let Value::Object(after) =
            json!({"identity": identity, "friendly_name": "Ada Lovelace", "attributes": "{}"})
        else {
            continue;
        };
        draft.operation(
            &Operation { kind: OperationKind::CreateUser, subject, before: JsonFields::new(), after },
            None,
        )?;
    }
    draft.finish(&made_up::totals())?;
    Ok(())
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// A finished process.
struct Ran {
    result: Value,
    peak_kib: u64,
}

/// Runs the binary to its end; its result, and its peak of resident memory as the kernel counts it.
fn run(simulator: &Simulator, folder: &Path, arguments: &[&str]) -> Result<Ran> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_chatferry"))
        .args(arguments)
        .args(["--quiet"])
        .current_dir(folder)
        .envs(simulator.environment())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let pid = child.id();
    let stdout = child.stdout.take().ok_or("no output")?;
    let reader = std::thread::spawn(move || std::io::read_to_string(stdout));
    let mut peak_kib = 0;
    // The peak is gone with the process.
    while child.try_wait()?.is_none() {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        if let Some(peak) = peak {
            peak_kib = peak.trim().trim_end_matches(" kB").parse()?;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let stdout = reader.join().map_err(|_| "the reader of the output failed")??;
    let result =
        serde_json::from_str(&stdout).map_err(|error| format!("{arguments:?}: {error}: {stdout}"))?;
    Ok(Ran { result, peak_kib })
}
