//! What a diff of two large snapshots costs: `cargo bench --bench diff`, or with the number of users as an argument.
//!
//! Two snapshots of one service, the second a copy of the first in which one membership of a thousand was changed, removed or
//! added. Measured are the time, CPU and peak memory of `chatferry diff`, with and without digests of lists, beside a plain
//! scan of both files by SQLite that reads every column of every membership.
//!
//! Of 10,000,000 memberships, a diff without digests of lists took 1.89 times the CPU of that scan and 59 MiB, and one with them
//! 0.15 times and 52 MiB, on the machine of README's figures. Twice the scan and 100 MiB are what it shall stay under.

#![expect(clippy::print_stdout, reason = "a bench tells its figures")]

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use chatferry::internals::model::Entity;
use chatferry::internals::snapshot::SnapshotWriter;
use measured::{Measured, measure};
use rusqlite::Connection;
use snapshot::{EACH, make, page_size};

#[path = "support/measured.rs"]
mod measured;
#[path = "support/snapshot.rs"]
mod snapshot;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// One membership in so many is changed, removed or added.
const SHARE: u64 = 1000;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let first = arguments.next();
    if first.as_deref() == Some("scan") {
        return arguments.try_for_each(|file| scan(Path::new(&file)));
    }
    let users: u64 = first.map_or(Ok(1_000_000), |number| number.parse())?;
    let folder = tempfile::tempdir()?;
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    let began = Instant::now();
    make(&old, users, &[Entity::User, Entity::Membership])?;
    std::fs::copy(&old, &new)?;
    let changed = change(&new)?;
    let memberships = users * EACH;
    println!("{memberships} memberships in each, {changed} changed; made in {:.0?}", began.elapsed());

    let scan = measure(Command::new(std::env::current_exe()?).arg("scan").args([&old, &new]), 0)?;
    tell("SQLite scans both", &scan, memberships);
    let diff = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chatferry"));
        command.arg("diff").args([&old, &new]).arg("--json");
        command
    };
    let plain = measure(&mut diff(), 5)?;
    check(&plain, memberships, changed)?;
    tell("diff", &plain, memberships);
    for file in [&old, &new] {
        let began = Instant::now();
        SnapshotWriter::open(file, page_size)?.write_list_digests()?;
        println!("  digests of {} written in {:.1?}", file.display(), began.elapsed());
    }
    let quick = measure(&mut diff(), 5)?;
    check(&quick, memberships, changed)?;
    tell("diff with digests", &quick, memberships);
    println!(
        "diff / scan: {:.2} of CPU without digests, {:.2} with",
        plain.cpu.as_secs_f64() / scan.cpu.as_secs_f64(),
        quick.cpu.as_secs_f64() / scan.cpu.as_secs_f64()
    );
    Ok(())
}

fn tell(what: &str, measured: &Measured, memberships: u64) {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = memberships as f64 / measured.cpu.as_secs_f64();
    println!(
        "{what}: {:.1?} wall, {:.1?} CPU, {rate:.0} memberships a second of CPU, peak {} MiB",
        measured.wall,
        measured.cpu,
        measured.peak_kib / 1024
    );
}

/// Fails unless the diff found what was changed.
fn check(measured: &Measured, memberships: u64, changed: u64) -> Result<()> {
    let result: serde_json::Value = serde_json::from_str(&measured.stdout)?;
    let counts = &result["by_entity"]["user_channels"];
    let number = |mark: &str| counts[mark].as_u64().unwrap_or_default();
    let found = number("added") + number("missing") + number("different");
    if found != changed || number("same") + number("different") + number("missing") != memberships {
        return Err(format!("{counts} for {changed} changes of {memberships}").into());
    }
    Ok(())
}

/// Changes, removes and adds one membership of a thousand, each a third of them.
fn change(path: &Path) -> Result<u64> {
    let connection = Connection::open(path)?;
    connection.execute_batch("BEGIN")?;
    let every = i64::try_from(SHARE / EACH * 3)?;
    let first = "(SELECT min(channel_sid) FROM membership_row o WHERE o.user = u.id)";
    let mut changed = 0;
    changed += connection.execute(
        "UPDATE membership_row SET last_consumed_message_index = last_consumed_message_index + 1
         WHERE user % ?1 = 0 AND channel_sid = (SELECT min(channel_sid) FROM membership_row o WHERE o.user = membership_row.user)",
        [every],
    )?;
    changed += connection.execute(
        &format!(
            "DELETE FROM membership_row WHERE (user, channel_sid) IN
               (SELECT u.id, {first} FROM user_row u WHERE u.id % ?1 = 1)"
        ),
        [every],
    )?;
    changed += connection.execute(
        "INSERT INTO membership_row (user, channel_sid, pass, service, scope, member_sid, status)
         SELECT id, randomblob(16), 0, service, scope, randomblob(16), 1 FROM user_row WHERE id % ?1 = 2",
        [every],
    )?;
    connection.execute_batch("COMMIT")?;
    Ok(changed as u64)
}

/// Reads every column of every membership.
fn scan(path: &Path) -> Result<()> {
    let connection = Connection::open(path)?;
    let mut statement = connection.prepare("SELECT * FROM membership_row ORDER BY user, channel_sid")?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            std::hint::black_box(row.get_ref(column)?);
        }
    }
    Ok(())
}
