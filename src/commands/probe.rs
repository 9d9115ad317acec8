//! `probe`: what answers, how much there is, and what a crawl would cost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use crate::cli::ProbeArgs;
use crate::cli::setting::SourceChoice;
use crate::crawl::cost::{self, ServiceCost};
use crate::error::{Advise, ExitStatus};
use crate::event::Events;
use crate::model::{Api, Entity, Service};
use crate::plan::CopyCost;
use crate::report::text::probe::{self as text, ProbeOutcome};
use crate::report::{Answer, ProbeSummary, ProbedService, Routes};
use crate::settings::{ConnectionSettings, ProbeSettings, ServiceChoice};
use crate::source::{Source, SourceError, largest_page};
use crate::twilio::chat::requests as chat;
use crate::twilio::conversations::requests as conversations;
use crate::twilio::{Client, RequestError};

use super::connect;
use super::source;
use super::{CommandError, Context, Outcome};

pub(super) async fn run(args: &ProbeArgs, context: &mut Context) -> Outcome {
    let settings = ProbeSettings::load(&context.settings, args)?;
    let connection = ConnectionSettings::load(&context.settings, &args.connection)?;
    let progress = context.progress();
    let probed = probe(settings, &connection, &progress.events(), &context.interrupt.token()).await;
    progress.finish();
    let (summary, status) = probed?;
    context.conclude(&summary, summary.text())?;
    context.suggest(summary.next_steps());
    Ok(status)
}

/// A probe from settings to summary that prints nothing: for this verb and for `accounts check`.
pub(super) async fn probe(
    settings: ProbeSettings,
    connection: &ConnectionSettings,
    events: &Events,
    stop: &CancellationToken,
) -> Result<(ProbeSummary, ExitStatus), CommandError> {
    let began = Instant::now();
    let ProbeSettings { services, include, source: choice } = settings;
    let credentials = connection.read_credentials()?;
    let client = connect::client(connection, events, stop)?;
    let include = super::crawl::entities(&include);

    let mut conversations = ask(&client, Api::Conversations).await;
    let asked_chat = match choice {
        SourceChoice::Conversations => None,
        SourceChoice::Auto | SourceChoice::Chat => Some(price(Api::Chat, &client, &services, &include).await),
    };
    let chat = match &asked_chat {
        Some(priced) => answer(&client, Api::Chat, priced.refusal.as_ref()),
        None => ask(&client, Api::Chat).await,
    };
    let priced = match asked_chat {
        Some(priced)
            if choice == SourceChoice::Chat || !priced.is_for_conversations(&client, &services).await =>
        {
            priced
        }
        _ => {
            let priced = price(Api::Conversations, &client, &services, &include).await;
            conversations = answer(&client, Api::Conversations, priced.refusal.as_ref());
            priced
        }
    };
    let Priced { source, costs, refusal } = priced;
    let hint = refusal.as_ref().map(what_to_check);
    let requests_per_second = connection.rps.map(std::num::NonZeroU32::get);
    let mut requests_by_resource = BTreeMap::new();
    for (entity, requests) in costs.iter().flat_map(|cost| &cost.requests) {
        *requests_by_resource.entry(*entity).or_insert(0) += requests;
    }
    let requests: u64 = requests_by_resource.values().sum();
    let summary = ProbeSummary {
        account_sid: credentials.account_sid.clone(),
        credentials: credentials.kind(),
        chat,
        conversations,
        source: source.api(),
        routes: routes(&source, &costs),
        services: costs.into_iter().map(probed).collect(),
        requests_by_resource,
        requests,
        // A user's list has invitations too, which no counter includes: they may fill another page. And messages are
        // sent meanwhile.
        requests_exact: refusal.is_none()
            && source.api().has_counters()
            && !include.contains(&Entity::Membership)
            && !include.contains(&Entity::Message),
        requests_per_second,
        estimated_seconds: requests_per_second
            .map(|rate| f64::from(u32::try_from(requests).unwrap_or(u32::MAX)) / f64::from(rate)),
        elapsed_seconds: began.elapsed().as_secs_f64(),
        hint,
    };
    let status = match refusal.map(CommandError::from) {
        None => ExitStatus::Done,
        Some(error) => error.status,
    };
    Ok((summary, status))
}

/// What reading from one API costs, as far as it answered.
struct Priced {
    source: Source,
    costs: Vec<ServiceCost>,
    refusal: Option<SourceError>,
}

impl Priced {
    /// Whether a crawl that may choose would read Conversations.
    async fn is_for_conversations(&self, client: &Client, services: &ServiceChoice) -> bool {
        self.costs.is_empty()
            && self.refusal.as_ref().is_some_and(source::is_no_answer)
            && source::conversations_has(client, services, None).await
    }
}

async fn price(api: Api, client: &Arc<Client>, services: &ServiceChoice, include: &[Entity]) -> Priced {
    let source = Source::new(api, Arc::clone(client));
    let mut costs = Vec::new();
    let asked = async {
        let services = match services {
            ServiceChoice::All | ServiceChoice::TheOnlyOne => cost::services(&source).await?,
            ServiceChoice::Listed(services) => services.clone(),
        };
        for service in &services {
            costs.push(cost::service(&source, service, include).await?);
        }
        Ok(())
    };
    let refusal = asked.await.err();
    Priced { source, costs, refusal }
}

/// What reading every membership takes by either route.
fn routes(source: &Source, costs: &[ServiceCost]) -> Routes {
    let sum = |pages: fn(&ServiceCost) -> Option<u64>| costs.iter().map(pages).sum::<Option<u64>>();
    let page = largest_page(source.api());
    Routes {
        by_user: sum(|cost| cost.by_user).filter(|_| !costs.is_empty()),
        by_channel: sum(|cost| cost.by_channel).filter(|_| !costs.is_empty()),
        user_page: page(Entity::Membership),
        channel_page: page(Entity::Member),
    }
}

/// Whether an API answers these credentials: one small request.
async fn ask(client: &Client, api: Api) -> Answer {
    let request = match api {
        Api::Chat => chat::list_services(Some(1)),
        Api::Conversations => conversations::list_services(Some(1)),
    };
    let asked: Result<_, RequestError> = client.send(&request).await;
    let error = asked.err();
    let outcome = error.as_ref().map_or(ProbeOutcome::Answered, outcome);
    let problem = error.map(|error| match outcome {
        ProbeOutcome::Refused => text::refused(&error),
        _ => error.to_string(),
    });
    Answer { answers: problem.is_none(), outcome, origin: client.origin(api).to_string(), problem }
}

/// Whether an API answered when it was priced.
fn answer(client: &Client, api: Api, refusal: Option<&SourceError>) -> Answer {
    let answers = refusal.is_none_or(lacks_a_service);
    let failed = refusal.filter(|_| !answers);
    Answer {
        answers,
        outcome: match failed.map(SourceError::request) {
            None => ProbeOutcome::Answered,
            Some(None) => ProbeOutcome::Failed,
            Some(Some(request)) => outcome(request),
        },
        origin: client.origin(api).to_string(),
        problem: refusal.map(ToString::to_string),
    }
}

fn outcome(error: &RequestError) -> ProbeOutcome {
    match error.status {
        _ if error.is_unauthorized() || error.is_forbidden() => ProbeOutcome::Refused,
        _ if error.is_gone() || error.is_not_found() => ProbeOutcome::Ended,
        None => ProbeOutcome::Unreachable,
        Some(_) => ProbeOutcome::Failed,
    }
}

/// Whether the API answered that there is no such service, which is an answer too.
fn lacks_a_service(error: &SourceError) -> bool {
    error.request().is_some_and(|request| request.is_not_found() && request.code.is_some())
}

fn what_to_check(error: &SourceError) -> String {
    match error.hint() {
        Some(hint) => hint,
        None if lacks_a_service(error) => text::CHECK_SERVICE.to_owned(),
        None => text::CHECK_NETWORK.to_owned(),
    }
}

fn probed(cost: ServiceCost) -> ProbedService {
    let limit = |key| limit(&cost.service, key);
    ProbedService {
        copy: cost.users.zip(cost.by_size.as_ref()).map(|(users, sizes)| CopyCost::of(users, sizes)),
        channel_members_limit: limit("channel_members"),
        user_channels_limit: limit("user_channels"),
        users: cost.users,
        channels: cost.channels,
        friendly_name: cost.service.friendly_name.clone(),
        sid: cost.service.sid,
    }
}

/// One of the service's limits (OpenAPI `chat.v2.service`, key `limits`).
fn limit(service: &Service, key: &str) -> Option<i64> {
    let limits: serde_json::Value = serde_json::from_str(&service.limits.as_ref()?.0).ok()?;
    limits.get(key)?.as_i64()
}
