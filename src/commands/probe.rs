//! `probe`: what answers, how much there is, and what a crawl would cost.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cli::ProbeArgs;
use crate::crawl::cost::{self, ServiceCost};
use crate::error::ExitStatus;
use crate::model::{Entity, Service};
use crate::report::{Answer, ProbeSummary, ProbedService};
use crate::settings::Services;
use crate::source::{ChatSource, Source, SourceError};
use crate::twilio::conversations::requests as conversations;
use crate::twilio::{Api, Client, RequestError};

use super::connect::{self, judge};
use super::failure::Explained;
use super::{CommandError, Context, Outcome};

/// Runs the verb.
pub(super) async fn run(args: &ProbeArgs, context: &mut Context) -> Outcome {
    let (services, include) = context.settings.probe(args)?;
    let connection = context.settings.connection(&args.connection)?;
    let credentials = connection.read_credentials()?;
    let progress = context.progress();
    let client = connect::client(&connection, &progress.events(), &context.interrupt.token())?;
    let include = super::crawl::entities(&include);

    let conversations = ask_conversations(&client).await;
    let source = Source::Chat(ChatSource::new(Arc::clone(&client)));
    let mut costs = Vec::new();
    let asked = async {
        let services = match services {
            Services::All => cost::services(&source).await?,
            Services::Listed(services) => services,
        };
        for service in &services {
            costs.push(cost::service(&source, service, &include).await?);
        }
        Ok::<(), SourceError>(())
    }
    .await;
    let elapsed = progress.elapsed();
    progress.finish();
    let refusal = asked.as_ref().err();
    let chat = Answer {
        answers: refusal.is_none_or(lacks_a_service),
        origin: client.origin(Api::Chat).to_string(),
        problem: refusal.map(ToString::to_string),
    };
    let hint = refusal.map(what_to_check);
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
        services: costs.into_iter().map(probed).collect(),
        requests_by_resource,
        requests,
        // Invitations stand in a user's list too, and no counter tells how many: they may fill another page.
        requests_exact: asked.is_ok() && !include.contains(&Entity::Membership),
        requests_per_second,
        estimated_seconds: requests_per_second
            .map(|rate| f64::from(u32::try_from(requests).unwrap_or(u32::MAX)) / f64::from(rate)),
        elapsed_seconds: elapsed.as_secs_f64(),
        hint,
    };
    let status = match asked.err().map(CommandError::from) {
        None => ExitStatus::Done,
        Some(error) => error.status,
    };
    context.conclude(&summary, &summary.text())?;
    Ok(status)
}

/// Whether Conversations answers these credentials: one small request.
async fn ask_conversations(client: &Client) -> Answer {
    let asked: Result<_, RequestError> = client.send(&conversations::list_services(Some(1))).await;
    let problem = asked.err().map(|error| match judge(&error) {
        (ExitStatus::Refused, _) => format!("{error} (a restricted key may lack the permission)"),
        _ => error.to_string(),
    });
    Answer { answers: problem.is_none(), origin: client.origin(Api::Conversations).to_string(), problem }
}

/// Whether Chat answered that there is no such service, which is an answer all the same.
fn lacks_a_service(error: &SourceError) -> bool {
    error.request().is_some_and(|request| request.is_not_found() && request.code.is_some())
}

fn what_to_check(error: &SourceError) -> String {
    match error.hint() {
        Some(hint) => hint,
        None if lacks_a_service(error) => {
            "check the SID, and that the credentials are of the account that has the service; \
             without --service every service of the account is looked at"
                .to_owned()
        }
        None => "check the network and --chat-url".to_owned(),
    }
}

fn probed(cost: ServiceCost) -> ProbedService {
    let limit = |key| limit(&cost.service, key);
    ProbedService {
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
