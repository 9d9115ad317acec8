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
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chatferry::internals::model::{
    AccountSid, Api, ChannelSid, Entity, ListPage, MemberSid, Membership, MembershipStatus,
    NotificationLevel, Records, ServiceSid, Timestamp, User, UserSid,
};
use chatferry::internals::snapshot::{CrawlIdentity, SnapshotWriter, Target};
use rusqlite::Connection;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Memberships of a user.
const EACH: u64 = 10;

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
    make(&old, users)?;
    std::fs::copy(&old, &new)?;
    let changed = change(&new)?;
    let memberships = users * EACH;
    println!("{memberships} memberships in each, {changed} changed; made in {:.0?}", began.elapsed());

    let scan = measure(Command::new(std::env::current_exe()?).arg("scan").args([&old, &new]))?;
    tell("SQLite scans both", &scan, memberships);
    let diff = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chatferry"));
        command.arg("diff").args([&old, &new]).arg("--json");
        command
    };
    let plain = measure(&mut diff())?;
    check(&plain, memberships, changed)?;
    tell("diff", &plain, memberships);
    for file in [&old, &new] {
        let began = Instant::now();
        SnapshotWriter::open(file, page_size)?.write_list_digests()?;
        println!("  digests of {} written in {:.1?}", file.display(), began.elapsed());
    }
    let quick = measure(&mut diff())?;
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

fn page_size(_: Entity) -> u32 {
    100
}

/// A number that looks like any other, the same each time.
fn mix(number: u64) -> u128 {
    let mut state = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ state >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 31;
        u128::from(state)
    };
    next() << 64 | next()
}

/// Makes a finished snapshot of so many users, through the writer, as a crawl does.
fn make(path: &Path, users: u64) -> Result<()> {
    let service = ServiceSid::from_digits(1);
    let account = AccountSid::from_digits(2);
    let identity = CrawlIdentity {
        account_sid: account.clone(),
        services: vec![service.clone()],
        source: Api::Chat,
        include: vec![Entity::User, Entity::Membership],
        users: None,
        started: "2026-11-23T00:00:00Z".to_owned(),
    };
    let mut writer = SnapshotWriter::create(path, &identity, page_size)?;
    let list = writer.pending(1, &[])?.into_iter().chain(writer.pending(10, &[])?);
    let list =
        list.into_iter().find(|unit| matches!(unit.target, Target::Users(_))).ok_or("no list of users")?;
    let page = |records: Records, received: usize, next: Option<String>| ListPage {
        records,
        received,
        issues: Vec::new(),
        next,
        page_size: None,
    };
    let date = Some(Timestamp::Seconds(1_700_000_000));
    writer.begin()?;
    for first in (0..users).step_by(10_000) {
        let end = (first + 10_000).min(users);
        let rows: Vec<User> = (first..end)
            .map(|number| User {
                sid: UserSid::from_digits(mix(number)),
                account_sid: Some(account.clone()),
                service_sid: Some(service.clone()),
                attributes: Some("{}".to_owned()),
                friendly_name: None,
                role_sid: None,
                identity: Some(format!("user{number}@example.com")),
                is_online: None,
                is_notifiable: None,
                date_created: date.clone(),
                date_updated: date.clone(),
                joined_channels_count: Some(EACH.cast_signed()),
                extra: None,
            })
            .collect();
        let next = (end < users).then(|| end.to_string());
        writer.store_page(&list, &page(Records::Users(rows), 10_000, next))?;
    }
    writer.commit()?;
    let mut stored = 0;
    while stored < users {
        let units = writer.pending(5_000, &[])?;
        writer.begin()?;
        for unit in units {
            let Target::UserChannels(_, user) = &unit.target else {
                writer.fail_unit(unit.id, "not a part of this bench")?;
                continue;
            };
            let rows: Vec<Membership> = (0..EACH)
                .map(|place| {
                    let channel = place * 10_000 + (stored * 7919 + place) % 10_000;
                    Membership {
                        account_sid: Some(account.clone()),
                        service_sid: Some(service.clone()),
                        channel_sid: ChannelSid::from_digits(mix(1 << 60 | channel)),
                        user_sid: user.clone(),
                        member_sid: Some(MemberSid::from_digits(mix(1 << 61 | (stored * EACH + place)))),
                        status: Some(MembershipStatus::Joined),
                        last_consumed_message_index: Some((stored % 500).cast_signed()),
                        unread_messages_count: Some((stored % 7).cast_signed()),
                        notification_level: Some(NotificationLevel::Default),
                        extra: None,
                    }
                })
                .collect();
            writer.store_page(&unit, &page(Records::Memberships(rows), 10, None))?;
            stored += 1;
        }
        writer.commit()?;
    }
    writer.finish("2026-11-23T01:00:00Z")?;
    writer.close_if_free()?;
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

/// A finished process.
struct Measured {
    wall: Duration,
    cpu: Duration,
    peak_kib: u64,
    stdout: String,
}

/// Runs a process to its end and takes its CPU time and peak memory as the kernel counts them.
fn measure(command: &mut Command) -> Result<Measured> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let process = PathBuf::from("/proc").join(child.id().to_string());
    let stdout = child.stdout.take().ok_or("no output")?;
    let reader = std::thread::spawn(move || std::io::read_to_string(stdout));
    let mut peak_kib = 0;
    // The peak is gone with the process, its CPU time only once it has been waited for.
    loop {
        let status = std::fs::read_to_string(process.join("status"))?;
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        if field("State:").is_none_or(|state| state.starts_with('Z')) {
            break;
        }
        if let Some(peak) = field("VmHWM:") {
            peak_kib = peak.trim_end_matches(" kB").parse()?;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let wall = start.elapsed();
    let counted = std::fs::read_to_string(process.join("stat"))?;
    let fields: Vec<&str> = counted.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let cpu = Duration::from_millis((fields[11].parse::<u64>()? + fields[12].parse::<u64>()?) * 10);
    let stdout = reader.join().map_err(|_| "the reader of the output failed")??;
    child.wait()?;
    Ok(Measured { wall, cpu, peak_kib, stdout })
}
