//! Accounts: who may ask, and for which services.

use std::sync::{Arc, PoisonError, RwLock};

use super::ServiceWorld;
use super::changes::AccountDefaults;
use super::sid;
use crate::simulator::draws::Draws;

/// An account's SID and secrets.
#[derive(Debug, Clone)]
pub(crate) struct AccountCredentials {
    pub(crate) account_sid: String,
    pub(crate) auth_token: String,
    pub(crate) api_key: String,
    pub(crate) api_secret: String,
}

impl AccountCredentials {
    pub(crate) fn new(draws: Draws) -> Self {
        let hexadecimal = |key| sid::text("", sid::draw_digits(draws, key));
        Self {
            account_sid: sid::text("AC", sid::draw_digits(draws, 1)),
            auth_token: hexadecimal(2),
            api_key: sid::text("SK", sid::draw_digits(draws, 3)),
            api_secret: hexadecimal(4),
        }
    }
}

/// An account with its services.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) credentials: AccountCredentials,
    pub(crate) services: Vec<Arc<ServiceWorld>>,
    /// How many of the services the account lists.
    listed: usize,
    defaults: RwLock<AccountDefaults>,
}

impl Account {
    /// The first service is the default of Conversations.
    pub(crate) fn new(credentials: AccountCredentials, services: Vec<Arc<ServiceWorld>>) -> Self {
        let first = services.first().map(|world| world.account.service_sid.clone());
        let defaults =
            AccountDefaults { chat_service_sid: first.unwrap_or_default(), ..AccountDefaults::default() };
        Self { credentials, listed: services.len(), services, defaults: RwLock::new(defaults) }
    }

    /// Adds a service that is found by its SID and that no list has.
    pub(crate) fn add_unlisted(&mut self, service: Arc<ServiceWorld>) {
        self.services.push(service);
    }

    pub(crate) fn defaults(&self) -> AccountDefaults {
        self.defaults.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn update_defaults(&self, update: impl FnOnce(&mut AccountDefaults)) {
        update(&mut self.defaults.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// The service with this SID, if it is one of the account's.
    pub(crate) fn service(&self, sid: &str) -> Option<&Arc<ServiceWorld>> {
        self.services.iter().find(|world| world.account.service_sid == sid)
    }

    /// The services that are listed, in SID order.
    pub(crate) fn in_order(&self) -> Vec<(u128, u32)> {
        let digits =
            self.services.iter().take(self.listed).map(|world| sid::digits("IS", &world.account.service_sid));
        let mut order: Vec<(u128, u32)> = digits.map(|digits| digits.unwrap_or(0)).zip(0..).collect();
        order.sort_unstable();
        order
    }
}
