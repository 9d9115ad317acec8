//! Differences as they are written: lines for people, NDJSON, CSV, Markdown, a page.
//!
//! **Invariant:** differences stream. Formats that begin with the totals keep their rows in an unnamed temporary file until the
//! totals are known.
//!
//! **Invariant:** what a snapshot holds is text of strangers. It cannot move a terminal's cursor, end a table's cell, or be
//! taken for markup. NDJSON and CSV have it as it is.

mod csv;
mod fold;
mod html;
mod line;

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

use self::fold::Fold;
use crate::diff::{Comparison, Difference, Mark, MarkCounts};

use crate::report::text::{format, table};

/// Rows that Markdown and HTML show at most. Who has more to see reads NDJSON.
const MOST_SHOWN: u64 = 10_000;

/// How differences are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// A line for people for each event or cause.
    Table,
    /// A line for people for each record.
    Records,
    /// One JSON object on each line.
    Ndjson,
    /// RFC 4180 with a header.
    Csv,
    /// Markdown.
    Markdown,
    /// A page.
    Html,
}

/// Writes differences as they come.
pub(crate) struct DifferenceReport<W: Write> {
    format: Format,
    out: W,
    /// Rows that wait for the totals.
    kept: Option<BufWriter<File>>,
    fold: Fold,
    shown: u64,
}

impl<W: Write> std::fmt::Debug for DifferenceReport<W> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("DifferenceReport").field("format", &self.format).finish_non_exhaustive()
    }
}

impl<W: Write> DifferenceReport<W> {
    /// Begins.
    pub(crate) fn start(format: Format, mut out: W) -> io::Result<Self> {
        let kept = match format {
            Format::Markdown | Format::Html => Some(BufWriter::new(tempfile::tempfile()?)),
            Format::Csv => {
                csv::header(&mut out)?;
                None
            }
            Format::Table | Format::Records | Format::Ndjson => None,
        };
        Ok(Self { format, out, kept, fold: Fold::default(), shown: 0 })
    }

    /// Writes a difference.
    pub(crate) fn add(&mut self, difference: &Difference) -> io::Result<()> {
        if let Some(kept) = &mut self.kept {
            self.shown += 1;
            if self.shown > MOST_SHOWN {
                return Ok(());
            }
            return match self.format {
                Format::Html => html::row(kept, difference),
                _ => line::markdown_row(kept, difference),
            };
        }
        match self.format {
            Format::Ndjson => {
                serde_json::to_writer(&mut self.out, difference)?;
                self.out.write_all(b"\n")
            }
            Format::Csv => csv::rows(&mut self.out, difference),
            Format::Table => self.fold.add(difference, &mut self.out),
            _ => line::text(&mut self.out, difference),
        }
    }

    /// Ends, with the totals where the format has them, and gives the writer back.
    pub(crate) fn finish(mut self, comparison: &Comparison) -> io::Result<W> {
        if let Some(kept) = self.kept {
            let mut file = kept.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.rewind()?;
            let left_out = self.shown.saturating_sub(MOST_SHOWN);
            let mut rows = BufReader::new(file);
            match self.format {
                Format::Html => html::write(&mut self.out, comparison, &mut rows, left_out)?,
                _ => line::markdown(&mut self.out, comparison, &mut rows, left_out)?,
            }
        }
        self.fold.write(&mut self.out)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// The totals in words, for people.
pub(crate) fn summary(comparison: &Comparison) -> String {
    let rows: Vec<Vec<String>> = comparison
        .totals
        .by_entity
        .iter()
        .map(|(entity, counts)| cells(entity.plural(), counts))
        .chain(std::iter::once(cells("total", &comparison.totals.total)))
        .collect();
    let header: Vec<&str> = std::iter::once("").chain(Mark::ALL.map(Mark::name)).collect();
    let mut text = table::render(&header, &rows);
    for note in &comparison.notes {
        text.push_str("note: ");
        text.push_str(note);
        text.push('\n');
    }
    text.push_str(&conclusion(comparison));
    text
}

/// The totals in one line.
pub(crate) fn conclusion(comparison: &Comparison) -> String {
    let MarkCounts { same, added, missing, different, unreadable } = comparison.totals.total;
    if comparison.is_same() {
        return format!("the same: {} agree", format::counted(same, "record"));
    }
    let parts: Vec<String> = [
        (added, "added"),
        (missing, "missing"),
        (different, "different"),
        (unreadable, "could not be read in one of the two"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, what)| format!("{} {what}", format::count(number)))
    .collect();
    format!("different: {}", parts.join(", "))
}

fn cells(name: &str, counts: &MarkCounts) -> Vec<String> {
    std::iter::once(name.to_owned()).chain(Mark::ALL.map(|mark| format::count(counts.of(mark)))).collect()
}

/// What Markdown and HTML say of rows that they leave out.
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
