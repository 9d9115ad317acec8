//! Places with names in them: `{account}`, `{service}`, `{date}` and `{name}` in the path of a file or folder, or in a bucket's URL.
//!
//! `{account}` is the account's SID, `{name}` its name in the accounts file, `{service}` the one service that the run is about, and `{date}` the
//! day in UTC. Of an export they are the snapshot's own, so that the same snapshot goes to the same place.
//!
//! **Invariant:** what a name stands for is a SID, a date or the name of an account: it cannot lead out of its part of a path.
//!
//! **Invariant:** a place that two accounts of the accounts file would have in common is refused before anything is read or written.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::accounts::AccountEntry;
use super::error::SettingsError;
use super::export_destination::ExportDestination;
use super::loader::Loader;
use super::place_error::PlaceError;
use super::provenance::Provenance;
use crate::cli::setting::declarations::{ACCOUNT_SID, SERVICE};
use crate::cli::setting::{DeclaredSetting, Flags};
use crate::model::{AccountSid, ServiceSid};

/// What the names stand for.
#[derive(Debug, Clone)]
struct Stands {
    account: Option<AccountSid>,
    services: Vec<ServiceSid>,
    date: Date,
    name: Option<String>,
}

impl Stands {
    /// As the settings have it.
    fn of(loader: &Loader, flags: &Flags) -> Result<Self, SettingsError> {
        let account = loader.find(flags, &ACCOUNT_SID.declaration)?;
        Ok(Self {
            // One that is wrong is reported where the credentials are read.
            account: account.and_then(|found| found.text().parse().ok()),
            services: loader.read(flags, &SERVICE)?.unwrap_or_default(),
            date: date(loader.now()?),
            name: loader.account().map(|account| account.name.clone()),
        })
    }

    /// The place, with the names as they stand.
    fn expand(&self, text: &str) -> Result<String, PlaceError> {
        let text_of = || text.to_owned();
        let (mut expanded, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) =
                after.split_once('}').ok_or_else(|| PlaceError::NotClosed { text: text_of() })?;
            let value = match name {
                "account" => self
                    .account
                    .as_ref()
                    .map(ToString::to_string)
                    .ok_or_else(|| PlaceError::NoAccount { text: text_of() })?,
                "name" => self.name.clone().ok_or_else(|| PlaceError::NoName { text: text_of() })?,
                "date" => self.date.to_string(),
                "service" => match self.services.as_slice() {
                    [service] => service.to_string(),
                    services => {
                        return Err(PlaceError::NotOneService { text: text_of(), count: services.len() });
                    }
                },
                name => return Err(PlaceError::UnknownName { text: text_of(), name: name.to_owned() }),
            };
            // A snapshot keeps what it was given, and may have a text of any kind in a SID's place.
            if !value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
                return Err(PlaceError::Unusable { text: text_of(), name: name.to_owned() });
            }
            expanded.push_str(before);
            expanded.push_str(&value);
            rest = after;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }
}

/// The place that a setting gives which has a default.
pub(super) fn of_setting(
    loader: &Loader,
    flags: &Flags,
    setting: &'static DeclaredSetting<PathBuf>,
) -> Result<PathBuf, SettingsError> {
    Ok(of_optional(loader, flags, setting)?.expect("the place has a default"))
}

/// The place that a setting gives, if it is set.
pub(super) fn of_optional(
    loader: &Loader,
    flags: &Flags,
    setting: &'static DeclaredSetting<PathBuf>,
) -> Result<Option<PathBuf>, SettingsError> {
    let find = |loader: &Loader| loader.find(flags, &setting.declaration);
    let Some(found) = find(loader)? else { return Ok(None) };
    let place = match &found.place {
        Provenance::Default => Provenance::flag(&setting.declaration),
        place => place.clone(),
    };
    let text_of = |loader: &Loader| Ok(find(loader)?.map(|found| found.text()).unwrap_or_default());
    expand(loader, flags, &found.text(), &place, text_of).map(|text| Some(PathBuf::from(text)))
}

/// The place that a flag of one verb gives.
pub(super) fn of_flag(
    loader: &Loader,
    flags: &Flags,
    flag: &'static str,
    text: &str,
) -> Result<PathBuf, SettingsError> {
    let text_of = |_: &Loader| Ok(text.to_owned());
    expand(loader, flags, text, &Provenance::Flag(flag), text_of).map(PathBuf::from)
}

fn expand(
    loader: &Loader,
    flags: &Flags,
    text: &str,
    place: &Provenance,
    text_of: impl Fn(&Loader) -> Result<String, SettingsError>,
) -> Result<String, SettingsError> {
    let wrong = |source| SettingsError::Place { place: place.clone(), source };
    let expanded = Stands::of(loader, flags)?.expand(text).map_err(wrong)?;
    refuse_common(loader, flags, &expanded, text, text_of)?.map_or(Ok(expanded), |error| Err(wrong(error)))
}

/// Finds an account whose place is the same as the chosen one's.
fn refuse_common(
    loader: &Loader,
    flags: &Flags,
    expanded: &str,
    text: &str,
    text_of: impl Fn(&Loader) -> Result<String, SettingsError>,
) -> Result<Option<PlaceError>, SettingsError> {
    let Some(account) = loader.account() else { return Ok(None) };
    for (number, other) in loader.accounts().iter().enumerate().filter(|(_, other)| !same(other, account)) {
        let loader = loader.of_account(number);
        // A place that another account does not have is not this one's either.
        if Stands::of(&loader, flags)?.expand(&text_of(&loader)?).is_ok_and(|place| place == expanded) {
            let (first, second) = (account.name.clone(), other.name.clone());
            return Ok(Some(PlaceError::SamePlace { text: text.to_owned(), first, second }));
        }
    }
    Ok(None)
}

fn same(one: &AccountEntry, other: &AccountEntry) -> bool {
    one.line == other.line
}

fn date(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

/// Where an export goes, before the snapshot is open that says what the names in it stand for.
#[derive(Debug, Clone)]
pub(crate) struct ExportPlace {
    text: String,
    flag: &'static str,
    /// The chosen account.
    account: Option<(String, AccountSid)>,
}

impl ExportPlace {
    /// Checks what can be checked before the snapshot is open. The flag's name is for messages.
    pub(super) fn load(
        loader: &Loader,
        flags: &Flags,
        flag: &'static str,
        text: &str,
    ) -> Result<Self, SettingsError> {
        let place = Self {
            text: text.to_owned(),
            flag,
            account: loader.account().map(|account| (account.name.clone(), account.sid.clone())),
        };
        if ExportDestination::of(text) == ExportDestination::Stream {
            return Ok(place);
        }
        match Stands::of(loader, flags)?.expand(text) {
            Ok(expanded) => {
                let common = refuse_common(loader, flags, &expanded, text, |_| Ok(text.to_owned()))?;
                common.map_or(Ok(place.clone()), |error| Err(place.wrong(error)))
            }
            // What no setting says is in the snapshot.
            Err(PlaceError::NoAccount { .. } | PlaceError::NotOneService { .. }) => Ok(place),
            Err(source) => Err(place.wrong(source)),
        }
    }

    /// The place of the export of a snapshot that was begun then.
    pub(crate) fn of_snapshot(
        &self,
        account: &AccountSid,
        services: &[ServiceSid],
        started: &str,
    ) -> Result<ExportDestination, SettingsError> {
        if let Some((name, asked)) = &self.account
            && asked != account
        {
            let (name, found) = (name.clone(), account.clone());
            return Err(SettingsError::OtherAccount { name, asked: asked.clone(), found });
        }
        let stands = Stands {
            account: Some(account.clone()),
            services: services.to_vec(),
            date: date(started.parse().unwrap_or(Timestamp::UNIX_EPOCH)),
            name: self.account.as_ref().map(|(name, _)| name.clone()),
        };
        let expanded = stands.expand(&self.text).map_err(|source| self.wrong(source))?;
        Ok(ExportDestination::of(&expanded))
    }

    /// Whether it is standard output.
    pub(crate) fn is_stream(&self) -> bool {
        ExportDestination::of(&self.text) == ExportDestination::Stream
    }

    fn wrong(&self, source: PlaceError) -> SettingsError {
        SettingsError::Place { place: Provenance::Flag(self.flag), source }
    }
}
