//! The layers under one roof: asks each in turn for a key.

use std::path::{Path, PathBuf};

use crate::cli::GlobalArgs;
use crate::storage::nearest;

use super::environment::Environment;
use super::error::{SettingsError, ValueError};
use super::file::SettingsFile;
use super::flags::Flags;
use super::keys::{KEYS, Key, Kind};
use super::place::Place;

/// The settings file that is read when none is named.
const DEFAULT_FILE: &str = "chatferry.toml";

/// A hidden variable for tests of the binary: the time by which audits are named and kept.
const NOW_VARIABLE: &str = "CHATFERRY_TEST_NOW";

/// Variables that are no keys.
const OTHER_VARIABLES: [&str; 2] = ["CHATFERRY_CONFIG", "CHATFERRY_PROFILE"];
/// The second account's credentials, and what tests set.
const RESERVED_PREFIXES: [&str; 2] = ["CHATFERRY_TARGET_", "CHATFERRY_TEST_"];

/// Environment and settings file, read and ready to be asked. Flags come with each question, since each verb has its own.
#[derive(Debug)]
pub struct Loader {
    pub(super) environment: Environment,
    pub(super) file: Option<SettingsFile>,
    /// The settings file, as it was named.
    pub(super) file_path: Option<PathBuf>,
}

/// A key's text and who gave it.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) texts: Vec<String>,
    pub(super) place: Place,
}

impl Found {
    /// The only text, or the list as one.
    pub(super) fn text(&self) -> String {
        self.texts.join(",")
    }
}

impl Loader {
    /// Reads the settings file: the one of `--config`, else of `CHATFERRY_CONFIG`, else `chatferry.toml` of the folder if it is there.
    pub fn new(global: &GlobalArgs, environment: Environment, folder: &Path) -> Result<Self, SettingsError> {
        let named = match &global.config {
            Some(path) => Some(path.clone()),
            None => environment.get("CHATFERRY_CONFIG")?.map(PathBuf::from),
        };
        let profile = match &global.profile {
            Some(name) => Some(name.clone()),
            None => environment.get("CHATFERRY_PROFILE")?.map(str::to_owned),
        };
        let path = match named {
            Some(path) => Some(path),
            None => folder.join(DEFAULT_FILE).exists().then(|| PathBuf::from(DEFAULT_FILE)),
        };
        let file = match (&path, &profile) {
            (Some(path), profile) => {
                let read = SettingsFile::read(folder, path, profile.as_deref());
                Some(read.map_err(|source| SettingsError::File { path: path.clone(), source })?)
            }
            (None, Some(profile)) => {
                return Err(SettingsError::ProfileWithoutFile { profile: profile.clone() });
            }
            (None, None) => None,
        };
        Ok(Self { environment, file, file_path: path })
    }

    /// Now, or what tests say is now.
    pub fn now(&self) -> Result<jiff::Timestamp, SettingsError> {
        let said = self.environment.get(NOW_VARIABLE)?.and_then(|text| text.parse().ok());
        Ok(said.unwrap_or_else(crate::clock::now))
    }

    /// The names of the variables that may hold credentials or tell where they are: those of Twilio and of chatferry.
    pub fn variables_of_ours(&self) -> Vec<String> {
        let ours = |name: &&str| name.starts_with("TWILIO_") || name.starts_with("CHATFERRY_");
        self.environment.names().filter(ours).map(str::to_owned).collect()
    }

    /// Variables that look like ours and are not, each with what was probably meant. They may be of a later version, so they are
    /// worth a warning and no more.
    pub fn unknown_variables(&self) -> Vec<(String, Option<&'static str>)> {
        let known = || KEYS.iter().map(|key| key.variable).chain(OTHER_VARIABLES);
        let ours = |name: &&str| {
            name.starts_with("CHATFERRY_") && !RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        };
        let names = self.environment.names().filter(ours);
        names
            .filter(|name| !known().any(|known| known == *name))
            .map(|name| (name.to_owned(), nearest(name, known())))
            .collect()
    }

    /// Who gives a key its value. The first layer that has one wins.
    pub(super) fn find(&self, flags: &Flags, key: &'static Key) -> Result<Option<Found>, SettingsError> {
        if let Some(texts) = flags.get(key) {
            return Ok(Some(Found { texts: texts.to_vec(), place: Place::flag(key) }));
        }
        if let Some(text) = self.environment.get(key.variable)? {
            let texts = match key.kind {
                Kind::List => text.split(',').map(|item| item.trim().to_owned()).collect(),
                _ => vec![text.to_owned()],
            };
            return Ok(Some(Found { texts, place: Place::Variable(key.variable) }));
        }
        if let Some((texts, place)) = self.file.as_ref().and_then(|file| file.get(key)) {
            return Ok(Some(Found { texts, place }));
        }
        Ok(key.default.map(|text| Found { texts: vec![text.to_owned()], place: Place::Default }))
    }

    /// A key's value, parsed. The parser's error is told with the place that gave the text.
    pub(super) fn read<T>(
        &self,
        flags: &Flags,
        key: &'static Key,
        parse: impl FnOnce(&str) -> Result<T, ValueError>,
    ) -> Result<Option<T>, SettingsError> {
        match self.find(flags, key)? {
            None => Ok(None),
            Some(found) => match parse(&found.text()) {
                Ok(value) => Ok(Some(value)),
                Err(source) => Err(SettingsError::Value { place: found.place, source }),
            },
        }
    }

    /// [`read`](Self::read) of a key that has a default, and so always has a value.
    pub(super) fn read_or_default<T>(
        &self,
        flags: &Flags,
        key: &'static Key,
        parse: impl FnOnce(&str) -> Result<T, ValueError>,
    ) -> Result<T, SettingsError> {
        Ok(self.read(flags, key, parse)?.expect("the key has a default"))
    }

    /// Of two settings that exclude each other, the one of the stronger layer.
    pub(super) fn either(
        &self,
        flags: &Flags,
        first: &'static Key,
        second: &'static Key,
    ) -> Result<(Option<Found>, Option<Found>), SettingsError> {
        let given = |key| -> Result<Option<Found>, SettingsError> {
            Ok(self.find(flags, key)?.filter(|found| found.place != Place::Default))
        };
        match (given(first)?, given(second)?) {
            (Some(one), Some(other)) if one.place.rank() < other.place.rank() => Ok((Some(one), None)),
            (Some(one), Some(other)) if one.place.rank() > other.place.rank() => Ok((None, Some(other))),
            (Some(one), Some(other)) => {
                Err(SettingsError::Conflict { first: one.place, second: other.place })
            }
            found => Ok(found),
        }
    }
}
