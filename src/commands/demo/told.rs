//! What is told at the end of a demo: the first rows, what to open, what to run next.

use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::DemoError;
use super::folder::Folder;

/// Rows shown of each file.
const ROWS_SHOWN: usize = 3;

/// The beginning of a file, cut to the width of a terminal.
pub(super) fn first_rows(path: &Path) -> Result<String, DemoError> {
    const WIDTH: usize = 110;
    let wrap = |source| DemoError::File { path: path.to_path_buf(), source };
    let file = BufReader::new(fs::File::open(path).map_err(wrap)?);
    let mut text = format!("{}\n", path.display());
    for line in file.lines().take(ROWS_SHOWN + 1) {
        let line = line.map_err(wrap)?;
        let shown: String = line.chars().take(WIDTH).collect();
        let cut = if shown.len() < line.len() { "…" } else { "" };
        writeln!(text, "  {shown}{cut}").expect("writing to a String does not fail");
    }
    Ok(text)
}

/// What to open and what to run next. What was not migrated is not named.
pub(super) fn next_steps(folder: &Folder, migrated: bool) -> String {
    let (snapshot, export) = (folder.snapshot.display(), folder.export.display());
    let (plan, copy) = (folder.plan_page.display(), folder.copy_page.display());
    let (mapping, verified) = (folder.mapping.display(), folder.verified.display());
    let mut text = format!(
        "Open\n  \
           {export}/user_channels.csv    every user's channels, sorted\n  \
           {export}/datapackage.json     what the files are: columns, rows, SHA-256, the crawl's verdict\n  \
           {snapshot}                 with sqlite3: SELECT * FROM user_channels LIMIT 5\n"
    );
    if migrated {
        let pages = format!(
            "  {plan}                   what moving to Conversations in place takes, in a browser\n  \
               {copy}                   the same of the copy that was made, as it was planned\n  \
               {mapping}                   its mapping: `diff` it with the bundled one\n  \
               {verified}                  every record of the copy, held against the snapshot\n"
        );
        text.push_str(&pages);
    }
    text.push_str("Run next\n");
    if migrated {
        let shown = folder.copy.display();
        let show = format!("  chatferry plan show --plan {shown} --format ndjson --kind create_user\n");
        text.push_str(&show);
    }
    let rest = format!(
        "  chatferry snapshot info {snapshot}\n  \
           chatferry export --snapshot {snapshot} --out - --records user_channels --format ndjson\n  \
           export TWILIO_ACCOUNT_SID=AC… TWILIO_AUTH_TOKEN=…\n  \
           chatferry probe                           what your own account holds, and what a crawl of it costs"
    );
    text.push_str(&rest);
    text
}
