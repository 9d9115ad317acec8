//! The settings of `crawl`, and what of them `probe` shares.

use std::io::Read;
use std::path::PathBuf;

use super::error::{NoCrossCheck, SettingsError};
use super::loader::Loader;
use super::place;
use super::provenance::Provenance;
use super::users::{self, UserSelector};
use crate::cli::setting::declarations::{
    ALL_SERVICES, CROSS_CHECK, INCLUDE, SERVICE, SNAPSHOT, SOURCE, USERS,
};
use crate::cli::setting::{FlagGroup, Flags, Include, IncludePart, SourceChoice};
use crate::cli::{CrawlArgs, ProbeArgs};
use crate::model::{ServiceSid, Share};

/// What a crawl shall read, and to where.
#[derive(Debug, Clone)]
pub(crate) struct CrawlSettings {
    pub services: ServiceChoice,
    /// The snapshot file.
    pub snapshot: PathBuf,
    /// What to read of each service.
    pub include: Include,
    /// These users only, in the order given, each once; none is all.
    pub users: Option<Vec<UserSelector>>,
    /// The API to read from.
    pub source: SourceChoice,
    /// The share to read by the other route too.
    pub cross_check: Option<Share>,
    /// Only the one user, and of channels what is that user's.
    pub one_person: bool,
    /// Start over.
    pub restart: bool,
    /// Carry unchanged users over from this older snapshot, but for a share of them. Only an audit asks for it.
    pub carry_over: Option<(PathBuf, Share)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ServiceChoice {
    /// The only service of the account; an error where it has more.
    TheOnlyOne,
    /// Every service of the account.
    All,
    /// These, each once, in the order given.
    Listed(Vec<ServiceSid>),
}

impl CrawlSettings {
    /// `stdin` is read where `--users -` asks for it.
    pub(crate) fn load(
        loader: &Loader,
        args: &CrawlArgs,
        stdin: &mut dyn Read,
    ) -> Result<Self, SettingsError> {
        let flags = args.settings.flags();
        Self::of(loader, flags, snapshot_file(loader, flags)?, args.restart, stdin)
    }

    /// The same of the flags of a verb that begins with a crawl.
    pub(super) fn of(
        loader: &Loader,
        flags: &Flags,
        snapshot: PathBuf,
        restart: bool,
        stdin: &mut dyn Read,
    ) -> Result<Self, SettingsError> {
        let include = loader.get(flags, &INCLUDE)?;
        let users = match loader.read(flags, &USERS)? {
            None => None,
            Some(path) => {
                let read = users::read(&path, stdin);
                Some(read.map_err(|source| SettingsError::Users { path, source })?)
            }
        };
        Ok(Self {
            source: source(loader, flags, &include)?,
            services: services(loader, flags)?.unwrap_or(ServiceChoice::TheOnlyOne),
            snapshot,
            cross_check: cross_check(loader, flags, &include, users.is_some())?,
            include,
            users,
            one_person: false,
            restart,
            carry_over: None,
        })
    }
}

/// What `probe` looks at: which services, what the crawl would read, and from where.
#[derive(Debug, Clone)]
pub(crate) struct ProbeSettings {
    pub services: ServiceChoice,
    pub include: Include,
    pub source: SourceChoice,
}

impl ProbeSettings {
    pub(crate) fn load(loader: &Loader, args: &ProbeArgs) -> Result<Self, SettingsError> {
        let flags = args.settings.flags();
        let include = loader.get(flags, &INCLUDE)?;
        let source = source(loader, flags, &include)?;
        Ok(Self { services: services(loader, flags)?.unwrap_or(ServiceChoice::All), include, source })
    }
}

/// The snapshot file of verbs that read one: the one that `crawl` would write, unless the flag names another.
pub(crate) fn snapshot_file(loader: &Loader, flags: &Flags) -> Result<PathBuf, SettingsError> {
    place::of_setting(loader, flags, &SNAPSHOT)
}

/// The API to read from, which must have what is to be read.
fn source(loader: &Loader, flags: &Flags, include: &Include) -> Result<SourceChoice, SettingsError> {
    let found = loader.find(flags, &SOURCE.declaration)?;
    let place = found.map_or(Provenance::Default, |found| found.place);
    let source = loader.get(flags, &SOURCE)?;
    if source == SourceChoice::Conversations && include.has(IncludePart::Invites) {
        return Err(SettingsError::NoInvites { place });
    }
    Ok(source)
}

/// The share to read by the other route too, if there is another one.
fn cross_check(
    loader: &Loader,
    flags: &Flags,
    include: &Include,
    of_users: bool,
) -> Result<Option<Share>, SettingsError> {
    let Some(found) = loader.find(flags, &CROSS_CHECK.declaration)? else { return Ok(None) };
    let share = found.parse(&CROSS_CHECK)?;
    let why = if of_users {
        NoCrossCheck::OfUsers
    } else if !(include.has(IncludePart::Users) && include.has(IncludePart::Channels)) {
        NoCrossCheck::NoLists
    } else {
        match (include.has(IncludePart::UserChannels), include.has(IncludePart::Members)) {
            (true, true) => NoCrossCheck::BothRead,
            (false, false) => NoCrossCheck::NeitherRead,
            _ => return Ok(Some(share)),
        }
    };
    Err(SettingsError::NoCrossCheck { place: found.place, why })
}

fn services(loader: &Loader, flags: &Flags) -> Result<Option<ServiceChoice>, SettingsError> {
    let (listed, all) = loader.either(flags, &SERVICE.declaration, &ALL_SERVICES.declaration)?;
    if let Some(found) = all
        && found.parse(&ALL_SERVICES)?
    {
        return Ok(Some(ServiceChoice::All));
    }
    listed.map(|found| Ok(ServiceChoice::Listed(found.parse(&SERVICE)?))).transpose()
}
