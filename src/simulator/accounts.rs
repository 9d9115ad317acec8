//! The accounts that are served: made from the seed, or of snapshots.

use std::sync::Arc;

use super::data::account::AccountCredentials;
use super::data::loaded::{self, Lack, LoadError, LoadedAccount, LoadedAt};
use super::data::role_table::{DEFAULT_ROLES, ROLES};
use super::data::{Account, Origins, Owner, ServicePlan, ServiceWorld, SettingsGiven, sid, specimens};
use super::draws::{self, Draws};
use super::{Loaded, Options, ServiceLimits, WorldKind};

/// What is served.
#[derive(Debug)]
pub(super) struct ServedAccounts {
    /// Two: the first has what was generated or loaded.
    pub(super) accounts: Vec<Account>,
    /// Which service of the first account is there to be copied into.
    pub(super) target: usize,
    /// What the snapshots do not have.
    pub(super) lacks: Vec<Lack>,
}

/// The accounts that the options ask for.
pub(super) fn of(options: &Options, origins: &Origins) -> Result<ServedAccounts, LoadError> {
    let served = match &options.load {
        None => ServedAccounts { accounts: generated(options, origins), target: 1, lacks: Vec::new() },
        Some(loaded) => of_snapshots(options, origins, loaded)?,
    };
    if options.record_writes {
        let services = served.accounts.iter().flat_map(|account| &account.services);
        services.for_each(|service| service.writer().count_creations());
    }
    Ok(served)
}

fn draws(options: &Options, number: u64) -> Draws {
    match number {
        0 => Draws::new(options.seed),
        number => Draws::new(draws::next(options.seed ^ number)),
    }
}

/// A service that has nothing but the roles of a new one.
fn empty(
    options: &Options,
    origins: &Origins,
    number: u64,
    account_sid: &str,
    friendly_name: &'static str,
    (limits, settings): (ServiceLimits, SettingsGiven),
) -> Arc<ServiceWorld> {
    let plan = ServicePlan {
        draws: draws(options, number),
        account_sid,
        friendly_name,
        users: 0,
        channels: 0,
        memberships: 0,
        roles: DEFAULT_ROLES,
        limits,
        world: WorldKind::Plain,
        settings,
        write_clock: options.write_clock,
    };
    Arc::new(ServiceWorld::new(&plan, &options.faults, origins))
}

/// An empty service of another account.
fn elsewhere(options: &Options, origins: &Origins, account_sid: &str) -> Arc<ServiceWorld> {
    let given = (ServiceLimits::DEFAULT, SettingsGiven::Usual);
    empty(options, origins, 2, account_sid, "Küchenbörse – another account", given)
}

/// Two accounts: the first has the generated service and an empty one, the second an empty one.
fn generated(options: &Options, origins: &Origins) -> Vec<Account> {
    let (first, second) =
        (AccountCredentials::new(draws(options, 0)), AccountCredentials::new(draws(options, 2)));
    let [full, bare] = match options.world {
        WorldKind::Plain => [SettingsGiven::Usual; 2],
        WorldKind::Real => [SettingsGiven::All, SettingsGiven::None],
    };
    let generated = ServicePlan {
        draws: draws(options, 0),
        account_sid: &first.account_sid,
        friendly_name: "Küchenbörse – production",
        users: options.users,
        channels: options.channels,
        memberships: options.memberships,
        roles: ROLES.len(),
        limits: options.source_limits,
        world: options.world,
        settings: full,
        write_clock: options.write_clock,
    };
    let mut generated = ServiceWorld::new(&generated, &options.faults, origins);
    if options.world == WorldKind::Real && options.users > 0 {
        specimens::add(&mut generated);
    }
    let target =
        empty(options, origins, 1, &first.account_sid, "Küchenbörse – new", (options.target_limits, bare));
    let other = elsewhere(options, origins, &second.account_sid);
    let accounts =
        vec![Account::new(first, vec![Arc::new(generated), target]), Account::new(second, vec![other])];
    if options.world == WorldKind::Real {
        accounts[1].update_defaults(|defaults| {
            defaults.messaging_service_sid = Some(sid::text("MG", sid::draw_digits(draws(options, 2), 6)));
            defaults.inactive_timer = Some("P90D".to_owned());
            defaults.closed_timer = Some("P365D".to_owned());
        });
    }
    accounts
}

/// The accounts of the snapshots. Without a target there is an empty service to copy into, which no list has: the account is to look
/// as it was read.
fn of_snapshots(options: &Options, origins: &Origins, loaded: &Loaded) -> Result<ServedAccounts, LoadError> {
    let found = loaded::open(loaded)?;
    let credentials = |number: u64, account_sid: Option<&str>| {
        let drawn = AccountCredentials::new(draws(options, number));
        match account_sid {
            Some(account_sid) => AccountCredentials { account_sid: account_sid.to_owned(), ..drawn },
            None => drawn,
        }
    };
    let first_sid = found.source.account_sid.clone();
    let mut first = account(options, origins, credentials(0, Some(&first_sid)), found.source);
    let second = if let Some(other) = found.other {
        let account_sid = other.account_sid.clone();
        account(options, origins, credentials(2, Some(&account_sid)), other)
    } else {
        let credentials = credentials(2, None);
        let service = elsewhere(options, origins, &credentials.account_sid);
        Account::new(credentials, vec![service])
    };
    let beside = found.target.filter(|at| *at >= 1);
    let target = beside.unwrap_or_else(|| {
        let given = (options.target_limits, SettingsGiven::None);
        first.add_unlisted(empty(options, origins, 1, &first_sid, "New", given));
        first.services.len() - 1
    });
    Ok(ServedAccounts { accounts: vec![first, second], target, lacks: found.lacks })
}

fn account(
    options: &Options,
    origins: &Origins,
    credentials: AccountCredentials,
    loaded: LoadedAccount,
) -> Account {
    let defaults = loaded.defaults();
    let service = |at: LoadedAt| {
        let LoadedAt { service_sid, service } = at;
        let owner = Owner { account_sid: credentials.account_sid.clone(), service_sid };
        // What was created before the snapshot was read must not be created again under the same SID.
        let draws = Draws::new(options.seed ^ service.fingerprint());
        let write_clock = options.write_clock;
        Arc::new(ServiceWorld::of_loaded(draws, owner, service, write_clock, &options.faults, origins))
    };
    let services = loaded.services.into_iter().map(service).collect();
    let account = Account::new(credentials, services);
    if let Some(read) = defaults {
        account.update_defaults(|defaults| *defaults = read);
    }
    account
}
