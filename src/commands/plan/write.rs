//! Writes the reports of a plan.

use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use crate::plan::PlanFile;
use crate::report::plan::{self, ReportError, UnwrittenReport};
use crate::storage::{Access, AtomicFile};

use super::super::CommandError;

/// Writes the reports, each complete or not at all.
pub(super) fn reports(made: &PlanFile, files: &[PathBuf]) -> Result<(), CommandError> {
    for path in files {
        report(made, path).map_err(|source| UnwrittenReport { path: path.clone(), source })?;
    }
    Ok(())
}

fn report(made: &PlanFile, path: &Path) -> Result<(), ReportError> {
    let mut out = BufWriter::new(AtomicFile::create(path, Access::of_results())?);
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("html") => plan::html(made, &mut out)?,
        Some("md") => plan::markdown(made, &mut out)?,
        _ => plan::json(made, &mut out)?,
    }
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(file.commit()?)
}
