//! The text of a comparison: its totals, notes and conclusion.

use super::{format, table};
use crate::diff::{Comparison, Mark, MarkCounts};
use crate::printable::{Printable, PrintableLine, Tone};

/// The totals for people.
pub(crate) fn summary(comparison: &Comparison) -> Printable {
    let rows: Vec<Vec<String>> = comparison
        .totals
        .by_entity
        .iter()
        .map(|(entity, counts)| cells(entity.plural(), counts))
        .chain(std::iter::once(cells("total", &comparison.totals.total)))
        .collect();
    let header: Vec<&str> = std::iter::once("").chain(Mark::ALL.map(Mark::name)).collect();
    let mut text = table::render(&header, &rows);
    text.extend(comparison.notes.iter().map(|note| format!("note: {note}")));
    let tone = if comparison.is_same() { Tone::Good } else { Tone::Caution };
    text.push(PrintableLine::verdict(tone, &conclusion(comparison)));
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

/// A name with the count of each mark.
pub(crate) fn cells(name: &str, counts: &MarkCounts) -> Vec<String> {
    std::iter::once(name.to_owned()).chain(Mark::ALL.map(|mark| format::count(counts.of(mark)))).collect()
}
