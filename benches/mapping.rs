//! What mappings and writers cost, without a snapshot: rows are made in memory, one at a time. Run with
//! `cargo bench --bench mapping [-- ROWS]`; the default is 2,000,000 memberships.
//!
//! For each format, the mapping `chat` is compared with code written by hand for the same columns on the same rows (the csv
//! crate, `serde_json`), and `conversations` with `chat`. Ratios are taken within one run, since a machine's speed drifts. The
//! peak of resident memory (Linux) is printed at the end; it must not depend on ROWS.

use std::error::Error;
use std::io::{self, Write};
use std::time::Instant;

use chatferry::internals::event::Events;
use chatferry::internals::export::{self, ExportError, ExportOptions, FileFormat, RowSource};
use chatferry::internals::mapping;
use chatferry::internals::model::{
    AccountSid, Api, Channel, ChannelSid, ChannelType, Entity, Member, MemberSid, Membership,
    MembershipStatus, NotificationLevel, RoleSid, RowRecords, Service, ServiceSid, Timestamp, User, UserSid,
};
use chatferry::internals::snapshot::{Counts, Info, Requests, SnapshotError, Verdict, Walk};
use serde::Serialize;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let rows = arguments.next().map_or(Ok(2_000_000), |rows| rows.parse())?;
    let source = Source { rows };
    let mut out = io::stdout().lock();
    let by_hand = [("csv", timed(|| csv_by_hand(&source))?), ("ndjson", timed(|| ndjson_by_hand(&source))?)];
    for (mapping, record) in [
        ("chat", "user_channels"),
        ("conversations", "participants"),
        ("conversations", "user_conversations"),
    ] {
        for format in [FileFormat::Csv, FileFormat::Ndjson, FileFormat::Parquet] {
            let (seconds, bytes) = timed(|| mapped(&source, mapping, record, format))?;
            write!(out, "{record:18} {:7} ", format.name())?;
            write!(
                out,
                "{:6.2} M rows/s {:7.1} MB/s",
                per_second(rows, seconds),
                per_second(bytes, seconds)
            )?;
            let hand = by_hand.iter().find(|(name, _)| *name == format.name() && mapping == "chat");
            if let Some((_, (hand_seconds, _))) = hand {
                write!(out, ", {:.2} of the time of hand-written code", seconds / hand_seconds)?;
            }
            writeln!(out)?;
        }
    }
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        writeln!(out, "peak of resident memory: {}", peak.trim())?;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn per_second(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds / 1e6
}

/// The seconds that the work took, and the bytes that it wrote.
fn timed(work: impl FnOnce() -> Result<u64, Box<dyn Error>>) -> Result<(f64, u64), Box<dyn Error>> {
    let start = Instant::now();
    let bytes = work()?;
    Ok((start.elapsed().as_secs_f64(), bytes))
}

fn mapped(source: &Source, mapping: &str, record: &str, format: FileFormat) -> Result<u64, Box<dyn Error>> {
    let options = ExportOptions {
        records: Some(vec![record.to_owned()]),
        ..ExportOptions::new(vec![mapping::load(mapping)?], vec![format])
    };
    let mut out = Counter::default();
    export::stream(source, &options, &mut out, &Events::none())?;
    Ok(out.bytes)
}

/// The columns of `user_channels`, as someone would write them who needs no mappings.
#[derive(Serialize)]
struct UserChannel<'a> {
    account_sid: Option<&'a AccountSid>,
    service_sid: Option<&'a ServiceSid>,
    channel_sid: &'a ChannelSid,
    user_sid: &'a UserSid,
    member_sid: Option<&'a MemberSid>,
    status: Option<&'a MembershipStatus>,
    last_consumed_message_index: Option<i64>,
    unread_messages_count: Option<i64>,
    notification_level: Option<&'a NotificationLevel>,
}

impl<'a> From<&'a Membership> for UserChannel<'a> {
    fn from(row: &'a Membership) -> Self {
        Self {
            account_sid: row.account_sid.as_ref(),
            service_sid: row.service_sid.as_ref(),
            channel_sid: &row.channel_sid,
            user_sid: &row.user_sid,
            member_sid: row.member_sid.as_ref(),
            status: row.status.as_ref(),
            last_consumed_message_index: row.last_consumed_message_index,
            unread_messages_count: row.unread_messages_count,
            notification_level: row.notification_level.as_ref(),
        }
    }
}

fn csv_by_hand(source: &Source) -> Result<u64, Box<dyn Error>> {
    let mut writer = csv::Writer::from_writer(Counter::default());
    source.each(&mut |records| {
        if let Some(row) = records.membership {
            writer.serialize(UserChannel::from(row)).map_err(|error| ExportError::Stream(error.into()))?;
        }
        Ok(())
    })?;
    Ok(writer.into_inner()?.bytes)
}

fn ndjson_by_hand(source: &Source) -> Result<u64, Box<dyn Error>> {
    let mut writer = io::BufWriter::with_capacity(256 * 1024, Counter::default());
    source.each(&mut |records| {
        if let Some(row) = records.membership {
            let written =
                serde_json::to_writer(&mut writer, &UserChannel::from(row)).map_err(io::Error::from);
            written.and_then(|()| writer.write_all(b"\n")).map_err(ExportError::Stream)?;
        }
        Ok(())
    })?;
    Ok(writer.into_inner()?.bytes)
}

/// Counts what is written and drops it.
#[derive(Debug, Default)]
struct Counter {
    bytes: u64,
}

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Memberships that are made while they are walked: the same records, changed for each row.
struct Source {
    rows: u64,
}

impl Source {
    fn each(
        &self,
        visit: &mut dyn FnMut(&RowRecords<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let (service, mut membership, user, channel, member) = records();
        for number in 0..self.rows {
            membership.user_sid = UserSid::from_digits(u128::from(number / 20) << 64);
            membership.channel_sid = ChannelSid::from_digits(u128::from(number).reverse_bits());
            membership.member_sid = Some(MemberSid::from_digits(u128::from(number) << 32));
            membership.unread_messages_count = (number % 3 > 0).then_some((number % 90).cast_signed());
            visit(&RowRecords {
                membership: Some(&membership),
                user: Some(&user),
                channel: Some(&channel),
                member: Some(&member),
                ..RowRecords::of_service(&service)
            })?;
        }
        Ok(())
    }
}

impl RowSource for Source {
    fn info(&self) -> Result<Info, SnapshotError> {
        Ok(info())
    }

    fn walk(
        &self,
        _walk: &Walk,
        visit: &mut dyn FnMut(&RowRecords<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        self.each(visit)
    }
}

fn info() -> Info {
    Info {
        format: 1,
        tool_version: String::new(),
        id: String::new(),
        account_sid: AccountSid::from_digits(1),
        services: Vec::new(),
        source: Api::Chat,
        include: Entity::ALL.to_vec(),
        selected_users: None,
        cross_check: None,
        carried: None,
        started: String::new(),
        finished: None,
        elapsed_seconds: 0.0,
        verdict: Verdict::Complete,
        counts: Counts::default(),
        requests: Requests::default(),
        units: std::collections::BTreeMap::new(),
        disagreement_counts: std::collections::BTreeMap::new(),
        disagreements: Vec::new(),
        missing_memberships_count: 0,
        missing_memberships: Vec::new(),
        failures: Vec::new(),
        vanished: std::collections::BTreeMap::new(),
        not_found: Vec::new(),
        oddities: Vec::new(),
    }
}

fn records() -> (Service, Membership, User, Channel, Member) {
    let (account_sid, service_sid) = (Some(AccountSid::from_digits(1)), Some(ServiceSid::from_digits(2)));
    let (user_sid, channel_sid) = (UserSid::from_digits(4), ChannelSid::from_digits(5));
    let date = || Some(Timestamp::Seconds(1_600_000_000));
    let text = |text: &str| Some(text.to_owned());
    let membership = Membership {
        account_sid: account_sid.clone(),
        service_sid: service_sid.clone(),
        channel_sid: channel_sid.clone(),
        user_sid: user_sid.clone(),
        member_sid: None,
        status: Some(MembershipStatus::Joined),
        last_consumed_message_index: Some(41),
        unread_messages_count: None,
        notification_level: Some(NotificationLevel::Default),
        extra: None,
    };
    let user = User {
        sid: user_sid,
        account_sid: account_sid.clone(),
        service_sid: service_sid.clone(),
        attributes: text("{\"team\":\"north\"}"),
        friendly_name: text("Ada Lovelace"),
        role_sid: Some(RoleSid::from_digits(3)),
        identity: text("ada.lovelace@example.org"),
        is_online: None,
        is_notifiable: None,
        date_created: date(),
        date_updated: date(),
        joined_channels_count: Some(20),
        extra: None,
    };
    let channel = Channel {
        sid: channel_sid.clone(),
        account_sid: account_sid.clone(),
        service_sid: service_sid.clone(),
        friendly_name: text("General, \"all hands\""),
        unique_name: text("general-all-hands"),
        attributes: text("{\"topic\":\"everything\",\"pinned\":[1,2,3]}"),
        r#type: Some(ChannelType::Private),
        date_created: date(),
        date_updated: date(),
        created_by: text("system"),
        members_count: Some(20),
        messages_count: Some(1_000),
        state: None,
        timers: None,
        messaging_service_sid: None,
        bindings: None,
        extra: None,
    };
    let member = Member {
        sid: MemberSid::from_digits(6),
        account_sid,
        channel_sid,
        service_sid,
        identity: text("ada.lovelace@example.org"),
        date_created: date(),
        date_updated: date(),
        role_sid: Some(RoleSid::from_digits(3)),
        last_consumed_message_index: Some(41),
        last_consumption_timestamp: date(),
        attributes: text("{}"),
        extra: None,
    };
    (service(), membership, user, channel, member)
}

fn service() -> Service {
    Service {
        sid: ServiceSid::from_digits(2),
        account_sid: None,
        friendly_name: None,
        date_created: None,
        date_updated: None,
        default_service_role_sid: None,
        default_channel_role_sid: None,
        default_channel_creator_role_sid: None,
        read_status_enabled: None,
        reachability_enabled: None,
        typing_indicator_timeout: None,
        consumption_report_interval: None,
        limits: None,
        pre_webhook_url: None,
        post_webhook_url: None,
        webhook_method: None,
        webhook_filters: None,
        pre_webhook_retry_count: None,
        post_webhook_retry_count: None,
        notifications: None,
        media: None,
        configuration: None,
        extra: None,
    }
}
