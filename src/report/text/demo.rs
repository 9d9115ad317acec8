//! The text of `demo`: what each step does, the first rows, what to open, what to run next.

use std::io;
use std::path::{Path, PathBuf};

use super::format;
use crate::error::{Advise, Failure};
use crate::printable::{Printable, PrintableLine, Tone, cut, tame};

/// Columns of a row that are shown.
const WIDTH: usize = 110;

/// A file of the demo's folder cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot use `{}`", path.display())]
pub(crate) struct DemoFileError {
    pub(crate) path: PathBuf,
    pub(crate) source: io::Error,
}

impl Advise for DemoFileError {
    fn status(&self) -> Failure {
        Failure::Failed
    }
}

#[derive(Debug)]
pub(crate) struct DemoFiles<'f> {
    pub(crate) snapshot: &'f Path,
    pub(crate) export: &'f Path,
    pub(crate) plan_page: &'f Path,
    pub(crate) mapping: &'f Path,
    pub(crate) copy: &'f Path,
    pub(crate) copy_page: &'f Path,
    pub(crate) verified: &'f Path,
}

pub(crate) fn start(url: &str, users: usize) -> Printable {
    let users = format::counted(users as u64, "user");
    let mut text = Printable::from(format!(
        "A simulated Twilio listens on {url} with {users}; now and then it refuses, breaks off and repeats itself."
    ));
    text.blank();
    text
}

pub(crate) fn step(number: u32, command: &str) -> PrintableLine {
    PrintableLine::toned(Tone::Heading, &format!("{number}. {command}"))
}

/// What a copy cannot take and how its mapping fixes that.
pub(crate) fn copy_mapping(number: u32, mapping: &Path) -> Printable {
    let mut text = Printable::from(step(number, &format!("mapping show copy > {}", mapping.display())));
    text.append(Printable::own(
        "It leaves out what Twilio refuses to create: attributes that are not JSON are left out, a role without permissions gets a\n\
         harmless one, and a user without a role gets the default one.",
    ));
    text.blank();
    text
}

/// The result of a step, with a blank line after it.
pub(crate) fn result(text: impl Into<Printable>) -> Printable {
    let mut text = text.into();
    text.blank();
    text
}

/// The beginning of a file.
pub(crate) fn first_rows(path: &Path, lines: &[String]) -> Printable {
    let mut text = Printable::from(path.display().to_string());
    text.extend(lines.iter().map(|line| format!("  {}", cut(&tame(line), WIDTH))));
    text.blank();
    text
}

/// What to open and what to run next. What was not migrated is not named.
pub(crate) fn next_steps(files: &DemoFiles<'_>, migrated: bool) -> Printable {
    let (snapshot, export) = (files.snapshot.display(), files.export.display());
    let mut text = Printable::from(PrintableLine::toned(Tone::Heading, "Open"));
    let mut entry = |name: String, about: &str| text.push(format!("  {name}  {about}"));
    entry(format!("{export}/user_channels.csv"), "the channels of every user, sorted");
    entry(
        format!("{export}/datapackage.json"),
        "a description of the files: columns, rows, SHA-256, the verdict of the crawl",
    );
    entry(snapshot.to_string(), "with sqlite3: SELECT * FROM user_channels LIMIT 5");
    if migrated {
        let name = |path: &Path| path.display().to_string();
        entry(name(files.plan_page), "the plan to move to Conversations in place, in a browser");
        entry(name(files.copy_page), "the plan of the copy, as it was before it was applied");
        entry(name(files.mapping), "the mapping of the copy");
        entry(name(files.verified), "every record of the copy, compared with the snapshot");
    }
    text.push(PrintableLine::toned(Tone::Heading, "Run next"));
    if migrated {
        text.push(format!(
            "  chatferry plan show --plan {} --format ndjson --kind create_user",
            files.copy.display()
        ));
    }
    text.push(format!("  chatferry snapshot info {snapshot}"));
    text.push(format!(
        "  chatferry export --snapshot {snapshot} --out - --records user_channels --format ndjson"
    ));
    text.push("  export TWILIO_ACCOUNT_SID=AC… TWILIO_AUTH_TOKEN=…");
    text.push(
        "  chatferry probe                           what your account holds, and what a crawl of it costs",
    );
    text
}
