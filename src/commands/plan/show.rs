//! `plan show`: a plan that was made, with the outcome of each operation.

use std::io::Write;

use crate::cli::plan::{PlanShowArgs, ShowFormat};
use crate::cli::setting::FlagGroup;
use crate::error::ExitStatus;
use crate::plan::{PlanError, PlanFile, WantedOperations};
use crate::printable::json;
use crate::report::plan as report;
use crate::settings::{check_files, plan_file, wanted_operations};

use super::super::failure::StdoutError;
use super::super::{CommandError, Context, Outcome};
use crate::report::plan::PlanResult;

pub(super) fn run(args: &PlanShowArgs, context: &mut Context) -> Outcome {
    let wanted = wanted_operations(args)?;
    let plan = PlanFile::open(&plan_file(&context.settings, args.settings.flags())?)?;
    // What is handed on to be reviewed must be what was planned. The others are also for looking on while it is applied, which
    // checks by itself.
    if matches!(args.format, ShowFormat::Md | ShowFormat::Html) && check_files(&context.settings)? {
        plan.check()?;
    }
    match args.format {
        ShowFormat::Table if context.output.json => context.json(&PlanResult::of(&plan)?)?,
        ShowFormat::Table => {
            let text = report::table(&plan)?;
            context.print(text)?;
        }
        ShowFormat::Md => report::markdown(&plan, &mut context.stdout)?,
        ShowFormat::Html => report::html(&plan, &mut context.stdout)?,
        ShowFormat::Ndjson => lines(&plan, &wanted, &mut *context.stdout)?,
        ShowFormat::Sids => sids(&plan, &mut *context.stdout)?,
    }
    Ok(ExitStatus::Done)
}

/// Writes each operation as a line of JSON.
fn lines(
    plan: &PlanFile,
    wanted: &WantedOperations,
    out: &mut (dyn Write + Send),
) -> Result<(), CommandError> {
    let mut out = std::io::BufWriter::new(out);
    let mut line = Vec::new();
    plan.operations::<ShowFailed>(wanted, |entry| {
        line.clear();
        json::to_writer(&mut line, entry).map_err(StdoutError)?;
        line.push(b'\n');
        out.write_all(&line).map_err(StdoutError)?;
        Ok(())
    })
    .map_err(|ShowFailed(error)| error)?;
    out.flush().map_err(StdoutError)?;
    Ok(())
}

/// Writes the SIDs of the source with those of the target, sorted.
fn sids(plan: &PlanFile, out: &mut (dyn Write + Send)) -> Result<(), CommandError> {
    let mut out = csv::Writer::from_writer(out);
    let written = |error: csv::Error| StdoutError(error.into());
    out.write_record(["record", "source_sid", "target_sid"]).map_err(written)?;
    plan.counterparts::<ShowFailed>(|record, source, target| {
        Ok(out.write_record([record, source, target]).map_err(written)?)
    })
    .map_err(|ShowFailed(error)| error)?;
    out.flush().map_err(StdoutError)?;
    Ok(())
}

/// A visit failed: either side's error, as the verb tells it.
struct ShowFailed(CommandError);

impl From<PlanError> for ShowFailed {
    fn from(error: PlanError) -> Self {
        Self(error.into())
    }
}

impl From<StdoutError> for ShowFailed {
    fn from(error: StdoutError) -> Self {
        Self(error.into())
    }
}
