//! Every setting in force with the place that set it: what `chatferry config` shows.

use std::path::PathBuf;

use super::connection::ConnectionSettings;
use super::credentials::SECRET_VARIABLES;
use super::error::SettingsError;
use super::loader::Loader;
use super::output::OutputSettings;
use super::provenance::Provenance;
use crate::cli::setting::declarations::{CHAT_URL, CONVERSATIONS_URL, EDGE, REGION};
use crate::cli::setting::{Declaration, Display, FlagGroup, Flags, SETTINGS};
use crate::cli::{ConfigArgs, GlobalArgs};

/// Every setting in force.
#[derive(Debug, Clone)]
pub(crate) struct SettingsListing {
    /// The settings files that were read, the strongest first.
    pub files: Vec<PathBuf>,
    /// The name of the account that is chosen in the accounts file.
    pub account: Option<String>,
    /// The settings, in the order of [`SETTINGS`], then the secrets, then the credentials that follow from them.
    pub settings: Vec<InForce>,
}

/// One setting in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InForce {
    /// The setting's name, or the variable of a secret.
    pub key: &'static str,
    /// Its value; none where it is not set. Of a secret only `set`.
    pub value: Option<String>,
    /// What set it; none where nothing did and there is no default.
    pub place: Option<Provenance>,
}

/// A value as it may be shown. A command can hold a secret, and what is not a SID in a SID's place may be one.
fn shown(declaration: &Declaration, text: String) -> String {
    let is_sid = |text: &str| text.len() == 34 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match declaration.display {
        Display::Hidden => "set".to_owned(),
        Display::SidOnly if !is_sid(&text) => "set, but not a SID".to_owned(),
        Display::SidOnly | Display::AsIs => text,
    }
}

impl SettingsListing {
    /// Every setting in force. Everything is checked first, as a verb would.
    pub(crate) fn of(loader: &Loader, global: &GlobalArgs, args: &ConfigArgs) -> Result<Self, SettingsError> {
        OutputSettings::load(loader, global)?;
        let connection = ConnectionSettings::load(loader, &args.connection)?;
        let flags = global.settings.flags().and(args.connection.flags());
        let mut settings = Vec::new();
        for &declaration in SETTINGS {
            let found = loader.find(&flags, declaration)?;
            let mut line = InForce {
                key: declaration.name,
                value: found.as_ref().map(|found| shown(declaration, found.text())),
                place: found.map(|found| found.place),
            };
            let derived = [(&CHAT_URL, &connection.chat), (&CONVERSATIONS_URL, &connection.conversations)];
            for (url, origin) in derived {
                if url.declaration.name == declaration.name {
                    line.value = Some(origin.to_string());
                    line.place = Some(line.place.unwrap_or_else(|| host_place(loader, &flags)));
                }
            }
            settings.push(line);
        }
        for variable in SECRET_VARIABLES {
            let set = loader.environment().has(variable);
            settings.push(InForce {
                key: variable,
                value: set.then(|| "set".to_owned()),
                place: set.then_some(Provenance::Variable(variable)),
            });
        }
        let credentials = connection.credentials.kind();
        settings.push(InForce {
            key: "credentials",
            value: Some(credentials.unwrap_or("incomplete").to_owned()),
            place: Some(Provenance::Derived("the above")),
        });
        let account = loader.account().map(|account| account.name.clone());
        Ok(Self { files: loader.file_paths().to_vec(), account, settings })
    }
}

/// What chose the host where no URL was given.
fn host_place(loader: &Loader, flags: &Flags) -> Provenance {
    let set = |declaration| matches!(loader.find(flags, declaration), Ok(Some(_)));
    match (set(&REGION.declaration), set(&EDGE.declaration)) {
        (false, false) => Provenance::Default,
        (true, false) => Provenance::Derived("region"),
        (false, true) => Provenance::Derived("edge"),
        (true, true) => Provenance::Derived("region and edge"),
    }
}
