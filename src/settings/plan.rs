//! The settings of `plan` and `plan show`.

use std::path::{Path, PathBuf};

use super::error::SettingsError;
use super::loader::Loader;
use super::place;
use crate::cli::PlanArgs;
use crate::cli::plan::{BatchChoice, PlanShowArgs};
use crate::cli::setting::declarations::{MAX_AGE, MAX_CHANGE_PERCENT, PLAN, SNAPSHOT, TARGET};
use crate::cli::setting::{FlagGroup, Flags, MigrationTarget};
use crate::plan::{OperationKind, OperationState, WantedOperations};

/// What is planned, and where it is written.
#[derive(Debug, Clone)]
pub(crate) struct PlanSettings {
    pub planned: Planned,
    /// The plan file.
    pub plan: PathBuf,
    /// The reports to write next to it; each name ends in `.html`, `.md` or `.json`.
    pub reports: Vec<PathBuf>,
    /// The page among them that is opened.
    pub open: Option<PathBuf>,
    /// Whether the exit code says that there is anything to do.
    pub check: bool,
    /// A plan that changes more than this share of its target, in percent, is blocked.
    pub max_change_percent: u8,
}

/// What is planned.
#[derive(Debug, Clone)]
pub(crate) enum Planned {
    /// A migration.
    Move {
        target: MigrationTarget,
        /// The snapshot to migrate.
        snapshot: PathBuf,
        /// The mapping: a bundled one's name, or a file.
        mapping: String,
        /// Whether an incomplete snapshot is taken.
        allow_incomplete: bool,
        /// A snapshot that is older than this is warned of.
        max_age_hours: u32,
        /// Whether the source's User Channels are muted.
        mute_source: bool,
        /// Whether messages are copied too.
        messages: bool,
        /// Whether messages are copied with their media.
        media: bool,
        /// When a copy creates conversations together with participants.
        batch: BatchChoice,
    },
    /// Undoing what this plan did.
    Undo(PathBuf),
}

impl PlanSettings {
    pub(crate) fn load(loader: &Loader, args: &PlanArgs) -> Result<Self, SettingsError> {
        let flags = args.settings.flags();
        let percent = loader.get(flags, &MAX_CHANGE_PERCENT)?;
        let plan = place::of_setting(loader, flags, &PLAN)?;
        let snapshot = place::of_setting(loader, flags, &SNAPSHOT)?;
        let planned = if let Some(undone) = &args.undo {
            Planned::Undo(undone.clone())
        } else {
            let target = loader.read(flags, &TARGET)?.ok_or(SettingsError::NoTarget)?;
            if args.messages && target == MigrationTarget::InPlace {
                return Err(SettingsError::MessagesInPlace);
            }
            Planned::Move {
                mapping: args.mapping.clone().unwrap_or_else(|| usual_mapping(&target).to_owned()),
                target,
                snapshot: snapshot.clone(),
                allow_incomplete: args.allow_incomplete,
                max_age_hours: loader.get(flags, &MAX_AGE)?,
                mute_source: args.mute_source,
                messages: args.messages,
                media: args.media,
                batch: args.batch,
            }
        };
        let mut taken: Vec<&Path> = vec![&plan];
        match &planned {
            Planned::Move { snapshot, .. } => taken.push(snapshot),
            Planned::Undo(undone) => taken.push(undone),
        }
        if let [one, other] = taken.as_slice()
            && one == other
        {
            return Err(SettingsError::SameFile { path: plan });
        }
        let open = check_reports(&args.reports, args.open, taken)?;
        Ok(Self {
            planned,
            open,
            reports: args.reports.clone(),
            check: args.check,
            max_change_percent: u8::try_from(percent).unwrap_or(100),
            plan,
        })
    }
}

/// The mapping where none is named: what a copy writes has to be possible to create.
pub(super) fn usual_mapping(target: &MigrationTarget) -> &'static str {
    match target {
        MigrationTarget::InPlace => "conversations",
        MigrationTarget::Service(_) => "copy",
    }
}

/// The plan file of verbs that read one: the one that `plan` would write, unless the flag names another.
pub(crate) fn plan_file(loader: &Loader, flags: &Flags) -> Result<PathBuf, SettingsError> {
    place::of_setting(loader, flags, &PLAN)
}

/// Checks the reports of a verb that takes several, besides the files that it has taken. Gives the page that is to be opened, if one is.
pub(super) fn check_reports<'a>(
    reports: &'a [PathBuf],
    open: bool,
    mut taken: Vec<&'a Path>,
) -> Result<Option<PathBuf>, SettingsError> {
    for report in reports {
        check_report(report)?;
        if taken.contains(&report.as_path()) {
            return Err(SettingsError::SameFile { path: report.clone() });
        }
        taken.push(report);
    }
    if !open {
        return Ok(None);
    }
    let is_page = |report: &&PathBuf| report.extension().is_some_and(|ending| ending == "html");
    reports.iter().find(is_page).cloned().map(Some).ok_or(SettingsError::NothingToOpen)
}

/// A report's kind is known by its name's end, and its folder must exist: both are checked before hours of reading.
fn check_report(path: &Path) -> Result<(), SettingsError> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    if !matches!(ending, Some("html" | "md" | "json")) {
        return Err(SettingsError::ReportKind { path: path.to_owned() });
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_some_and(|folder| !folder.is_dir()) || path.is_dir() {
        return Err(SettingsError::ReportFolder { path: path.to_owned() });
    }
    Ok(())
}

/// The operations that `plan show` is asked for.
pub(crate) fn wanted_operations(args: &PlanShowArgs) -> Result<WantedOperations, SettingsError> {
    let states = |names: &[String]| {
        let known = OperationState::ALL.map(|state| (state.name(), state));
        named(names, "state", &known)
    };
    Ok(WantedOperations {
        kinds: args.kind.as_deref().map(operation_kinds).transpose()?,
        states: args.state.as_deref().map(states).transpose()?,
    })
}

pub(super) fn operation_kinds(names: &[String]) -> Result<Vec<OperationKind>, SettingsError> {
    named(names, "kind", &OperationKind::ALL.map(|kind| (kind.name(), kind)))
}

fn named<T: Copy>(
    names: &[String],
    what: &'static str,
    known: &[(&'static str, T)],
) -> Result<Vec<T>, SettingsError> {
    let found = |text: &String| {
        let name = text.trim().replace('-', "_");
        known.iter().find(|(known, _)| *known == name).map(|(_, value)| *value).ok_or_else(|| {
            SettingsError::NoSuchName {
                text: text.clone(),
                what,
                known: known.iter().map(|(name, _)| *name).collect(),
            }
        })
    };
    names.iter().map(found).collect()
}
