//! The text of a comparison: its totals, notes and conclusion.

use super::{format, table};
use crate::diff::{Comparison, Mark, MarkCounts};
use crate::printable::{Printable, PrintableLine, Tone};
use crate::snapshot::Verdict;

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
    let is_good = comparison.is_same() && !comparison.has_incomplete_side();
    let tone = if is_good { Tone::Good } else { Tone::Caution };
    text.push(PrintableLine::verdict(tone, &conclusion(comparison)));
    text
}

/// The totals in one line. What could not be read is neither the same nor different.
pub(crate) fn conclusion(comparison: &Comparison) -> String {
    let MarkCounts { same, added, missing, different, unreadable } = comparison.totals.total;
    let incomplete = match incomplete_sides(comparison).as_slice() {
        [] => String::new(),
        [one] => format!("; {one} is incomplete"),
        _ => "; both are incomplete".to_owned(),
    };
    let agree = if same == 1 { "agrees" } else { "agree" };
    let same_text = format!("{} {agree}", format::counted(same, "record"));
    let unread = format!("{} could not be read in one of the two", format::count(unreadable));
    let parts: Vec<String> = [(added, "added"), (missing, "missing"), (different, "different")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", format::count(number)))
        .chain((unreadable > 0).then_some(unread.clone()))
        .collect();
    match (added + missing + different, unreadable) {
        (0, 0) if !incomplete.is_empty() => format!("not known: {same_text}{incomplete}"),
        (0, 0) if same == 0 => "the same: neither has a record".to_owned(),
        (0, 0) => format!("the same: {same_text}"),
        (0, _) => format!("not known: {same_text}, and {unread}{incomplete}"),
        _ => format!("different: {}{incomplete}", parts.join(", ")),
    }
}

/// The sides that were not read to their end.
fn incomplete_sides(comparison: &Comparison) -> Vec<&str> {
    let sides = [&comparison.old, &comparison.new].into_iter();
    sides.filter(|side| side.verdict == Verdict::Incomplete).map(|side| side.snapshot.as_str()).collect()
}

pub(crate) fn cells(name: &str, counts: &MarkCounts) -> Vec<String> {
    std::iter::once(name.to_owned()).chain(Mark::ALL.map(|mark| format::count(counts.of(mark)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{ComparedSide, DiffTotals};
    use crate::model::Api;

    fn line(total: MarkCounts, verdicts: [Verdict; 2]) -> String {
        let side = |snapshot: &str, verdict| ComparedSide {
            snapshot: snapshot.to_owned(),
            started: "2026-12-01T00:00:00Z".to_owned(),
            account_sid: crate::model::AccountSid::from_wire("AC1"),
            services: Vec::new(),
            source: Api::Chat,
            verdict,
        };
        conclusion(&Comparison {
            totals: DiffTotals { total, ..DiffTotals::default() },
            old: side("old.db", verdicts[0]),
            new: side("new.db", verdicts[1]),
            ignored: Vec::new(),
            notes: Vec::new(),
        })
    }

    #[test]
    fn only_what_was_read_on_both_sides_is_the_same() {
        let counts =
            |same, different, unreadable| MarkCounts { same, different, unreadable, ..MarkCounts::default() };
        let whole = [Verdict::Complete, Verdict::CompleteWithDrift];
        let in_part = [Verdict::Complete, Verdict::Incomplete];
        for (total, verdicts, expected) in [
            (counts(0, 0, 0), whole, "the same: neither has a record"),
            (counts(1, 0, 0), whole, "the same: 1 record agrees"),
            (counts(1_200, 0, 0), whole, "the same: 1,200 records agree"),
            (counts(1_200, 0, 0), in_part, "not known: 1,200 records agree; new.db is incomplete"),
            (counts(7, 0, 2), whole, "not known: 7 records agree, and 2 could not be read in one of the two"),
            (counts(7, 3, 0), whole, "different: 3 different"),
            (
                counts(7, 3, 2),
                [Verdict::Incomplete, Verdict::Incomplete],
                "different: 3 different, 2 could not be read in one of the two; both are incomplete",
            ),
        ] {
            assert_eq!(line(total, verdicts), expected);
        }
        let all = MarkCounts { same: 1, added: 2, missing: 3, different: 4, unreadable: 0 };
        assert_eq!(line(all, whole), "different: 2 added, 3 missing, 4 different");
    }
}
