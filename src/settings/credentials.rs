//! Which credentials, and where their secret comes from.
//!
//! The account's SID goes with its auth token, with an API key and that key's secret, or with an OAuth client and its secret. Where
//! several are set the key is used, as Twilio's own command line does, then the OAuth client: both can be revoked by themselves. Only a
//! key or a client of the settings file gives way to a complete pair of the environment, since the environment is the stronger layer.
//! The secret comes from the first of: `--secret-file` or `--secret-command`, their variables, `TWILIO_API_SECRET`,
//! `TWILIO_CLIENT_SECRET` or `TWILIO_AUTH_TOKEN`, the settings file. An account of the accounts file has all of these in its own entry, but for
//! flags.
//!
//! **Invariant:** the secret is read when a verb needs it, not before: `chatferry config` runs no command.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::cli::setting::{Declaration, Flags, declarations};
use crate::model::AccountSid;
use crate::secret::{Credentials, Secret};
use crate::storage::{Exposure, exposure};

use super::accounts::AccountEntry;
use super::error::{CredentialError, SettingsError};
use super::loader::{FoundSetting, Loader};
use super::provenance::Provenance;

/// The variables that hold secrets. They are no settings: a secret has no place in a file of settings.
pub(super) const SECRET_VARIABLES: [&str; 6] = [
    AUTH_TOKEN_VARIABLE,
    API_SECRET_VARIABLE,
    CLIENT_SECRET_VARIABLE,
    TARGET_AUTH_TOKEN_VARIABLE,
    TARGET_API_SECRET_VARIABLE,
    TARGET_CLIENT_SECRET_VARIABLE,
];
const AUTH_TOKEN_VARIABLE: &str = "TWILIO_AUTH_TOKEN";
const API_SECRET_VARIABLE: &str = "TWILIO_API_SECRET";
const CLIENT_SECRET_VARIABLE: &str = "TWILIO_CLIENT_SECRET";
const TARGET_AUTH_TOKEN_VARIABLE: &str = "CHATFERRY_TARGET_AUTH_TOKEN";
const TARGET_API_SECRET_VARIABLE: &str = "CHATFERRY_TARGET_API_SECRET";
const TARGET_CLIENT_SECRET_VARIABLE: &str = "CHATFERRY_TARGET_CLIENT_SECRET";

/// The names under which one account's credentials are looked for.
#[derive(Debug)]
struct CredentialNames {
    account_sid: &'static Declaration,
    api_key: &'static Declaration,
    client_id: &'static Declaration,
    secret_file: &'static Declaration,
    secret_command: &'static Declaration,
    auth_token: &'static str,
    api_secret: &'static str,
    client_secret: &'static str,
}

/// The account that is read, and that is written to unless another is set.
static SOURCE: CredentialNames = CredentialNames {
    account_sid: &declarations::ACCOUNT_SID.declaration,
    api_key: &declarations::API_KEY.declaration,
    client_id: &declarations::CLIENT_ID.declaration,
    secret_file: &declarations::SECRET_FILE.declaration,
    secret_command: &declarations::SECRET_COMMAND.declaration,
    auth_token: AUTH_TOKEN_VARIABLE,
    api_secret: API_SECRET_VARIABLE,
    client_secret: CLIENT_SECRET_VARIABLE,
};

/// A second account, to copy into.
static TARGET: CredentialNames = CredentialNames {
    account_sid: &declarations::TARGET_ACCOUNT_SID.declaration,
    api_key: &declarations::TARGET_API_KEY.declaration,
    client_id: &declarations::TARGET_CLIENT_ID.declaration,
    secret_file: &declarations::TARGET_SECRET_FILE.declaration,
    secret_command: &declarations::TARGET_SECRET_COMMAND.declaration,
    auth_token: TARGET_AUTH_TOKEN_VARIABLE,
    api_secret: TARGET_API_SECRET_VARIABLE,
    client_secret: TARGET_CLIENT_SECRET_VARIABLE,
};

/// Which credentials, found but not yet read.
#[derive(Debug, Clone)]
pub struct CredentialSettings {
    names: &'static CredentialNames,
    account_sid: Option<FoundSetting>,
    username: Option<Username>,
    secret: Option<SecretSource>,
    /// Whether a `.env` lies in the folder.
    dot_env: bool,
    /// The entry of the accounts file that they are of.
    entry: Option<Provenance>,
}

/// Who signs instead of the account itself.
#[derive(Debug, Clone)]
enum Username {
    ApiKey(FoundSetting),
    OAuthClient(FoundSetting),
}

/// Where the secret comes from.
#[derive(Debug, Clone)]
enum SecretSource {
    Variable(&'static str, Secret),
    File(PathBuf, Provenance),
    Command(String, Provenance),
}

impl SecretSource {
    fn place(&self) -> Provenance {
        match self {
            Self::Variable(name, _) => Provenance::Variable(name),
            Self::File(_, place) | Self::Command(_, place) => place.clone(),
        }
    }

    fn read(&self) -> Result<Secret, CredentialError> {
        match self {
            Self::Variable(_, secret) => Ok(secret.clone()),
            Self::File(path, _) => {
                warn_once_of(path);
                let text = std::fs::read_to_string(path)
                    .map_err(|source| CredentialError::SecretFile { path: path.clone(), source })?;
                Ok(Secret::new(without_line_end(text)))
            }
            Self::Command(command, _) => run(command),
        }
    }
}

/// Warns of a secret file that others can read or change: once for each, however often it is read.
fn warn_once_of(path: &Path) {
    static WARNED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let Some(exposure) = exposure(path) else { return };
    let is_new = WARNED.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_path_buf());
    let what = match exposure {
        Exposure::Readable => "everyone on this machine can read this secret file: chmod go-rwx",
        Exposure::Writable => "everyone on this machine can change this secret file: chmod go-rwx",
    };
    if is_new {
        tracing::warn!(path = %path.display(), "{what}");
    }
}

impl CredentialSettings {
    /// What gives the secret, if anything does.
    #[cfg(test)]
    pub(crate) fn secret_place(&self) -> Option<Provenance> {
        self.secret.as_ref().map(SecretSource::place)
    }

    /// What kind of credentials they are, if they are complete.
    pub fn kind(&self) -> Option<&'static str> {
        match (&self.account_sid, &self.username, &self.secret) {
            (Some(_), Some(Username::ApiKey(_)), Some(_)) => Some("API key"),
            (Some(_), Some(Username::OAuthClient(_)), Some(_)) => Some("OAuth client"),
            (Some(_), None, Some(_)) => Some("auth token"),
            _ => None,
        }
    }

    /// Checks everything and reads the secret.
    pub fn read(&self) -> Result<Credentials, CredentialError> {
        let account = self.account_sid.as_ref().ok_or(CredentialError::Missing {
            missing: self.names.account_sid.variable,
            because: "every request is signed for one account",
            dot_env: self.dot_env && self.secret.is_none() && self.username.is_none(),
        })?;
        let account_sid = account_sid(account)?;
        let username = self.username.as_ref().map(Username::checked).transpose()?;
        let (missing, because) = match &self.username {
            Some(Username::ApiKey(_)) => (
                self.names.api_secret,
                "an API key is set, and it goes with its own secret, not with the account's auth token",
            ),
            Some(Username::OAuthClient(_)) => (
                self.names.client_secret,
                "an OAuth client is set, and it goes with its own secret, not with the account's auth token",
            ),
            None => (self.names.auth_token, "the account's SID alone does not sign a request"),
        };
        let source = self.secret.as_ref().ok_or_else(|| match &self.entry {
            Some(place) => CredentialError::NoSecretOfAccount { place: place.clone() },
            None => CredentialError::Missing { missing, because, dot_env: false },
        })?;
        let secret = source.read()?;
        let is_client = matches!(self.username, Some(Username::OAuthClient(_)));
        check_secret(&secret, &source.place(), if is_client { A_CLIENT_SECRET } else { A_SECRET })?;
        Ok(match (&self.username, username) {
            (Some(Username::OAuthClient(_)), Some(client)) => {
                Credentials::oauth_client(account_sid, client, secret)
            }
            (_, Some(api_key)) => Credentials::api_key(account_sid, api_key, secret),
            (_, None) => Credentials::auth_token(account_sid, secret),
        })
    }

    /// The credentials of the account that is read.
    pub(super) fn of_source(loader: &Loader, flags: &Flags) -> Result<Self, SettingsError> {
        Self::find(loader, flags, &SOURCE, loader.account().map(AccountEntry::own_place))
    }

    /// The credentials of the account to copy into, where another one than the source's is set. What is set without the account's
    /// SID is an oversight that reading them reports.
    pub(super) fn of_target(loader: &Loader) -> Result<Option<Self>, SettingsError> {
        let found = Self::find(loader, &Flags::default(), &TARGET, None)?;
        let any = found.account_sid.is_some() || found.username.is_some() || found.secret.is_some();
        Ok(any.then_some(found))
    }

    fn find(
        loader: &Loader,
        flags: &Flags,
        names: &'static CredentialNames,
        entry: Option<Provenance>,
    ) -> Result<Self, SettingsError> {
        let environment = loader.environment();
        let account_sid = loader.find(flags, names.account_sid)?;
        let token_pair_is_set = environment.has(names.auth_token)
            && matches!(&account_sid, Some(FoundSetting { place: Provenance::Variable(_), .. }))
            && !environment.has(names.api_secret);
        let is_taken =
            |found: &FoundSetting| !(token_pair_is_set && matches!(found.place, Provenance::File(_)));
        let api_key = loader.find(flags, names.api_key)?.filter(is_taken).map(Username::ApiKey);
        let client_id = loader.find(flags, names.client_id)?.filter(is_taken).map(Username::OAuthClient);
        let username = api_key.or(client_id);
        let variable = match username {
            Some(Username::ApiKey(_)) => names.api_secret,
            Some(Username::OAuthClient(_)) => names.client_secret,
            None => names.auth_token,
        };
        let secret_at = match loader.either(flags, names.secret_file, names.secret_command)? {
            (Some(file), _) => Some(SecretSource::File(PathBuf::from(file.text()), file.place)),
            (None, Some(command)) => Some(SecretSource::Command(command.text(), command.place)),
            (None, None) => None,
        };
        let in_environment = if entry.is_some() { None } else { environment.get(variable)? };
        let secret = match (secret_at, in_environment) {
            (Some(source), Some(text)) if matches!(source.place(), Provenance::File(_)) => {
                tracing::debug!(variable, "the environment's secret is used, not the settings file's");
                Some(SecretSource::Variable(variable, Secret::new(text.to_owned())))
            }
            (Some(source), _) => Some(source),
            (None, Some(text)) => Some(SecretSource::Variable(variable, Secret::new(text.to_owned()))),
            (None, None) => None,
        };
        let dot_env = loader.has_dot_env();
        Ok(Self { names, account_sid, username, secret, dot_env, entry })
    }
}

const AN_ACCOUNT_SID: &str = "an Account SID (`AC` and 32 hexadecimal digits)";
const AN_API_KEY: &str = "an API key's SID (`SK` and 32 hexadecimal digits)";
const AN_OAUTH_CLIENT: &str = "an OAuth client's ID (`OQ` and 32 hexadecimal digits)";
const A_SECRET: &str = "an auth token or an API key's secret (letters and digits)";
const A_CLIENT_SECRET: &str = "an OAuth client's secret (letters and digits)";

fn account_sid(found: &FoundSetting) -> Result<AccountSid, CredentialError> {
    let text = found.text();
    if has_sid_shape(&text, "SK") {
        return Err(wrong_kind(found, "an API key", AN_ACCOUNT_SID));
    }
    // The text is not repeated: it may be a secret that was put in the wrong variable.
    text.parse()
        .map_err(|_text| CredentialError::WrongShape { place: found.place.clone(), expected: AN_ACCOUNT_SID })
}

impl Username {
    /// Its text, if it has the shape.
    fn checked(&self) -> Result<String, CredentialError> {
        let (found, prefix, expected) = match self {
            Self::ApiKey(found) => (found, "SK", AN_API_KEY),
            Self::OAuthClient(found) => (found, "OQ", AN_OAUTH_CLIENT),
        };
        let text = found.text();
        if has_sid_shape(&text, "AC") {
            return Err(wrong_kind(found, "an Account SID", expected));
        }
        if has_sid_shape(&text, prefix) {
            return Ok(text);
        }
        Err(CredentialError::WrongShape { place: found.place.clone(), expected })
    }
}

fn check_secret(secret: &Secret, place: &Provenance, expected: &'static str) -> Result<(), CredentialError> {
    let text = secret.expose();
    if has_sid_shape(text, "AC") || has_sid_shape(text, "SK") {
        let found = "a SID";
        return Err(CredentialError::WrongKind { place: place.clone(), found, expected });
    }
    // Twilio issues letters and digits only; anything else is a slip such as a quote or a second line.
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(CredentialError::WrongShape { place: place.clone(), expected });
    }
    Ok(())
}

fn wrong_kind(found: &FoundSetting, what: &'static str, expected: &'static str) -> CredentialError {
    CredentialError::WrongKind { place: found.place.clone(), found: what, expected }
}

fn has_sid_shape(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What the command prints. It may ask the user: stdin and stderr are left to it.
fn run(command: &str) -> Result<Secret, CredentialError> {
    let output = Command::new("sh")
        .arg("-c")
        .arg(command)
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .map_err(CredentialError::SecretCommand)?;
    if !output.status.success() {
        return Err(CredentialError::SecretCommandFailed { status: output.status });
    }
    Ok(Secret::new(without_line_end(String::from_utf8_lossy(&output.stdout).into_owned())))
}

fn without_line_end(mut text: String) -> String {
    while text.ends_with(['\n', '\r']) {
        text.pop();
    }
    text
}

impl CredentialError {
    fn is_of_target(&self) -> bool {
        matches!(self, Self::Missing { missing, .. } if missing.starts_with("CHATFERRY_TARGET_"))
    }

    /// What to do about it.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Missing { missing: "TWILIO_ACCOUNT_SID", dot_env: true, .. } => {
                "a file `.env` lies here, which is not read: `set -a; . ./.env; set +a` puts its variables into the \
                 environment. Needed are TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or with TWILIO_API_KEY and \
                 TWILIO_API_SECRET"
                    .to_owned()
            }
            Self::Missing { missing: "TWILIO_ACCOUNT_SID", .. } => {
                "set TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or with TWILIO_API_KEY and TWILIO_API_SECRET".to_owned()
            }
            Self::Missing { missing: "CHATFERRY_TARGET_ACCOUNT_SID", .. } => {
                "set CHATFERRY_TARGET_ACCOUNT_SID with CHATFERRY_TARGET_AUTH_TOKEN, or with CHATFERRY_TARGET_API_KEY and \
                 CHATFERRY_TARGET_API_SECRET; or none of them to copy within the source's account"
                    .to_owned()
            }
            Self::Missing { because, .. } if self.is_of_target() => {
                format!("{because}; set it, or CHATFERRY_TARGET_SECRET_FILE or CHATFERRY_TARGET_SECRET_COMMAND")
            }
            Self::Missing { because, .. } => {
                format!("{because}; set it, or use --secret-file or --secret-command")
            }
            Self::NoSecretOfAccount { .. } => {
                "add one of the two to the entry; an account of the file takes no secret from the environment".to_owned()
            }
            Self::WrongKind { found: "an API key", .. } => {
                "put the key (SK…) in TWILIO_API_KEY, its secret in TWILIO_API_SECRET, and the account (AC…) in \
                 TWILIO_ACCOUNT_SID"
                    .to_owned()
            }
            Self::WrongKind { found: "an Account SID", .. } => {
                "put the account (AC…) in TWILIO_ACCOUNT_SID and the key (SK…) in TWILIO_API_KEY".to_owned()
            }
            Self::WrongKind { .. } | Self::WrongShape { .. } => {
                "the account's SID, its auth token and its API keys are in the Twilio console".to_owned()
            }
            Self::SecretFile { .. } => "the file holds the secret and nothing else".to_owned(),
            Self::SecretCommand(_) | Self::SecretCommandFailed { .. } => {
                "try the command by itself; it must print the secret and exit with 0".to_owned()
            }
        }
    }
}
