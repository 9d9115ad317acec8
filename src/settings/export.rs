//! The settings of `export`: mappings compiled, conditions and columns checked, the key read.

use std::path::PathBuf;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use zeroize::Zeroizing;

use super::crawl::snapshot_file;
use super::error::SettingsError;
use super::export_destination::ExportDestination;
use super::loader::Loader;
use super::place::ExportPlace;
use super::provenance::Provenance;
use crate::cli::export::{CompressArg, ExportArgs, ExportChoice, FormatArg, PiiArg};
use crate::cli::setting::{FlagGroup, parse};
use crate::export::{self, Compression, ExportError, ExportOptions, FileFormat};
use crate::mapping::{self, Mapping, MappingError, PiiKey, PiiPolicy};
use crate::storage::nearest;

/// The mappings that are exported when none is named.
const DEFAULT_MAPPINGS: &[&str] = &["chat", "conversations"];

#[derive(Debug)]
pub(crate) struct ExportSettings {
    pub snapshot: PathBuf,
    /// The plan that knows the SIDs of the target.
    pub plan: Option<PathBuf>,
    /// Whether tables of a database keep the rows of other crawls.
    pub append: bool,
    pub options: ExportOptions,
}

/// What `--media` asks for.
#[derive(Debug, Clone)]
pub(crate) struct MediaExportSettings {
    pub snapshot: PathBuf,
    pub out: ExportPlace,
    /// Whether it may be written next to other files.
    pub force: bool,
}

impl MediaExportSettings {
    /// None, where records are exported.
    pub(crate) fn load(loader: &Loader, args: &ExportArgs) -> Result<Option<Self>, SettingsError> {
        let Some(destination) = &args.media else { return Ok(None) };
        let flags = args.settings.flags();
        let snapshot = snapshot_file(loader, flags)?;
        let out = ExportPlace::load(loader, flags, "media", destination)?;
        Ok(Some(Self { snapshot, out, force: args.force }))
    }
}

impl ExportSettings {
    /// The settings, and where the export goes.
    pub(crate) fn load(loader: &Loader, args: &ExportArgs) -> Result<(Self, ExportPlace), SettingsError> {
        let flags = args.settings.flags();
        ExportDestination::check_database(&args.out).map_err(Box::new)?;
        let out = ExportPlace::load(loader, flags, "out", &args.out)?;
        let mut settings = Self::of_choice(&args.export, snapshot_file(loader, flags)?)?;
        refuse_choices(args).map_err(Box::new)?;
        settings.limit(args).map_err(Box::new)?;
        if out.is_stream() {
            export::check_stream(&settings.options).map_err(Box::new)?;
        }
        Ok((settings, out))
    }

    /// An export of a snapshot without limits on rows and columns.
    pub(crate) fn of_choice(args: &ExportChoice, snapshot: PathBuf) -> Result<Self, SettingsError> {
        Ok(Self {
            snapshot,
            plan: None,
            append: false,
            options: ExportOptions {
                retain_until: retain_until(args.retain_until.as_deref())?,
                ..options(args).map_err(Box::new)?
            },
        })
    }

    /// Applies what was chosen about personal data and SIDs of a target, where nothing else limits the export.
    pub(crate) fn unlimited(mut self) -> Result<Self, SettingsError> {
        self.finish(None).map_err(Box::new)?;
        Ok(self)
    }

    /// Limits it to what was asked for, and checks everything that can be checked before the snapshot is opened.
    fn limit(&mut self, args: &ExportArgs) -> Result<(), ExportError> {
        let wanted = |name: &str| is_wanted(args.export.records.as_deref(), name);
        if let Some(condition) = &args.condition {
            for mapping in &mut self.options.mappings {
                mapping.add_condition(condition, wanted).map_err(in_mapping)?;
            }
        }
        if let Some(columns) = &args.columns {
            mapping::select_columns(&mut self.options.mappings, columns, wanted).map_err(in_mapping)?;
        }
        self.finish(args.plan.clone())?;
        self.options.condition.clone_from(&args.condition);
        self.options.spreadsheet_safe = args.spreadsheet_safe;
        self.options.check_schema = args.check_schema;
        self.options.force = args.force;
        self.append = args.append;
        Ok(())
    }

    /// Personal data comes last: it changes the columns that conditions and limits name.
    fn finish(&mut self, plan: Option<PathBuf>) -> Result<(), ExportError> {
        for mapping in &mut self.options.mappings {
            mapping.apply_pii(&self.options.pii);
        }
        if plan.is_none() {
            let records = self.options.records.as_deref();
            refuse_counterparts(&self.options.mappings, |name| is_wanted(records, name))?;
        }
        self.plan = plan;
        Ok(())
    }
}

/// Fails where a choice has no meaning for where the export goes.
fn refuse_choices(args: &ExportArgs) -> Result<(), ExportError> {
    if !matches!(ExportDestination::of(&args.out), ExportDestination::Database(_)) {
        return if args.append { Err(ExportError::TablesOnly { flag: "--append" }) } else { Ok(()) };
    }
    let usual = ExportChoice::default();
    let choices = [
        ("--format", args.export.formats != usual.formats),
        ("--compress", args.export.compress != usual.compress),
        ("--retain-until", args.export.retain_until.is_some()),
        ("--spreadsheet-safe", args.spreadsheet_safe),
        ("--check-schema", args.check_schema),
        ("--force", args.force),
    ];
    match choices.into_iter().find(|(_, is_chosen)| *is_chosen) {
        Some((flag, _)) => Err(ExportError::FilesOnly { flag }),
        None => Ok(()),
    }
}

/// Until when the files are kept, today at the earliest.
pub(super) fn retain_until(text: Option<&str>) -> Result<Option<Date>, SettingsError> {
    let today = crate::clock::now().to_zoned(TimeZone::UTC).date();
    let day = text.map(|text| parse::day(text, today)).transpose();
    day.map_err(|source| SettingsError::Value { place: Provenance::Flag("retain_until"), source })
}

fn is_wanted(records: Option<&[String]>, name: &str) -> bool {
    records.is_none_or(|records| records.iter().any(|record| record == name))
}

/// What every export can choose: mappings, records, formats, compression, personal data.
fn options(args: &ExportChoice) -> Result<ExportOptions, ExportError> {
    let named: Vec<&str> = args.mappings.iter().map(String::as_str).collect();
    let named = if named.is_empty() { DEFAULT_MAPPINGS } else { &named };
    let mut mappings = Vec::new();
    for name in named {
        mappings.push(mapping::load_with(name, &args.switches).map_err(in_mapping)?);
    }
    check_switches(&mappings, &args.switches)?;
    export::check_names(&mappings, args.records.as_deref())?;
    let mut formats: Vec<FileFormat> = args.formats.iter().map(|&format| FileFormat::from(format)).collect();
    formats.sort();
    formats.dedup();
    Ok(ExportOptions {
        records: args.records.clone(),
        compression: args.compress.map(Compression::from),
        pii: pii(args)?,
        ..ExportOptions::new(mappings, formats)
    })
}

/// Checks that each switch is one of a mapping.
fn check_switches(mappings: &[Mapping], switches: &[String]) -> Result<(), ExportError> {
    let known: Vec<&str> =
        mappings.iter().flat_map(|mapping| mapping.switches.keys()).map(String::as_str).collect();
    match switches.iter().find(|switch| !known.contains(&switch.as_str())) {
        None => Ok(()),
        Some(name) => Err(ExportError::UnknownSwitch {
            name: name.clone(),
            suggestion: nearest(name, known.iter().copied()).map(str::to_owned),
            known: if known.is_empty() { "none".to_owned() } else { known.join(", ") },
        }),
    }
}

/// Fails where a record that is written asks for SIDs of a target: without a plan there is none.
fn refuse_counterparts(mappings: &[Mapping], wanted: impl Fn(&str) -> bool) -> Result<(), ExportError> {
    for mapping in mappings {
        for record in mapping.records.iter().filter(|record| wanted(&record.name)) {
            if let Some(place) = record.needs_plan() {
                let (mapping, record) = (mapping.name.clone(), record.name.clone());
                return Err(ExportError::NeedsPlan { record, mapping, place });
            }
        }
    }
    Ok(())
}

fn in_mapping(error: MappingError) -> ExportError {
    ExportError::Mapping(Box::new(error))
}

/// What is done with personal columns, with the key read from its file.
fn pii(args: &ExportChoice) -> Result<PiiPolicy, ExportError> {
    match (args.pii, &args.pii_key_file) {
        (PiiArg::Keep, _) => Ok(PiiPolicy::Keep),
        (PiiArg::Drop, _) => Ok(PiiPolicy::Drop),
        (PiiArg::Hmac, None) => Err(ExportError::NoKey),
        (PiiArg::Hmac, Some(path)) => {
            let bytes =
                std::fs::read(path).map_err(|source| ExportError::KeyFile { path: path.clone(), source })?;
            let key = PiiKey::new(Zeroizing::new(bytes))
                .map_err(|source| ExportError::ShortKey { path: path.clone(), source })?;
            Ok(PiiPolicy::Hmac(key))
        }
    }
}

impl From<FormatArg> for FileFormat {
    fn from(arg: FormatArg) -> Self {
        match arg {
            FormatArg::Csv => Self::Csv,
            FormatArg::Ndjson => Self::Ndjson,
            FormatArg::Parquet => Self::Parquet,
        }
    }
}

impl From<CompressArg> for Compression {
    fn from(arg: CompressArg) -> Self {
        match arg {
            CompressArg::Gzip => Self::Gzip,
            CompressArg::Zstd => Self::Zstd,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Advise, Failure};
    use crate::settings::ExportDestination;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: ExportArgs,
    }

    /// The settings, or what is wrong with the export.
    fn settings_of(line: &[&str]) -> Result<ExportSettings, ExportError> {
        loaded(line).map(|(settings, _)| settings)
    }

    fn loaded(line: &[&str]) -> Result<(ExportSettings, ExportPlace), ExportError> {
        let line = std::iter::once("export").chain(line.iter().copied());
        let args = Line::try_parse_from(line).unwrap().args;
        let environment = crate::settings::Environment::default();
        let folder = tempfile::tempdir().unwrap();
        let loader = Loader::new(&crate::cli::GlobalArgs::default(), environment, folder.path()).unwrap();
        ExportSettings::load(&loader, &args).map_err(|error| match error {
            SettingsError::Export(error) => *error,
            other => panic!("{other}"),
        })
    }

    #[test]
    fn the_defaults_are_the_published_ones() {
        let settings = settings_of(&["--out", "here"]).unwrap();
        assert_eq!(settings.options.formats, [FileFormat::Csv, FileFormat::Ndjson]);
        assert!(settings.options.records.is_none());
        let account = "AC00000000000000000000000000000001".parse().unwrap();
        let out = |line: &[&str]| {
            loaded(line).unwrap().1.of_snapshot(&account, &[], "2026-12-02T23:59:59Z").unwrap()
        };
        assert_eq!(out(&["--out", "here"]), ExportDestination::Folder("here".into()));
        assert_eq!(out(&[]), ExportDestination::Folder("export".into()));
        assert_eq!(out(&["--out", r"c:\exports"]), ExportDestination::Folder(r"c:\exports".into()));
        let store = out(&["--out", "s3://lake/account={account}/date={date}/"]);
        let ExportDestination::Store(url) = store else { panic!("{store:?}") };
        assert_eq!(url.as_str(), "s3://lake/account=AC00000000000000000000000000000001/date=2026-12-02/");
        let names: Vec<&str> =
            settings.options.mappings.iter().map(|mapping| mapping.name.as_str()).collect();
        assert_eq!(names, DEFAULT_MAPPINGS);
    }

    #[test]
    fn what_cannot_be_is_refused_before_the_snapshot_is_opened() {
        assert!(settings_of(&["--out", "x", "--mapping", "chatt"]).unwrap_err().status() == Failure::Usage);
        assert!(
            settings_of(&["--out", "x", "--records", "users,userz"]).unwrap_err().status() == Failure::Usage
        );
        let error = settings_of(&["--out", "-", "--records", "users"]).unwrap_err();
        assert!(matches!(error, ExportError::NotOneStream { records: 1, formats: 2 }));
        settings_of(&["--out", "-", "--records", "users", "--format", "csv"]).unwrap();
        assert!(
            settings_of(&["--out", "x", "--where", "satus == 'joined'"]).unwrap_err().status()
                == Failure::Usage
        );
        assert!(
            settings_of(&["--out", "x", "--columns", "identify"]).unwrap_err().status() == Failure::Usage
        );
    }

    #[test]
    fn sids_of_a_target_need_a_plan_where_they_are_written() {
        let error = settings_of(&["--out", "x", "--mapping", "chat", "--mapping", "sids"]).unwrap_err();
        assert!(error.status() == Failure::Usage);
        let told = "record `role_sids` of mapping `sids` needs --plan FILE: column `target_sid` asks for";
        assert!(error.to_string().starts_with(told), "{error}");
        let sids = ["--out", "x", "--mapping", "sids"];
        settings_of(&[&sids[..], &["--plan", "plan.db"]].concat()).unwrap();
        settings_of(&[&sids[..], &["--columns", "source_sid"]].concat()).unwrap();
        let condition = ["--out", "x", "--where", "sid|counterpart is none", "--records", "users"];
        assert!(matches!(settings_of(&condition), Err(ExportError::NeedsPlan { .. })));
    }

    #[test]
    fn files_are_kept_until_a_day_that_has_not_passed() {
        assert_eq!(settings_of(&[]).unwrap().options.retain_until, None);
        let kept = settings_of(&["--retain-until", "2199-12-31"]).unwrap().options.retain_until;
        assert_eq!(kept.unwrap().to_string(), "2199-12-31");
        let refused = |text: &str| {
            let line = Line::try_parse_from(["export", "--retain-until", text]).unwrap();
            retain_until(line.args.export.retain_until.as_deref()).map_err(|error| match error {
                SettingsError::Value { source, .. } => source.to_string(),
                other => panic!("{other}"),
            })
        };
        for text in ["2027-02-30", "31.1.2027", "2027-1-31", "2027-01-31T10:00:00Z", "", "tomorrow"] {
            assert!(refused(text).unwrap_err().contains("is not a day such as"), "{text}");
        }
        assert!(refused("2020-01-31").unwrap_err().contains("2020-01-31 has passed"));
    }

    #[test]
    fn a_key_is_read_from_its_file_and_must_be_long_enough() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        let line = ["--out", "x", "--pii", "hmac", "--pii-key-file", file.to_str().unwrap()];
        assert!(matches!(settings_of(&line), Err(ExportError::KeyFile { .. })));
        std::fs::write(&file, "too short\n").unwrap();
        let error = settings_of(&line).unwrap_err();
        assert!(matches!(&error, ExportError::ShortKey { .. }) && error.status() == Failure::Usage);
        std::fs::write(&file, "0123456789abcdef0123456789abcdef\n").unwrap();
        let settings = settings_of(&line).unwrap();
        assert!(!format!("{settings:?}").contains("0123456789abcdef0123"), "the key is not printed");
    }
}
