//! `accounts.toml`: many accounts, each with settings of its own.
//!
//! An entry is a table `[[account]]` with a name and any keys of the settings file. The entry that is chosen is a layer of settings: below
//! the flags, above the environment. So every verb works for one of many accounts without knowing of them.
//!
//! **Invariant:** the credentials of an account of the file are in its entry or in flags. Those of the environment and the settings
//! file are another account's, and would otherwise sign its requests.
//!
//! **Invariant:** a name is part of paths, so it is letters, digits, `-`, `_` and `.` only, and no other account has it, in either case.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::accounts_error::AccountsError;
use super::file::{self, Values, position, wrong_type};
use super::file_error::FileError;
use super::provenance::{AccountPlace, Provenance};
use crate::cli::setting::{Declaration, declarations};
use crate::model::AccountSid;

/// The settings that only an account's own entry gives.
const CREDENTIALS: [&str; 5] = ["account_sid", "api_key", "client_id", "secret_file", "secret_command"];

/// The longest name of an account: as long as a label of a host.
const LONGEST_NAME: usize = 63;

/// The accounts of a file, in its order.
#[derive(Debug, Clone)]
pub(super) struct AccountsFile {
    path: PathBuf,
    entries: Vec<AccountEntry>,
}

/// An account with its settings.
#[derive(Debug, Clone)]
pub(super) struct AccountEntry {
    path: PathBuf,
    pub(super) name: String,
    pub(super) sid: AccountSid,
    /// Where its table begins.
    pub(super) line: usize,
    values: Values,
}

impl AccountsFile {
    /// Reads and checks a file of this folder. Messages name it as the user did.
    pub(super) fn read(folder: &Path, path: &Path) -> Result<Self, AccountsError> {
        let text = std::fs::read_to_string(folder.join(path)).map_err(FileError::Read)?;
        let document = DeTable::parse(&text).map_err(|error| {
            let (line, column) = position(&text, error.span().unwrap_or_default());
            FileError::Syntax { line, column, message: error.message().to_owned() }
        })?;
        let mut entries: Vec<AccountEntry> = Vec::new();
        for (key, value) in document.get_ref() {
            if key.get_ref() != "account" {
                let (line, column) = position(&text, key.span());
                return Err(AccountsError::NotAnAccount { line, column, key: key.get_ref().to_string() });
            }
            let tables =
                value.get_ref().as_array().ok_or_else(|| wrong_type(&text, value, "account", "tables"))?;
            for table in tables {
                let entry = AccountEntry::read(path, &text, table)?;
                if let Some(first) = entries.iter().find(|other| other.name.eq_ignore_ascii_case(&entry.name))
                {
                    return Err(AccountsError::NameTwice {
                        name: entry.name,
                        first: first.line,
                        second: entry.line,
                    });
                }
                entries.push(entry);
            }
        }
        if entries.is_empty() {
            Err(AccountsError::Empty)
        } else {
            Ok(Self { path: path.to_owned(), entries })
        }
    }

    /// As it was named.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn entries(&self) -> &[AccountEntry] {
        &self.entries
    }

    /// The number of the account that is asked for by its name or its number; `by` is what asks.
    pub(super) fn choose(&self, text: &str, by: &'static str) -> Result<usize, AccountsError> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            let last = self.entries.len() - 1;
            let number = text.parse().ok().filter(|number| *number <= last);
            return number.ok_or_else(|| AccountsError::BeyondEnd {
                by,
                number: text.to_owned(),
                last,
                line: self.entries[last].line,
            });
        }
        let found = self.entries.iter().position(|entry| entry.name == text);
        found.ok_or_else(|| AccountsError::NoSuchAccount {
            by,
            name: text.to_owned(),
            known: self.entries.iter().map(|entry| entry.name.clone()).collect(),
        })
    }
}

impl AccountEntry {
    fn read(path: &Path, text: &str, table: &Spanned<DeValue<'_>>) -> Result<Self, AccountsError> {
        let pairs = table.get_ref().as_table().ok_or_else(|| wrong_type(text, table, "account", "tables"))?;
        let (line, _) = position(text, table.span());
        let mut values = Values::new();
        let mut name = None;
        for (key, value) in pairs {
            if key.get_ref() == "name" {
                let given = value.get_ref().as_str();
                let given = given.ok_or_else(|| wrong_type(text, value, "name", "a string"))?;
                if !is_name(given) {
                    let (line, _) = position(text, value.span());
                    return Err(AccountsError::Name { line, name: given.to_owned() });
                }
                name = Some(given.to_owned());
            } else {
                file::read_pair(text, key, value, &mut values)?;
            }
        }
        let name = name.ok_or(AccountsError::NoName { line })?;
        let Some(sid) = values.get(declarations::ACCOUNT_SID.declaration.name) else {
            return Err(AccountsError::NoSid { line, name });
        };
        // The text is not repeated: it may be a secret that was put in the wrong place.
        let line_of_sid = sid.line;
        let sid = sid.texts.concat().parse();
        let sid = sid.map_err(|_text| AccountsError::WrongSid { line: line_of_sid, name: name.clone() })?;
        Ok(Self { path: path.to_owned(), name, sid, line, values })
    }

    /// What it gives a setting.
    pub(super) fn get(&self, declaration: &Declaration) -> Option<(Vec<String>, Provenance)> {
        let value = self.values.get(declaration.name)?;
        Some((value.texts.clone(), self.place(value.line)))
    }

    /// Whether no weaker layer is asked for a setting.
    pub(super) fn has_alone(declaration: &Declaration) -> bool {
        CREDENTIALS.contains(&declaration.name)
    }

    /// Its own place in the file.
    pub(super) fn own_place(&self) -> Provenance {
        self.place(self.line)
    }

    fn place(&self, line: usize) -> Provenance {
        let place = AccountPlace { path: self.path.clone(), account: self.name.clone(), line };
        Provenance::Account(Box::new(place))
    }
}

/// Whether it can be an account's name: a part of any path, and no number.
fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && text.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && !text.bytes().all(|byte| byte.is_ascii_digit())
}
