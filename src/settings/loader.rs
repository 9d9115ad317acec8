//! The layers below the flags, read once; asks each in turn for a setting: the chosen account's entry, the environment, the files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::accounts::{AccountEntry, AccountsFile};
use super::environment::Environment;
use super::error::SettingsError;
use super::file::SettingsFile;
use super::file_error::FileError;
use super::provenance::Provenance;
use crate::cli::GlobalArgs;
use crate::cli::setting::{Declaration, DeclaredSetting, Flags, SETTINGS, SettingKind};
use crate::storage::{Exposure, exposure, nearest};

/// The settings file that is read when none is named.
const DEFAULT_FILE: &str = "chatferry.toml";
/// The user's own settings file, in the folder for such files.
const USER_FILE: &str = "chatferry/chatferry.toml";

/// A hidden variable for tests of the binary: the time by which audits are named and kept.
const NOW_VARIABLE: &str = "CHATFERRY_TEST_NOW";

/// The user's own folder for what lives no longer than the session (XDG Base Directory Specification).
const RUNTIME_FOLDER_VARIABLE: &str = "XDG_RUNTIME_DIR";

/// Variables that are no settings.
const OTHER_VARIABLES: [&str; 4] =
    ["CHATFERRY_CONFIG", "CHATFERRY_PROFILE", "CHATFERRY_ACCOUNTS", "CHATFERRY_ACCOUNT"];
/// The number that Kubernetes gives each process of an Indexed Job.
const INDEX_VARIABLE: &str = "JOB_COMPLETION_INDEX";
/// The second account's credentials, and what tests set.
const RESERVED_PREFIXES: [&str; 2] = ["CHATFERRY_TARGET_", "CHATFERRY_TEST_"];

/// Environment and settings files, read and ready to be asked. Flags come with each question, since each verb has its own.
#[derive(Debug, Clone)]
pub struct Loader {
    environment: Environment,
    accounts: Option<Arc<AccountsFile>>,
    /// The number of the account that is chosen.
    account: Option<usize>,
    /// The settings files, the strongest first.
    files: Vec<SettingsFile>,
    file_paths: Vec<PathBuf>,
    folder: PathBuf,
}

/// A setting's text and which layer gave it.
#[derive(Debug, Clone)]
pub(super) struct FoundSetting {
    pub(super) texts: Vec<String>,
    pub(super) place: Provenance,
}

impl FoundSetting {
    /// The only text, or the list as one.
    pub(super) fn text(&self) -> String {
        self.texts.join(",")
    }

    /// Its value. The parser's error is reported with the layer that gave the text.
    pub(super) fn parse<T>(&self, setting: &'static DeclaredSetting<T>) -> Result<T, SettingsError> {
        let wrong = |source| SettingsError::Value { place: self.place.clone(), source };
        (setting.parse)(&self.text()).map_err(wrong)
    }
}

impl Loader {
    /// Reads the settings file: the one of `--config`, else of `CHATFERRY_CONFIG`, and no other; else `chatferry.toml` of the
    /// folder, and below it the user's own, where they exist.
    pub fn new(global: &GlobalArgs, environment: Environment, folder: &Path) -> Result<Self, SettingsError> {
        let named = match &global.config {
            Some(path) => Some(path.clone()),
            None => environment.get("CHATFERRY_CONFIG")?.map(PathBuf::from),
        };
        let profile = match &global.profile {
            Some(name) => Some(name.clone()),
            None => environment.get("CHATFERRY_PROFILE")?.map(str::to_owned),
        };
        let paths: Vec<(PathBuf, bool)> = if let Some(path) = named {
            vec![(path, false)]
        } else {
            let folder_file =
                folder.join(DEFAULT_FILE).exists().then(|| (PathBuf::from(DEFAULT_FILE), false));
            let user_file = user_file(&environment)?.filter(|path| path.exists()).map(|path| (path, true));
            folder_file.into_iter().chain(user_file).collect()
        };
        let mut files = Vec::new();
        for (path, of_user) in &paths {
            let read = SettingsFile::read(folder, path, *of_user, profile.as_deref());
            files.push(read.map_err(|source| SettingsError::File { path: path.clone(), source })?);
        }
        if let Some(profile) = profile
            && !files.iter().any(SettingsFile::has_profile)
        {
            let Some((path, _)) = paths.into_iter().next() else {
                return Err(SettingsError::ProfileWithoutFile { profile });
            };
            let known = files.iter().flat_map(SettingsFile::known_profiles).cloned().collect();
            return Err(SettingsError::File { path, source: FileError::NoProfile { profile, known } });
        }
        let file_paths = paths.into_iter().map(|(path, _)| path).collect();
        let folder = folder.to_owned();
        let mut loader = Self { environment, accounts: None, account: None, files, file_paths, folder };
        loader.read_accounts(global)?;
        Ok(loader)
    }

    /// Reads the accounts file, where one is named, and chooses the account: by `--account`, `CHATFERRY_ACCOUNT` or the index of the job.
    fn read_accounts(&mut self, global: &GlobalArgs) -> Result<(), SettingsError> {
        let typed = global.account.as_deref().map(|text| (text, "--account"));
        let variable = |name| Ok::<_, SettingsError>(self.environment.get(name)?.map(|text| (text, name)));
        let asked = typed.or(variable("CHATFERRY_ACCOUNT")?);
        let path = match &global.accounts {
            Some(path) => Some(path.clone()),
            None => self.environment.get("CHATFERRY_ACCOUNTS")?.map(PathBuf::from),
        };
        let Some(path) = path else {
            return asked.map_or(Ok(()), |(_, by)| Err(SettingsError::AccountWithoutFile { by }));
        };
        let read = AccountsFile::read(&self.folder, &path).and_then(|accounts| {
            let asked = asked.or(variable(INDEX_VARIABLE).ok().flatten());
            let account = asked.map(|(text, by)| accounts.choose(text, by)).transpose()?;
            Ok((accounts, account))
        });
        let (accounts, account) = read.map_err(|source| SettingsError::Accounts { path, source })?;
        (self.accounts, self.account) = (Some(Arc::new(accounts)), account);
        Ok(())
    }

    /// The accounts of the accounts file; none without one.
    pub(super) fn accounts(&self) -> &[AccountEntry] {
        self.accounts.as_deref().map(AccountsFile::entries).unwrap_or_default()
    }

    /// The accounts file, as it was named.
    pub(super) fn accounts_path(&self) -> Option<&Path> {
        self.accounts.as_deref().map(AccountsFile::path)
    }

    /// The account of the accounts file that is chosen.
    pub(super) fn account(&self) -> Option<&AccountEntry> {
        self.accounts().get(self.account?)
    }

    /// The same for this account of the accounts file.
    #[must_use]
    pub(super) fn of_account(&self, number: usize) -> Self {
        Self { account: Some(number), ..self.clone() }
    }

    /// Fails where there are accounts and none is chosen.
    pub(crate) fn require_account(&self) -> Result<(), SettingsError> {
        match (&self.accounts, self.account) {
            (Some(accounts), None) => Err(SettingsError::NoAccount { path: accounts.path().to_owned() }),
            _ => Ok(()),
        }
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The settings files that were read, as they were named, the strongest first.
    pub(super) fn file_paths(&self) -> &[PathBuf] {
        &self.file_paths
    }

    /// Whether a `.env` lies in the folder. It is never read: whose variables it has is not known.
    pub(super) fn has_dot_env(&self) -> bool {
        self.folder.join(".env").is_file()
    }

    /// Now, or what tests set as now.
    pub fn now(&self) -> Result<jiff::Timestamp, SettingsError> {
        let set = self.environment.get(NOW_VARIABLE)?.and_then(|text| text.parse().ok());
        Ok(set.unwrap_or_else(crate::clock::now))
    }

    /// Where locks are kept that are of no file: the user's own folder for that, else the one for temporary files.
    pub(crate) fn runtime_folder(&self) -> Result<PathBuf, SettingsError> {
        let own = self.environment.get(RUNTIME_FOLDER_VARIABLE)?.map(PathBuf::from);
        Ok(own.filter(|folder| folder.is_dir()).unwrap_or_else(std::env::temp_dir))
    }

    /// The names of the variables that may hold credentials or say where they are: those of Twilio and of chatferry.
    pub fn variables_of_ours(&self) -> Vec<String> {
        let ours = |name: &&str| name.starts_with("TWILIO_") || name.starts_with("CHATFERRY_");
        self.environment.names().filter(ours).map(str::to_owned).collect()
    }

    /// Variables that look like ours and are not, each with what was probably meant. They may be of a later version, so they are
    /// worth a warning and no more.
    pub fn unknown_variables(&self) -> Vec<(String, Option<&'static str>)> {
        let known = || SETTINGS.iter().map(|setting| setting.variable).chain(OTHER_VARIABLES);
        let ours = |name: &&str| {
            name.starts_with("CHATFERRY_") && !RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        };
        let names = self.environment.names().filter(ours);
        names
            .filter(|name| !known().any(|known| known == *name))
            .map(|name| (name.to_owned(), nearest(name, known())))
            .collect()
    }

    /// The settings files that others can change, or read where they say something of credentials.
    pub(crate) fn exposed_files(&self) -> Vec<(&Path, Exposure)> {
        let exposed = self.files.iter().zip(&self.file_paths).filter_map(|(file, path)| {
            let exposure = exposure(&self.folder.join(path))?;
            (exposure == Exposure::Writable || file.names_credentials()).then_some((path.as_path(), exposure))
        });
        let of_accounts =
            self.accounts_path().and_then(|path| Some((path, exposure(&self.folder.join(path))?)));
        exposed.chain(of_accounts).collect()
    }

    /// What gives a setting its value: the first layer that has one.
    pub(super) fn find(
        &self,
        flags: &Flags,
        declaration: &'static Declaration,
    ) -> Result<Option<FoundSetting>, SettingsError> {
        if let Some(texts) = flags.get(declaration) {
            return Ok(Some(FoundSetting { texts: texts.to_vec(), place: Provenance::flag(declaration) }));
        }
        if let Some(account) = self.account() {
            if let Some((texts, place)) = account.get(declaration) {
                return Ok(Some(FoundSetting { texts, place }));
            }
            if AccountEntry::has_alone(declaration) {
                return Ok(None);
            }
        }
        if let Some(text) = self.environment.get(declaration.variable)? {
            let texts = match declaration.kind {
                SettingKind::List => text.split(',').map(|item| item.trim().to_owned()).collect(),
                _ => vec![text.to_owned()],
            };
            return Ok(Some(FoundSetting { texts, place: Provenance::Variable(declaration.variable) }));
        }
        let in_file = self.files.iter().filter_map(|file| file.get(declaration));
        if let Some((texts, place)) = in_file.min_by_key(|(_, place)| place.rank()) {
            return Ok(Some(FoundSetting { texts, place }));
        }
        Ok(declaration
            .default
            .map(|text| FoundSetting { texts: vec![text.to_owned()], place: Provenance::Default }))
    }

    /// A setting's value, if a layer or a default gives one.
    pub(super) fn read<T>(
        &self,
        flags: &Flags,
        setting: &'static DeclaredSetting<T>,
    ) -> Result<Option<T>, SettingsError> {
        let found = self.find(flags, &setting.declaration)?;
        found.map(|found| found.parse(setting)).transpose()
    }

    /// [`read`](Self::read) of a setting that has a default, and so always has a value.
    pub(super) fn get<T>(
        &self,
        flags: &Flags,
        setting: &'static DeclaredSetting<T>,
    ) -> Result<T, SettingsError> {
        Ok(self.read(flags, setting)?.expect("the setting has a default"))
    }

    /// Of two settings that exclude each other, the one of the stronger layer.
    pub(super) fn either(
        &self,
        flags: &Flags,
        first: &'static Declaration,
        second: &'static Declaration,
    ) -> Result<(Option<FoundSetting>, Option<FoundSetting>), SettingsError> {
        let given = |declaration| -> Result<Option<FoundSetting>, SettingsError> {
            Ok(self.find(flags, declaration)?.filter(|found| found.place != Provenance::Default))
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

/// Where the user's own settings file would be.
fn user_file(environment: &Environment) -> Result<Option<PathBuf>, SettingsError> {
    for (variable, below) in [("XDG_CONFIG_HOME", ""), ("APPDATA", ""), ("HOME", ".config")] {
        if let Some(folder) = environment.get(variable)? {
            return Ok(Some(Path::new(folder).join(below).join(USER_FILE)));
        }
    }
    Ok(None)
}
