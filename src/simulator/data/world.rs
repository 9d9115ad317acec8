//! One simulated service: what follows from the seed, and a view of it with its changes.

use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use super::changes::Changes;
use super::graph::{Graph, GraphShape};
use super::loaded::LoadedService;
use super::media_store::MediaStore;
use super::role_table::ROLES;
use super::sid::{self, SidSpace, draw_digits};
use super::sids::Sids;
use super::singled_out::SingledOut;
use crate::simulator::draws::Draws;
use crate::simulator::faults::{Fault, Faults};
use crate::simulator::{Options, ServiceLimits, WorldKind, WriteClock};

/// Whose a service is, and its own SID.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    pub(crate) account_sid: String,
    pub(crate) service_sid: String,
}

/// Which of the settings that may be missing a service has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SettingsGiven {
    /// What most services have.
    Usual,
    All,
    /// As a service that was never configured (`fetchEmpty` of the published examples).
    None,
}

impl SettingsGiven {
    /// The value of a setting, or null.
    pub(crate) fn pick<T>(self, usual: Option<T>, set: T) -> Option<T> {
        match self {
            Self::Usual => usual,
            Self::All => Some(set),
            Self::None => None,
        }
    }
}

/// What a service is made from.
#[derive(Debug)]
pub(crate) struct ServicePlan<'a> {
    pub(crate) draws: Draws,
    pub(crate) account_sid: &'a str,
    pub(crate) friendly_name: &'static str,
    pub(crate) users: u32,
    pub(crate) channels: u32,
    /// Memberships of a user, on average.
    pub(crate) memberships: u32,
    /// How many of [`ROLES`] it has; the rest are an application's own.
    pub(crate) roles: usize,
    pub(crate) limits: ServiceLimits,
    pub(crate) world: WorldKind,
    pub(crate) settings: SettingsGiven,
    pub(crate) write_clock: WriteClock,
}

/// What a service has at first.
#[derive(Debug)]
pub(crate) struct ServiceWorld {
    pub(crate) draws: Draws,
    pub(crate) faults: Faults,
    pub(crate) account: Owner,
    pub(crate) friendly_name: String,
    pub(crate) limits: ServiceLimits,
    pub(crate) kind: WorldKind,
    pub(crate) settings: SettingsGiven,
    /// How many channels have messages: the generated ones and the specimens.
    pub(super) channels_with_messages: u32,
    pub(crate) graph: Arc<Graph>,
    pub(crate) users: Sids,
    pub(crate) channels: Sids,
    /// Digits and ids, in SID order. The ids of drawn roles are their positions in [`ROLES`].
    pub(crate) roles: Vec<(u128, u32)>,
    /// Id → SID.
    pub(crate) role_sids: Vec<String>,
    /// The rest of it, if it was not drawn from the seed.
    pub(crate) loaded: Option<LoadedService>,
    pub(crate) selected: SingledOut,
    /// The service's URL in Chat: `https://chat.twilio.com/v2/Services/IS…`, or on the simulator's own origin.
    pub(crate) service_url: String,
    /// The service's URL in Chat's API version 3.
    pub(crate) service_url_v3: String,
    /// The service's URL in Conversations.
    pub(crate) conversations_url: String,
    pub(crate) media: MediaStore,
    pub(super) changes: RwLock<Changes>,
}

/// The service at one moment.
#[derive(Debug)]
pub(crate) struct WorldView<'a> {
    pub(crate) world: &'a ServiceWorld,
    pub(crate) changes: ChangesGuard<'a>,
}

/// The changes, kept from changing further: by a lock of its own, or within a write.
#[derive(Debug)]
pub(crate) enum ChangesGuard<'a> {
    Locked(RwLockReadGuard<'a, Changes>),
    Within(&'a Changes),
}

impl Deref for ChangesGuard<'_> {
    type Target = Changes;

    fn deref(&self) -> &Changes {
        match self {
            Self::Locked(changes) => changes,
            Self::Within(changes) => changes,
        }
    }
}

/// Where the APIs live: on Twilio's hosts, or on the simulator's own.
#[derive(Debug, Clone)]
pub(crate) struct Origins {
    pub(crate) chat: String,
    pub(crate) conversations: String,
    /// Of the records of media, not of their bytes.
    pub(crate) media: String,
}

impl Origins {
    /// `own` is the simulator's, such as `http://127.0.0.1:8080`.
    pub(crate) fn new(options: &Options, own: &str) -> Self {
        let [chat, conversations, media] = if options.production_urls {
            ["https://chat.twilio.com", "https://conversations.twilio.com", "https://mcs.us1.twilio.com"]
        } else {
            [own; 3]
        }
        .map(str::to_owned);
        Self { chat, conversations, media }
    }
}

impl ServiceWorld {
    pub(crate) fn new(plan: &ServicePlan<'_>, faults: &Faults, origins: &Origins) -> Self {
        let draws = plan.draws;
        let shape = GraphShape {
            users: plan.users,
            channels: plan.channels,
            average: plan.memberships,
            unknown: faults.share(Fault::UnknownEnum),
            channel_members: plan.limits.channel_members,
        };
        let graph = Graph::new(draws, shape);
        let selected = SingledOut::new(draws, faults, &graph, plan.users, plan.channels);
        let service_sid = sid::text("IS", draw_digits(draws, 5));
        let role_digits: Vec<u128> =
            (16..).map(|key| draw_digits(draws, key)).take(plan.roles.min(ROLES.len())).collect();
        let role_sids = role_digits.iter().map(|digits| sid::text("RL", *digits)).collect();
        let mut roles: Vec<(u128, u32)> = role_digits.into_iter().zip(0..).collect();
        roles.sort_unstable();
        let Origins { chat, conversations, .. } = origins;
        Self {
            users: Sids::Drawn(SidSpace::new(draws, "US", 0, plan.users)),
            channels: Sids::Drawn(SidSpace::new(draws, "CH", 0, plan.channels)),
            roles,
            role_sids,
            loaded: None,
            service_url: format!("{chat}/v2/Services/{service_sid}"),
            service_url_v3: format!("{chat}/v3/Services/{service_sid}"),
            conversations_url: format!("{conversations}/v1/Services/{service_sid}"),
            media: MediaStore::default(),
            changes: RwLock::new(at_first(plan.write_clock, &graph, &selected)),
            draws,
            faults: faults.clone(),
            account: Owner { account_sid: plan.account_sid.to_owned(), service_sid },
            friendly_name: plan.friendly_name.to_owned(),
            limits: plan.limits,
            kind: plan.world,
            settings: plan.settings,
            channels_with_messages: plan.channels,
            graph: Arc::new(graph),
            selected,
        }
    }

    /// A service that was loaded. The draws are for its faults and for the SIDs of what is created in it.
    pub(crate) fn of_loaded(
        draws: Draws,
        account: Owner,
        loaded: LoadedService,
        write_clock: WriteClock,
        faults: &Faults,
        origins: &Origins,
    ) -> Self {
        let (users, channels) = (loaded.users.clone(), loaded.channels.clone());
        let graph = Arc::clone(&loaded.graph);
        let selected = SingledOut::new(draws, faults, &graph, users.count(), channels.count());
        let Origins { chat, conversations, .. } = origins;
        let service_sid = &account.service_sid;
        let roles = loaded.roles();
        Self {
            role_sids: roles.iter().map(|(digits, _)| sid::text("RL", *digits)).collect(),
            roles,
            service_url: format!("{chat}/v2/Services/{service_sid}"),
            service_url_v3: format!("{chat}/v3/Services/{service_sid}"),
            conversations_url: format!("{conversations}/v1/Services/{service_sid}"),
            media: MediaStore::default(),
            changes: RwLock::new(at_first(write_clock, &graph, &selected)),
            draws,
            faults: faults.clone(),
            account,
            friendly_name: loaded.settings.friendly_name.clone(),
            limits: loaded.settings.limits.unwrap_or(ServiceLimits::HIGHEST),
            kind: WorldKind::Plain,
            settings: SettingsGiven::None,
            channels_with_messages: 0,
            graph,
            users,
            channels,
            selected,
            loaded: Some(loaded),
        }
    }

    /// The service as it is now. Not to be held across a wait.
    pub(crate) fn view(&self) -> WorldView<'_> {
        let changes = self.changes.read().unwrap_or_else(PoisonError::into_inner);
        WorldView { world: self, changes: ChangesGuard::Locked(changes) }
    }

    /// The user's channels were listed to their end.
    pub(crate) fn user_was_listed(&self, user: u32) {
        if let Some(edge) = self.selected.changing.get(&user) {
            self.come_or_go(user, *edge);
        }
    }

    /// The channel's members were listed to their end.
    pub(crate) fn members_were_listed(&self, channel: u32) {
        for (user, edge) in &self.selected.changing {
            if self.graph.channel(*edge) == channel {
                self.come_or_go(*user, *edge);
            }
        }
    }

    /// The messages of the channel were listed.
    pub(crate) fn messages_were_listed(&self, channel: u32) {
        let is_unseen =
            |changes: &Changes| changes.messages.get(&channel).is_some_and(|created| created.last_is_unseen);
        if is_unseen(&self.view().changes) {
            let mut changes = self.changes.write().unwrap_or_else(PoisonError::into_inner);
            changes.messages.entry(channel).or_default().last_is_unseen = false;
        }
    }

    /// The first time, the membership goes, or comes: whichever side was listed first, the other side will
    /// disagree.
    fn come_or_go(&self, user: u32, edge: u32) {
        let mut changes = self.changes.write().unwrap_or_else(PoisonError::into_inner);
        if !changes.changed.insert(user) {
            return;
        }
        if self.selected.coming.contains(&edge) {
            changes.absent.remove(&edge);
        } else {
            changes.absent.insert(edge);
        }
    }
}

fn at_first(clock: WriteClock, graph: &Graph, selected: &SingledOut) -> Changes {
    let of_users = selected.vanished_users.iter().flat_map(|user| graph.of_user(*user).iter().copied());
    let of_channels = selected.vanished_channels.iter().flat_map(|channel| graph.of_channel(*channel));
    let absent = of_users.chain(of_channels).chain(selected.coming.iter().copied()).collect();
    Changes::new(clock, graph.count(), absent)
}
