//! Every setting in force with the place that set it: what `chatferry config` shows.

use std::path::PathBuf;

use crate::cli::{ConfigArgs, GlobalArgs};

use super::error::SettingsError;
use super::flags::Flags;
use super::keys::{
    self, API_SECRET_VARIABLE, AUTH_TOKEN_VARIABLE, KEYS, Key, TARGET_API_SECRET_VARIABLE,
    TARGET_AUTH_TOKEN_VARIABLE,
};
use super::loader::Loader;
use super::place::Place;

/// Every setting in force.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The settings file that was read.
    pub file: Option<PathBuf>,
    /// The settings, in the order of [`KEYS`], the secrets and the credentials that
    /// all of it makes at the end.
    pub settings: Vec<InForce>,
}

/// One setting in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// The key, or the variable of a secret.
    pub key: &'static str,
    /// Its value; none where it is not set. Of a secret only `set`.
    pub value: Option<String>,
    /// Who set it; none where nobody did and there is no default.
    pub place: Option<Place>,
}

/// A value as it may be shown. A command can hold a secret, and what is no SID in a SID's place may be one.
fn shown(key: &Key, text: String) -> String {
    let is_sid = |text: &str| text.len() == 34 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match key.name {
        "secret_command" | "target_secret_command" => "set".to_owned(),
        "account_sid" | "api_key" | "target_account_sid" | "target_api_key" if !is_sid(&text) => {
            "set, but not a SID".to_owned()
        }
        _ => text,
    }
}

impl Loader {
    /// Every setting in force. Everything is checked first, as a verb would.
    pub fn listing(&self, global: &GlobalArgs, args: &ConfigArgs) -> Result<Listing, SettingsError> {
        self.output(global)?;
        let connection = self.connection(&args.connection)?;
        let flags = Flags::from(global).and(Flags::from(&args.connection));
        let mut settings = Vec::new();
        for &key in KEYS {
            let found = self.find(&flags, key)?;
            let mut line = InForce {
                key: key.name,
                value: found.as_ref().map(|found| shown(key, found.text())),
                place: found.map(|found| found.place),
            };
            let derived =
                [(&keys::CHAT_URL, &connection.chat), (&keys::CONVERSATIONS_URL, &connection.conversations)];
            for (url, origin) in derived {
                if url.name == key.name {
                    line.value = Some(origin.to_string());
                    line.place = Some(line.place.unwrap_or_else(|| self.host_place(&flags)));
                }
            }
            settings.push(line);
        }
        for variable in
            [AUTH_TOKEN_VARIABLE, API_SECRET_VARIABLE, TARGET_AUTH_TOKEN_VARIABLE, TARGET_API_SECRET_VARIABLE]
        {
            let set = self.environment.has(variable);
            settings.push(InForce {
                key: variable,
                value: set.then(|| "set".to_owned()),
                place: set.then_some(Place::Variable(variable)),
            });
        }
        let credentials = connection.credentials.kind();
        settings.push(InForce {
            key: "credentials",
            value: Some(credentials.unwrap_or("incomplete").to_owned()),
            place: Some(Place::Derived("the above")),
        });
        Ok(Listing { file: self.file_path.clone(), settings })
    }

    /// Who chose the host where no URL was given.
    fn host_place(&self, flags: &Flags) -> Place {
        let set = |key| matches!(self.find(flags, key), Ok(Some(_)));
        match (set(&keys::REGION), set(&keys::EDGE)) {
            (false, false) => Place::Default,
            (true, false) => Place::Derived("region"),
            (false, true) => Place::Derived("edge"),
            (true, true) => Place::Derived("region and edge"),
        }
    }
}
