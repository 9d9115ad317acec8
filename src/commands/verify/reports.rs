//! Where differences go: lines on stdout, and a page if one is wanted.

use std::io::{self, Write};

use crate::diff::{Comparison, Difference, Mark};
use crate::plan::{PlanError, PlanFile};
use crate::report::diff::{DiffOutput, DifferenceReport, LineStyle, PageAbout};

use super::super::failure::StdoutError;
use super::super::page::PageDraft;
use super::super::{CommandError, Context};
use super::input::VerifyInput;
use crate::settings::VerifySettings;

pub(super) struct VerifyReports<W: Write> {
    lines: DifferenceReport<W>,
    page: Option<DifferenceReport<PageDraft>>,
    /// Whether the page is opened.
    open: bool,
}

/// Begins the page of a verification, before the first request is sent.
pub(super) fn page(
    settings: &VerifySettings,
    input: &VerifyInput,
    context: &Context,
) -> Result<Option<DifferenceReport<PageDraft>>, CommandError> {
    let Some(path) = &settings.report else { return Ok(None) };
    let mut facts = vec![("Verified", context.settings.now()?.to_string())];
    match &input.plan {
        Some(plan) => {
            facts.push(("Plan", plan.display().to_string()));
            facts.push(("Digest of the plan", digest(plan)?));
        }
        None => facts.push(("Mapping", input.mapping.name.clone())),
    }
    facts.push(("Target", input.target.to_string()));
    let about = PageAbout {
        kicker: "verification",
        same: "The target holds everything that was verified, as it should be.",
        differs: "The target is not as it should be.",
        facts,
    };
    let report = DifferenceReport::start_page(PageDraft::begin(path)?, about).map_err(StdoutError)?;
    Ok(Some(report))
}

fn digest(plan: &std::path::Path) -> Result<String, PlanError> {
    Ok(PlanFile::open(plan)?.digest().to_owned())
}

impl<W: Write> VerifyReports<W> {
    pub(super) fn start(
        format: DiffOutput,
        out: W,
        page: Option<DifferenceReport<PageDraft>>,
        open: bool,
    ) -> io::Result<Self> {
        Ok(Self { lines: DifferenceReport::start(format, out)?, page, open })
    }

    /// The same with the lines for people in a style.
    #[must_use]
    pub(super) fn styled(self, style: LineStyle) -> Self {
        Self { lines: self.lines.styled(style), ..self }
    }

    /// The page has what differs; what is the same is counted there.
    pub(super) fn add(&mut self, difference: &Difference) -> io::Result<()> {
        if let Some(page) = self.page.as_mut().filter(|_| difference.mark != Mark::Same) {
            page.add(difference)?;
        }
        self.lines.add(difference)
    }

    pub(super) fn finish(self, comparison: &Comparison) -> Result<(), CommandError> {
        self.lines.finish(comparison).map_err(StdoutError)?;
        if let Some(page) = self.page {
            page.finish(comparison).map_err(StdoutError)?.commit(self.open)?;
        }
        Ok(())
    }
}
