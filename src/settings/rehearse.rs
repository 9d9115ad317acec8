//! The settings of `rehearse`.

use std::path::PathBuf;

use super::environment::Environment;
use super::error::SettingsError;
use super::loader::Loader;
use super::plan::{check_reports, plan_file};
use crate::cli::RehearseArgs;
use crate::cli::setting::declarations::{
    ACCOUNT_CONCURRENCY, CHAT_URL, CHECK_FILES, CONCURRENCY, CONVERSATION_RATE, CONVERSATIONS_URL, MEDIA_URL,
    RPS, SERVICE_RATE,
};
use crate::cli::setting::{FlagGroup, Flags};

/// What is rehearsed, and under what conditions.
#[derive(Debug, Clone)]
pub(crate) struct RehearseSettings {
    /// The plan file.
    pub plan: PathBuf,
    /// What goes wrong, as the simulator takes it.
    pub faults: String,
    pub seed: u64,
    /// How often the apply is broken off.
    pub kills: u32,
    /// The reports to write; each name ends in `.html`, `.md` or `.json`.
    pub reports: Vec<PathBuf>,
    /// The page among them that is opened.
    pub open: Option<PathBuf>,
    /// The rates that `apply` would keep to: their variables and values.
    rates: Vec<(&'static str, String)>,
}

impl RehearseSettings {
    pub(crate) fn load(loader: &Loader, args: &RehearseArgs) -> Result<Self, SettingsError> {
        let rates = [&RPS, &CONCURRENCY, &ACCOUNT_CONCURRENCY, &CONVERSATION_RATE, &SERVICE_RATE];
        let rate = |setting: &&'static _| {
            let value: u32 = loader.get(&Flags::default(), setting)?;
            Ok::<_, SettingsError>((setting.declaration.variable, value.to_string()))
        };
        let plan = plan_file(loader, args.settings.flags())?;
        let open = check_reports(&args.reports, args.open, vec![&plan])?;
        Ok(Self {
            plan,
            reports: args.reports.clone(),
            open,
            faults: args.faults.clone(),
            seed: args.seed,
            kills: args.kills,
            rates: rates.iter().map(rate).collect::<Result<_, _>>()?,
        })
    }

    /// The environment in which the verbs use a simulator: these accounts, any secret, and the rates. The files are checked once before.
    pub(crate) fn environment(&self, url: &str, source_account: &str, target_account: &str) -> Environment {
        let secret = "0".repeat(32);
        let other = (source_account != target_account).then_some(target_account);
        let mut variables = vec![
            ("TWILIO_ACCOUNT_SID", source_account.to_owned()),
            ("TWILIO_AUTH_TOKEN", secret.clone()),
            (CHAT_URL.declaration.variable, url.to_owned()),
            (CONVERSATIONS_URL.declaration.variable, url.to_owned()),
            (MEDIA_URL.declaration.variable, url.to_owned()),
            (CHECK_FILES.declaration.variable, "false".to_owned()),
        ];
        if let Some(account) = other {
            variables.push(("CHATFERRY_TARGET_ACCOUNT_SID", account.to_owned()));
            variables.push(("CHATFERRY_TARGET_AUTH_TOKEN", secret));
        }
        Environment::of(variables.into_iter().chain(self.rates.iter().cloned()))
    }
}
