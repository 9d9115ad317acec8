//! A small service in memory that walks like a snapshot, with everything in it that is hard to write down.

use std::rc::Rc;

use super::error::ExportError;
use super::source::RowSource;
use crate::model::*;
use crate::snapshot::{Info, Lookup, SnapshotError, Walk, WalkOrder};
use crate::testkit::{self, date};

/// The records of one service.
pub(super) struct Fixture {
    pub(super) info: Info,
    pub(super) service: Service,
    pub(super) roles: Vec<Role>,
    pub(super) users: Vec<User>,
    pub(super) channels: Vec<Channel>,
    pub(super) memberships: Vec<Membership>,
    pub(super) members: Vec<Member>,
    /// Fails every walk over this entity after its first step.
    pub(super) broken: Option<Entity>,
}

/// Texts that break careless writers.
pub(super) const HOSTILE: [&str; 12] = [
    "",
    "a,b",
    "say \"hi\"",
    "line\nbreak",
    "carriage\r\nreturn",
    "nul\0byte",
    "=cmd|' /C calc'!A0",
    "\u{202e}bidi\u{2066}",
    "👩‍👩‍👧 emoji",
    " spaces ",
    "null",
    "{\"a\": \"\\u0000 \\\\ \\\"\"}",
];

/// A service with as many users and channels, everyone on every second channel.
pub(super) fn fixture(users: u32, channels: u32) -> Fixture {
    let text = |number: u32| HOSTILE[number as usize % HOSTILE.len()].to_owned();
    let users: Vec<User> = (0..users)
        .map(|number| User {
            attributes: (number % 3 > 0).then(|| text(number + 11)),
            friendly_name: (number % 5 > 0).then(|| text(number)),
            role_sid: Some(RoleSid::from_digits(1)),
            identity: Some(format!("user-{number}")),
            is_notifiable: (number % 2 == 0).then_some(number % 4 == 0),
            date_created: date(i64::from(number)),
            date_updated: Some(Timestamp::Verbatim("Thu, 24 Mar 2016 21:05:50 +0000".into())),
            joined_channels_count: Some(0),
            ..testkit::user(u128::from(number) << 64 | 7)
        })
        .collect();
    let channels: Vec<Channel> = (0..channels)
        .map(|number| Channel {
            friendly_name: Some(text(number)),
            unique_name: (number % 2 == 0).then(|| format!("channel-{number}")),
            attributes: Some("{}".to_owned()),
            r#type: Some(if number % 2 == 0 { ChannelType::Private } else { ChannelType::Public }),
            date_created: date(i64::from(number)),
            date_updated: date(i64::from(number) + 1),
            created_by: Some("system".to_owned()),
            members_count: Some(i64::from(number)),
            messages_count: Some(0),
            ..testkit::channel(u128::from(number) << 32 | 3)
        })
        .collect();
    let mut memberships = Vec::new();
    let mut members = Vec::new();
    for (user_number, user) in users.iter().enumerate() {
        for (channel_number, channel) in channels.iter().enumerate() {
            if (user_number + channel_number) % 2 > 0 {
                continue;
            }
            let number = (user_number * channels.len() + channel_number) as u128;
            let joined = !number.is_multiple_of(5);
            let index = (!number.is_multiple_of(3)).then_some((number % 7) as i64);
            let sid = MemberSid::from_digits(number.reverse_bits());
            memberships.push(Membership {
                member_sid: joined.then(|| sid.clone()),
                status: Some(if joined { MembershipStatus::Joined } else { MembershipStatus::Invited }),
                last_consumed_message_index: index,
                unread_messages_count: index.map(|index| index * 2),
                notification_level: Some(NotificationLevel::Default),
                ..testkit::membership(user.sid.clone(), channel.sid.clone())
            });
            if joined {
                members.push(Member {
                    identity: user.identity.clone(),
                    date_created: date(1),
                    date_updated: date(2),
                    role_sid: Some(RoleSid::from_digits(2)),
                    last_consumed_message_index: index,
                    last_consumption_timestamp: index.and_then(date),
                    attributes: Some("{\"muted\": false}".to_owned()),
                    ..testkit::member(sid, channel.sid.clone())
                });
            }
        }
    }
    members.sort_by(|left, right| (&left.channel_sid, &left.sid).cmp(&(&right.channel_sid, &right.sid)));
    Fixture {
        info: testkit::info(),
        service: service(),
        roles: roles(),
        users,
        channels,
        memberships,
        members,
        broken: None,
    }
}

fn service() -> Service {
    Service {
        friendly_name: Some("Support, \"north\"".to_owned()),
        date_created: date(0),
        date_updated: date(1),
        default_service_role_sid: Some(RoleSid::from_digits(1)),
        default_channel_role_sid: Some(RoleSid::from_digits(2)),
        read_status_enabled: Some(true),
        reachability_enabled: Some(false),
        typing_indicator_timeout: Some(5),
        consumption_report_interval: Some(0),
        limits: Some(JsonText("{\n  \"channel_members\": 100,\n  \"user_channels\": 250\n}".into())),
        post_webhook_url: Some(String::new()),
        webhook_method: Some("POST".to_owned()),
        webhook_filters: Some(JsonText("[\"onMessageSent\"]".into())),
        pre_webhook_retry_count: Some(0),
        notifications: Some(JsonText("{}".into())),
        ..testkit::service()
    }
}

fn roles() -> Vec<Role> {
    let role = |digits, name: &str, r#type, permissions: &[&str]| Role {
        friendly_name: Some(name.to_owned()),
        r#type: Some(r#type),
        permissions: Some(permissions.iter().map(|&permission| permission.to_owned()).collect()),
        date_created: date(0),
        date_updated: date(0),
        ..testkit::role(digits)
    };
    vec![
        role(1, "service user", RoleType::Deployment, &["createChannel", "joinChannel", "editOwnUserInfo"]),
        role(2, "channel user", RoleType::Channel, &["sendMessage", "inviteMember", "fly"]),
        role(3, "guest", RoleType::Other("guild".into()), &[]),
    ]
}

/// The records of one row.
struct Step {
    service: Rc<Service>,
    membership: Option<Membership>,
    user: Option<Rc<User>>,
    channel: Option<Rc<Channel>>,
    member: Option<Rc<Member>>,
    role: Option<Rc<Role>>,
}

impl Fixture {
    /// With a member on the first channel who takes part by SMS, and one whose user is not there.
    pub(super) fn with_other_members(mut self) -> Self {
        let member = |digits, identity: Option<&str>, extra: Option<&str>| Member {
            identity: identity.map(str::to_owned),
            date_created: date(1),
            date_updated: date(2),
            role_sid: Some(RoleSid::from_digits(2)),
            attributes: Some("{}".to_owned()),
            extra: extra.map(|extra| JsonText(extra.into())),
            ..testkit::member(MemberSid::from_digits(digits), self.channels[0].sid.clone())
        };
        let binding =
            r#"{"messaging_binding":{"type":"sms","address":"+15558675310","proxy_address":"+15017122661"}}"#;
        let others = [
            member(0, None, Some(binding)),
            member(u128::MAX, Some("gone"), Some(r#"{"shoe_size":43,"messaging_binding":null}"#)),
        ];
        self.members.extend(others);
        self.members
            .sort_by(|left, right| (&left.channel_sid, &left.sid).cmp(&(&right.channel_sid, &right.sid)));
        self.info.counts.members = self.members.len() as u64;
        self
    }

    /// The rows of members that no membership has.
    fn other_members(&self) -> Vec<Step> {
        let has_none = |member: &&Member| {
            !self.memberships.iter().any(|membership| membership.member_sid.as_ref() == Some(&member.sid))
        };
        let step = |member: &Member| Step {
            channel: self.channel(&member.channel_sid),
            role: self.role(member.role_sid.as_ref()),
            member: Some(Rc::new(member.clone())),
            ..self.step()
        };
        self.members.iter().filter(has_none).map(step).collect()
    }

    fn step(&self) -> Step {
        let service = Rc::new(self.service.clone());
        Step { service, membership: None, user: None, channel: None, member: None, role: None }
    }

    fn channel(&self, sid: &ChannelSid) -> Option<Rc<Channel>> {
        self.channels.iter().find(|channel| channel.sid == *sid).cloned().map(Rc::new)
    }

    fn role(&self, sid: Option<&RoleSid>) -> Option<Rc<Role>> {
        self.roles.iter().find(|role| Some(&role.sid) == sid).cloned().map(Rc::new)
    }

    fn steps(&self, walk: Walk) -> Vec<Step> {
        let mut steps = match walk.entity {
            Entity::Service => vec![self.step()],
            Entity::Role => self
                .roles
                .iter()
                .map(|role| Step { role: Some(Rc::new(role.clone())), ..self.step() })
                .collect(),
            Entity::User => {
                let step = |user: &User| Step {
                    role: self.role(user.role_sid.as_ref()),
                    user: Some(Rc::new(user.clone())),
                    ..self.step()
                };
                self.users.iter().map(step).collect()
            }
            Entity::Channel => {
                let step =
                    |channel: &Channel| Step { channel: Some(Rc::new(channel.clone())), ..self.step() };
                self.channels.iter().map(step).collect()
            }
            Entity::Membership => {
                self.memberships.iter().map(|membership| self.membership(membership)).collect()
            }
            Entity::Member => {
                let step = |member: &Member| Step {
                    channel: self.channel(&member.channel_sid),
                    role: self.role(member.role_sid.as_ref()),
                    member: Some(Rc::new(member.clone())),
                    ..self.step()
                };
                self.members.iter().map(step).collect()
            }
            Entity::Invite | Entity::Message | Entity::Binding => Vec::new(),
        };
        if walk.order == WalkOrder::ByChannel {
            if walk.with.other_members {
                steps.extend(self.other_members());
            }
            steps.sort_by_key(|step| match (&step.membership, &step.member) {
                (Some(membership), _) => (
                    membership.channel_sid.clone(),
                    membership.member_sid.clone(),
                    Some(membership.user_sid.clone()),
                ),
                (None, member) => {
                    let member = member.as_ref().unwrap();
                    (member.channel_sid.clone(), Some(member.sid.clone()), None)
                }
            });
        }
        for step in &mut steps {
            step.user =
                step.user.take().filter(|_| walk.with.user != Lookup::No || walk.entity == Entity::User);
            step.channel =
                step.channel.take().filter(|_| walk.with.channel || walk.entity == Entity::Channel);
            step.member = step
                .member
                .take()
                .filter(|_| walk.with.member != Lookup::No || walk.entity == Entity::Member);
            step.role = step.role.take().filter(|_| walk.with.role || walk.entity == Entity::Role);
        }
        steps
    }

    fn membership(&self, membership: &Membership) -> Step {
        let member = self.members.iter().find(|member| Some(&member.sid) == membership.member_sid.as_ref());
        Step {
            user: self.users.iter().find(|user| user.sid == membership.user_sid).cloned().map(Rc::new),
            channel: self.channel(&membership.channel_sid),
            role: self.role(member.and_then(|member| member.role_sid.as_ref())),
            member: member.cloned().map(Rc::new),
            membership: Some(membership.clone()),
            ..self.step()
        }
    }
}

impl RowSource for Fixture {
    fn info(&self) -> Result<Info, SnapshotError> {
        Ok(self.info.clone())
    }

    fn walk(
        &self,
        walk: &Walk,
        visit: &mut dyn FnMut(&RowRecords<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        for step in self.steps(*walk) {
            visit(&RowRecords {
                membership: step.membership.as_ref(),
                user: step.user.as_deref(),
                channel: step.channel.as_deref(),
                member: step.member.as_deref(),
                role: step.role.as_deref(),
                ..RowRecords::of_service(&step.service)
            })?;
            if self.broken == Some(walk.entity) {
                return Err(ExportError::Stream(std::io::Error::other("the walk broke")));
            }
        }
        Ok(())
    }
}
