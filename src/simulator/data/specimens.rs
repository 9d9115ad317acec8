//! The specimens of the real world: one object of each kind that changes what a migration may do, next to the generated ones.
//!
//! Each shows something that public bug reports, support articles or the descriptions mention: states and timers, participants of
//! other networks, texts that other programs cannot hold, attributes that are not what they should be, identities that a path
//! cannot hold. They are created as a write creates, so that all lists and lookups treat them as they treat other objects.
//!
//! **Invariant:** every text that is a specimen of identities, names or attributes stands in one of the tables here.

use super::as_sent::AsSent;
use super::graph::MembershipStatus;
use super::record::{
    ChannelRecord, EmailBinding, MembershipRecord, NetworkBinding, Timers, UserRecord, lone_surrogate, moment,
};
use super::role_table::{CHANNEL_ADMIN, CHANNEL_USER, SERVICE_ADMIN, SERVICE_USER};
use super::sid;
use super::{ServiceWorld, Writer};
use crate::simulator::ServiceLimits;

/// When the specimens were made (2021-06-01), in Unix seconds; each a minute after the one before.
const FIRST: u32 = 1_622_505_600;

/// Documented limits in bytes.
const CONVERSATION_ATTRIBUTES: usize = 16 * 1_024;
const PARTICIPANT_ATTRIBUTES: usize = 4 * 1_024;
const LONGEST_NAME: usize = 256;

/// Texts that a name may be.
fn names() -> Vec<Option<String>> {
    vec![
        None,
        Some(String::new()),
        Some(" ".to_owned()),
        Some(format!("half of a smile {}", lone_surrogate(0xD83D))),
        Some(format!("{}{} in the wrong order", lone_surrogate(0xDE00), lone_surrogate(0xD83D))),
        Some("NUL \0 inside".to_owned()),
        Some("\u{202e}desrever\u{202c} and \u{2066}isolated\u{2069}".to_owned()),
        Some("n".repeat(LONGEST_NAME)),
        Some("😀".repeat(LONGEST_NAME)),
        Some("e\u{301} is not \u{e9}".to_owned()),
        Some("line\nbreak\r\nand\ttab".to_owned()),
        Some("\u{feff}\u{200b}\u{fffd}\u{ffff}".to_owned()),
        Some("=cmd|' /C calc'!A0".to_owned()),
        Some("null".to_owned()),
    ]
}

/// Attributes; the last one is as long as the limit.
fn attributes(limit: usize) -> Vec<Option<String>> {
    let frame = "{\"text\":\"\"}".len();
    vec![
        None,
        Some(String::new()),
        Some("{}".to_owned()),
        Some("null".to_owned()),
        Some("not JSON at all".to_owned()),
        Some("{\"open\":".to_owned()),
        Some("\"{\\\"twice\\\":\\\"encoded\\\"}\"".to_owned()),
        Some("{\"half\":\"\\ud83d\",\"whole\":\"\\ud83d\\ude00\",\"nul\":\"\\u0000\"}".to_owned()),
        Some(format!("{{\"half\":\"{}\"}}", lone_surrogate(0xDC00))),
        Some(
            "{\"big\":340282366920938463463374607431768211456,\"bigger\":1e400,\"small\":1e-400}".to_owned(),
        ),
        Some("{\"same\":1,\"same\":2}".to_owned()),
        Some("{ \"a\" : [ 1 , 2.50 , -0 ] ,\n\t\"b\" : true }".to_owned()),
        Some(format!("{}{}", "[".repeat(100), "]".repeat(100))),
        Some(format!("{{\"text\":\"{}\"}}", "x".repeat(limit - frame))),
    ]
}

/// Identities, each of one user.
fn identities() -> Vec<String> {
    let mut all: Vec<String> = [
        ".",
        "..",
        "...",
        "a/b",
        "../Channels",
        "100%",
        "a%2Fb",
        "%2e%2e",
        "a+b@example.com",
        "a b",
        " blanks around ",
        "what?",
        "#number",
        "semi;colon,comma",
        "quo\"te's",
        "back\\slash",
        "😀",
        "👨‍👩‍👧",
        "caf\u{e9}",
        "cafe\u{301}",
        "Case",
        "case",
        "whatsapp:+15551230000",
        "مستخدم",
        "null",
        "US0123456789abcdef0123456789abcdef",
    ]
    .map(str::to_owned)
    .to_vec();
    all.push("i".repeat(LONGEST_NAME));
    all.push("🦊".repeat(LONGEST_NAME));
    all
}

/// Unique names, each of one private channel; none is also possible.
fn unique_names() -> Vec<Option<String>> {
    let texts = ["..", ".", "a/b", "50%", "a+b", "with blank", "#1?x=y&z", "😀", "UPPER", "upper"];
    let mut all: Vec<Option<String>> = texts.map(|text| Some(text.to_owned())).to_vec();
    all.push(Some("u".repeat(LONGEST_NAME)));
    all.push(None);
    all
}

/// Adds the specimens to a service that has all roles. Their channels have messages too.
pub(crate) fn add(world: &mut ServiceWorld) {
    let mut specimens = Specimens { world, writer: world.writer(), made: 0 };
    let users = specimens.users();
    specimens.states(&users);
    specimens.networks(&users);
    specimens.texts(&users);
    specimens.crowd(&users);
    drop(specimens);
    let channels = world.view().changes.counts.channels;
    world.channels_with_messages += channels;
}

struct Specimens<'a> {
    world: &'a ServiceWorld,
    writer: Writer<'a>,
    made: u32,
}

impl Specimens<'_> {
    fn now(&mut self) -> jiff::Timestamp {
        self.made += 1;
        moment(FIRST + 60 * self.made)
    }

    /// One user for each identity, with the names, attributes and roles by turns.
    fn users(&mut self) -> Vec<u32> {
        let (names, attributes) = (names(), attributes(PARTICIPANT_ATTRIBUTES));
        let roles = [Some(SERVICE_USER), None, Some(SERVICE_ADMIN), Some(self.world.role_sids.len() - 1)];
        let identities = identities().into_iter().enumerate();
        identities
            .map(|(turn, identity)| {
                let now = self.now();
                let role = roles[turn % roles.len()];
                self.writer.create_user(UserRecord {
                    digits: 0,
                    identity,
                    friendly_name: names[turn % names.len()].clone(),
                    attributes: attributes[turn % attributes.len()].clone(),
                    role_sid: role.and_then(|role| self.world.role_sids.get(role).cloned()),
                    created: now,
                    updated: now,
                    sent: AsSent::default(),
                })
            })
            .collect()
    }

    fn channel(&mut self, name: &str, change: impl FnOnce(&mut ChannelRecord)) -> u32 {
        let unique_name = format!("specimen-{}", self.made);
        let mut record = ChannelRecord::named(name.to_owned(), unique_name, self.now());
        change(&mut record);
        self.writer.create_channel(record)
    }

    fn member(&mut self, user: Option<u32>, channel: u32, change: impl FnOnce(&mut MembershipRecord)) {
        let now = self.now();
        let role_sid = self.world.role_sids[CHANNEL_USER].clone();
        let mut record = MembershipRecord::joined(user, channel, role_sid, now);
        change(&mut record);
        self.writer.create_membership(record);
    }

    /// Every state, with and without timers, each with members.
    fn states(&mut self, users: &[u32]) {
        let later = |days: u32| Some(moment(FIRST + 2_000 * 86_400 + days * 86_400));
        for (number, (name, state, timers)) in [
            ("active with both timers", "active", Timers { inactive: later(1), closed: later(30) }),
            ("active with one timer", "active", Timers { inactive: later(2), closed: None }),
            ("inactive", "inactive", Timers::default()),
            ("inactive, to be closed", "inactive", Timers { inactive: None, closed: later(3) }),
            ("closed", "closed", Timers::default()),
        ]
        .into_iter()
        .enumerate()
        {
            let channel = self.channel(name, |record| {
                record.state = state;
                record.timers = timers;
            });
            for user in users.iter().skip(number).take(3) {
                self.member(Some(*user), channel, |_| {});
            }
        }
        // Only ConversationWithParticipants makes such a conversation, for group MMS: no user is in it yet.
        let channel = self.channel("initializing", |record| record.state = "initializing");
        self.member(None, channel, |record| {
            record.binding = Some(address("sms", "+15550001001", Some("+15550002001")));
        });
    }

    /// Participants of other networks, with and without users; and what such conversations have.
    fn networks(&mut self, users: &[u32]) {
        let service = Some(sid::text("MG", 0x5e2f_1c07_93ab_44d0_8c1e_72b5_0f6a_d913));
        let support =
            self.channel("SMS and chat", |record| record.messaging_service_sid.clone_from(&service));
        self.member(Some(users[3]), support, |record| record.last_read_index = None);
        self.member(None, support, |record| {
            record.binding = Some(address("sms", "+15550001002", Some("+15550002001")));
            record.attributes = Some("{\"name\":\"Customer\"}".to_owned());
        });
        let mixed = self.channel("WhatsApp, RCS and Messenger", |record| {
            record.messaging_service_sid.clone_from(&service);
            record.email = Some(EmailBinding {
                name: Some("Support".to_owned()),
                address: "support@example.com".to_owned(),
            });
        });
        for (kind, number, proxy) in [
            ("whatsapp", "whatsapp:+15550001003", "whatsapp:+15550002002"),
            ("rcs", "rcs:+15550001004", "rcs:+15550002003"),
            ("messenger", "messenger:1234567890", "messenger:9876543210"),
        ] {
            self.member(None, mixed, |record| {
                record.binding = Some(address(kind, number, Some(proxy)));
                record.role_sid = None;
                record.attributes = None;
            });
        }
        self.member(Some(users[4]), mixed, |record| record.muted = true);
        let group = self.channel("Group MMS", |record| {
            record.email = Some(EmailBinding { name: None, address: "group@example.com".to_owned() });
        });
        self.member(Some(users[5]), group, |record| {
            record.binding = Some(NetworkBinding {
                kind: "sms".into(),
                address: None,
                proxy_address: None,
                projected_address: Some("+15550003001".to_owned()),
            });
        });
        for number in ["+15550001005", "+15550001006"] {
            self.member(None, group, |record| record.binding = Some(address("sms", number, None)));
        }
        let closed = self.channel("closed, by SMS", |record| record.state = "closed");
        self.member(None, closed, |record| {
            record.binding = Some(address("sms", "+15550001007", Some("+15550002001")));
        });
        self.member(Some(users[6]), closed, |_| {});
    }

    /// Names, unique names and attributes, in private and public channels, and attributes and roles of members.
    fn texts(&mut self, users: &[u32]) {
        let (names, attributes) = (names(), attributes(CONVERSATION_ATTRIBUTES));
        let of_members = self::attributes(PARTICIPANT_ATTRIBUTES);
        let unique_names = unique_names();
        for turn in 0..names.len().max(attributes.len()) {
            let channel = self.channel("", |record| {
                record.friendly_name.clone_from(&names[turn % names.len()]);
                record.attributes.clone_from(&attributes[turn % attributes.len()]);
                if let Some(name) = unique_names.get(turn) {
                    record.unique_name.clone_from(name);
                }
                record.private = turn % 4 != 3;
                record.created_by = match turn % 3 {
                    0 => None,
                    1 => Some("system".to_owned()),
                    _ => Some("someone who left".to_owned()),
                };
            });
            let roles = [CHANNEL_USER, CHANNEL_ADMIN].map(|role| Some(self.world.role_sids[role].clone()));
            for (number, user) in users.iter().skip(turn).take(3).enumerate() {
                self.member(Some(*user), channel, |record| {
                    record.attributes.clone_from(&of_members[(turn + number) % of_members.len()]);
                    record.role_sid = roles.get(number).cloned().flatten();
                    record.last_read_index = (number == 1).then_some(0);
                    record.last_read = (number == 1).then_some(record.updated);
                });
            }
        }
        debug_assert!(
            users.iter().all(|user| {
                let view = self.writer.view();
                let order = view.memberships(*user);
                (0..order.count()).all(|rank| view.status(order.id(rank)) == MembershipStatus::Joined)
            }),
            "specimens are joined"
        );
    }
    /// More members than a new service allows, in a service that raised its limit. Users are made up where there are too few.
    fn crowd(&mut self, users: &[u32]) {
        let most = ServiceLimits::DEFAULT.channel_members;
        if self.world.limits.channel_members <= most {
            return;
        }
        let channel = self.channel("more members than a new service allows", |_| {});
        let mut members: Vec<u32> = (0..self.world.users.count()).chain(users.iter().copied()).collect();
        let open = |specimens: &Self, user: u32| {
            specimens.writer.view().joined_channels_count(user)
                < specimens.world.limits.user_channels as usize
        };
        members.retain(|user| open(self, *user) && !self.world.selected.vanished_users.contains(user));
        members.truncate(most as usize + 1);
        for number in members.len()..=most as usize {
            let now = self.now();
            members.push(self.writer.create_user(UserRecord {
                digits: 0,
                identity: format!("crowd-{number}@example.com"),
                friendly_name: Some(format!("One of the crowd, number {number}")),
                attributes: Some("{}".to_owned()),
                role_sid: self.world.role_sids.get(SERVICE_USER).cloned(),
                created: now,
                updated: now,
                sent: AsSent::default(),
            }));
        }
        for user in members {
            self.member(Some(user), channel, |_| {});
        }
    }
}

fn address(kind: &'static str, address: &str, proxy: Option<&str>) -> NetworkBinding {
    NetworkBinding {
        kind: kind.into(),
        address: Some(address.to_owned()),
        proxy_address: proxy.map(str::to_owned),
        projected_address: None,
    }
}
