//! `accounts`: what is about all accounts of the accounts file.

use futures_util::{StreamExt as _, stream};
use tokio_util::sync::CancellationToken;

use crate::cli::{AccountsArgs, AccountsVerb, ProbeArgs};
use crate::error::ExitStatus;
use crate::event::Events;
use crate::report::{AccountsSummary, CheckedAccount, ProbeSummary};
use crate::settings::{ConnectionSettings, OneAccount, ProbeSettings, each_account};

use super::probe;
use super::{CommandError, Context, Outcome};

/// Accounts that are tried at a time. Each has limits of its own.
const AT_A_TIME: usize = 8;

pub(super) async fn run(args: &AccountsArgs, context: &mut Context) -> Outcome {
    let AccountsVerb::Check = args.verb;
    let accounts = each_account(&context.settings)?;
    let stop = context.interrupt.token();
    let checked = stream::iter(&accounts).map(|account| check(account, &stop)).buffered(AT_A_TIME);
    let checked: Vec<(CheckedAccount, ExitStatus)> = checked.collect().await;
    let worst = checked.iter().fold(ExitStatus::Done, |worst, (_, status)| worst.worse(*status));
    let summary = AccountsSummary::of(checked.into_iter().map(|(account, _)| account), worst);
    if context.output.json {
        context.json(&summary)?;
    } else {
        context.print(summary.text())?;
    }
    Ok(worst)
}

/// Tries an account. What is wrong with one is no reason not to try the next.
async fn check(account: &OneAccount, stop: &CancellationToken) -> (CheckedAccount, ExitStatus) {
    let (probed, status) = match probe_account(account, stop).await {
        Ok((summary, status)) => (Ok(summary), status),
        Err(error) => (Err(error.problem()), error.status),
    };
    (CheckedAccount::of(account.number, &account.name, &account.sid, probed, status), status)
}

async fn probe_account(
    account: &OneAccount,
    stop: &CancellationToken,
) -> Result<(ProbeSummary, ExitStatus), CommandError> {
    let settings = ProbeSettings::load(&account.settings, &ProbeArgs::default())?;
    let connection = ConnectionSettings::of_environment(&account.settings)?;
    probe::probe(settings, &connection, &Events::none(), stop).await
}
