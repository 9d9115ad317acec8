//! Who is in which channel, as the lists of channels and of users have it: each list is read at once, when an answer needs it.

use std::sync::Arc;

use super::relation::{IN_CHANNELS_LIST, IN_USERS_LIST};
use super::rows::{self, ChannelList, ReadMember, ReadUserChannel};
use super::service::{BoundMembers, KEPT_LEAST, LoadedService};
use crate::simulator::data::as_sent::{AsSent, ShownBy};
use crate::simulator::data::graph::MembershipStatus;
use crate::simulator::data::record::{MembershipRecord, NetworkBinding, ReadMark, ReadMembership, UserSide};

impl LoadedService {
    /// Everyone in a channel by member SIDs.
    pub(crate) fn order_in_channel(&self, channel: u32) -> Arc<[(u128, u32)]> {
        Arc::clone(&self.list_of_channel(channel).order)
    }

    fn list_of_channel(&self, channel: u32) -> Arc<ChannelList> {
        self.recent.of_channel.get(
            channel,
            || self.read_list_of_channel(channel),
            |list| list.order.len() + KEPT_LEAST,
        )
    }

    fn read_list_of_channel(&self, channel: u32) -> ChannelList {
        let file = &self.files[usize::from(self.deciding[channel as usize])];
        let sql = format!("SELECT {} FROM members WHERE channel_sid = ?1", rows::MEMBER);
        let mut read = file.rows(&sql, [self.channel_sid(channel)], rows::member);
        read.retain(|member| member.digits != 0);
        read.sort_unstable_by_key(|member| member.digits);
        // Where the list was not read, its members are those of the users' lists.
        let made = read.is_empty();
        let mut read = read.into_iter();
        let edges = self.graph.of_channel(channel);
        let (mut order, mut members) = (Vec::new(), Vec::new());
        let mut without = u128::MAX - u128::from(edges.end - edges.start);
        for edge in edges {
            let member = match (self.lists[edge as usize] & IN_CHANNELS_LIST > 0, made) {
                (false, _) => None,
                (true, false) => read.next(),
                (true, true) => self.made_member(edge),
            };
            without += 1;
            // Who is in the user's list only stands where its member would.
            let digits = match &member {
                Some(member) => Some(member.digits),
                None => self.row_of_user(edge).and_then(|row| row.member),
            };
            order.push((digits.unwrap_or(without), edge));
            members.push(member);
        }
        ChannelList { order: order.into(), members }
    }

    /// A member of whom only the user's list is known.
    fn made_member(&self, edge: u32) -> Option<ReadMember> {
        let row = self.row_of_user(edge)?;
        let channel = self.graph.channel(edge);
        let created = self.read_channel(channel).record.created;
        Some(ReadMember {
            digits: row.member?,
            identity: None,
            role_sid: None,
            index: row.reading.index,
            last_read: None,
            created,
            updated: created,
            attributes: Some("{}".to_owned()),
            binding: None,
            sent: AsSent::default(),
        })
    }

    fn with_member<T>(&self, edge: u32, take: impl FnOnce(&ReadMember) -> T) -> Option<T> {
        let channel = self.graph.channel(edge);
        let at = edge - self.graph.of_channel(channel).start;
        self.list_of_channel(channel).members.get(at as usize)?.as_ref().map(take)
    }

    fn member_of(&self, edge: u32) -> Option<ReadMember> {
        self.with_member(edge, ReadMember::clone)
    }

    pub(crate) fn is_bound(&self, edge: u32) -> bool {
        self.with_member(edge, |member| member.binding.is_some()).unwrap_or_default()
    }

    /// A membership as the list of its channel has it.
    pub(crate) fn member(&self, edge: u32) -> MembershipRecord {
        let channel = self.graph.channel(edge);
        let user = self.graph.user(edge);
        let read = self.member_of(edge);
        let digits = read.as_ref().map_or(0, |member| member.digits);
        let empty = || ReadMember {
            digits,
            identity: None,
            role_sid: None,
            index: None,
            last_read: None,
            created: jiff::Timestamp::UNIX_EPOCH,
            updated: jiff::Timestamp::UNIX_EPOCH,
            attributes: None,
            binding: None,
            sent: AsSent::default(),
        };
        let read = read.unwrap_or_else(empty);
        MembershipRecord {
            user,
            channel,
            digits: read.digits,
            role_sid: read.role_sid,
            attributes: read.attributes,
            created: read.created,
            updated: read.updated,
            last_read_index: read.index,
            last_read: read.last_read,
            muted: false,
            binding: read.binding,
            read: Some(Box::new(ReadMembership {
                identity: read.identity,
                reading: None,
                as_member: read.sent,
                as_user_channel: AsSent::default(),
            })),
        }
    }

    /// A membership as both lists have it.
    pub(crate) fn membership(&self, edge: u32) -> MembershipRecord {
        let mut record = self.member(edge);
        let side = self.users_side(edge);
        record.muted = side.muted;
        if record.digits == 0 {
            record.digits = side.member.unwrap_or_default();
        }
        if let Some(read) = &mut record.read {
            read.reading = Some(side.reading);
            read.as_user_channel = side.sent;
        }
        record
    }

    /// The memberships that have the addresses of a binding. The first time, all members are looked through.
    pub(crate) fn bound_to(&self, binding: &NetworkBinding) -> Vec<u32> {
        let bindings = self.bindings.get_or_init(|| self.read_bindings());
        let key = (binding.address.clone(), binding.proxy_address.clone());
        let places = bindings.get(&key).into_iter().flatten();
        let edge = |(channel, member): &(u32, u128)| {
            let order = self.order_in_channel(*channel);
            order.binary_search_by_key(member, |(digits, _)| *digits).ok().map(|at| order[at].1)
        };
        places.filter_map(edge).collect()
    }

    fn read_bindings(&self) -> BoundMembers {
        let sql = "SELECT channel_sid, sid, extra FROM members WHERE extra LIKE '%\"messaging_binding\"%'";
        let mut bindings = BoundMembers::new();
        for (number, file) in self.files.iter().enumerate() {
            for (channel, member, binding) in file.rows(sql, [], rows::bound_member) {
                let channel = channel.and_then(|channel| self.channels.rank(channel));
                let (Some(channel), Some(member), Some(binding)) = (channel, member, binding) else {
                    continue;
                };
                if usize::from(self.deciding[channel as usize]) == number {
                    let key = (binding.address, binding.proxy_address);
                    bindings.entry(key).or_default().push((channel, member));
                }
            }
        }
        bindings
    }

    pub(crate) fn is_in_users_list(&self, edge: u32) -> bool {
        self.lists[edge as usize] & IN_USERS_LIST > 0
    }

    pub(crate) fn is_in_channels_list(&self, edge: u32) -> bool {
        self.lists[edge as usize] & IN_CHANNELS_LIST > 0
    }

    /// Whether Chat has it as a member: not who takes part from another network.
    pub(crate) fn is_in_chat(&self, edge: u32) -> bool {
        let channel = self.graph.channel(edge);
        let of_chat = self.files[usize::from(self.deciding[channel as usize])].api == ShownBy::Chat;
        self.graph.user(edge).is_some()
            || of_chat
            || self.with_member(edge, |member| member.identity.is_some()).unwrap_or_default()
    }

    fn list_of_user(&self, user: u32) -> Arc<Vec<ReadUserChannel>> {
        let read = || {
            let sql = format!("SELECT {} FROM user_channels WHERE user_sid = ?1", rows::USER_CHANNEL);
            let sid = self.user_sid(user);
            let mut all = Vec::new();
            for (number, file) in self.files.iter().enumerate() {
                let mut read = file.rows(&sql, [&sid], rows::user_channel);
                read.retain(|row| {
                    let deciding =
                        self.channels.rank(row.channel).map(|channel| self.deciding[channel as usize]);
                    row.status != "joined" || deciding.is_some_and(|deciding| usize::from(deciding) == number)
                });
                all.extend(read);
            }
            all.sort_by_key(|row| (row.channel, row.status != "joined"));
            all.dedup_by_key(|row| row.channel);
            all
        };
        self.recent.of_user.get(user, read, |list| list.len() + KEPT_LEAST)
    }

    fn row_of_user(&self, edge: u32) -> Option<ReadUserChannel> {
        let list = self.list_of_user(self.graph.user(edge)?);
        let channel = self.channels.digits(self.graph.channel(edge));
        list.binary_search_by_key(&channel, |row| row.channel).ok().map(|at| list[at].clone())
    }

    /// A membership as the list of its user has it.
    pub(crate) fn users_side(&self, edge: u32) -> UserSide {
        if let Some(row) = self.row_of_user(edge) {
            return UserSide {
                status: row.status,
                member: row.member,
                reading: row.reading,
                muted: row.muted,
                sent: row.sent,
            };
        }
        let member = self.member_of(edge);
        let index = member.as_ref().and_then(|member| member.index);
        let status = match self.graph.status(edge) {
            MembershipStatus::Joined => "joined",
            MembershipStatus::Invited => "invited",
            MembershipStatus::NotParticipating => "notParticipating",
            MembershipStatus::Unknown => "archived",
        };
        UserSide {
            status,
            member: member.map(|member| member.digits),
            reading: ReadMark { index, unread: None },
            muted: false,
            sent: AsSent::default(),
        }
    }
}
