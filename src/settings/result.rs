//! Where the record of a run goes, and whose run it is.

use std::path::PathBuf;

use super::error::SettingsError;
use super::loader::Loader;
use super::place;
use crate::cli::setting::Flags;
use crate::cli::setting::declarations::{ACCOUNT_SID, RESULT, SERVICE};
use crate::model::{AccountSid, ServiceSid};

/// Where the record of a run goes, and whose run it is.
#[derive(Debug, Clone)]
pub(crate) struct ResultSettings {
    pub path: PathBuf,
    /// The name in the accounts file.
    pub account: Option<String>,
    pub account_sid: Option<AccountSid>,
    /// The services that are named.
    pub services: Vec<ServiceSid>,
}

impl ResultSettings {
    /// None, where no record is asked for. The flags are those of every verb, and the service that this one was given.
    pub(crate) fn load(loader: &Loader, flags: &Flags) -> Result<Option<Self>, SettingsError> {
        let Some(path) = place::of_optional(loader, flags, &RESULT)? else {
            return Ok(None);
        };
        let account_sid = loader.find(flags, &ACCOUNT_SID.declaration)?;
        Ok(Some(Self {
            path,
            account: loader.account().map(|account| account.name.clone()),
            // One that is wrong is reported where the credentials are read.
            account_sid: account_sid.and_then(|found| found.text().parse().ok()),
            services: loader.read(flags, &SERVICE)?.unwrap_or_default(),
        }))
    }
}
