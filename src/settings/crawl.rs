//! The settings of `crawl`, and what of them `probe` shares.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;

use crate::cli::crawl::SourceChoice;
use crate::cli::{CrawlArgs, ProbeArgs};
use crate::model::{InvalidShare, ServiceSid, Share};

use super::error::{NoCrossCheck, SettingsError, ValueError};
use super::flags::Flags;
use super::keys;
use super::loader::Loader;
use super::parse;
use super::place::Place;
use super::users::{self, UserSelector};

/// What a crawl shall read, and to where.
#[derive(Debug, Clone)]
pub struct CrawlSettings {
    /// The services.
    pub services: Services,
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
    /// Begin anew.
    pub restart: bool,
    /// Carry unchanged users over from this older snapshot, but for a share of them. Only an audit asks for it.
    pub carry_over: Option<(PathBuf, Share)>,
}

/// Which services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Services {
    /// Every service of the account.
    All,
    /// These, each once, in the order given.
    Listed(Vec<ServiceSid>),
}

/// A part of a service that a crawl can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Roles,
    Users,
    Channels,
    UserChannels,
    Members,
    Invites,
    Messages,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 7] = [
        Self::Roles,
        Self::Users,
        Self::Channels,
        Self::UserChannels,
        Self::Members,
        Self::Invites,
        Self::Messages,
    ];

    /// Its name in `--include`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Roles => "roles",
            Self::Users => "users",
            Self::Channels => "channels",
            Self::UserChannels => "user-channels",
            Self::Members => "members",
            Self::Invites => "invites",
            Self::Messages => "messages",
        }
    }

    /// The part through which it is read.
    const fn through(self) -> Option<Self> {
        match self {
            Self::Roles | Self::Users | Self::Channels => None,
            Self::UserChannels => Some(Self::Users),
            Self::Members | Self::Invites | Self::Messages => Some(Self::Channels),
        }
    }
}

/// The parts to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Include(BTreeSet<Part>);

impl Include {
    /// Whether a part is to be read.
    pub fn has(&self, part: Part) -> bool {
        self.0.contains(&part)
    }

    /// The parts, in the order of [`Part::ALL`].
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        self.0.iter().copied()
    }

    pub(super) fn insert(&mut self, part: Part) {
        self.0.insert(part);
    }

    /// Nothing can be read without what it is read through.
    pub(super) fn check(&self) -> Result<(), ValueError> {
        if self.0.is_empty() {
            return Err(ValueError::Empty);
        }
        for part in self.parts() {
            if let Some(through) = part.through().filter(|through| !self.has(*through)) {
                return Err(ValueError::PartNeeds { part: part.name(), through: through.name() });
            }
        }
        Ok(())
    }
}

impl Loader {
    /// The settings of `crawl`. `stdin` is read where `--users -` asks for it.
    pub fn crawl(&self, args: &CrawlArgs, stdin: &mut dyn Read) -> Result<CrawlSettings, SettingsError> {
        let flags = Flags::from(args);
        let include = self.include(&flags)?;
        let source = self.source(&flags, &include)?;
        let services = self.services(&flags)?.ok_or(SettingsError::NoService)?;
        let users = match self.find(&flags, &keys::USERS)? {
            None => None,
            Some(found) => {
                let path = PathBuf::from(found.text());
                let read = users::read(&path, stdin);
                Some(read.map_err(|source| SettingsError::Users { path, source })?)
            }
        };
        let cross_check = self.cross_check(&flags, &include, users.is_some())?;
        Ok(CrawlSettings {
            services,
            snapshot: self.read_or_default(&flags, &keys::SNAPSHOT, |text| Ok(PathBuf::from(text)))?,
            include,
            users,
            source,
            cross_check,
            restart: args.restart,
            carry_over: None,
        })
    }

    /// What `probe` looks at: which services, what the crawl would read, and from where.
    pub fn probe(&self, args: &ProbeArgs) -> Result<(Services, Include, SourceChoice), SettingsError> {
        let flags = Flags::from(args);
        let include = self.include(&flags)?;
        let source = self.source(&flags, &include)?;
        Ok((self.services(&flags)?.unwrap_or(Services::All), include, source))
    }

    /// The snapshot file of verbs that read one: as given, or as `crawl` would write it.
    pub fn snapshot(&self, given: Option<&std::path::Path>) -> Result<PathBuf, SettingsError> {
        match given {
            Some(path) => Ok(path.to_owned()),
            None => self.read_or_default(&Flags::default(), &keys::SNAPSHOT, |text| Ok(PathBuf::from(text))),
        }
    }

    /// The API to read from, which must have what is to be read.
    fn source(&self, flags: &Flags, include: &Include) -> Result<SourceChoice, SettingsError> {
        let found = self.find(flags, &keys::SOURCE)?;
        let place = found.map_or(Place::Default, |found| found.place);
        let source = self.read_or_default(flags, &keys::SOURCE, parse::choice)?;
        if source == SourceChoice::Conversations && include.has(Part::Invites) {
            return Err(SettingsError::NoInvites { place });
        }
        Ok(source)
    }

    /// The share to read by the other route too, if there is another one.
    fn cross_check(
        &self,
        flags: &Flags,
        include: &Include,
        of_users: bool,
    ) -> Result<Option<Share>, SettingsError> {
        let Some(found) = self.find(flags, &keys::CROSS_CHECK)? else { return Ok(None) };
        let share = found.text().parse::<Share>().map_err(|InvalidShare { text }| SettingsError::Value {
            place: found.place.clone(),
            source: ValueError::NotAShare { text },
        })?;
        let why = if of_users {
            NoCrossCheck::OfUsers
        } else if !(include.has(Part::Users) && include.has(Part::Channels)) {
            NoCrossCheck::NoLists
        } else {
            match (include.has(Part::UserChannels), include.has(Part::Members)) {
                (true, true) => NoCrossCheck::BothRead,
                (false, false) => NoCrossCheck::NeitherRead,
                _ => return Ok(Some(share)),
            }
        };
        Err(SettingsError::NoCrossCheck { place: found.place, why })
    }

    fn services(&self, flags: &Flags) -> Result<Option<Services>, SettingsError> {
        let (listed, all) = self.either(flags, &keys::SERVICE, &keys::ALL_SERVICES)?;
        if let Some(found) = all {
            let wrong = |source| SettingsError::Value { place: found.place.clone(), source };
            if parse::switch(&found.text()).map_err(wrong)? {
                return Ok(Some(Services::All));
            }
        }
        let Some(found) = listed else { return Ok(None) };
        let wrong = |source| SettingsError::Value { place: found.place.clone(), source };
        let mut services: Vec<ServiceSid> = Vec::new();
        let texts = found.texts.iter().flat_map(|text| text.split(',')).map(str::trim);
        for text in texts.filter(|text| !text.is_empty()) {
            let sid = text.parse().map_err(|error| wrong(ValueError::Sid(error)))?;
            if !services.contains(&sid) {
                services.push(sid);
            }
        }
        if services.is_empty() { Err(wrong(ValueError::Empty)) } else { Ok(Some(Services::Listed(services))) }
    }

    fn include(&self, flags: &Flags) -> Result<Include, SettingsError> {
        self.read_or_default(flags, &keys::INCLUDE, |text| parse::include(&[text.to_owned()]))
    }
}
