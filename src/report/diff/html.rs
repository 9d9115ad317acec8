//! Differences as a page: one file, no script, nothing fetched.

use std::io::{self, Read, Write};

use super::line::said;
use super::{cells, conclusion, copy, left_out_text};
use crate::diff::{Comparison, Difference, Mark};

const STYLE: &str = "\
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}
th,td{border-bottom:1px solid #8885;padding:.25rem .75rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
code,.sid{font-family:ui-monospace,monospace;font-size:.85em}
.mark{font-weight:bold;font-family:ui-monospace,monospace}
.added .mark{color:#1a7f37}.missing .mark{color:#cf222e}.different .mark{color:#9a6700}.unreadable .mark{color:#8250df}
.wide{overflow-x:auto}";

/// Writes a row of the table of differences.
pub(super) fn row(out: &mut dyn Write, difference: &Difference) -> io::Result<()> {
    let Difference { mark, entity, sid, name, .. } = difference;
    writeln!(
        out,
        "<tr class=\"{}\"><td class=\"mark\">{}</td><td>{}</td><td class=\"sid\">{}</td><td>{}</td><td>{}</td></tr>",
        mark.name(),
        mark.sign(),
        entity.plural(),
        escaped(sid),
        escaped(name.as_deref().unwrap_or_default()),
        escaped(&said(difference))
    )
}

/// Writes the page.
pub(super) fn write(
    out: &mut dyn Write,
    comparison: &Comparison,
    rows: &mut dyn Read,
    left_out: u64,
) -> io::Result<()> {
    let Comparison { old, new, totals, notes, ignored } = comparison;
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Differences</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n<main>\n<h1>Differences</h1>\n<p>{}.</p>\n<ul>",
        escaped(&conclusion(comparison))
    )?;
    for (name, side) in [("Old", old), ("New", new)] {
        let services: Vec<String> = side.services.iter().map(ToString::to_string).collect();
        writeln!(
            out,
            "<li>{name}: <code>{}</code>, begun {}, of <code>{}</code> ({}, {})</li>",
            escaped(&side.snapshot),
            escaped(&side.started),
            escaped(&services.join(", ")),
            escaped(side.source.name()),
            side.verdict.as_str().replace('_', " ")
        )?;
    }
    for note in notes {
        writeln!(out, "<li>Note: {}</li>", escaped(note))?;
    }
    if !ignored.is_empty() {
        writeln!(out, "<li>Not compared: {}</li>", escaped(&ignored.join(", ")))?;
    }
    write!(out, "</ul>\n<h2>Totals</h2>\n<table>\n<thead><tr><th scope=\"col\">what</th>")?;
    for mark in Mark::ALL {
        write!(out, "<th class=\"n\" scope=\"col\">{}</th>", mark.name())?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for (entity, counts) in &totals.by_entity {
        totals_row(out, cells(entity.plural(), counts))?;
    }
    totals_row(out, cells("total", &totals.total))?;
    writeln!(out, "</tbody>\n</table>")?;
    if !comparison.is_same() {
        writeln!(
            out,
            "<h2>Differences</h2>\n<div class=\"wide\">\n<table>\n<thead><tr><th scope=\"col\"></th><th scope=\"col\">what</th>\
             <th scope=\"col\">SID</th><th scope=\"col\">name</th><th scope=\"col\">change</th></tr></thead>\n<tbody>"
        )?;
        copy(rows, out)?;
        writeln!(out, "</tbody>\n</table>\n</div>")?;
    }
    if let Some(text) = left_out_text(left_out) {
        writeln!(out, "<p>{}</p>", escaped(&text))?;
    }
    writeln!(out, "</main>\n</body>\n</html>")
}

fn totals_row(out: &mut dyn Write, cells: Vec<String>) -> io::Result<()> {
    let mut cells = cells.into_iter();
    write!(out, "<tr><th scope=\"row\">{}</th>", cells.next().unwrap_or_default())?;
    for cell in cells {
        write!(out, "<td class=\"n\">{cell}</td>")?;
    }
    writeln!(out, "</tr>")
}

/// A text that is no markup, in an element and in a quoted attribute.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}
