//! The text of an export: its files with rows and bytes, the totals, the verdict.

use serde::Serialize;

use super::crawl::tone;
use super::format;
use crate::printable::{Printable, PrintableLine};
use crate::snapshot::Verdict;

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExportedFile {
    pub(crate) path: String,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
}

/// What an export wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrittenKind {
    Files,
    Tables,
}

/// Something of the snapshot that is in no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) count: u64,
    /// A record of the export; of records without any row, their plural.
    pub(crate) of: String,
    pub(crate) what: LeftOutKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeftOutKind {
    /// Rows that the record's condition does not want.
    Rows,
    /// Fields that no column writes, by the rows that have some.
    Fields,
    /// Records that nothing of the export has rows of.
    Records,
}

impl LeftOut {
    fn line(&self) -> String {
        let (count, of) = (format::count(self.count), &self.of);
        match self.what {
            LeftOutKind::Rows => format!("{count:>12} rows  left out of {of} by its `where`"),
            LeftOutKind::Fields => format!("{count:>12} rows  of {of} have fields that no column writes"),
            LeftOutKind::Records => {
                format!("{count:>12} {of} in the snapshot, no record of this export has them")
            }
        }
    }
}

pub(crate) fn text(
    files: &[ExportedFile],
    kind: WrittenKind,
    left_out: &[LeftOut],
    verdict: Verdict,
    private_only: bool,
) -> Printable {
    let mut text: Printable = files
        .iter()
        .map(|file| {
            let (rows, bytes) = (format::count(file.rows), format::count(file.bytes));
            format!("{rows:>12} rows  {bytes:>14} bytes  {}", file.path)
        })
        .collect();
    for left_out in left_out {
        text.push(left_out.line());
    }
    let bytes = files.iter().map(|file| file.bytes).sum();
    let (noun, these, recorded) = match kind {
        WrittenKind::Files => ("file", "these files", "; datapackage.json records it"),
        WrittenKind::Tables => ("table", "these tables", ""),
    };
    text.push(format!("{}, {}", format::counted(files.len() as u64, noun), format::bytes(bytes)));
    let scope = if private_only { ", private channels only" } else { "" };
    let line = match verdict {
        Verdict::Complete => format!("complete{scope}: the snapshot is complete, and so are {these}"),
        Verdict::CompleteWithDrift => format!(
            "complete with drift{scope}: data changed during the crawl; `chatferry snapshot info` lists where"
        ),
        Verdict::Incomplete => {
            format!("incomplete{scope}: the snapshot is incomplete, and so are {these}{recorded}")
        }
    };
    text.push(PrintableLine::verdict(tone(verdict), &line));
    text
}

/// What `export --media` did.
#[derive(Debug, Default, Serialize)]
pub(crate) struct MediaReport {
    /// Files that were written.
    pub(crate) files: u64,
    /// All together.
    pub(crate) bytes: u64,
    /// Files that were there already.
    pub(crate) kept: u64,
    /// Files that could not be had.
    pub(crate) missing: u64,
    /// Those of them that another run may get.
    pub(crate) not_received: u64,
    /// The first of them.
    pub(crate) missing_files: Vec<MissingMedia>,
}

/// A file that could not be had.
#[derive(Debug, Serialize)]
pub(crate) struct MissingMedia {
    pub(crate) sid: String,
    pub(crate) message_sid: String,
    pub(crate) reason: String,
}

impl MediaReport {
    pub(crate) fn text(&self) -> Printable {
        let line = |MissingMedia { sid, message_sid, reason }: &MissingMedia| {
            format!("  {sid} of message {message_sid}: {reason}")
        };
        let mut text: Printable = self.missing_files.iter().map(line).collect();
        let more = self.missing - self.missing_files.len() as u64;
        if more > 0 {
            text.push(format!("  and {}", format::counted(more, "other file")));
        }
        text.push(format!(
            "{} of {} written, {} there already, {} not available",
            format::counted(self.files, "file"),
            format::bytes(self.bytes),
            format::count(self.kept),
            format::count(self.missing)
        ));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_ends_with_its_totals_and_its_verdict() {
        let file = |path: &str, rows, bytes| ExportedFile { path: path.to_owned(), rows, bytes };
        let files = [file("users.csv", 4_211, 1_200_345), file("roles.csv", 6, 812)];
        let left_out = |count, of: &str, what| LeftOut { count, of: of.to_owned(), what };
        let left_out = [
            left_out(7, "participants", LeftOutKind::Rows),
            left_out(1_000, "participants", LeftOutKind::Fields),
            left_out(12, "messages", LeftOutKind::Records),
        ];
        insta::assert_snapshot!(text(&files, WrittenKind::Files, &left_out, Verdict::Complete, false), @r"
               4,211 rows       1,200,345 bytes  users.csv
                   6 rows             812 bytes  roles.csv
                   7 rows  left out of participants by its `where`
               1,000 rows  of participants have fields that no column writes
                  12 messages in the snapshot, no record of this export has them
        2 files, 1.2 MB
        complete: the snapshot is complete, and so are these files
        ");
        let of = |verdict| text(&files[1..], WrittenKind::Files, &[], verdict, true).to_string();
        assert!(of(Verdict::Incomplete).contains("\n1 file, 812 bytes\nincomplete, private channels only: "));
        assert!(of(Verdict::CompleteWithDrift).contains("\ncomplete with drift, private channels only: "));
    }
}
