//! The text of an export: its files with rows and bytes, the totals, the verdict.

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

pub(crate) fn text(files: &[ExportedFile], verdict: Verdict, private_only: bool) -> Printable {
    let mut text: Printable = files
        .iter()
        .map(|file| {
            let (rows, bytes) = (format::count(file.rows), format::count(file.bytes));
            format!("{rows:>12} rows  {bytes:>14} bytes  {}", file.path)
        })
        .collect();
    let bytes = files.iter().map(|file| file.bytes).sum();
    text.push(format!("{}, {}", format::counted(files.len() as u64, "file"), format::bytes(bytes)));
    let scope = if private_only { ", private channels only" } else { "" };
    let line = match verdict {
        Verdict::Complete => format!("complete{scope}: the snapshot is complete, and so are these files"),
        Verdict::CompleteWithDrift => format!(
            "complete with drift{scope}: data changed during the crawl; `chatferry snapshot info` lists where"
        ),
        Verdict::Incomplete => format!(
            "incomplete{scope}: the snapshot is incomplete, and so are these files; datapackage.json records it"
        ),
    };
    text.push(PrintableLine::verdict(tone(verdict), &line));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_ends_with_its_totals_and_its_verdict() {
        let file = |path: &str, rows, bytes| ExportedFile { path: path.to_owned(), rows, bytes };
        let files = [file("users.csv", 4_211, 1_200_345), file("roles.csv", 6, 812)];
        insta::assert_snapshot!(text(&files, Verdict::Complete, false), @r"
               4,211 rows       1,200,345 bytes  users.csv
                   6 rows             812 bytes  roles.csv
        2 files, 1.2 MB
        complete: the snapshot is complete, and so are these files
        ");
        let of = |verdict| text(&files[1..], verdict, true).to_string();
        assert!(of(Verdict::Incomplete).contains("\n1 file, 812 bytes\nincomplete, private channels only: "));
        assert!(of(Verdict::CompleteWithDrift).contains("\ncomplete with drift, private channels only: "));
    }
}
