//! A difference as a line: for a terminal, and as a row of a Markdown table.

use std::io::{self, Read, Write};

use serde_json::Value;

use super::{copy, left_out_text};
use crate::diff::{Comparison, Difference, Mark};
use crate::printable::{PrintableLine, Tone, cut, mask_addresses, tame};
use crate::report::text::diff::{cells, conclusion};
use crate::report::text::markdown::escaped as cell;

/// Columns of a value that a line shows.
const MOST_COLUMNS: usize = 100;

/// A line for people: mark, collection, SID, name, and what changed.
pub(super) fn text(difference: &Difference) -> PrintableLine {
    let Difference { mark, entity, sid, .. } = difference;
    let mut rest = format!(" {:<13} {}", entity.plural(), shown(sid));
    if let Some(name) = &difference.name {
        rest.push_str("  ");
        rest.push_str(&shown(name));
    }
    let change = change_text(difference);
    if !change.is_empty() {
        rest.push_str("  ");
        rest.push_str(&change);
    }
    let sign = mark.sign().to_string();
    match tone(*mark) {
        Some(tone) => PrintableLine::toned(tone, &sign),
        None => PrintableLine::from(sign),
    }
    .and(&rest)
}

fn tone(mark: Mark) -> Option<Tone> {
    match mark {
        Mark::Same => None,
        Mark::Added => Some(Tone::Good),
        Mark::Missing => Some(Tone::Bad),
        Mark::Different => Some(Tone::Caution),
        Mark::Unreadable => Some(Tone::Hint),
    }
}

/// What changed, or the reason why that is not known.
pub(super) fn change_text(difference: &Difference) -> String {
    if let Some(reason) = &difference.reason {
        return shown(reason);
    }
    let changes = difference.changes.iter();
    let texts: Vec<String> = changes
        .map(|change| format!("{}: {} → {}", change.field, value(&change.old), value(&change.new)))
        .collect();
    texts.join(", ")
}

/// A value in its JSON form, cut where it is long.
pub(super) fn value(value: &Value) -> String {
    shown(&mask_addresses(&value.to_string()))
}

/// A text without what a terminal obeys, cut where it is long.
fn shown(text: &str) -> String {
    cut(&tame(text), MOST_COLUMNS).into_owned()
}

/// Writes a row of the table of differences.
pub(super) fn markdown_row(out: &mut dyn Write, difference: &Difference) -> io::Result<()> {
    let Difference { mark, entity, sid, name, .. } = difference;
    let name = name.as_deref().unwrap_or_default();
    writeln!(
        out,
        "| `{}` | {} | {} | {} | {} |",
        mark.sign(),
        cell(entity.plural()),
        cell(&shown(sid)),
        cell(&shown(name)),
        cell(&change_text(difference))
    )
}

/// Writes the document.
pub(super) fn markdown(
    out: &mut dyn Write,
    comparison: &Comparison,
    rows: &mut dyn Read,
    left_out: u64,
) -> io::Result<()> {
    let Comparison { old, new, totals, notes, ignored } = comparison;
    writeln!(out, "# Differences\n\n{}.\n", cell(&conclusion(comparison)))?;
    for (name, side) in [("Old", old), ("New", new)] {
        let services: Vec<String> = side.services.iter().map(ToString::to_string).collect();
        writeln!(
            out,
            "- {name}: {}, started {}, of {} ({}, {})",
            cell(&side.snapshot),
            cell(&side.started),
            cell(&services.join(", ")),
            cell(side.source.name()),
            cell(&side.verdict.as_str().replace('_', " "))
        )?;
    }
    for note in notes {
        writeln!(out, "- Note: {}", cell(note))?;
    }
    if !ignored.is_empty() {
        writeln!(out, "- Not compared: {}", cell(&ignored.join(", ")))?;
    }
    let header: Vec<&str> = std::iter::once("").chain(Mark::ALL.map(Mark::name)).collect();
    writeln!(out, "\n| {} |\n|---|--:|--:|--:|--:|--:|", header.join(" | "))?;
    for (entity, counts) in &totals.by_entity {
        writeln!(out, "| {} |", cells(&cell(entity.plural()), counts).join(" | "))?;
    }
    writeln!(out, "| {} |", cells("total", &totals.total).join(" | "))?;
    if comparison.is_same() {
        return Ok(());
    }
    writeln!(out, "\n| | what | SID | name | change |\n|---|---|---|---|---|")?;
    copy(rows, out)?;
    match left_out_text(left_out) {
        Some(text) => writeln!(out, "\n{text}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::FieldChange;
    use crate::model::Entity;
    use crate::printable::Printable;

    fn difference(name: &str, old: Value) -> Difference {
        Difference {
            mark: Mark::Different,
            entity: Entity::User,
            sid: "US1".to_owned(),
            name: Some(name.to_owned()),
            changes: vec![FieldChange { field: "friendly_name", old, new: Value::Null }],
            record: None,
            reason: None,
            conversation: None,
        }
    }

    fn line(difference: &Difference, write: fn(&mut dyn Write, &Difference) -> io::Result<()>) -> String {
        let mut bytes = Vec::new();
        write(&mut bytes, difference).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn text_of(difference: &Difference) -> String {
        format!("{}\n", Printable::from(text(difference)))
    }

    #[test]
    fn a_line_says_what_changed() {
        let text = text_of(&difference("ann", "Ann".into()));
        assert_eq!(text, "* users         US1  ann  friendly_name: \"Ann\" → null\n");
    }

    #[test]
    fn what_strangers_wrote_moves_no_cursor_and_ends_no_cell() {
        let odd = difference("a\u{1b}[2J|<b>\u{202e}", "x\n|`y".into());
        let (text, row) = (text_of(&odd), line(&odd, markdown_row));
        for line in [&text, &row] {
            assert_eq!(line.matches('\n').count(), 1, "{line}");
            assert!(!line.contains('\u{1b}') && !line.contains('\u{202e}'), "{line}");
        }
        assert_eq!(row.replace("\\|", "").matches('|').count(), 6, "{row}");
        assert!(row.contains("&lt;b&gt;"), "{row}");
    }

    #[test]
    fn a_long_value_is_cut_between_letters() {
        assert_eq!(value(&"é".repeat(200).into()).chars().count(), MOST_COLUMNS);
    }
}
