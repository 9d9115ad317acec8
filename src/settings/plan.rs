//! The settings of `plan`.

use std::path::{Path, PathBuf};

use crate::cli::{PlanArgs, VerifyArgs};
use crate::model::ServiceSid;

use super::connection::ConnectionSettings;
use super::error::{SettingsError, ValueError};
use super::flags::Flags;
use super::keys;
use super::loader::Loader;
use super::parse;

/// What is planned, and where it is written.
#[derive(Debug, Clone)]
pub struct PlanSettings {
    /// What is planned.
    pub planned: Planned,
    /// The plan file.
    pub plan: PathBuf,
    /// The reports to write beside it; each name ends in `.html`, `.md` or `.json`.
    pub reports: Vec<PathBuf>,
    /// Whether there being anything to do is told by the exit code.
    pub check: bool,
    /// A plan that changes more than this share of its target, in percent, is blocked.
    pub max_change_percent: u8,
}

/// What is planned.
#[derive(Debug, Clone)]
pub enum Planned {
    /// A migration.
    Move {
        /// Where to.
        target: Target,
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
    },
    /// Taking back what this plan did.
    Undo(PathBuf),
}

/// Where a migration goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The source's own service, seen through Conversations.
    InPlace,
    /// Another service.
    Service(ServiceSid),
}

impl Target {
    /// The mapping where none is named: what a copy writes has to be possible to create.
    pub fn usual_mapping(&self) -> &'static str {
        match self {
            Self::InPlace => "conversations",
            Self::Service(_) => "copy",
        }
    }
}

impl Loader {
    /// The settings of `plan`.
    pub fn plan(&self, args: &PlanArgs) -> Result<PlanSettings, SettingsError> {
        let flags = Flags::from(args);
        let path = |text: &str| Ok(PathBuf::from(text));
        let number = |key, bounds| self.read_or_default(&flags, key, |text| parse::number(text, bounds));
        let percent = number(&keys::MAX_CHANGE_PERCENT, 0..=100)?;
        let plan = self.read_or_default(&flags, &keys::PLAN, path)?;
        let snapshot = self.read_or_default(&flags, &keys::SNAPSHOT, path)?;
        let planned = match &args.undo {
            Some(undone) => Planned::Undo(undone.clone()),
            None => {
                let target = self.read(&flags, &keys::TARGET, target)?.ok_or(SettingsError::NoTarget)?;
                Planned::Move {
                    mapping: args.mapping.clone().unwrap_or_else(|| target.usual_mapping().to_owned()),
                    target,
                    snapshot: snapshot.clone(),
                    allow_incomplete: args.allow_incomplete,
                    max_age_hours: number(&keys::MAX_AGE, 1..=24 * 366)?,
                    mute_source: args.mute_source,
                }
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
        for report in &args.reports {
            check_report(report)?;
            if taken.contains(&report.as_path()) {
                return Err(SettingsError::SameFile { path: report.clone() });
            }
            taken.push(report);
        }
        Ok(PlanSettings {
            planned,
            reports: args.reports.clone(),
            check: args.check,
            max_change_percent: u8::try_from(percent).unwrap_or(100),
            plan,
        })
    }

    /// Where what `verify` is given without a plan was moved to: in place unless said otherwise.
    pub fn verify_target(&self, args: &VerifyArgs) -> Result<Target, SettingsError> {
        let flags = Flags::from(args);
        Ok(self.read(&flags, &keys::TARGET, target)?.unwrap_or(Target::InPlace))
    }

    /// The plan file of verbs that read one: as given, or as `plan` would write it.
    pub fn plan_file(&self, given: Option<&Path>) -> Result<PathBuf, SettingsError> {
        match given {
            Some(path) => Ok(path.to_owned()),
            None => self.read_or_default(&Flags::default(), &keys::PLAN, |text| Ok(PathBuf::from(text))),
        }
    }

    /// How to talk to the account that is written to: the source's, unless `CHATFERRY_TARGET_ACCOUNT_SID` names another.
    pub fn target_connection(
        &self,
        connection: &ConnectionSettings,
    ) -> Result<ConnectionSettings, SettingsError> {
        let mut target = connection.clone();
        if let Some(credentials) = self.target_credentials()? {
            target.credentials = credentials;
        }
        Ok(target)
    }
}

fn target(text: &str) -> Result<Target, ValueError> {
    if text == "in-place" {
        return Ok(Target::InPlace);
    }
    Ok(Target::Service(text.parse()?))
}

/// A report's kind is known by its name's end, and its folder must be there: both are seen to before hours of reading.
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
