//! `chatferry.toml`: a settings file, with its profiles.
//!
//! **Invariant:** a key that is not understood is an error, in profiles that are not chosen too: a slip that is read as
//! "not set" would be found when it is too late.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::file_error::FileError;
use super::provenance::{FilePlace, Provenance};
use crate::cli::setting::{Declaration, SETTINGS, SettingKind, declarations};
use crate::storage::nearest;

/// Keys under which people look for a place for their secret. They get an answer of their own.
const SECRETS: [&str; 8] = [
    "auth_token",
    "api_secret",
    "api_key_secret",
    "secret",
    "password",
    "token",
    "twilio_auth_token",
    "twilio_api_secret",
];

/// The endings of keys that have to do with credentials, of either account.
const CREDENTIAL_ENDINGS: [&str; 4] = ["account_sid", "api_key", "secret_file", "secret_command"];

/// A settings file that was read and checked, with the profile that is chosen.
#[derive(Debug, Clone)]
pub(super) struct SettingsFile {
    path: PathBuf,
    of_user: bool,
    top: Values,
    profile: Option<(String, Values)>,
    known: Vec<String>,
}

/// The value of a key, as texts, and its line.
#[derive(Debug, Clone)]
pub(super) struct FileValue {
    pub(super) texts: Vec<String>,
    pub(super) line: usize,
}

impl SettingsFile {
    /// Reads and checks a file of this folder. Messages name it as the user did. A profile that it lacks is no error here:
    /// another file may have it.
    pub(super) fn read(
        folder: &Path,
        path: &Path,
        of_user: bool,
        profile: Option<&str>,
    ) -> Result<Self, FileError> {
        let text = std::fs::read_to_string(folder.join(path)).map_err(FileError::Read)?;
        let file = Self::parse(path, &text, profile)?;
        Ok(Self { of_user, ..file })
    }

    fn parse(path: &Path, text: &str, profile: Option<&str>) -> Result<Self, FileError> {
        let document = DeTable::parse(text).map_err(|error| {
            let (line, column) = position(text, error.span().unwrap_or_default());
            FileError::Syntax { line, column, message: error.message().to_owned() }
        })?;
        let mut top = BTreeMap::new();
        let mut profiles = BTreeMap::new();
        for (key, value) in document.get_ref() {
            if key.get_ref() == "profiles" {
                read_profiles(text, value, &mut profiles)?;
            } else {
                read_pair(text, key, value, &mut top)?;
            }
        }
        let known = profiles.keys().cloned().collect();
        let profile = profile.and_then(|name| Some((name.to_owned(), profiles.remove(name)?)));
        Ok(Self { path: path.to_owned(), of_user: false, top, profile, known })
    }

    /// Whether it says whose the credentials are, or where they come from.
    pub(super) fn names_credentials(&self) -> bool {
        let keys = || self.top.keys().chain(self.profile.iter().flat_map(|(_, values)| values.keys()));
        keys().any(|key| CREDENTIAL_ENDINGS.iter().any(|ending| key.ends_with(ending)))
    }

    pub(super) fn has_profile(&self) -> bool {
        self.profile.is_some()
    }

    /// The names of its profiles.
    pub(super) fn known_profiles(&self) -> &[String] {
        &self.known
    }

    /// The values of a key: from the profile, else from the top.
    pub(super) fn get(&self, key: &Declaration) -> Option<(Vec<String>, Provenance)> {
        let in_profile =
            self.profile.as_ref().and_then(|(name, values)| Some((Some(name), values.get(key.name)?)));
        let (profile, value) = in_profile.or_else(|| Some((None, self.top.get(key.name)?)))?;
        let (path, of_user) = (self.path.clone(), self.of_user);
        let place = FilePlace { path, profile: profile.cloned(), line: value.line, of_user };
        Some((value.texts.clone(), Provenance::File(Box::new(place))))
    }
}

/// The values of a table, by the names of their settings.
pub(super) type Values = BTreeMap<&'static str, FileValue>;

fn read_profiles(
    text: &str,
    value: &Spanned<DeValue<'_>>,
    profiles: &mut BTreeMap<String, Values>,
) -> Result<(), FileError> {
    let tables = value.get_ref().as_table().ok_or_else(|| wrong_type(text, value, "profiles", "tables"))?;
    for (name, table) in tables {
        let pairs =
            table.get_ref().as_table().ok_or_else(|| wrong_type(text, table, name.get_ref(), "a table"))?;
        let mut values = BTreeMap::new();
        for (key, value) in pairs {
            read_pair(text, key, value, &mut values)?;
        }
        profiles.insert(name.get_ref().to_string(), values);
    }
    Ok(())
}

/// Reads a key that must be a setting's.
pub(super) fn read_pair(
    text: &str,
    key: &Spanned<std::borrow::Cow<'_, str>>,
    value: &Spanned<DeValue<'_>>,
    values: &mut Values,
) -> Result<(), FileError> {
    let (line, column) = position(text, key.span());
    let name = key.get_ref().as_ref();
    let Some(known) = declarations::named(name) else {
        if SECRETS.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(FileError::Secret { line, column, key: name.to_owned() });
        }
        let meant = nearest(name, SETTINGS.iter().map(|key| key.name));
        return Err(FileError::UnknownKey { line, column, key: name.to_owned(), meant });
    };
    let texts = texts(known.kind, value.get_ref())
        .ok_or_else(|| wrong_type(text, value, known.name, expected(known.kind)))?;
    values.insert(known.name, FileValue { texts, line });
    Ok(())
}

/// The value as the parsers want it: text. A type other than the key's gives nothing.
fn texts(kind: SettingKind, value: &DeValue<'_>) -> Option<Vec<String>> {
    match kind {
        SettingKind::Text => Some(vec![value.as_str()?.to_owned()]),
        SettingKind::Number => {
            let integer = value.as_integer()?;
            let number = i64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix()).ok()?;
            Some(vec![number.to_string()])
        }
        SettingKind::Switch => Some(vec![value.as_bool()?.to_string()]),
        SettingKind::List => {
            let items = value.as_array()?;
            items.iter().map(|item| Some(item.get_ref().as_str()?.to_owned())).collect()
        }
    }
}

fn expected(kind: SettingKind) -> &'static str {
    match kind {
        SettingKind::Text => "a string",
        SettingKind::Number => "a whole number",
        SettingKind::Switch => "true or false",
        SettingKind::List => "an array of strings",
    }
}

pub(super) fn wrong_type(
    text: &str,
    value: &Spanned<DeValue<'_>>,
    key: &str,
    expected: &'static str,
) -> FileError {
    let (line, column) = position(text, value.span());
    FileError::WrongType { line, column, key: key.to_owned(), expected }
}

/// Line and column of a byte offset, both from 1; columns count characters.
pub(super) fn position(text: &str, span: Range<usize>) -> (usize, usize) {
    let before = text.get(..span.start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before.get(line_start..).map_or(0, |rest| rest.chars().count()) + 1)
}
