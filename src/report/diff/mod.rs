//! Differences as they are written: lines for people, NDJSON, CSV, Markdown, a page.
//!
//! **Invariant:** differences stream. Formats that begin with the totals keep their rows in an unnamed temporary file until the
//! totals are known.
//!
//! **Invariant:** what a snapshot holds is text of other people. It cannot move a terminal's cursor, end a table's cell, or be
//! taken for markup. CSV has it as it is; NDJSON escapes what a terminal would obey.

mod csv;
mod error;
mod fold;
mod group;
mod html;
mod line;

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

pub(crate) use self::error::DiffError;
use self::fold::Fold;
use self::group::LineGroups;
pub(crate) use self::html::PageAbout;
use crate::diff::{Comparison, Difference, Mark};

use crate::printable::{Printable, PrintableLine, json};
use crate::report::text::format;

/// Rows that Markdown shows. NDJSON has all of them.
const MOST_SHOWN: u64 = 10_000;
/// Differences that a page has. They are some 15 MB, which a phone can still take.
const MOST_IN_PAGE: u64 = 100_000;

/// How differences are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DiffOutput {
    /// A line for people for each event or cause.
    Table,
    /// The same, where each field and cause has its first lines and a count.
    Causes,
    /// A line for people for each record.
    Records,
    /// One JSON object on each line.
    Ndjson,
    /// RFC 4180 with a header.
    Csv,
    /// CSV in which no text can be taken for a formula.
    SpreadsheetCsv,
    Markdown,
    /// A page.
    Html,
}

/// How lines for people are written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LineStyle {
    pub colored: bool,
    /// Columns of the terminal that they are written to.
    pub columns: Option<usize>,
}

/// Writes differences as they come.
pub(crate) struct DifferenceReport<W: Write> {
    format: DiffOutput,
    out: W,
    /// Rows that wait for the totals.
    kept: Option<BufWriter<File>>,
    fold: Fold,
    groups: LineGroups,
    shown: u64,
    page: html::PageRows,
    style: LineStyle,
    /// The reader has closed the pipe.
    closed: bool,
}

impl<W: Write> std::fmt::Debug for DifferenceReport<W> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("DifferenceReport").field("format", &self.format).finish_non_exhaustive()
    }
}

impl<W: Write> DifferenceReport<W> {
    /// Begins.
    pub(crate) fn start(format: DiffOutput, mut out: W) -> io::Result<Self> {
        let kept = match format {
            DiffOutput::Markdown | DiffOutput::Html => Some(BufWriter::new(tempfile::tempfile()?)),
            DiffOutput::Csv | DiffOutput::SpreadsheetCsv => {
                csv::header(&mut out)?;
                None
            }
            DiffOutput::Table | DiffOutput::Causes | DiffOutput::Records | DiffOutput::Ndjson => None,
        };
        let (fold, groups, page) = (Fold::default(), LineGroups::default(), html::PageRows::default());
        Ok(Self {
            format,
            out,
            kept,
            fold,
            groups,
            shown: 0,
            page,
            style: LineStyle::default(),
            closed: false,
        })
    }

    /// Begins a page that says this of itself.
    pub(crate) fn start_page(out: W, about: PageAbout) -> io::Result<Self> {
        let mut report = Self::start(DiffOutput::Html, out)?;
        report.page.about = about;
        Ok(report)
    }

    /// The same with lines for people in a style.
    #[must_use]
    pub(crate) fn styled(self, style: LineStyle) -> Self {
        Self { style, ..self }
    }

    /// Writes a difference. A reader that has closed the pipe, as `head` does, gets no more; the comparison goes on to its verdict.
    pub(crate) fn add(&mut self, difference: &Difference) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let written = self.write(difference);
        self.unless_closed(written)
    }

    fn unless_closed(&mut self, written: io::Result<()>) -> io::Result<()> {
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            written => written,
        }
    }

    fn write(&mut self, difference: &Difference) -> io::Result<()> {
        if let Some(kept) = &mut self.kept {
            if self.format == DiffOutput::Html {
                return self.page.add(kept, difference, MOST_IN_PAGE);
            }
            self.shown += 1;
            if self.shown > MOST_SHOWN {
                return Ok(());
            }
            return line::markdown_row(kept, difference);
        }
        match self.format {
            DiffOutput::Ndjson => {
                json::to_writer(&mut self.out, difference)?;
                self.out.write_all(b"\n")
            }
            DiffOutput::Csv => csv::rows(&mut self.out, difference, false),
            DiffOutput::SpreadsheetCsv => csv::rows(&mut self.out, difference, true),
            DiffOutput::Table | DiffOutput::Causes if difference.mark != Mark::Same => {
                if self.fold.add(difference) { self.folded_lines() } else { Ok(()) }
            }
            _ => self.line(line::text(difference)),
        }
    }

    fn line(&mut self, line: PrintableLine) -> io::Result<()> {
        let line = Printable::from(line);
        let line = self.style.columns.map_or_else(|| line.clone(), |columns| line.within(columns));
        let line = line.render(self.style.colored);
        writeln!(self.out, "{line}")
    }

    fn folded_lines(&mut self) -> io::Result<()> {
        for folded in self.fold.take() {
            let line = match self.format {
                DiffOutput::Causes => self.groups.add(folded),
                _ => Some(folded.line),
            };
            line.map_or(Ok(()), |line| self.line(line))?;
        }
        Ok(())
    }

    fn rest_of_groups(&mut self) -> io::Result<()> {
        self.groups.rest().into_iter().try_for_each(|line| self.line(line))
    }

    /// Ends, with the totals where the format has them, and gives the writer back.
    pub(crate) fn finish(mut self, comparison: &Comparison) -> io::Result<W> {
        let folded = self.folded_lines().and_then(|()| self.rest_of_groups());
        self.unless_closed(folded)?;
        if let Some(kept) = self.kept.take() {
            let mut file = kept.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.rewind()?;
            let left_out = self.shown.saturating_sub(MOST_SHOWN);
            let mut rows = BufReader::new(file);
            let written = match self.format {
                DiffOutput::Html => self.page.write(&mut self.out, comparison, &mut rows),
                _ => line::markdown(&mut self.out, comparison, &mut rows, left_out),
            };
            self.unless_closed(written)?;
        }
        let flushed = self.out.flush();
        self.unless_closed(flushed)?;
        Ok(self.out)
    }
}

/// The note about rows that Markdown leaves out.
fn left_out_text(number: u64) -> Option<String> {
    (number > 0).then(|| {
        format!(
            "{} more are not shown here; `--format ndjson` has them all.",
            format::counted(number, "difference")
        )
    })
}

/// Copies the rows that were kept.
fn copy(rows: &mut dyn Read, out: &mut dyn Write) -> io::Result<()> {
    io::copy(rows, out).map(|_| ())
}
