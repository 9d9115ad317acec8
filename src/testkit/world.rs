//! The world as a service in memory: written as a snapshot as a crawl would, whole or in part.

use std::path::Path;

use crate::mapping::{self, Mapping};
use crate::model::*;
use crate::snapshot::{CrawlIdentity, Detail, Snapshot, SnapshotWriter, Target};

/// The seconds of every date.
pub(crate) const DATE: i64 = 1_500_000_000;

/// A service and all that it has.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) api: Api,
    pub(crate) service: Service,
    pub(crate) roles: Vec<Role>,
    pub(crate) users: Vec<User>,
    pub(crate) channels: Vec<Channel>,
    pub(crate) memberships: Vec<Membership>,
    pub(crate) members: Vec<Member>,
    pub(crate) invites: Vec<Invite>,
    pub(crate) messages: Vec<Message>,
    pub(crate) bindings: Vec<Binding>,
    /// What the crawl was asked for.
    pub(crate) include: Vec<Entity>,
    pub(crate) selected: Option<Vec<String>>,
    /// Units that fail, by what they are called.
    pub(crate) failing: Vec<String>,
    /// The identity of a user that the snapshot loses: no crawl does that.
    pub(crate) lost: Option<&'static str>,
    /// Units that turn out to be gone, by what they are called.
    pub(crate) vanishing: Vec<String>,
}

#[expect(clippy::unnecessary_wraps, reason = "the model's fields are optional")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(crate) fn role(number: u128, name: &str, kind: &str, permissions: &[&str]) -> Role {
    Role {
        sid: RoleSid::from_digits(number),
        friendly_name: text(name),
        r#type: Some(RoleType::from_wire(kind)),
        permissions: Some(permissions.iter().map(|&name| name.to_owned()).collect()),
        ..Role::sample(false)
    }
}

pub(crate) fn user(number: u128, identity: &str) -> User {
    User {
        sid: UserSid::from_digits(number),
        attributes: text("{}"),
        friendly_name: text(&identity.to_uppercase()),
        role_sid: Some(RoleSid::from_digits(1)),
        identity: text(identity),
        date_created: Some(Timestamp::Seconds(DATE)),
        ..User::sample(false)
    }
}

pub(crate) fn channel(number: u128, kind: &str) -> Channel {
    Channel {
        sid: ChannelSid::from_digits(number),
        friendly_name: text(&format!("Room {number}")),
        attributes: text("{\"topic\":1}"),
        r#type: Some(ChannelType::from_wire(kind)),
        date_created: Some(Timestamp::Seconds(DATE)),
        date_updated: Some(Timestamp::Seconds(DATE + 1)),
        created_by: text("system"),
        messages_count: Some(0),
        ..Channel::sample(false)
    }
}

impl World {
    pub(crate) fn new(api: Api, service: u128) -> Self {
        let mut include = Entity::ALL.to_vec();
        include.retain(|&entity| !matches!(entity, Entity::Message | Entity::Binding) && api.has(entity));
        Self {
            api,
            service: Service {
                sid: ServiceSid::from_digits(service),
                friendly_name: text("Support"),
                ..Service::sample(false)
            },
            roles: Vec::new(),
            users: Vec::new(),
            channels: Vec::new(),
            memberships: Vec::new(),
            members: Vec::new(),
            invites: Vec::new(),
            messages: Vec::new(),
            bindings: Vec::new(),
            include,
            selected: None,
            failing: Vec::new(),
            lost: None,
            vanishing: Vec::new(),
        }
    }

    /// A Chat service: two roles, three users, a private channel with all of them and a public one with the first.
    pub(crate) fn chat() -> Self {
        let mut world = Self::new(Api::Chat, 0x15);
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
    pub(crate) fn in_place(&self) -> Self {
        let mut there =
            Self { api: Api::Conversations, invites: Vec::new(), failing: Vec::new(), ..self.clone() };
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

    pub(crate) fn join(&mut self, user: u128, channel: u128) {
        let identity = self.users.iter().find(|known| known.sid == UserSid::from_digits(user));
        let identity = identity.and_then(|user| user.identity.clone());
        let sid = MemberSid::from_digits(user << 64 | channel);
        self.members.push(Member {
            sid: sid.clone(),
            channel_sid: ChannelSid::from_digits(channel),
            identity,
            role_sid: Some(RoleSid::from_digits(2)),
            last_consumed_message_index: Some(5),
            last_consumption_timestamp: Some(Timestamp::Seconds(DATE + 9)),
            date_created: Some(Timestamp::Seconds(DATE)),
            attributes: text("{}"),
            ..Member::sample(false)
        });
        self.memberships.push(Membership {
            channel_sid: ChannelSid::from_digits(channel),
            user_sid: UserSid::from_digits(user),
            member_sid: Some(sid),
            status: Some(MembershipStatus::Joined),
            last_consumed_message_index: Some(5),
            notification_level: Some(NotificationLevel::Default),
            ..Membership::sample(false)
        });
    }

    /// Invites a user; seen from the user's side, or from the channel's.
    /// Adds a message of a user to a channel, and has messages crawled.
    pub(crate) fn say(&mut self, channel: &ChannelSid, index: i64, from: &str, body: &str) {
        if !self.include.contains(&Entity::Message) {
            self.include.push(Entity::Message);
        }
        self.messages.push(Message {
            sid: MessageSid::from_digits(0xa000 + self.messages.len() as u128),
            channel_sid: channel.clone(),
            index: Some(index),
            from: text(from),
            body: text(body),
            date_created: Some(Timestamp::Seconds(1_600_000_000 + index)),
            ..Message::sample(false)
        });
    }

    pub(crate) fn invite(&mut self, user: u128, channel: u128, from_channel: bool) {
        self.join(user, channel);
        let (member, mut row) = (self.members.pop().unwrap(), self.memberships.pop().unwrap());
        if !from_channel {
            (row.status, row.member_sid) = (Some(MembershipStatus::Invited), None);
            row.last_consumed_message_index = None;
            return self.memberships.push(row);
        }
        self.invites.push(Invite {
            sid: InviteSid::from_digits(user << 64 | channel),
            channel_sid: member.channel_sid,
            identity: member.identity,
            role_sid: member.role_sid,
            ..Invite::sample(false)
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
            Target::Invites(_, channel, _) => Records::Invites(
                self.invites.iter().filter(|row| row.channel_sid == *channel).cloned().collect(),
            ),
            Target::Messages(_, channel) => Records::Messages(
                self.messages.iter().filter(|row| row.channel_sid == *channel).cloned().collect(),
            ),
            Target::Bindings(_) => Records::Bindings(self.bindings.clone()),
            Target::UserBindings(_, _, identity) => Records::Bindings(
                self.bindings.iter().filter(|row| row.identity.as_ref() == Some(identity)).cloned().collect(),
            ),
            other => panic!("no one asked for {other}"),
        }
    }

    /// Writes it as a crawl would. With `end` the crawl ends; otherwise it is broken off when all has been read.
    pub(crate) fn write(&self, path: &Path, end: bool) -> Snapshot {
        let identity = CrawlIdentity {
            account_sid: AccountSid::from_digits(0xac),
            services: vec![self.service.sid.clone()],
            source: self.api,
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
pub(crate) fn mapping() -> Mapping {
    mapping::load("conversations").unwrap()
}

/// The bundled mapping with other words in it.
pub(crate) fn mapping_with(changes: &[(&str, &str)]) -> Mapping {
    let mut text = mapping::bundled_text("conversations").unwrap().to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    mapping::parse(&text, "mine.toml", None).unwrap()
}
