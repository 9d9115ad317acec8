//! `user-channel`: one user's channels, listed, fetched and updated.
//!
//! **Invariant:** an update is a plan, performed by the engine of `apply`: nothing here sends a write.

mod names;
mod update;

use std::sync::Arc;

use futures_util::StreamExt as _;
use serde_json::Value;

use crate::cli::ConnectionArgs;
use crate::cli::setting::{FlagGroup, Flags, SourceChoice};
use crate::cli::user_channel::{
    UserChannelArgs, UserChannelFetchArgs, UserChannelFormat, UserChannelListArgs, UserChannelVerb,
};
use crate::crawl::cost;
use crate::error::ExitStatus;
use crate::event::Events;
use crate::model::Api;
use crate::report::text::user_channel as text;
use crate::settings::{
    ConnectionSettings, Named, ServiceChoice, SettingsError, UserChannelPlace, channel_named, user_named,
};
use crate::source::Source;
use crate::source::user_channels::{
    ApiObject, FoundChannel, FoundUser, NameOrSid, UserChannelError, UserChannelReader, status_unless_joined,
};
use crate::twilio::Client;

use super::failure::StdoutError;
use super::{CommandError, Context, Outcome, connect, source};

pub(super) async fn run(args: &UserChannelArgs, context: &mut Context) -> Outcome {
    match &args.verb {
        UserChannelVerb::List(args) => list(args, context).await,
        UserChannelVerb::Fetch(args) => fetch(args, context).await,
        UserChannelVerb::Update(args) => update::run(args, context).await,
    }
}

async fn list(args: &UserChannelListArgs, context: &mut Context) -> Outcome {
    let user = user_named(&args.user)?;
    let reader = reader(args.settings.flags(), &args.connection, context).await?;
    let found = reader.user(&asked(user)).await?;
    let mut channels = reader.list(&found.sid).await?;
    let mut counted = found.joined_channels_count;
    if is_off(counted, &channels) {
        // A join or leave in between is no disagreement.
        counted = reader.user(&NameOrSid::Sid(found.sid.to_string())).await?.joined_channels_count;
        channels = reader.list(&found.sid).await?;
    }
    if context.output.json {
        context.json(&channels)?;
    } else {
        print(&channels, args.format, &reader, context).await?;
    }
    if is_off(counted, &channels) {
        context.say(text::disagreement(joined(&channels), counted.unwrap_or_default()));
        return Ok(ExitStatus::Incomplete);
    }
    Ok(ExitStatus::Done)
}

async fn fetch(args: &UserChannelFetchArgs, context: &mut Context) -> Outcome {
    let (user, channel) = (user_named(&args.user)?, channel_named(&args.channel)?);
    let reader = reader(args.settings.flags(), &args.connection, context).await?;
    let (_, _, object) = find(&reader, user, channel).await?;
    if context.output.json {
        context.json(&object)?;
    } else {
        print(&[object], args.format, &reader, context).await?;
    }
    Ok(ExitStatus::Done)
}

/// The reader for a service: the one that was named or the only one, through the API that was chosen or that answers.
async fn reader(
    flags: &Flags,
    connection: &ConnectionArgs,
    context: &Context,
) -> Result<UserChannelReader, CommandError> {
    let place = UserChannelPlace::load(&context.settings, flags)?;
    let connection = ConnectionSettings::load(&context.settings, connection)?;
    let client = connect::client(&connection, &Events::none(), &context.interrupt.token())?;
    let api = api(&place, &client).await?;
    let service = if let Some(service) = place.service {
        service
    } else {
        let services = cost::services(&Source::new(api, Arc::clone(&client))).await?;
        let [service] = services.as_slice() else {
            return Err(SettingsError::NoService { services }.into());
        };
        context.say(crate::report::text::crawl::only_service(service));
        service.clone()
    };
    Ok(UserChannelReader::new(api, client, service))
}

/// Chat, or where it was left open and Chat does not answer for the service, Conversations.
async fn api(place: &UserChannelPlace, client: &Arc<Client>) -> Result<Api, CommandError> {
    match place.source {
        SourceChoice::Chat => return Ok(Api::Chat),
        SourceChoice::Conversations => return Ok(Api::Conversations),
        SourceChoice::Auto => {}
    }
    let chat = Source::new(Api::Chat, Arc::clone(client));
    let (asked, services) = match &place.service {
        Some(service) => {
            (chat.service(service).await.map(|_| ()), ServiceChoice::Listed(vec![service.clone()]))
        }
        None => (cost::services(&chat).await.map(|_| ()), ServiceChoice::All),
    };
    match asked {
        Ok(()) => Ok(Api::Chat),
        Err(error)
            if source::is_no_answer(&error) && source::conversations_has(client, &services, None).await =>
        {
            Ok(Api::Conversations)
        }
        Err(error) => Err(error.into()),
    }
}

fn asked(named: Named) -> NameOrSid {
    if named.is_sid { NameOrSid::Sid(named.text) } else { NameOrSid::Name(named.text) }
}

/// Finds the user, the channel, and the one of the other.
async fn find(
    reader: &UserChannelReader,
    user: Named,
    channel: Named,
) -> Result<(FoundUser, FoundChannel, ApiObject), UserChannelError> {
    let user = reader.user(&asked(user)).await?;
    let channel = reader.channel(&asked(channel)).await?;
    let object = user_channel(reader, &user, &channel).await?;
    Ok((user, channel, object))
}

/// The one user on the one channel.
async fn user_channel(
    reader: &UserChannelReader,
    user: &FoundUser,
    channel: &FoundChannel,
) -> Result<ApiObject, UserChannelError> {
    let object = reader.user_channel(&user.sid, &channel.sid).await?;
    object.ok_or_else(|| UserChannelError::NotOnChannel {
        user: name_of(user),
        channel: name_of_channel(channel),
    })
}

/// Refuses what Twilio shows and does not update: a user who is invited has not joined.
fn check_joined(
    user: &FoundUser,
    channel: &FoundChannel,
    object: &ApiObject,
) -> Result<(), UserChannelError> {
    let Some(status) = status_unless_joined(object) else { return Ok(()) };
    Err(UserChannelError::NotJoined {
        user: name_of(user),
        channel: name_of_channel(channel),
        status: status.to_owned(),
    })
}

fn name_of(user: &FoundUser) -> String {
    user.identity.clone().unwrap_or_else(|| user.sid.to_string())
}

fn name_of_channel(channel: &FoundChannel) -> String {
    channel.unique_name.clone().unwrap_or_else(|| channel.sid.to_string())
}

/// Channels that the user has joined. Conversations lists no others.
fn joined(channels: &[ApiObject]) -> u64 {
    channels.iter().filter(|channel| status_unless_joined(channel).is_none()).count() as u64
}

fn is_off(counted: Option<u64>, channels: &[ApiObject]) -> bool {
    counted.is_some_and(|counted| counted != joined(channels))
}

/// Prints user channels as data.
async fn print(
    channels: &[ApiObject],
    format: UserChannelFormat,
    reader: &UserChannelReader,
    context: &mut Context,
) -> Result<(), CommandError> {
    match format {
        UserChannelFormat::Ndjson => {
            let mut lines = Vec::new();
            for channel in channels {
                serde_json::to_writer(&mut lines, channel).map_err(|error| StdoutError(error.into()))?;
                lines.push(b'\n');
            }
            context.data(&lines)?;
        }
        UserChannelFormat::Table => {
            let names = names(channels, reader).await?;
            context.print(text::table(channels, &names))?;
        }
        UserChannelFormat::Csv => {
            let names = names(channels, reader).await?;
            let mut out = csv::WriterBuilder::new().from_writer(Vec::new());
            let failed = |error: csv::Error| StdoutError(error.into());
            out.write_record(text::columns(reader.api())).map_err(failed)?;
            for (channel, name) in channels.iter().zip(&names) {
                out.write_record(text::cells(channel, name, reader.api())).map_err(failed)?;
            }
            out.flush().map_err(StdoutError)?;
            let bytes = out.into_inner().map_err(|error| StdoutError(error.into_error()))?;
            context.data(&bytes)?;
        }
    }
    Ok(())
}

/// The names of the channels. Conversations gives them with the user's own view, Chat asks for each channel.
async fn names(
    channels: &[ApiObject],
    reader: &UserChannelReader,
) -> Result<Vec<text::ChannelNames>, CommandError> {
    if reader.api() == Api::Conversations {
        return Ok(channels.iter().map(text::ChannelNames::of).collect());
    }
    let names = channels.iter().map(|channel| async {
        let sid = channel.get("channel_sid").and_then(Value::as_str).unwrap_or_default().to_owned();
        match reader.channel(&NameOrSid::Sid(sid)).await {
            Ok(found) => {
                Ok(text::ChannelNames { friendly_name: found.friendly_name, unique_name: found.unique_name })
            }
            // It went since it was listed.
            Err(UserChannelError::NoChannel { .. }) => Ok(text::ChannelNames::default()),
            Err(error) => Err(CommandError::from(error)),
        }
    });
    let mut names = futures_util::stream::iter(names).buffered(AT_A_TIME);
    let mut all = Vec::with_capacity(channels.len());
    while let Some(name) = names.next().await {
        all.push(name?);
    }
    Ok(all)
}

/// Lookups that wait for an answer at one time; the client's own limits are below.
const AT_A_TIME: usize = 64;
