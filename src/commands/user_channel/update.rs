//! `user-channel update`: a plan of one operation that is performed at once, or a plan of many that is left for `apply`.

use std::path::PathBuf;

use futures_util::StreamExt as _;

use crate::cli::ApplyArgs;
use crate::cli::apply::ApplyFlags;
use crate::cli::setting::declarations::PLAN;
use crate::cli::setting::{FlagGroup, Flags};
use crate::cli::user_channel::UserChannelUpdateArgs;
use crate::error::ExitStatus;
use crate::plan::user_channels::{UserChannelPlan, UserChannelUpdate, header};
use crate::plan::{PlanDraft, RequestPace, Side, check_place, equality};
use crate::report::text::confirm::NotConfirmed;
use crate::report::text::user_channel as text;
use crate::settings::{ConnectionSettings, UserChannelRow, UserChannelUpdateSettings};
use crate::source::user_channels::{ApiObject, UserChannelError, UserChannelReader};

use super::super::{CommandError, Context, Outcome, apply, connect};
use super::names::FoundNames;
use super::{AT_A_TIME, check_joined, find, reader, user_channel};

pub(super) async fn run(args: &UserChannelUpdateArgs, context: &mut Context) -> Outcome {
    let settings = UserChannelUpdateSettings::load(&context.settings, args, &mut context.stdin)?;
    match settings {
        UserChannelUpdateSettings::One { row, plan, yes } => one(*row, plan, yes, args, context).await,
        UserChannelUpdateSettings::Many { rows, plan } => many(rows, plan, args, context).await,
    }
}

/// What a row comes to.
#[derive(Debug)]
enum UpdateRowOutcome {
    Update(Box<UserChannelUpdate>),
    /// It is as it should be.
    Same,
    /// It fits nothing.
    Misfit {
        line: u64,
        why: String,
    },
}

async fn one(
    row: UserChannelRow,
    plan: Option<PathBuf>,
    yes: bool,
    args: &UserChannelUpdateArgs,
    context: &mut Context,
) -> Outcome {
    let plan = match plan {
        Some(plan) => plan,
        None => own_name(context)?,
    };
    check_place(&plan)?;
    let reader = reader(args.settings.flags(), &args.connection, context).await?;
    let (user, channel, object) = find(&reader, row.user.clone(), row.channel.clone()).await?;
    check_joined(&user, &channel, &object)?;
    let after = row.change.fields(reader.api());
    let before = before(&object, &after);
    let changes = !is_same(&before, &after);
    let who = user.identity.clone().unwrap_or_else(|| user.sid.to_string());
    let name = channel.friendly_name.clone().or_else(|| channel.unique_name.clone());
    let on = name.map_or_else(|| channel.sid.to_string(), |name| format!("{name} ({})", channel.sid));
    context.say(text::change(&who, &on, &before, &after));
    if !changes {
        context.say(text::NOTHING_TO_DO);
        return show(&object, ExitStatus::Done, context);
    }
    agree(yes, context).await?;
    let update = UserChannelUpdate {
        user_sid: user.sid.clone(),
        channel_sid: channel.sid.clone(),
        identity: user.identity.clone(),
        before,
        after,
    };
    let mut drafted = drafted(&reader, &plan, args, context).await?;
    drafted.update(&update)?;
    let (draft, totals) = drafted.finish(pace(args, context)?);
    drop(draft.finish(&totals)?);
    let performed = apply::perform(&apply_args(&plan, args), context).await?;
    let status = apply::exit_status(&performed);
    for item in &performed.not_done {
        context.say(text::why_not_updated(&item.reason));
    }
    context.say(match status {
        ExitStatus::Done => text::updated(&plan),
        _ if performed.left == 0 => text::cannot_be_updated(&plan),
        _ => text::not_updated(&plan),
    });
    let object = reader.user_channel(&user.sid, &channel.sid).await?.unwrap_or(object);
    show(&object, status, context)
}

fn show(object: &ApiObject, status: ExitStatus, context: &mut Context) -> Outcome {
    if context.output.json {
        context.json(object)?;
    }
    Ok(status)
}

/// A plan's name that says what it is and is not taken.
fn own_name(context: &Context) -> Result<PathBuf, CommandError> {
    let now = context.settings.now()?;
    let name = now.strftime("user-channel-%Y%m%dT%H%M%SZ").to_string();
    let free = (1..).map(|number| match number {
        1 => PathBuf::from(format!("{name}.db")),
        number => PathBuf::from(format!("{name}-{number}.db")),
    });
    Ok(free.into_iter().find(|path| !path.exists()).unwrap_or_default())
}

async fn many(
    rows: Vec<UserChannelRow>,
    plan: PathBuf,
    args: &UserChannelUpdateArgs,
    context: &mut Context,
) -> Outcome {
    check_place(&plan)?;
    let reader = reader(args.settings.flags(), &args.connection, context).await?;
    let found = FoundNames::of(&rows, &reader).await?;
    found.check_rows_differ(&rows)?;
    let mut drafted = drafted(&reader, &plan, args, context).await?;
    let (mut updates, mut same, mut misfits) = (0_u64, 0_u64, 0_u64);
    {
        let outcomes = rows.iter().map(|row| outcome(&reader, &found, row));
        let mut outcomes = futures_util::stream::iter(outcomes).buffered(AT_A_TIME);
        while let Some(outcome) = outcomes.next().await {
            match outcome? {
                UpdateRowOutcome::Update(update) => {
                    drafted.update(&update)?;
                    updates += 1;
                }
                UpdateRowOutcome::Same => {
                    drafted.same();
                    same += 1;
                }
                UpdateRowOutcome::Misfit { line, why } => {
                    drafted.misfit(&format!("line {line}"), why)?;
                    misfits += 1;
                }
            }
        }
    }
    let (draft, totals) = drafted.finish(pace(args, context)?);
    let made = draft.finish(&totals)?;
    let text = text::planned(made.path(), updates, same, misfits);
    let result = serde_json::json!({
        "plan": made.path().display().to_string(),
        "digest": made.digest(),
        "operations": totals.operations,
        "noop": totals.noop,
        "findings": totals.findings,
        "requests": totals.requests,
        "estimated_seconds": totals.estimated_seconds,
        "verdict": totals.verdict,
    });
    context.conclude(&result, text)?;
    Ok(if misfits > 0 { ExitStatus::Findings } else { ExitStatus::Done })
}

async fn outcome(
    reader: &UserChannelReader,
    found: &FoundNames,
    row: &UserChannelRow,
) -> Result<UpdateRowOutcome, CommandError> {
    let misfit =
        |error: &UserChannelError| UpdateRowOutcome::Misfit { line: row.line, why: error.to_string() };
    let (user, channel) = match (&found.users[&row.user], &found.channels[&row.channel]) {
        (Err(error), _) | (_, Err(error)) => return Ok(misfit(error)),
        (Ok(user), Ok(channel)) => (user, channel),
    };
    let joined = user_channel(reader, user, channel).await;
    let joined = joined.and_then(|object| check_joined(user, channel, &object).map(|()| object));
    let object = match joined {
        Ok(object) => object,
        Err(error) if error.is_misfit() => return Ok(misfit(&error)),
        Err(error) => return Err(error.into()),
    };
    let after = row.change.fields(reader.api());
    let before = before(&object, &after);
    if is_same(&before, &after) {
        return Ok(UpdateRowOutcome::Same);
    }
    Ok(UpdateRowOutcome::Update(Box::new(UserChannelUpdate {
        user_sid: user.sid.clone(),
        channel_sid: channel.sid.clone(),
        identity: user.identity.clone(),
        before,
        after,
    })))
}

/// The values of these keys as they are now.
fn before(object: &ApiObject, after: &ApiObject) -> ApiObject {
    let now = |key: &String| object.get(key).cloned().unwrap_or(serde_json::Value::Null);
    after.keys().map(|key| (key.clone(), now(key))).collect()
}

/// Whether there is nothing to write. A time of reading is not given back, so that it is always written.
fn is_same(before: &ApiObject, after: &ApiObject) -> bool {
    after.iter().all(|(key, value)| {
        equality::is_compared(key)
            && equality::same_values(key, before.get(key).unwrap_or(&serde_json::Value::Null), value)
    })
}

async fn drafted(
    reader: &UserChannelReader,
    plan: &std::path::Path,
    args: &UserChannelUpdateArgs,
    context: &Context,
) -> Result<UserChannelPlan, CommandError> {
    let connection = ConnectionSettings::load(&context.settings, &args.connection)?;
    let side = Side {
        account_sid: connection.read_credentials()?.account_sid.to_string(),
        service_sid: reader.service().to_string(),
        friendly_name: reader.service_name().await?,
    };
    let draft = PlanDraft::create(plan, &header(reader.api(), side))?;
    Ok(UserChannelPlan::new(draft, reader.api(), reader.service().clone()))
}

fn pace(args: &UserChannelUpdateArgs, context: &Context) -> Result<RequestPace, CommandError> {
    Ok(connect::pace(&ConnectionSettings::load(&context.settings, &args.connection)?))
}

async fn agree(yes: bool, context: &mut Context) -> Result<(), CommandError> {
    if yes {
        return Ok(());
    }
    if !context.stdin_is_terminal {
        return Err(NotConfirmed::NoTerminalForYes.into());
    }
    match apply::answer(text::QUESTION, context).await?.as_deref() {
        Some("yes") => Ok(()),
        Some(_) => Err(NotConfirmed::NotYes.into()),
        None => Err(NotConfirmed::Interrupted.into()),
    }
}

fn apply_args(plan: &std::path::Path, args: &UserChannelUpdateArgs) -> ApplyArgs {
    ApplyArgs {
        settings: ApplyFlags::of(Flags::default().with(&PLAN, plan.display().to_string())),
        yes: true,
        connection: args.connection.clone(),
        ..ApplyArgs::default()
    }
}
