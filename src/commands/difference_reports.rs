//! Where differences go: lines on stdout, and a page if one is wanted.

use std::io::{self, Write};

use crate::diff::{Comparison, Difference, Mark};
use crate::report::diff::{DiffOutput, DifferenceReport, LineStyle, PageAbout};

use super::CommandError;
use super::failure::StdoutError;
use super::page::{PageDraft, WantedPage};

pub(super) struct DifferenceReports<W: Write> {
    lines: DifferenceReport<W>,
    page: Option<DifferenceReport<PageDraft>>,
}

/// Begins a page of differences, before the first of them is known.
pub(super) fn begin_page(
    page: &WantedPage,
    about: PageAbout,
) -> Result<DifferenceReport<PageDraft>, CommandError> {
    Ok(DifferenceReport::start_page(page.begin()?, about).map_err(StdoutError)?)
}

impl<W: Write> DifferenceReports<W> {
    pub(super) fn start(
        format: DiffOutput,
        out: W,
        page: Option<DifferenceReport<PageDraft>>,
    ) -> io::Result<Self> {
        Ok(Self { lines: DifferenceReport::start(format, out)?, page })
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
            page.finish(comparison).map_err(StdoutError)?.commit()?;
        }
        Ok(())
    }
}
