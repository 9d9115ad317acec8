//! The account as a whole.

use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use super::graph::{Graph, Shape, Standing};
use super::hash::{Draws, Purpose};
use super::roles::{ROLES, Role};
use super::sid::{self, SidSpace};
use crate::simulator::Options;
use crate::simulator::faults::{Fault, Faults, Selected};

/// The account's SIDs and secrets.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub(crate) account_sid: String,
    pub(crate) auth_token: String,
    pub(crate) api_key: String,
    pub(crate) api_secret: String,
    pub(crate) service_sid: String,
}

/// What the seed says.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) draws: Draws,
    pub(crate) faults: Faults,
    pub(crate) account: Credentials,
    pub(crate) graph: Graph,
    pub(crate) users: SidSpace,
    pub(crate) channels: SidSpace,
    /// In SID order.
    pub(crate) roles: Vec<Role>,
    /// Position in [`ROLES`] → SID.
    pub(crate) role_sids: Vec<String>,
    pub(crate) selected: Selected,
    /// `https://chat.twilio.com/v2` or the simulator's own.
    pub(crate) chat_url: String,
    /// `https://conversations.twilio.com/v1` or the simulator's own.
    pub(crate) conversations_url: String,
    /// The service's URL under `chat_url`.
    pub(crate) service_url: String,
    changes: RwLock<Changes>,
}

/// What became otherwise since the start.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Memberships that are not there (any more, or yet).
    pub(crate) absent: HashSet<u32>,
    /// What was written to a membership.
    pub(crate) updates: HashMap<u32, Update>,
    /// Users whose memberships have changed already.
    pub(crate) changed: HashSet<u32>,
    /// Writes accepted.
    pub(crate) writes: u32,
}

/// What was written to a membership.
#[derive(Debug, Clone, Default)]
pub(crate) struct Update {
    pub(crate) notification_level: Option<String>,
    pub(crate) last_consumed_message_index: Option<u32>,
    pub(crate) last_consumption_timestamp: Option<String>,
}

/// The account at one moment.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) world: &'a World,
    pub(crate) changes: RwLockReadGuard<'a, Changes>,
}

impl World {
    /// Makes the account; `origin` is the simulator's own, such as `http://127.0.0.1:8080`.
    pub(crate) fn new(options: &Options, origin: &str) -> Self {
        let draws = Draws::new(options.seed);
        let shape = Shape {
            users: options.users,
            channels: options.channels,
            average: options.memberships,
            unknown: options.faults.share(Fault::UnknownEnum),
        };
        let graph = Graph::new(draws, shape);
        let selected = Selected::new(draws, &options.faults, &graph, options.users, options.channels);
        let account = Credentials::new(draws);
        let role_digits = |index: usize| draw_digits(draws, 16 + index as u64);
        let role_sids = (0..ROLES.len()).map(|index| sid::text("RL", role_digits(index))).collect();
        let mut roles: Vec<Role> = ROLES
            .iter()
            .enumerate()
            .map(|(index, (friendly_name, kind, permissions))| Role {
                friendly_name,
                kind,
                permissions,
                digits: role_digits(index),
            })
            .collect();
        roles.sort_by_key(|role| role.digits);
        let (chat, conversations) = if options.production_urls {
            ("https://chat.twilio.com", "https://conversations.twilio.com")
        } else {
            (origin, origin)
        };
        let chat_url = format!("{chat}/v2");
        Self {
            users: SidSpace::new(draws, "US", 0, options.users),
            channels: SidSpace::new(draws, "CH", 0, options.channels),
            roles,
            role_sids,
            service_url: format!("{chat_url}/Services/{}", account.service_sid),
            chat_url,
            conversations_url: format!("{conversations}/v1"),
            changes: RwLock::new(at_first(&graph, &selected)),
            draws,
            faults: options.faults.clone(),
            account,
            graph,
            selected,
        }
    }

    /// The account as it is now. Not to be held across a wait.
    pub(crate) fn view(&self) -> View<'_> {
        View { world: self, changes: self.changes.read().unwrap_or_else(PoisonError::into_inner) }
    }

    /// Changes the account.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Changes) -> T) -> T {
        change(&mut self.changes.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// The user's channels were listed to their end.
    pub(crate) fn user_was_listed(&self, user: u32) {
        if let Some(edge) = self.selected.changing.get(&user) {
            self.come_or_go(user, *edge);
        }
    }

    /// The channel's members were listed to their end.
    pub(crate) fn members_were_listed(&self, channel: u32) {
        let edges = self.graph.of_channel(channel);
        for (user, edge) in self.selected.changing.iter().filter(|(_, edge)| edges.contains(edge)) {
            self.come_or_go(*user, *edge);
        }
    }

    /// The first time, the membership goes, or comes: whichever side was listed first, the other side will
    /// disagree.
    fn come_or_go(&self, user: u32, edge: u32) {
        self.change(|changes| {
            if !changes.changed.insert(user) {
                return;
            }
            if self.selected.coming.contains(&edge) {
                changes.absent.remove(&edge);
            } else {
                changes.absent.insert(edge);
            }
        });
    }
}

fn at_first(graph: &Graph, selected: &Selected) -> Changes {
    let of_users = selected.vanished_users.iter().flat_map(|user| graph.of_user(*user).iter().copied());
    let of_channels = selected.vanished_channels.iter().flat_map(|channel| graph.of_channel(*channel));
    let absent = of_users.chain(of_channels).chain(selected.coming.iter().copied()).collect();
    Changes { absent, ..Changes::default() }
}

impl View<'_> {
    /// Whether the membership is there.
    pub(crate) fn present(&self, edge: u32) -> bool {
        self.changes.absent.is_empty() || !self.changes.absent.contains(&edge)
    }

    /// Whether the membership is there and joined.
    pub(crate) fn joined(&self, edge: u32) -> bool {
        self.world.graph.standing(edge) == Standing::Joined && self.present(edge)
    }
}

impl Credentials {
    fn new(draws: Draws) -> Self {
        let hexadecimal = |key| sid::text("", draw_digits(draws, key));
        Self {
            account_sid: sid::text("AC", draw_digits(draws, 1)),
            auth_token: hexadecimal(2),
            api_key: sid::text("SK", draw_digits(draws, 3)),
            api_secret: hexadecimal(4),
            service_sid: sid::text("IS", draw_digits(draws, 5)),
        }
    }
}

fn draw_digits(draws: Draws, key: u64) -> u128 {
    let high = draws.draw2(Purpose::Account, key, 0);
    let low = draws.draw2(Purpose::Account, key, 1);
    u128::from(high) << 64 | u128::from(low)
}
