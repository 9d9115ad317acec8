//! The figures that the README states of `crawl` and `export`, measured on whole processes against the simulator in a process
//! of its own. Run with `cargo bench --bench crawl -- NAME`, where NAME is `cpu`, `latency`, `politeness`, `fairness`, `memory`,
//! `export` or `loaded`; without a name, all but `fairness`, `memory` and `loaded`, which take minutes.
//!
//! Ratios are taken within one run, since a machine's speed drifts; absolute figures are for orientation.

#![expect(clippy::print_stdout, reason = "a bench tells its figures")]

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use client_loops::ClientLoop;
use measured::{Measured, cpu_of, peak_of};
use serde::Deserialize;
use simulator::Simulator;

#[path = "support/client_loops.rs"]
mod client_loops;
#[path = "support/measured.rs"]
mod measured;
#[path = "support/simulator.rs"]
mod simulator;

/// The program's own allocator, so that the bare loop has no other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const BINARY: &str = env!("CARGO_BIN_EXE_chatferry");

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let names: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match names.as_slice() {
        // A loop runs in a process of its own, so that its CPU time is its own.
        ["bare", loop_of @ ..] => client_loops::bare(&ClientLoop::of(loop_of)?),
        ["naive", file, loop_of @ ..] => client_loops::naive(&ClientLoop::of(loop_of)?, Path::new(file)),
        [] => ["cpu", "latency", "politeness", "export"].into_iter().try_for_each(run),
        names => names.iter().try_for_each(|name| run(name)),
    }
}

fn run(name: &str) -> Result<()> {
    match name {
        "cpu" => cpu(),
        "latency" => latency(),
        "politeness" => politeness(),
        "fairness" => fairness(),
        "memory" => memory(),
        "export" => export(),
        "loaded" => loaded(),
        other => Err(format!("no bench `{other}`").into()),
    }
}

/// CPU time of a crawl against loops that a person would write instead.
fn cpu() -> Result<()> {
    cpu_of_everything()?;
    cpu_of_user_channels()
}

/// Against a loop that fetches and parses the same pages and keeps nothing.
fn cpu_of_everything() -> Result<()> {
    let simulator = Simulator::start(&["--users", "20000", "--channels", "8000", "--memberships", "20"])?;
    let mut ratios = Vec::new();
    for round in 1..=3 {
        let bare = measure(client_loop("bare", None, &simulator, 64)?)?;
        let folder = tempfile::tempdir()?;
        let crawl = measure(crawl(&simulator, folder.path(), &["--rps", "0", "--concurrency", "64"]))?;
        let ratio = crawl.cpu.as_secs_f64() / bare.cpu.as_secs_f64();
        ratios.push(ratio);
        println!("cpu {round}: crawl {:.2?}, bare loop {:.2?}, ratio {ratio:.2}", crawl.cpu, bare.cpu);
        println!("cpu {round}: {}", summary(&crawl));
    }
    ratios.sort_by(f64::total_cmp);
    println!("cpu: median ratio {:.2} (at most 2 wanted)", ratios[1]);
    Ok(())
}

/// Against a loop that stores what it lists in one table, and against twilio-node, which keeps it in memory, where npm can fetch
/// it.
fn cpu_of_user_channels() -> Result<()> {
    let simulator = Simulator::start(&["--users", "5000", "--channels", "2000", "--memberships", "20"])?;
    let folder = tempfile::tempdir()?;
    let has_node = client_loops::install_twilio_node(folder.path());
    let flags = ["--rps", "0", "--concurrency", "16", "--include", "users,user-channels"];
    let mut figures = Vec::new();
    for round in 1..=5 {
        let folder = folder.path().join(round.to_string());
        std::fs::create_dir(&folder)?;
        let crawl = measure(crawl(&simulator, &folder, &flags))?;
        let naive = measure(client_loop("naive", Some(&folder.join("naive.db")), &simulator, 16)?)?;
        let node = if has_node { Some(measure(twilio_node(&simulator, &folder))?) } else { None };
        let listed = [Some(&naive), node.as_ref()].into_iter().flatten().map(|run| run.stdout.trim());
        let listed: Vec<&str> = listed.collect();
        println!(
            "cpu {round}: user channels: crawl {:.2?}, naive loop {:.2?}, twilio-node {:.2?}; {listed:?} of {}",
            crawl.cpu,
            naive.cpu,
            node.as_ref().map(|node| node.cpu),
            summary(&crawl)
        );
        figures.push(
            [Some(naive), node].map(|run| run.map(|run| crawl.cpu.as_secs_f64() / run.cpu.as_secs_f64())),
        );
    }
    let median = |which: usize| {
        let mut ratios: Vec<f64> = figures.iter().filter_map(|figures| figures[which]).collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied()
    };
    println!(
        "cpu: user channels: {:.2?} of the naive loop, {:.3?} of twilio-node (medians)",
        median(0),
        median(1)
    );
    Ok(())
}

/// Wall time with 20 ms latency and concurrency 16 against requests × latency ÷ 16.
fn latency() -> Result<()> {
    let simulator = Simulator::start(&[
        "--users",
        "12000",
        "--channels",
        "4000",
        "--memberships",
        "12",
        "--latency-ms",
        "20",
    ])?;
    let folder = tempfile::tempdir()?;
    let crawl = measure(crawl(&simulator, folder.path(), &["--rps", "0", "--concurrency", "16"]))?;
    let requests = number(&crawl, "total");
    let ideal = requests * 0.020 / 16.0;
    let wall = crawl.wall.as_secs_f64();
    println!(
        "latency: {requests} requests in {wall:.2} s, ideal {ideal:.2} s, ratio {:.3} (at most 1.05 wanted)",
        wall / ideal
    );
    Ok(())
}

/// What the server sees of `--rps 200`, and how many answers are 429 where it allows 20 requests in flight.
fn politeness() -> Result<()> {
    let simulator = Simulator::start(&["--users", "3000", "--channels", "1000", "--latency-ms", "30"])?;
    let folder = tempfile::tempdir()?;
    measure(crawl(&simulator, folder.path(), &["--rps", "200", "--concurrency", "64"]))?;
    let stats = counted(&simulator)?;
    let span = stats["span_seconds"].as_f64().unwrap_or(0.0);
    let rate = stats["requests"].as_f64().unwrap_or(0.0) / span;
    println!(
        "politeness: --rps 200: {} requests, at most {} in any second (220 wanted), {rate:.1} a second over the run (196 wanted)",
        stats["requests"], stats["max_per_second"]
    );
    let simulator = Simulator::start(&[
        "--users",
        "20000",
        "--channels",
        "2000",
        "--latency-ms",
        "30",
        "--max-concurrent",
        "20",
    ])?;
    let folder = tempfile::tempdir()?;
    let flags = ["--rps", "0", "--concurrency", "64", "--account-concurrency", "1000000"];
    let crawl = measure(crawl(&simulator, folder.path(), &flags))?;
    let stats = counted(&simulator)?;
    let (requests, throttled) = (number(&crawl, "total"), number(&crawl, "throttled"));
    println!(
        "politeness: 20 allowed in flight, 64 configured: {throttled} of {requests} answers were 429 ({:.2} %, under 1 wanted), \
         {:.1} s, ideal {:.1} s; {} in flight at most",
        100.0 * throttled / requests,
        crawl.wall.as_secs_f64(),
        requests * 0.030 / 20.0,
        stats["max_in_flight"]
    );
    Ok(())
}

/// How several processes share the limit of one account: 40 requests in flight, each of which takes 100 ms.
fn fairness() -> Result<()> {
    let limit = 40.0;
    for processes in [2_u8, 4, 8] {
        let simulator = Simulator::start(&[
            "--users",
            "60000",
            "--channels",
            "2000",
            "--latency-ms",
            "100",
            "--max-concurrent",
            "40",
        ])?;
        let started: Vec<_> = (0..processes).map(|_| tempfile::tempdir()).collect::<std::io::Result<_>>()?;
        let flags = ["--rps", "0", "--concurrency", "64", "--account-concurrency", "1000000"];
        let flags = [&flags[..], &["--max-duration", "90s"]].concat();
        let commands = started.iter().map(|folder| crawl(&simulator, folder.path(), &flags));
        // They are stopped when their time is up, which is exit code 4.
        let running: Vec<_> = commands
            .map(|mut command| {
                let running = std::thread::spawn(move || measured::measure(&mut command, 4));
                std::thread::sleep(Duration::from_millis(500));
                running
            })
            .collect();
        let runs = running.into_iter().map(|run| run.join().map_err(|_| "a thread failed")?);
        let runs = runs.collect::<Result<Vec<_>>>()?;
        let stats = counted(&simulator)?;
        let served: Vec<f64> =
            runs.iter().map(|run| number(run, "total") - number(run, "throttled")).collect();
        let all: f64 = served.iter().sum();
        let refused: f64 = runs.iter().map(|run| number(run, "throttled")).sum();
        let span = stats["span_seconds"].as_f64().unwrap_or(f64::NAN);
        let least = served.iter().copied().fold(f64::INFINITY, f64::min);
        println!(
            "fairness: {processes} processes: {:.1} % of the limit used (95 wanted), {:.2} % of {:.0} answers were 429 (under 1 wanted), \
             the least has {:.2} of a fair share (0.5 wanted)",
            100.0 * all * 0.1 / (limit * span),
            100.0 * refused / (all + refused),
            all + refused,
            least * f64::from(processes) / all,
        );
    }
    Ok(())
}

/// Peak memory of a crawl of 1,000,000 users against one of 10,000.
fn memory() -> Result<()> {
    let mut peaks = Vec::new();
    for users in ["10000", "1000000"] {
        let simulator = Simulator::start(&["--users", users, "--channels", "20000", "--memberships", "12"])?;
        let folder = tempfile::tempdir()?;
        let crawl = measure(crawl(&simulator, folder.path(), &["--rps", "0", "--concurrency", "32"]))?;
        println!("memory: {users} users: {}", summary(&crawl));
        peaks.push(crawl.peak_kib);
    }
    let growth = (peaks[1].cast_signed() - peaks[0].cast_signed()) / 1024;
    println!(
        "memory: {growth} MiB more (16 wanted at most), peak {} MiB (100 wanted at most)",
        peaks[1] / 1024
    );
    Ok(())
}

/// A million memberships that come back: a crawl of a loaded snapshot gives a snapshot that `diff` calls the same, from either API.
fn loaded() -> Result<()> {
    for (source, include) in [
        ("chat", "roles,users,channels,user-channels,members,invites"),
        ("conversations", "roles,users,channels,user-channels,members"),
    ] {
        let folder = tempfile::tempdir()?;
        let flags = ["--source", source, "--include", include, "--rps", "0", "--concurrency", "32"];
        let into = |file| [&flags[..], &["--snapshot", file]].concat();
        let simulator =
            Simulator::start(&["--users", "90000", "--channels", "45000", "--memberships", "10"])?;
        measure(crawl(&simulator, folder.path(), &into("a.db")))?;
        drop(simulator);
        let file = folder.path().join("a.db");
        let simulator = Simulator::run(&["--load", file.to_str().ok_or("a folder that is no text")?])?;
        measure(crawl(&simulator, folder.path(), &into("b.db")))?;
        let mut diff = Command::new(BINARY);
        diff.current_dir(folder.path()).args(["diff", "a.db", "b.db", "--json"]);
        let diff: serde_json::Value = serde_json::from_str(&measure(diff)?.stdout)?;
        let peak = peak_of(&simulator.child.id().to_string())?;
        println!(
            "loaded: from {source}: {} records are the same; peak of the simulator {} MiB",
            diff["same"],
            peak.unwrap_or_default() / 1024
        );
    }
    Ok(())
}

/// Speed of an export, against what `serde_json` and `csv` alone do with the same rows.
fn export() -> Result<()> {
    let simulator = Simulator::start(&["--users", "40000", "--channels", "8000", "--memberships", "25"])?;
    let folder = tempfile::tempdir()?;
    measure(crawl(
        &simulator,
        folder.path(),
        &["--rps", "0", "--concurrency", "64", "--include", "users,user-channels"],
    ))?;
    for format in ["ndjson", "csv"] {
        let mut command = Command::new(BINARY);
        command.current_dir(folder.path()).args([
            "export",
            "--out",
            format,
            "--records",
            "user_channels",
            "--format",
            format,
            "--json",
        ]);
        let export = measure(command)?;
        let file = folder.path().join(format).join(format!("user_channels.{format}"));
        let bytes = std::fs::metadata(&file)?.len();
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let megabytes = bytes as f64 / 1e6;
        let alone = rewrite(&file, format)?;
        println!(
            "export: {format}: {megabytes:.0} MB in {:.2?} CPU: {:.0} MB/s; the crate alone takes {alone:.2?} for the same rows (ratio {:.2}); peak {} MiB",
            export.cpu,
            megabytes / export.cpu.as_secs_f64(),
            export.cpu.as_secs_f64() / alone.as_secs_f64(),
            export.peak_kib / 1024
        );
    }
    Ok(())
}

#[derive(Deserialize, serde::Serialize)]
struct UserChannel {
    account_sid: Option<String>,
    service_sid: Option<String>,
    channel_sid: Option<String>,
    user_sid: Option<String>,
    member_sid: Option<String>,
    status: Option<String>,
    last_consumed_message_index: Option<i64>,
    unread_messages_count: Option<i64>,
    notification_level: Option<String>,
}

/// Time to write the rows of a file again from structs in memory with `serde_json` or `csv` and nothing else.
fn rewrite(file: &Path, format: &str) -> Result<Duration> {
    let rows: Vec<UserChannel> = if format == "csv" {
        csv::Reader::from_path(file)?.deserialize().collect::<std::result::Result<_, _>>()?
    } else {
        BufReader::new(std::fs::File::open(file)?)
            .lines()
            .map(|line| Ok(serde_json::from_str(&line?)?))
            .collect::<Result<_>>()?
    };
    let mut out = std::io::BufWriter::with_capacity(1 << 18, tempfile::tempfile()?);
    let start = cpu_of("self")?;
    if format == "csv" {
        let mut writer = csv::Writer::from_writer(&mut out);
        for row in &rows {
            writer.serialize(row)?;
        }
        writer.flush()?;
    } else {
        for row in &rows {
            serde_json::to_writer(&mut out, row)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()?;
    Ok(cpu_of("self")?.saturating_sub(start))
}

/// A crawl of the simulated service, in this folder.
fn crawl(simulator: &Simulator, folder: &Path, flags: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command
        .args(["crawl", "--service", &simulator.services[0], "--json", "--progress", "none"])
        .args(flags)
        .current_dir(folder)
        .envs(simulator.environment());
    command
}

/// A loop over the same service, and the file that it keeps rows in.
fn client_loop(
    name: &str,
    file: Option<&Path>,
    simulator: &Simulator,
    concurrency: usize,
) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(name).args(file).args([
        &simulator.url,
        &simulator.account,
        &simulator.token,
        &simulator.services[0],
        &concurrency.to_string(),
    ]);
    Ok(command)
}

/// twilio-node, which lists the same user channels.
fn twilio_node(simulator: &Simulator, folder: &Path) -> Command {
    let mut command = Command::new("node");
    command.arg(folder.with_file_name(client_loops::TWILIO_NODE)).args([
        &simulator.url,
        &simulator.account,
        &simulator.token,
        &simulator.services[0],
        "16",
    ]);
    command
}

/// What the simulator counted.
fn counted(simulator: &Simulator) -> Result<serde_json::Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let body = reqwest::get(format!("{}/simulator/stats", simulator.url)).await?.bytes().await?;
        Ok(serde_json::from_slice(&body)?)
    })
}

/// A number of the result's `requests`.
fn number(crawl: &Measured, key: &str) -> f64 {
    let result: serde_json::Value = serde_json::from_str(&crawl.stdout).unwrap_or_default();
    result["requests"][key].as_f64().unwrap_or(f64::NAN)
}

fn measure(mut command: Command) -> Result<Measured> {
    measured::measure(&mut command, 0)
}

fn summary(crawl: &Measured) -> String {
    let result: serde_json::Value = serde_json::from_str(&crawl.stdout).unwrap_or_default();
    format!(
        "{} users, {} user channels, {} requests, {:.1?} wall, {:.1?} CPU, peak {} MiB, {}",
        result["counts"]["users"],
        result["counts"]["user_channels"],
        result["requests"]["total"],
        crawl.wall,
        crawl.cpu,
        crawl.peak_kib / 1024,
        result["verdict"]
    )
}
