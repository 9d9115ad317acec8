//! The environment as a value, so that nothing else reads it and tests can make one up.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

/// Variables of others that this program reads.
const OTHERS: [&str; 7] =
    ["NO_COLOR", "TERM", "HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "APPDATA", "JOB_COMPLETION_INDEX"];

/// The variables that concern this program.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
}

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        let ours = |name: &str| {
            name.starts_with("TWILIO_") || name.starts_with("CHATFERRY_") || OTHERS.contains(&name)
        };
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| ours(name))
            .collect();
        Self { variables }
    }

    /// These variables and no others.
    pub fn of<N: Into<String>, V: Into<OsString>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables }
    }

    /// The value of a variable. One that is empty counts as not set, as `docker compose` leaves it.
    ///
    /// # Errors
    /// The value is not UTF-8. It is not repeated: it may be a secret.
    pub fn get(&self, name: &'static str) -> Result<Option<&str>, NotUtf8> {
        match self.variables.get(name) {
            None => Ok(None),
            Some(value) if value.is_empty() => Ok(None),
            Some(value) => value.to_str().map(Some).ok_or(NotUtf8 { variable: name }),
        }
    }

    /// Whether the terminal says of itself that it cannot move its cursor.
    pub(crate) fn is_dumb_terminal(&self) -> bool {
        matches!(self.get("TERM"), Ok(Some("dumb")))
    }

    /// The names of the variables that are set.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    /// Whether a variable is there and not empty, whatever it holds.
    pub fn has(&self, name: &str) -> bool {
        self.variables.get(name).is_some_and(|value| !value.is_empty())
    }
}

/// A variable's value is not UTF-8.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {variable} is not valid UTF-8")]
pub struct NotUtf8 {
    /// Its name.
    pub variable: &'static str,
}

/// Names only: some values are secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.variables.keys()).finish()
    }
}
