//! A difference as a line: for a terminal, and as a row of a Markdown table.

use std::io::{self, Read, Write};

use serde_json::Value;

use super::{cells, conclusion, copy, left_out_text};
use crate::diff::{Comparison, Difference, Mark};

/// Letters of a value that a line shows at most.
const MOST_LETTERS: usize = 100;

/// Writes a line for people: mark, collection, SID, name, and what changed.
pub(super) fn text(out: &mut dyn Write, difference: &Difference) -> io::Result<()> {
    let Difference { mark, entity, sid, .. } = difference;
    write!(out, "{} {:<13} {}", mark.sign(), entity.plural(), shown(sid))?;
    if let Some(name) = &difference.name {
        write!(out, "  {}", shown(name))?;
    }
    let said = said(difference);
    if !said.is_empty() {
        write!(out, "  {said}")?;
    }
    out.write_all(b"\n")
}

/// What changed, or why nothing can be said.
pub(super) fn said(difference: &Difference) -> String {
    if let Some(reason) = &difference.reason {
        return shown(reason);
    }
    let changes = difference.changes.iter();
    let texts: Vec<String> = changes
        .map(|change| format!("{}: {} → {}", change.field, value(&change.old), value(&change.new)))
        .collect();
    texts.join(", ")
}

/// A value in its JSON form, which escapes what could move a cursor, cut where it is long.
pub(super) fn value(value: &Value) -> String {
    cut(&plain(&value.to_string()))
}

/// A text without what could move a cursor.
fn shown(text: &str) -> String {
    cut(&plain(text))
}

/// Writes control characters, and those that turn the direction of writing, as their numbers.
fn plain(text: &str) -> String {
    let is_odd = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_odd) {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if is_odd(letter) {
            plain.extend(letter.escape_unicode());
        } else {
            plain.push(letter);
        }
    }
    plain
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_LETTERS) {
        Some((at, _)) => format!("{}…", text.split_at(at).0),
        None => text.to_owned(),
    }
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
        cell(&said(difference))
    )
}

/// A text that ends no cell and begins no markup.
fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if "\\`*_{}[]<>()#+-!|~&".contains(letter) {
            cell.push('\\');
        }
        cell.push(letter);
    }
    cell
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
            "- {name}: {}, begun {}, of {} ({}, {})",
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

    #[test]
    fn a_line_says_what_changed() {
        let text = line(&difference("ann", "Ann".into()), text);
        assert_eq!(text, "* users         US1  ann  friendly_name: \"Ann\" → null\n");
    }

    #[test]
    fn what_strangers_wrote_moves_no_cursor_and_ends_no_cell() {
        let odd = difference("a\u{1b}[2J|<b>\u{202e}", "x\n|`y".into());
        let line_of = |write| line(&odd, write);
        let (text, row) = (line_of(text), line_of(markdown_row));
        for line in [&text, &row] {
            assert_eq!(line.matches('\n').count(), 1, "{line}");
            assert!(!line.contains('\u{1b}') && !line.contains('\u{202e}'), "{line}");
        }
        assert_eq!(row.replace("\\|", "").matches('|').count(), 6, "{row}");
        assert!(row.contains("\\<b\\>"), "{row}");
    }

    #[test]
    fn a_long_value_is_cut_between_letters() {
        assert_eq!(value(&"é".repeat(200).into()).chars().count(), MOST_LETTERS + 1);
    }
}
