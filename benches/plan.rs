//! What computing a plan takes: time and peak memory, in place and as a copy, over whole processes. Run with
//! `cargo bench --bench plan [-- USERS]`; the default is 200,000 users with 20 memberships each.
//!
//! Snapshots are written by the crawl's own writer, without a network. Each plan is computed in a process of its own, whose peak
//! of resident memory (Linux) is its own; it must not grow with USERS beyond the few bytes that each of them takes.

#![expect(clippy::print_stdout, reason = "a bench tells its figures")]

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use chatferry::internals::mapping;
use chatferry::internals::model::{
    AccountSid, Api, Channel, ChannelSid, ChannelType, ConversationState, Entity, ListPage, Member,
    MemberSid, Membership, MembershipStatus, NotificationLevel, Records, Role, RoleSid, RoleType, Service,
    ServiceSid, Timestamp, User, UserSid,
};
use chatferry::internals::plan::{
    Header, Inputs, Move, PlanDraft, PlanOptions, PlanRecords, Side, compute_into,
};
use chatferry::internals::snapshot::{CrawlIdentity, Detail, Snapshot, SnapshotWriter, Target, Unit};

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Channels of a user.
const MEMBERSHIPS: u128 = 20;
/// Spreads numbers over SIDs, so that they come in no order; odd, so that it can be undone.
const SPREAD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["compute", kind, folder] => plan(kind, Path::new(folder)),
        [] => measure(200_000),
        [users, ..] => measure(users.parse()?),
    }
}

fn measure(users: u128) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let begin = Instant::now();
    Made { users, api: Api::Chat, service: 1 }.write(&folder.path().join("source.db"))?;
    Made { users, api: Api::Conversations, service: 1 }.write(&folder.path().join("in_place.db"))?;
    Made { users: 0, api: Api::Conversations, service: 2 }.write(&folder.path().join("copy.db"))?;
    println!("{users} users, {} memberships; snapshots made in {:.1?}", users * MEMBERSHIPS, begin.elapsed());
    for kind in ["in_place", "copy"] {
        let mut child = Command::new(std::env::current_exe()?);
        let output = child.args(["compute", kind]).arg(folder.path()).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        print!("{}", String::from_utf8_lossy(&output.stdout));
    }
    Ok(())
}

/// Computes one plan, in a process of its own.
fn plan(kind: &str, folder: &Path) -> Result<()> {
    let begin = Instant::now();
    let source = Snapshot::open(&folder.join("source.db"))?;
    let target = Snapshot::open(&folder.join(format!("{kind}.db")))?;
    let is_copy = kind == "copy";
    let side = |service: u128| Side {
        account_sid: AccountSid::from_digits(1).to_string(),
        service_sid: ServiceSid::from_digits(service).to_string(),
        friendly_name: None,
    };
    let header = Header {
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        kind: if is_copy { Move::Copy } else { Move::InPlace },
        source: side(1),
        target: side(if is_copy { 2 } else { 1 }),
        snapshot: "source.db".to_owned(),
        snapshot_digest: String::new(),
        snapshot_source: Api::Chat,
        snapshot_verdict: "complete".to_owned(),
        snapshot_window: (String::new(), None),
        mapping: "conversations".to_owned(),
        mapping_digest: String::new(),
        target_digest: String::new(),
        target_service_digest: String::new(),
        mute_source: is_copy,
        undoes: None,
        messages: None,
        media: None,
    };
    let mapping = mapping::load("conversations")?;
    let records = PlanRecords::of(&mapping)?;
    let draft = PlanDraft::create(&folder.join(format!("{kind}.plan")), &header)?;
    let inputs = Inputs { source: &source, target: &target, records: &records, header: &header };
    let (draft, totals) = compute_into(draft, &inputs, &PlanOptions::default(), &mut |_| {})?;
    draft.finish(&totals)?;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let operations: u64 = totals.operations.values().flat_map(|states| states.values()).sum();
    println!("{kind}: {operations} operations in {:.1?}, peak {}", begin.elapsed(), peak.trim());
    Ok(())
}

/// A service of so many users: half as many channels, and everyone on 20 of them.
struct Made {
    users: u128,
    api: Api,
    service: u128,
}

impl Made {
    fn channels(&self) -> u128 {
        self.users / 2
    }

    fn write(&self, path: &Path) -> Result<()> {
        let mut include = Entity::ALL.to_vec();
        include.retain(|&entity| !matches!(entity, Entity::Message | Entity::Invite | Entity::Binding));
        let identity = CrawlIdentity {
            account_sid: AccountSid::from_digits(1),
            services: vec![ServiceSid::from_digits(self.service)],
            source: self.api,
            include,
            users: None,
            started: "2026-11-23T00:00:00Z".to_owned(),
        };
        let mut writer = SnapshotWriter::create(path, &identity, |_| 100)?;
        loop {
            let units = writer.pending(1_000, &[])?;
            if units.is_empty() {
                break;
            }
            writer.begin()?;
            for unit in &units {
                self.read(&mut writer, unit)?;
            }
            writer.commit()?;
        }
        writer.reconcile(0, true)?;
        writer.finish("2026-11-23T01:00:00Z")?;
        Ok(writer.close_if_free()?)
    }

    fn read(&self, writer: &mut SnapshotWriter, unit: &Unit) -> Result<()> {
        let step = (self.channels() / MEMBERSHIPS).max(1);
        let records = match &unit.target {
            Target::Service(sid) => {
                writer.store_detail(unit, &Detail::Service(Box::new(service(sid.clone()))), &[])?;
                return Ok(());
            }
            Target::Roles(_) => Records::Roles(vec![self.role(1), self.role(2)]),
            Target::Users(_) => Records::Users((0..self.users).map(|user| self.user(user)).collect()),
            Target::Channels(_) => {
                Records::Channels((0..self.channels()).map(|number| self.channel(number)).collect())
            }
            Target::UserChannels(_, sid) => {
                let user = number(&sid.to_string());
                let of = |place: u128| membership(user, (user + place * step) % self.channels());
                Records::Memberships((0..MEMBERSHIPS).map(of).collect())
            }
            Target::Members(_, sid) => {
                let channel = number(&sid.to_string());
                let first = |place: u128| (channel + self.channels() - place * step) % self.channels();
                let users = (0..MEMBERSHIPS).flat_map(|place| [first(place), first(place) + self.channels()]);
                Records::Members(users.map(|user| member(user, channel)).collect())
            }
            other => return Err(format!("no one asked for {other}").into()),
        };
        let page = ListPage { records, received: 1, issues: Vec::new(), next: None, page_size: None };
        writer.store_page(unit, &page)?;
        Ok(())
    }

    fn role(&self, number: u128) -> Role {
        let kinds =
            if self.api == Api::Chat { ["deployment", "channel"] } else { ["service", "conversation"] };
        Role {
            sid: RoleSid::from_digits(number),
            account_sid: None,
            service_sid: None,
            friendly_name: Some(format!("role {number}")),
            r#type: Some(RoleType::from_wire(kinds[usize::from(number == 2)])),
            permissions: Some(vec!["sendMessage".to_owned()]),
            date_created: None,
            date_updated: None,
            extra: None,
        }
    }

    fn user(&self, user: u128) -> User {
        User {
            sid: UserSid::from_digits(spread(user)),
            account_sid: None,
            service_sid: None,
            attributes: Some("{}".to_owned()),
            friendly_name: Some(format!("User {user}")),
            role_sid: Some(RoleSid::from_digits(1)),
            identity: Some(identity(user)),
            is_online: None,
            is_notifiable: None,
            date_created: Some(Timestamp::Seconds(1_500_000_000)),
            date_updated: Some(Timestamp::Seconds(1_500_000_000)),
            joined_channels_count: (self.api == Api::Chat).then_some(20),
            extra: None,
        }
    }

    fn channel(&self, number: u128) -> Channel {
        let is_chat = self.api == Api::Chat;
        Channel {
            sid: ChannelSid::from_digits(spread(number)),
            account_sid: None,
            service_sid: None,
            friendly_name: Some(format!("Channel {number}")),
            unique_name: number.is_multiple_of(2).then(|| format!("channel-{number}")),
            attributes: Some("{\"topic\":\"a topic of some length\"}".to_owned()),
            r#type: is_chat.then_some(ChannelType::Private),
            date_created: Some(Timestamp::Seconds(1_500_000_000)),
            date_updated: Some(Timestamp::Seconds(1_500_000_000)),
            created_by: None,
            members_count: is_chat.then_some(40),
            messages_count: is_chat.then_some(10),
            state: (!is_chat).then_some(ConversationState::Active),
            timers: None,
            messaging_service_sid: None,
            bindings: None,
            extra: None,
        }
    }
}

fn membership(user: u128, channel: u128) -> Membership {
    Membership {
        account_sid: None,
        service_sid: None,
        channel_sid: ChannelSid::from_digits(spread(channel)),
        user_sid: UserSid::from_digits(spread(user)),
        member_sid: Some(member_sid(user, channel)),
        status: Some(MembershipStatus::Joined),
        last_consumed_message_index: Some(7),
        unread_messages_count: Some(3),
        notification_level: Some(NotificationLevel::Default),
        extra: None,
    }
}

fn member(user: u128, channel: u128) -> Member {
    Member {
        sid: member_sid(user, channel),
        account_sid: None,
        channel_sid: ChannelSid::from_digits(spread(channel)),
        service_sid: None,
        identity: Some(identity(user)),
        role_sid: Some(RoleSid::from_digits(2)),
        last_consumed_message_index: Some(7),
        last_consumption_timestamp: Some(Timestamp::Seconds(1_500_000_100)),
        date_created: Some(Timestamp::Seconds(1_500_000_000)),
        date_updated: Some(Timestamp::Seconds(1_500_000_000)),
        attributes: Some("{\"note\":\"some application data\"}".to_owned()),
        extra: None,
    }
}

fn spread(number: u128) -> u128 {
    (number + 1).wrapping_mul(SPREAD)
}

/// Undoes [`spread`] of a SID's digits.
fn number(sid: &str) -> u128 {
    let digits = u128::from_str_radix(sid.split_at(2).1, 16).unwrap_or(0);
    // Newton's method: each round doubles the digits of the inverse that are right.
    let inverse = (0..7)
        .fold(1_u128, |inverse, _| inverse.wrapping_mul(2_u128.wrapping_sub(SPREAD.wrapping_mul(inverse))));
    digits.wrapping_mul(inverse) - 1
}

fn member_sid(user: u128, channel: u128) -> MemberSid {
    MemberSid::from_digits(((user << 40 | channel) + 1).wrapping_mul(SPREAD))
}

fn identity(user: u128) -> String {
    format!("user-{user}@example.com")
}

fn service(sid: ServiceSid) -> Service {
    Service {
        sid,
        account_sid: None,
        friendly_name: Some("Bench".to_owned()),
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
