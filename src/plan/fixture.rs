//! Small services in memory: written as snapshots, and changed as a plan says, so that plans can be tested without a network.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::mapping::{self, Mapping};
use crate::model::*;
use crate::plan::*;
use crate::snapshot::{CrawlIdentity, Detail, Snapshot, SnapshotWriter, Target};

/// The seconds of every date.
pub(super) const DATE: i64 = 1_500_000_000;

/// A service and all that it has.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) api: &'static str,
    pub(super) service: Service,
    pub(super) roles: Vec<Role>,
    pub(super) users: Vec<User>,
    pub(super) channels: Vec<Channel>,
    pub(super) memberships: Vec<Membership>,
    pub(super) members: Vec<Member>,
    pub(super) invites: Vec<Invite>,
    /// What the crawl was asked for.
    pub(super) include: Vec<Entity>,
    pub(super) selected: Option<Vec<String>>,
    /// Units that fail, by what they are called.
    pub(super) failing: Vec<String>,
    /// The identity of a user that the snapshot loses: no crawl does that.
    pub(super) lost: Option<&'static str>,
    /// Units that turn out to be gone, by what they are called.
    pub(super) vanishing: Vec<String>,
}

#[expect(clippy::unnecessary_wraps, reason = "the model's fields are optional")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(super) fn role(number: u128, name: &str, kind: &str, permissions: &[&str]) -> Role {
    Role {
        sid: RoleSid::from_digits(number),
        account_sid: None,
        service_sid: None,
        friendly_name: text(name),
        r#type: Some(RoleType::from_wire(kind)),
        permissions: Some(permissions.iter().map(|&name| name.to_owned()).collect()),
        date_created: None,
        date_updated: None,
        extra: None,
    }
}

pub(super) fn user(number: u128, identity: &str) -> User {
    User {
        sid: UserSid::from_digits(number),
        account_sid: None,
        service_sid: None,
        attributes: text("{}"),
        friendly_name: text(&identity.to_uppercase()),
        role_sid: Some(RoleSid::from_digits(1)),
        identity: text(identity),
        is_online: None,
        is_notifiable: None,
        date_created: Some(Timestamp::Seconds(DATE)),
        date_updated: None,
        joined_channels_count: None,
        extra: None,
    }
}

pub(super) fn channel(number: u128, kind: &str) -> Channel {
    Channel {
        sid: ChannelSid::from_digits(number),
        account_sid: None,
        service_sid: None,
        friendly_name: text(&format!("Room {number}")),
        unique_name: None,
        attributes: text("{\"topic\":1}"),
        r#type: Some(ChannelType::from_wire(kind)),
        date_created: Some(Timestamp::Seconds(DATE)),
        date_updated: Some(Timestamp::Seconds(DATE + 1)),
        created_by: text("system"),
        members_count: None,
        messages_count: Some(0),
        state: None,
        timers: None,
        messaging_service_sid: None,
        bindings: None,
        extra: None,
    }
}

impl World {
    pub(super) fn new(api: &'static str, service: u128) -> Self {
        let mut include = Entity::ALL.to_vec();
        include.retain(|&entity| entity != Entity::Message && (api == "chat" || entity != Entity::Invite));
        Self {
            api,
            service: Service {
                sid: ServiceSid::from_digits(service),
                account_sid: None,
                friendly_name: text("Support"),
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
            },
            roles: Vec::new(),
            users: Vec::new(),
            channels: Vec::new(),
            memberships: Vec::new(),
            members: Vec::new(),
            invites: Vec::new(),
            include,
            selected: None,
            failing: Vec::new(),
            lost: None,
            vanishing: Vec::new(),
        }
    }

    /// A Chat service: two roles, three users, a private channel with all of them and a public one with the first.
    pub(super) fn chat() -> Self {
        let mut world = Self::new("chat", 0x15);
        world.roles = vec![
            role(1, "user", "deployment", &["createChannel"]),
            role(2, "member", "channel", &["sendMessage", "leaveChannel"]),
        ];
        world.users = vec![user(1, "ada"), user(2, "bob"), user(3, "cyd")];
        world.channels = vec![channel(10, "private"), channel(20, "public")];
        for (user, channel) in [(1, 10), (2, 10), (3, 10), (1, 20)] {
            world.join(user, channel);
        }
        world
    }

    /// What Conversations shows of it: private channels, joined members, translated roles.
    pub(super) fn in_place(&self) -> Self {
        let mut there =
            Self { api: "conversations", invites: Vec::new(), failing: Vec::new(), ..self.clone() };
        there.include.retain(|&entity| entity != Entity::Invite);
        there.selected = None;
        there.channels.retain(|channel| channel.r#type == Some(ChannelType::Private));
        for channel in &mut there.channels {
            (channel.r#type, channel.created_by, channel.messages_count) = (None, None, None);
            channel.state = Some(ConversationState::Active);
        }
        let sids: Vec<ChannelSid> = there.channels.iter().map(|channel| channel.sid.clone()).collect();
        there.members.retain(|member| sids.contains(&member.channel_sid));
        there.memberships.retain(|row| row.is_joined() && sids.contains(&row.channel_sid));
        let table = mapping().roles.unwrap();
        for role in &mut there.roles {
            let mapped = table.map(&mapping::RoleParts {
                r#type: role.r#type.as_ref().map(RoleType::as_str),
                permissions: role.permissions.as_deref(),
                ..mapping::RoleParts::default()
            });
            role.r#type = mapped.r#type.as_deref().map(RoleType::from_wire);
            role.permissions = mapped.permissions;
        }
        there
    }

    pub(super) fn join(&mut self, user: u128, channel: u128) {
        let identity = self.users.iter().find(|known| known.sid == UserSid::from_digits(user));
        let identity = identity.and_then(|user| user.identity.clone());
        let sid = MemberSid::from_digits(user << 64 | channel);
        self.members.push(Member {
            sid: sid.clone(),
            account_sid: None,
            channel_sid: ChannelSid::from_digits(channel),
            service_sid: None,
            identity,
            role_sid: Some(RoleSid::from_digits(2)),
            last_consumed_message_index: Some(5),
            last_consumption_timestamp: Some(Timestamp::Seconds(DATE + 9)),
            date_created: Some(Timestamp::Seconds(DATE)),
            date_updated: None,
            attributes: text("{}"),
            extra: None,
        });
        self.memberships.push(Membership {
            account_sid: None,
            service_sid: None,
            channel_sid: ChannelSid::from_digits(channel),
            user_sid: UserSid::from_digits(user),
            member_sid: Some(sid),
            status: Some(MembershipStatus::Joined),
            last_consumed_message_index: Some(5),
            unread_messages_count: None,
            notification_level: Some(NotificationLevel::Default),
            extra: None,
        });
    }

    /// Invites a user; seen from the user's side, or from the channel's.
    pub(super) fn invite(&mut self, user: u128, channel: u128, from_channel: bool) {
        self.join(user, channel);
        let (member, mut row) = (self.members.pop().unwrap(), self.memberships.pop().unwrap());
        if !from_channel {
            (row.status, row.member_sid) = (Some(MembershipStatus::Invited), None);
            row.last_consumed_message_index = None;
            return self.memberships.push(row);
        }
        self.invites.push(Invite {
            sid: InviteSid::from_digits(user << 64 | channel),
            account_sid: None,
            channel_sid: member.channel_sid,
            service_sid: None,
            identity: member.identity,
            date_created: None,
            date_updated: None,
            role_sid: member.role_sid,
            created_by: None,
            extra: None,
        });
    }

    fn page(&self, target: &Target) -> Records {
        match target {
            Target::Roles(_) => Records::Roles(self.roles.clone()),
            Target::Users(_) => Records::Users(self.users.clone()),
            Target::Channels(_) => Records::Channels(self.channels.clone()),
            Target::UserChannels(_, user) => Records::Memberships(
                self.memberships.iter().filter(|row| row.user_sid == *user).cloned().collect(),
            ),
            Target::Members(_, channel) => Records::Members(
                self.members.iter().filter(|row| row.channel_sid == *channel).cloned().collect(),
            ),
            Target::Invites(_, channel) => Records::Invites(
                self.invites.iter().filter(|row| row.channel_sid == *channel).cloned().collect(),
            ),
            other => panic!("nobody asked for {other}"),
        }
    }

    /// Writes it as a crawl would. With `end` the crawl ends; otherwise it is broken off when all has been read.
    pub(super) fn write(&self, path: &Path, end: bool) -> Snapshot {
        let identity = CrawlIdentity {
            account_sid: AccountSid::from_digits(0xac),
            services: vec![self.service.sid.clone()],
            source: self.api.to_owned(),
            include: self.include.clone(),
            users: self.selected.clone(),
            started: "2026-11-23T00:00:00Z".to_owned(),
        };
        let mut writer = SnapshotWriter::create(path, &identity, |_| 100).unwrap();
        self.read_all(&mut writer);
        if end {
            writer.reconcile(0, true).unwrap();
            self.read_all(&mut writer);
            writer.reconcile(1, true).unwrap();
            writer.finish("2026-11-23T01:00:00Z").unwrap();
        }
        writer.close_if_free().unwrap();
        if let Some(identity) = self.lost {
            let file = rusqlite::Connection::open(path).unwrap();
            file.execute("UPDATE user_row SET listed = 0 WHERE identity = ?1", [identity]).unwrap();
        }
        Snapshot::open(path).unwrap()
    }

    fn read_all(&self, writer: &mut SnapshotWriter) {
        loop {
            let units = writer.pending(1_000, &[]).unwrap();
            if units.is_empty() {
                return;
            }
            for unit in units {
                writer.begin().unwrap();
                match &unit.target {
                    target if self.failing.contains(&target.to_string()) => {
                        writer.fail_unit(unit.id, "500").unwrap();
                    }
                    target if self.vanishing.contains(&target.to_string()) => {
                        writer.vanish_unit(&unit, "404").unwrap();
                    }
                    Target::Service(_) => {
                        let detail = Detail::Service(Box::new(self.service.clone()));
                        writer.store_detail(&unit, &detail, &[]).unwrap();
                    }
                    Target::User(_, sid) if self.users.iter().any(|user| user.sid == *sid) => {
                        let user = self.users.iter().find(|user| user.sid == *sid).unwrap();
                        let detail = Detail::User(Box::new(user.clone()));
                        writer.store_detail(&unit, &detail, &[]).unwrap();
                    }
                    Target::Channel(_, sid) if self.channels.iter().any(|channel| channel.sid == *sid) => {
                        let channel = self.channels.iter().find(|channel| channel.sid == *sid).unwrap();
                        let detail = Detail::Channel(Box::new(channel.clone()));
                        writer.store_detail(&unit, &detail, &[]).unwrap();
                    }
                    Target::Channel(..) | Target::User(..) => writer.vanish_unit(&unit, "404").unwrap(),
                    target => {
                        let records = self.page(target);
                        let page = ListPage {
                            records,
                            received: 1,
                            issues: Vec::new(),
                            next: None,
                            page_size: None,
                        };
                        writer.store_page(&unit, &page).unwrap();
                    }
                }
                writer.commit().unwrap();
            }
        }
    }
}

/// The mapping that plans are made with.
pub(super) fn mapping() -> Mapping {
    mapping::load("conversations").unwrap()
}

/// The bundled mapping with other words in it.
pub(super) fn mapping_with(changes: &[(&str, &str)]) -> Mapping {
    let mut text = mapping::bundled_text("conversations").unwrap().to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    mapping::parse(&text, "mine.toml", None).unwrap()
}

/// What a plan came to.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) operations: Vec<(Operation, Option<String>)>,
    pub(super) counterparts: Vec<(Entity, String, String)>,
    pub(super) findings: Vec<Finding>,
    pub(super) totals: Option<Totals>,
}

impl Sink for Kept {
    fn operation(&mut self, operation: &Operation, blocked: Option<&str>) -> Result<(), PlanError> {
        self.operations.push((operation.clone(), blocked.map(str::to_owned)));
        Ok(())
    }

    fn counterpart(&mut self, entity: Entity, source: &str, target: &str) -> Result<(), PlanError> {
        self.counterparts.push((entity, source.to_owned(), target.to_owned()));
        Ok(())
    }

    fn finding(&mut self, finding: &Finding) -> Result<(), PlanError> {
        self.findings.push(finding.clone());
        Ok(())
    }
}

impl Kept {
    pub(super) fn totals(&self) -> &Totals {
        self.totals.as_ref().unwrap()
    }

    /// Operations by their names, blocked ones with the reason.
    pub(super) fn kinds(&self) -> Vec<String> {
        let name = |(operation, blocked): &(Operation, Option<String>)| match blocked {
            None => operation.kind.name().to_owned(),
            Some(reason) => format!("{} ({reason})", operation.kind.name()),
        };
        self.operations.iter().map(name).collect()
    }

    pub(super) fn of(&self, kind: Kind) -> Vec<&Operation> {
        self.operations.iter().map(|(operation, _)| operation).filter(|one| one.kind == kind).collect()
    }

    /// What a check found: subject and detail.
    pub(super) fn found(&self, code: &str) -> Vec<(String, String)> {
        let found = self.findings.iter().filter(|finding| finding.check.code == code);
        found.map(|finding| (finding.sid.clone(), finding.detail.clone())).collect()
    }

    /// The codes of all findings, each once.
    pub(super) fn codes(&self) -> Vec<&'static str> {
        let mut codes: Vec<&str> = self.findings.iter().map(|finding| finding.check.code).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}

/// A folder with the snapshots of two services.
pub(super) struct Sides {
    pub(super) folder: tempfile::TempDir,
    pub(super) source: Snapshot,
    pub(super) target: Snapshot,
    pub(super) header: Header,
}

impl Sides {
    pub(super) fn new(source: &World, target: &World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let side = |world: &World| Side {
            account_sid: "AC".to_owned(),
            service_sid: world.service.sid.to_string(),
            friendly_name: None,
        };
        let is_copy = source.service.sid != target.service.sid;
        let header = Header {
            tool_version: String::new(),
            kind: if is_copy { Move::Copy } else { Move::InPlace },
            source: side(source),
            target: side(target),
            snapshot: String::new(),
            snapshot_digest: String::new(),
            snapshot_source: source.api.to_owned(),
            snapshot_verdict: String::new(),
            snapshot_window: (String::new(), None),
            mapping: String::new(),
            mapping_digest: String::new(),
            target_digest: String::new(),
            target_service_digest: String::new(),
            mute_source: false,
            undoes: None,
        };
        Self {
            source: source.write(&folder.path().join("source.db"), true),
            target: target.write(&folder.path().join("target.db"), true),
            folder,
            header,
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn plan(&self, mapping: &Mapping, options: &PlanOptions) -> Kept {
        let records = PlanRecords::of(mapping).unwrap();
        let (source, target, header) = (&self.source, &self.target, &self.header);
        let inputs = Inputs { source, target, records: &records, header };
        let mut kept = Kept::default();
        kept.totals = Some(compute(&inputs, options, &mut kept, &mut |_| {}).unwrap());
        kept
    }
}

/// The plan of a move, with the bundled mapping.
pub(super) fn plan(source: &World, target: &World) -> Kept {
    Sides::new(source, target).plan(&mapping(), &PlanOptions::default())
}

/// Performs what is not blocked, as Conversations would.
pub(super) fn perform(target: &mut World, kept: &Kept) {
    let mut operations: Vec<&Operation> =
        kept.operations.iter().filter(|(_, blocked)| blocked.is_none()).map(|(one, _)| one).collect();
    operations.sort_by_key(|operation| operation.kind);
    for operation in operations {
        one(target, operation);
    }
}

/// The number of a new SID: that of the source's with a bit that none of them has.
const NEW: u128 = 1 << 100;

#[expect(clippy::too_many_lines, reason = "one arm for each kind")]
fn one(target: &mut World, operation: &Operation) {
    let subject = &operation.subject;
    let string = |key: &str| operation.after.get(key).and_then(Json::as_str).map(str::to_owned);
    let time = |key: &str| string(key).map(|text| Timestamp::from_wire(&text));
    let role = |target: &World| {
        let sid = string("role_sid")?;
        let Some(planned) = sid.strip_prefix('{') else { return Some(RoleSid::from_wire(&sid)) };
        let StoredSid::Digits(digits) = RoleSid::from_wire(planned.trim_end_matches('}')).stored() else {
            panic!()
        };
        let sid = RoleSid::from_digits(u128::from_be_bytes(digits) | NEW);
        assert!(target.roles.iter().any(|role| role.sid == sid), "the role was made before");
        Some(sid)
    };
    let conversation = |target: &World| {
        let known = subject.conversation_sid.as_deref().map(ChannelSid::from_wire);
        known.unwrap_or_else(|| {
            let found = target.channels.iter().find(|channel| channel.unique_name == subject.unique_name);
            found.expect("the conversation was made before").sid.clone()
        })
    };
    let digits = |text: String| u128::from_str_radix(text.split_at(2).1, 16).unwrap();
    match operation.kind {
        Kind::MakePrivate => panic!("not in a copy"),
        Kind::CreateRole => {
            let permissions: Vec<String> =
                serde_json::from_value(operation.after["permissions"].clone()).unwrap();
            let permissions: Vec<&str> = permissions.iter().map(String::as_str).collect();
            let number = digits(subject.role_sid.as_ref().unwrap().to_string()) | NEW;
            let (name, kind) = (string("friendly_name").unwrap(), string("type").unwrap());
            target.roles.push(super::fixture::role(number, &name, &kind, &permissions));
        }
        Kind::CreateUser => {
            let sid = digits(subject.user_sid.as_ref().unwrap().to_string()) | NEW;
            let new = User {
                friendly_name: string("friendly_name"),
                attributes: string("attributes"),
                role_sid: role(target),
                ..user(sid, &string("identity").unwrap())
            };
            target.users.push(new);
        }
        Kind::CreateConversation => {
            let number = digits(subject.channel_sid.as_ref().unwrap().to_string()) | NEW;
            target.channels.push(Channel {
                unique_name: string("unique_name"),
                friendly_name: string("friendly_name"),
                attributes: string("attributes"),
                date_created: time("date_created"),
                r#type: None,
                created_by: None,
                messages_count: None,
                state: Some(ConversationState::Active),
                ..channel(number, "private")
            });
        }
        Kind::CreateParticipant => {
            let sid = conversation(target);
            let identity = string("identity").unwrap();
            let user = target.users.iter().find(|user| user.identity.as_ref() == Some(&identity));
            let user = digits(user.expect("the user was made before").sid.to_string());
            let role = role(target);
            target.join(user, digits(sid.to_string()));
            let (member, row) = (target.members.last_mut().unwrap(), target.memberships.last_mut().unwrap());
            member.role_sid = role;
            member.attributes = string("attributes");
            member.date_created = time("date_created");
            (member.last_consumed_message_index, member.last_consumption_timestamp) = (None, None);
            row.last_consumed_message_index = None;
        }
        Kind::UpdateParticipant => {
            let sid = conversation(target);
            let identity = &subject.identity;
            let mut members = target.members.iter_mut();
            let member =
                members.find(|member| member.channel_sid == sid && member.identity == *identity).unwrap();
            if let Some(index) = operation.after.get("last_read_message_index") {
                member.last_consumed_message_index = index.as_i64();
            }
            if let Some(at) = time("last_read_timestamp") {
                member.last_consumption_timestamp = Some(at);
            }
            if let Some(attributes) = string("attributes") {
                member.attributes = Some(attributes);
            }
        }
        Kind::UpdateUserConversation => {
            let sid = conversation(target);
            let user =
                target.users.iter().find(|user| user.identity == subject.identity).unwrap().sid.clone();
            let mut rows = target.memberships.iter_mut();
            let row = rows.find(|row| row.channel_sid == sid && row.user_sid == user).unwrap();
            row.notification_level =
                string("notification_level").map(|text| NotificationLevel::from_wire(&text));
        }
        Kind::UpdateConversation => {
            let sid = conversation(target);
            let channel = target.channels.iter_mut().find(|channel| channel.sid == sid).unwrap();
            if let Some(state) = string("state") {
                channel.state = Some(ConversationState::from_wire(&state));
            }
        }
        Kind::UpdateUser => {
            let user = target.users.iter_mut().find(|user| user.identity == subject.identity).unwrap();
            if let Some(name) = string("friendly_name") {
                user.friendly_name = Some(name);
            }
        }
        Kind::MuteSource => {}
        _ => panic!("no plan deletes"),
    }
}
