//! All accounts of the accounts file, for verbs that are about all of them.

use super::error::SettingsError;
use super::loader::Loader;
use crate::model::AccountSid;

/// An account of the accounts file.
#[derive(Debug)]
pub(crate) struct OneAccount {
    /// Its number, from 0.
    pub number: usize,
    pub name: String,
    pub sid: AccountSid,
    /// All settings as this account has them.
    pub settings: Loader,
}

/// The accounts, in the order of the file.
pub(crate) fn each_account(loader: &Loader) -> Result<Vec<OneAccount>, SettingsError> {
    if loader.accounts_path().is_none() {
        return Err(SettingsError::NoAccountsFile);
    }
    let accounts = loader.accounts().iter().enumerate().map(|(number, account)| OneAccount {
        number,
        name: account.name.clone(),
        sid: account.sid.clone(),
        settings: loader.of_account(number),
    });
    Ok(accounts.collect())
}
