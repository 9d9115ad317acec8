//! The API that a crawl reads: as asked for, as the snapshot has it, or the one that answers.
//!
//! **Invariant:** a snapshot is of one API. The crawl changes to the other one only while it has received nothing from the first.

use std::path::Path;
use std::sync::Arc;

use crate::cli::setting::SourceChoice;
use crate::crawl::{CrawlError, cost};
use crate::event::{Event, Events};
use crate::model::{Api, ServiceSid};
use crate::report::text::crawl as text;
use crate::settings::{ConnectionSettings, CrawlSettings, IncludePart, ServiceChoice, SettingsError};
use crate::snapshot::{Snapshot, SnapshotError, SnapshotWriter};
use crate::source::{Source, SourceError, largest_page};
use crate::twilio::Client;
use crate::twilio::conversations::requests;

use super::{CommandError, Context, connect};

/// The API that a crawl begins with: as asked for; left open, the one of the snapshot that is there, and otherwise Chat.
pub(super) fn begin_with(choice: SourceChoice, snapshot: &Path) -> Result<Api, SnapshotError> {
    match choice {
        SourceChoice::Conversations => Ok(Api::Conversations),
        SourceChoice::Auto if snapshot.exists() => Snapshot::open(snapshot)?.source(),
        SourceChoice::Chat | SourceChoice::Auto => Ok(Api::Chat),
    }
}

/// Whether an answer means that Chat cannot be read for the account or the service, however often it is asked: 410, a host
/// that has no address any more, or a 404 or 403 of what was asked for first.
pub(super) fn is_no_answer(error: &SourceError) -> bool {
    error.request().is_some_and(|request| {
        request.is_gone() || request.is_unknown_host() || request.is_not_found() || request.is_forbidden()
    })
}

/// Whether Conversations has what Chat did not answer for: the service that was asked for, or any.
pub(super) async fn conversations_has(
    client: &Client,
    services: &ServiceChoice,
    error: Option<&CrawlError>,
) -> bool {
    let listed = match services {
        ServiceChoice::Listed(listed) => listed.first(),
        ServiceChoice::All | ServiceChoice::TheOnlyOne => None,
    };
    let request = match error.and_then(CrawlError::service).or(listed) {
        Some(service) => requests::fetch_service(service),
        None => requests::list_services(Some(1)),
    };
    match client.send(&request).await {
        // Twilio has answered 404 for what is there, so one is not believed.
        Err(error) if error.is_not_found() => client.send(&request).await.is_ok(),
        answered => answered.is_ok(),
    }
}

/// Where no service is named: the one that the snapshot is of, or the only one of the account. Says which it is.
pub(super) async fn take_the_only_service(
    settings: &mut CrawlSettings,
    connection: &ConnectionSettings,
    context: &Context,
) -> Result<(), CommandError> {
    if settings.services != ServiceChoice::TheOnlyOne {
        return Ok(());
    }
    let begun = settings.snapshot.exists().then(|| Snapshot::open(&settings.snapshot)?.info()).transpose()?;
    let services = if let Some(info) = begun {
        info.services
    } else {
        let events = Events::none();
        let client = connect::client(connection, &events, &context.interrupt.token())?;
        services_of_account(settings.source, &client).await?
    };
    let [service] = services.as_slice() else {
        return Err(SettingsError::NoService { services }.into());
    };
    context.say(text::only_service(service));
    settings.services = ServiceChoice::Listed(vec![service.clone()]);
    Ok(())
}

/// The services of the account, as the API that is to be read has them.
async fn services_of_account(
    choice: SourceChoice,
    client: &Arc<Client>,
) -> Result<Vec<ServiceSid>, SourceError> {
    let first = if choice == SourceChoice::Conversations { Api::Conversations } else { Api::Chat };
    match cost::services(&Source::new(first, Arc::clone(client))).await {
        Err(error) if choice == SourceChoice::Auto && is_no_answer(&error) => {
            cost::services(&Source::new(Api::Conversations, Arc::clone(client))).await
        }
        answered => answered,
    }
}

/// Turns a crawl that was left to choose to Conversations, where Chat does not answer for it and Conversations does. Says
/// whether it turned.
pub(super) async fn turn(
    settings: &CrawlSettings,
    snapshot: &Path,
    client: &Client,
    error: &CrawlError,
    events: &Events,
) -> Result<bool, CommandError> {
    let answer = error.answer().filter(|answer| is_no_answer(answer));
    let (SourceChoice::Auto, Some(answer)) = (settings.source, answer) else { return Ok(false) };
    if !conversations_has(client, &settings.services, Some(error)).await {
        return Ok(false);
    }
    if settings.include.has(IncludePart::Invites) && !settings.one_person {
        return Err(CrawlError::NoInvites { answer: answer.to_string() }.into());
    }
    let mut writer = SnapshotWriter::open(snapshot, largest_page(Api::Conversations))?;
    if !writer.turn_to(Api::Conversations)? {
        return Ok(false);
    }
    events.send(Event::SourceChosen { source: Api::Conversations, why: format!("{error}: {answer}") });
    Ok(true)
}
