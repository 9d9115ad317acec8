//! The settings of `summary`: places, and the accounts that are expected.

use super::each_account::each_account;
use super::error::SettingsError;
use super::export_destination::ExportDestination;
use super::loader::Loader;
use crate::cli::SummaryArgs;
use crate::cli::setting::Flags;
use crate::cli::setting::declarations::SERVICE;
use crate::model::{AccountSid, ServiceSid};

/// What `summary` reads, and what it expects.
#[derive(Debug)]
pub(crate) struct SummarySettings {
    pub places: Vec<ExportDestination>,
    /// The accounts of the accounts file; empty without one.
    pub accounts: Vec<WantedAccount>,
}

/// An account that results are expected of.
#[derive(Debug)]
pub(crate) struct WantedAccount {
    pub name: String,
    pub sid: AccountSid,
    pub services: Vec<ServiceSid>,
}

impl SummarySettings {
    pub(crate) fn load(loader: &Loader, args: &SummaryArgs) -> Result<Self, SettingsError> {
        let accounts = if loader.accounts_path().is_some() { each_account(loader)? } else { Vec::new() };
        let wanted = accounts.into_iter().map(|account| {
            let services = account.settings.read(&Flags::default(), &SERVICE)?.unwrap_or_default();
            Ok(WantedAccount { name: account.name, sid: account.sid, services })
        });
        Ok(Self {
            places: args.places.iter().map(|text| ExportDestination::of(text)).collect(),
            accounts: wanted.collect::<Result<_, SettingsError>>()?,
        })
    }
}
