//! `chatferry subject`: everything about one person, from a snapshot or from Twilio.
//!
//! From Twilio the person is crawled into a snapshot of its own beside the output, so that what stopped is resumed. It is removed once
//! nothing is missing.
//!
//! **Invariant:** whatever is written comes through [`SubjectSource`], which leaves other people out. The page too.

mod find;
mod page;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::SubjectArgs;
use crate::error::ExitStatus;
use crate::export::{self, ExportError, PackagePage, Person, StoppableSource, SubjectFacts, SubjectSource};
use crate::model::Api;
use crate::report::CrawlSummary;
use crate::report::subject;
use crate::report::text::subject::{self as text, SubjectError, SubjectPerson, SubjectSummary};
use crate::settings::{ConnectionSettings, SubjectSettings};
use crate::snapshot::{FailedUnit, MissingOfPerson, Snapshot, SnapshotError, SnapshotWriter, Verdict, clear};
use crate::source::largest_page;

use super::{CommandError, Context, Outcome, crawl, source};

/// What no reading of Twilio can find.
const LEFT_CHANNELS: &str = "what the person wrote in channels that it has left is found in snapshots only, as are channels that it made and is no member of: Twilio lists neither by person";
const NO_INVITES: &str = "Conversations shows private channels only, and no invitations";
const NO_USER: &str = "no user has this identity any more; these are the records that name it";

pub(super) async fn run(args: &SubjectArgs, context: &mut Context) -> Outcome {
    let settings = SubjectSettings::load(&context.settings, args)?;
    let kept = working_file(&settings.out);
    let summary = match &settings.snapshot {
        Some(file) => {
            check_place(&settings.out)?;
            let snapshot = Snapshot::open(file)?;
            let subject = find::find(&snapshot, &settings)?;
            write(settings, &snapshot, subject, None, context)?
        }
        None => read(settings, &kept, args, context).await?,
    };
    let status = match (summary.verdict, summary.stopped) {
        (_, Some(crate::report::Stopped::Interrupted)) => ExitStatus::Interrupted,
        (Verdict::Incomplete, _) => ExitStatus::Incomplete,
        (Verdict::CompleteWithDrift, _) => ExitStatus::Findings,
        (Verdict::Complete, _) => ExitStatus::Done,
    };
    context.conclude(&summary, summary.text(&kept))?;
    Ok(status)
}

/// Reads the person from Twilio, and writes what was read.
async fn read(
    settings: SubjectSettings,
    file: &Path,
    args: &SubjectArgs,
    context: &mut Context,
) -> Result<SubjectSummary, CommandError> {
    // An earlier run that is incomplete has written the folder and kept its file: that one goes on.
    if !file.exists() {
        check_place(&settings.out)?;
    }
    let mut crawl_settings = settings.crawl(file);
    let connection = ConnectionSettings::load(&context.settings, &args.connection)?;
    source::take_the_only_service(&mut crawl_settings, &connection, context).await?;
    let progress = context.progress();
    let stop = context.interrupt.token();
    let crawled = crawl::crawl(&crawl_settings, &connection, &progress.events(), &stop).await;
    progress.finish();
    let crawled = match crawled {
        Ok(crawled) => crawled,
        Err(error) => {
            drop_if_empty(file);
            return Err(match error.error.downcast_ref() {
                Some(SnapshotError::OtherCrawl { .. }) => error.with_hint(text::unfinished_other(file)),
                _ => error,
            });
        }
    };
    if crawled.stopped.is_some() || !crawled.not_found.is_empty() && crawled.failures > 0 {
        return Ok(stopped(&settings, &crawled));
    }
    if !crawled.not_found.is_empty() {
        clear(file)?;
        let services: Vec<String> = crawled.services.iter().map(ToString::to_string).collect();
        let who = settings.who.text;
        return Err(SubjectError::NotAtTwilio { who, service: services.join(", ") }.into());
    }
    let snapshot = Snapshot::open(file)?;
    let subject = find::find(&snapshot, &settings)?;
    let summary = write(settings, &snapshot, subject, Some(&crawled), context)?;
    drop(snapshot);
    if summary.verdict != Verdict::Incomplete {
        clear(file)?;
    }
    Ok(summary)
}

fn stopped(settings: &SubjectSettings, crawled: &CrawlSummary) -> SubjectSummary {
    SubjectSummary {
        verdict: Verdict::Incomplete,
        stopped: crawled.stopped,
        subject: None,
        out: None,
        snapshot: None,
        source: crawled.source,
        context: settings.context,
        records: std::collections::BTreeMap::new(),
        missing: crawled.failed_units.iter().map(unread).collect(),
        notes: Vec::new(),
        requests: crawled.requests.total,
    }
}

fn unread(unit: &FailedUnit) -> MissingOfPerson {
    MissingOfPerson { what: unit.subject.clone(), why: unit.error.clone() }
}

/// Writes the folder. `crawled` is the reading of Twilio, if it was read.
fn write(
    settings: SubjectSettings,
    snapshot: &Snapshot,
    subject: Person,
    crawled: Option<&CrawlSummary>,
    context: &Context,
) -> Result<SubjectSummary, CommandError> {
    let missing = snapshot.missing_of_person(subject.user.as_ref())?;
    let verdict = match crawled {
        _ if !missing.is_empty() => Verdict::Incomplete,
        Some(crawled) => crawled.verdict,
        None => Verdict::Complete,
    };
    let api = snapshot.source()?;
    let notes = [
        (subject.user.is_none(), NO_USER),
        (crawled.is_some(), LEFT_CHANNELS),
        (api == Api::Conversations, NO_INVITES),
    ];
    let notes: Vec<&str> = notes.into_iter().filter_map(|(is_so, note)| is_so.then_some(note)).collect();
    let person = SubjectPerson {
        service_sid: subject.service.clone(),
        user_sid: subject.user.as_ref().map(ToString::to_string),
        identity: subject.identity.clone(),
    };
    let source = SubjectSource::of(snapshot, subject, settings.context)?;
    let file = crawled.is_none().then(|| snapshot.path());
    let about = page::About {
        person: person.clone(),
        snapshot: file,
        verdict,
        missing: missing.clone(),
        notes: notes.clone(),
        context: settings.context,
    };
    let html = subject::html(&page::report(&source, about)?)?;
    let mut options = settings.options;
    options.subject = Some(SubjectFacts {
        service_sid: person.service_sid.to_string(),
        user_sid: person.user_sid.clone(),
        identity: person.identity.clone(),
        context: settings.context,
        missing: missing.clone(),
    });
    options.page = Some(PackagePage { title: format!("Everything about {}", person.name()), html });
    let progress = context.progress();
    let source = StoppableSource { source: &source, stop: context.interrupt.token() };
    let written = export::run(&source, &options, &settings.out, &progress.events());
    progress.finish();
    let records = written?.records.into_iter().map(|record| (record.record, record.passed.rows)).collect();
    Ok(SubjectSummary {
        verdict,
        stopped: None,
        subject: Some(person),
        out: Some(settings.out.display().to_string()),
        snapshot: file.map(|path| path.display().to_string()),
        source: api,
        context: settings.context,
        records,
        missing,
        notes,
        requests: crawled.map_or(0, |crawled| crawled.requests.total),
    })
}

/// Where what is read from Twilio is kept meanwhile: `ann.subject.db` for the folder `ann`.
fn working_file(out: &Path) -> PathBuf {
    let mut name: OsString = out.components().as_path().as_os_str().to_owned();
    name.push(".subject.db");
    PathBuf::from(name)
}

/// The folder must be new or empty: files of another person beside these would be taken for this one's.
fn check_place(out: &Path) -> Result<(), CommandError> {
    let path = out.to_owned();
    match fs::read_dir(out) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(SubjectError::NotEmpty { path }.into()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(SubjectError::NotAFolder { path }.into())
        }
        Err(source) => Err(ExportError::File { action: "read the folder", path, source }.into()),
    }
}

/// Removes the file of a reading that received nothing, so that it binds the folder to no one.
fn drop_if_empty(file: &Path) {
    let removed = SnapshotWriter::open(file, largest_page(Api::Chat))
        .and_then(|writer| if writer.is_empty()? { writer.discard() } else { Ok(()) });
    if let Err(error) = removed {
        tracing::debug!(%error, file = %file.display(), "the file stays");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_kept_beside_the_folder() {
        assert_eq!(working_file(Path::new("there/ann/")), Path::new("there/ann.subject.db"));
        assert_eq!(working_file(Path::new("ann")), Path::new("ann.subject.db"));
    }
}
