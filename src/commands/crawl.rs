//! `crawl`: reads a service into a snapshot, or resumes one.

use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use crate::cli::CrawlArgs;
use crate::crawl::{self, CrawlEnd, CrawlOutcome};
use crate::error::ExitStatus;
use crate::event::Events;
use crate::model::{Api, Entity, Share};
use crate::report::text::crawl as text;
use crate::report::{CrawlSummary, Stopped};
use crate::secret::Credentials;
use crate::settings::{
    ConnectionSettings, CrawlSettings, Include, IncludePart, ServiceChoice, SettingsError, UserSelector,
};
use crate::snapshot::{CrawlIdentity, Info, Replacement, SnapshotError, SnapshotWriter, Verdict};
use crate::source::{Source, largest_page};

use super::connect;
use super::source;
use super::{CommandError, Context, Outcome};

pub(super) async fn run(args: &CrawlArgs, context: &mut Context) -> Outcome {
    let mut settings = CrawlSettings::load(&context.settings, args, &mut context.stdin)?;
    let connection = ConnectionSettings::load(&context.settings, &args.connection)?;
    source::take_the_only_service(&mut settings, &connection, context).await?;
    let progress = context.progress();
    let stop = context.interrupt.token();
    let crawled = crawl(&settings, &connection, &progress.events(), &stop).await;
    progress.finish();
    let summary = crawled?;
    let status = exit_status(&summary);
    context.conclude(&summary, summary.text())?;
    context.suggest(summary.next_steps());
    Ok(status)
}

/// A crawl from settings to summary that prints nothing: for this verb and for those that start with a crawl.
pub(super) async fn crawl(
    settings: &CrawlSettings,
    connection: &ConnectionSettings,
    events: &Events,
    stop: &CancellationToken,
) -> Result<CrawlSummary, CommandError> {
    let credentials = connection.read_credentials()?;
    let place = Reservation::of(settings)?;
    let mut api = source::begin_with(settings.source, place.path())?;
    let mut client = connect::client(connection, events, stop)?;
    let options = connect::crawl_options(connection);
    let CrawlOutcome { ended, info } = loop {
        let source = Source::new(api, client);
        let identity = identity(settings, &credentials, &source)?;
        let opened =
            open(place.path(), &identity, settings, &source).map_err(|error| match (&place, &error) {
                (Reservation::Restarted(replacement), SnapshotError::OtherCrawl { .. }) => {
                    CommandError::from(error).with_hint(text::unfinished_restart(replacement.path()))
                }
                _ => error.into(),
            })?;
        let writer = match opened {
            Opened::ToRead(mut writer) => {
                if let Some((base, read_anyway)) = &settings.carry_over {
                    writer.carry_over_from(base, *read_anyway)?;
                }
                writer
            }
            Opened::Finished(info) => {
                // A replacement that was finished and not put in its place: the run ended between the two.
                if let Reservation::Restarted(replacement) = &place {
                    replacement.complete()?;
                }
                return Ok(summary(settings, &place, &info, None));
            }
        };
        let error = match crawl::run(source, *writer, &options, events, stop).await {
            Ok(outcome) => break outcome,
            Err(error) => error,
        };
        // Another client, because a run counts all the requests of its own.
        client = connect::client(connection, events, stop)?;
        if api != Api::Chat || !source::turn(settings, place.path(), &client, &error, events).await? {
            return Err(error.into());
        }
        api = Api::Conversations;
    };
    if let (Reservation::Restarted(replacement), CrawlEnd::Finished(verdict)) = (&place, &ended)
        && *verdict != Verdict::Incomplete
    {
        replacement.complete()?;
    }
    Ok(summary(settings, &place, &info, Some(&ended)))
}

/// Where the snapshot is written.
enum Reservation {
    File(PathBuf),
    /// In a file next to the old one, which it replaces once it is finished.
    Restarted(Replacement),
}

impl Reservation {
    fn of(settings: &CrawlSettings) -> Result<Self, SnapshotError> {
        let file = &settings.snapshot;
        Ok(if settings.restart && file.exists() {
            Self::Restarted(Replacement::of(file)?)
        } else {
            Self::File(file.clone())
        })
    }

    fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Restarted(replacement) => replacement.path(),
        }
    }
}

enum Opened {
    ToRead(Box<SnapshotWriter>),
    Finished(Box<Info>),
}

/// Makes the snapshot, or opens the one of an earlier run of the same crawl.
fn open(
    path: &Path,
    identity: &CrawlIdentity,
    settings: &CrawlSettings,
    source: &Source,
) -> Result<Opened, SnapshotError> {
    let cross_check = settings.cross_check;
    let create = || {
        let new = match cross_check {
            _ if settings.one_person => {
                SnapshotWriter::create_of_one_person(path, identity, largest_page(source.api()))
            }
            None => SnapshotWriter::create(path, identity, largest_page(source.api())),
            Some(share) => {
                SnapshotWriter::create_cross_checked(path, identity, largest_page(source.api()), share)
            }
        };
        new.map(|new| Opened::ToRead(Box::new(new)))
    };
    if !path.exists() {
        return create();
    }
    let mut writer = SnapshotWriter::open(path, largest_page(source.api()))?;
    let share = |share: Option<Share>| {
        share.map_or_else(|| "no cross-check".to_owned(), |share| format!("cross-check {share}"))
    };
    let difference = writer.identity().difference(identity).or_else(|| {
        (writer.cross_check() != cross_check).then(|| (share(writer.cross_check()), share(cross_check)))
    });
    if let Some((found, asked)) = difference {
        // A first crawl that failed before anything was received, by a mistyped account for example, binds the file to nothing.
        if writer.is_empty()? {
            writer.discard()?;
            return create();
        }
        return Err(SnapshotError::OtherCrawl { path: path.to_path_buf(), found, asked });
    }
    if !matches!(writer.finished()?, None | Some(Verdict::Incomplete)) {
        let info = writer.info()?;
        if writer.has_log() {
            writer.close_if_free()?;
        }
        return Ok(Opened::Finished(Box::new(info)));
    }
    writer.resume()?;
    Ok(Opened::ToRead(Box::new(writer)))
}

fn identity(
    settings: &CrawlSettings,
    credentials: &Credentials,
    source: &Source,
) -> Result<CrawlIdentity, CommandError> {
    let services = match &settings.services {
        ServiceChoice::All | ServiceChoice::TheOnlyOne => Vec::new(),
        ServiceChoice::Listed(services) => services.clone(),
    };
    if settings.users.is_some() && services.len() != 1 {
        return Err(SettingsError::UsersNeedOneService.into());
    }
    let users = settings.users.as_ref().map(|users| {
        let text = |user: &UserSelector| match user {
            UserSelector::Sid(sid) => sid.to_string(),
            UserSelector::Identity(identity) => identity.clone(),
        };
        users.iter().map(text).collect()
    });
    Ok(CrawlIdentity {
        account_sid: credentials.account_sid.clone(),
        services,
        source: source.api(),
        include: included(settings, source.api()),
        users,
        started: crate::clock::now().to_string(),
    })
}

/// What is read through an API. Of one person everything is that the API has.
fn included(settings: &CrawlSettings, api: Api) -> Vec<Entity> {
    let mut include = entities(&settings.include);
    include.retain(|entity| !(settings.one_person && api == Api::Conversations && *entity == Entity::Invite));
    include
}

/// What is read, in the model's terms. A service's own record always is.
pub(super) fn entities(include: &Include) -> Vec<Entity> {
    let wanted = |entity: &Entity| match entity {
        Entity::Service => true,
        Entity::Role => include.has(IncludePart::Roles),
        Entity::User => include.has(IncludePart::Users),
        Entity::Channel => include.has(IncludePart::Channels),
        Entity::Membership => include.has(IncludePart::UserChannels),
        Entity::Member => include.has(IncludePart::Members),
        Entity::Invite => include.has(IncludePart::Invites),
        Entity::Message => include.has(IncludePart::Messages),
        Entity::Binding => include.has(IncludePart::Bindings),
    };
    Entity::ALL.into_iter().filter(wanted).collect()
}

/// The summary of a run; without an end for one that had nothing to do.
fn summary(
    settings: &CrawlSettings,
    place: &Reservation,
    info: &Info,
    ended: Option<&CrawlEnd>,
) -> CrawlSummary {
    let of_outcome = |outcome: &str| {
        let wanted = |name: &str| name.rsplit('.').next() == Some(outcome);
        info.disagreement_counts.iter().filter(|(name, _)| wanted(name)).map(|(_, count)| count).sum::<u64>()
    };
    let counts = info.include.iter().map(|entity| (*entity, info.counts.of(*entity))).collect();
    CrawlSummary {
        verdict: info.verdict,
        stopped: match ended {
            Some(CrawlEnd::Interrupted) => Some(Stopped::Interrupted),
            Some(CrawlEnd::TimeUp) => Some(Stopped::TimeUp),
            Some(CrawlEnd::GaveUp(_)) => Some(Stopped::GaveUp),
            Some(CrawlEnd::Finished(_)) | None => None,
        },
        // With --restart the same command would discard what it has just read.
        resume: (settings.restart && matches!(place, Reservation::File(_)))
            .then(|| text::RESUME_OF_RESTART.to_owned()),
        already_finished: ended.is_none(),
        snapshot: settings.snapshot.display().to_string(),
        source: info.source,
        cross_check: info.cross_check.clone(),
        evidence: evidence(info),
        services: info.services.clone(),
        counts,
        carried: info.carried.clone(),
        requests: info.requests,
        failures: info.units.get("failed").copied().unwrap_or_default(),
        failed_units: info.failures.clone(),
        drift: of_outcome("drift") + of_outcome("count_only"),
        holes: of_outcome("hole"),
        missing_memberships_count: info.missing_memberships_count,
        missing_memberships: info.missing_memberships.clone(),
        is_settled: of_outcome("hole") > 0
            && of_outcome("open") == 0
            && ["pending", "failed"]
                .iter()
                .all(|state| info.units.get(*state).is_none_or(|count| *count == 0))
            && info.not_found.is_empty(),
        not_found: info.not_found.clone(),
        vanished: info.units.get("vanished").copied().unwrap_or_default(),
        issues: info.oddities.iter().map(|oddity| oddity.count).sum(),
        elapsed_seconds: info.elapsed_seconds,
    }
}

/// What the rows were compared with.
fn evidence(info: &Info) -> Vec<&'static str> {
    let (counters, all_users) = (info.source.has_counters(), info.selected_users.is_none());
    let [members, memberships] =
        [Entity::Member, Entity::Membership].map(|entity| info.include.contains(&entity));
    let channels = info.include.contains(&Entity::Channel);
    [
        ("user_counts", counters && memberships),
        ("channel_counts", counters && channels && (members || (memberships && all_users))),
        ("member_lists", members && memberships && all_users),
        ("cross_check", info.cross_check.is_some()),
        ("message_counts", counters && info.include.contains(&Entity::Message)),
    ]
    .into_iter()
    .filter_map(|(name, there)| there.then_some(name))
    .collect()
}

/// The exit status that a crawl's end leads to.
pub(super) fn exit_status(summary: &CrawlSummary) -> ExitStatus {
    match (summary.verdict, summary.stopped) {
        _ if summary.already_finished => ExitStatus::Done,
        (_, Some(Stopped::Interrupted)) => ExitStatus::Interrupted,
        (Verdict::Complete, _) => ExitStatus::Done,
        (Verdict::CompleteWithDrift, _) => ExitStatus::Findings,
        (Verdict::Incomplete, _) => ExitStatus::Incomplete,
    }
}
