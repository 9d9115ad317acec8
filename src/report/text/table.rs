//! Plain tables: columns side by side, no lines, nothing after the last letter.

use crate::printable::{Printable, PrintableLine, Tone, padded, tame, width};

/// Blanks between two columns.
const GAP: usize = 2;

/// A table with a header. Columns are as wide as their widest cell on a terminal.
pub(crate) fn render(header: &[&str], rows: &[Vec<String>]) -> Printable {
    toned(header, rows, |_| None)
}

/// [`render`] where the first cell of a row may have a tone, which depends on its text.
pub(crate) fn toned(header: &[&str], rows: &[Vec<String>], tone: impl Fn(&str) -> Option<Tone>) -> Printable {
    let header: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(&header)
        .chain(rows)
        .map(|row| row.iter().map(|cell| tame(cell).into_owned()).collect())
        .collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or(0)
        })
        .collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| padded(cell, width + GAP));
        let text: String = cells.collect();
        let text = text.trim_end();
        let first = row.first().map_or("", String::as_str);
        match tone(first).and_then(|tone| Some((tone, text.strip_prefix(first)?))) {
            Some((tone, rest)) => PrintableLine::toned(tone, first).and(rest),
            None => PrintableLine::from(text),
        }
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_on_a_terminal() {
        let rows = [["北京", "1"], ["a\nb", "22"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(render(&["name", "n"], &rows).to_string(), "name     n\n北京     1\na\\u{a}b  22");
    }
}
