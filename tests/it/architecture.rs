//! The sources themselves: who imports whom, and the rules that no compiler checks.
//!
//! The table is ARCHITECTURE.md's. A line that has to change here is a wall that moves in the house.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module of the top level and what its code may import, besides `clock` and `printable`, which anyone may.
const MAY_IMPORT: [(&str, &[&str]); 22] = [
    ("model", &[]),
    ("clock", &[]),
    ("printable", &[]),
    ("error", &[]),
    ("storage", &["error"]),
    ("secret", &["model"]),
    ("event", &["model"]),
    ("twilio", &["error", "model", "event", "secret"]),
    ("source", &["error", "twilio", "model"]),
    ("snapshot", &["storage", "error", "model"]),
    ("crawl", &["error", "source", "snapshot", "model", "event", "twilio"]),
    ("mapping", &["storage", "model"]),
    ("export", &["storage", "error", "mapping", "snapshot", "model", "event"]),
    ("plan", &["storage", "error", "mapping", "snapshot", "model"]),
    ("apply", &["storage", "error", "plan", "twilio", "model", "event"]),
    ("audit", &["storage", "error", "model"]),
    ("diff", &["storage", "error", "snapshot", "model", "plan", "mapping"]),
    ("report", &["storage", "error", "event", "model", "snapshot", "plan", "diff"]),
    ("simulator", &[]),
    ("cli", &["storage", "secret", "model"]),
    ("settings", &["storage", "error", "cli", "secret", "model", "mapping", "export", "diff", "audit"]),
    ("commands", &ALL),
];

const ALL: [&str; 21] = [
    "model",
    "clock",
    "printable",
    "error",
    "secret",
    "event",
    "twilio",
    "source",
    "storage",
    "snapshot",
    "crawl",
    "mapping",
    "export",
    "plan",
    "apply",
    "audit",
    "diff",
    "report",
    "simulator",
    "cli",
    "settings",
];

/// What the tests within a module may import beyond that.
const TESTS_MAY_IMPORT: [(&str, &str); 1] = [("cli", "error")]; // the help's table of exit codes is compared

/// The most lines of a file before its tests.
const MOST_LINES: usize = 400;

/// A file of `src` with its lines of code, comments left out.
struct SourceFile {
    name: String,
    /// Number, text, and whether it is test code.
    code: Vec<(usize, String, bool)>,
    text: String,
}

impl SourceFile {
    fn read(path: &Path, root: &Path) -> Self {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        Self::new(&name, fs::read_to_string(path).unwrap())
    }

    fn new(name: &str, text: String) -> Self {
        let file_name = name.rsplit('/').next().unwrap();
        let of_tests =
            name.contains("/tests/") || ["tests.rs", "fixture.rs", "test_server.rs"].contains(&file_name);
        let mut in_tests = of_tests || file_name.ends_with("_tests.rs");
        let mut code = Vec::new();
        for (index, line) in text.lines().enumerate() {
            // Tests stand last in a file, as an item of its top level.
            in_tests |= line == "#[cfg(test)]";
            if !line.trim_start().starts_with("//") {
                code.push((index + 1, line.to_owned(), in_tests));
            }
        }
        Self { name: name.to_owned(), code, text }
    }

    /// `src/crawl/reader.rs` and `src/crawl/mod.rs` are of `crawl`, `src/clock.rs` is of `clock`.
    fn module(&self) -> &str {
        self.name.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// The modules that its code names after `crate::`: with the line, and whether it is test code.
    fn imports(&self) -> Vec<(usize, String, bool)> {
        let mut found = Vec::new();
        for (position, (line, text, in_tests)) in self.code.iter().enumerate() {
            for (at, _) in text.match_indices("crate::") {
                let (before, from) = text.split_at(at);
                if before.ends_with(|last: char| last.is_alphanumeric() || "_$".contains(last)) {
                    continue;
                }
                let following = self.code[position + 1..].iter().map(|(_, text, _)| text.as_str());
                let rest = std::iter::once(from).chain(following.take(40));
                let rest = rest.collect::<Vec<_>>().join(" ");
                found.extend(
                    first_segments(rest.trim_start_matches("crate::"))
                        .into_iter()
                        .map(|name| (*line, name, *in_tests)),
                );
            }
        }
        found
    }
}

/// `a::B` gives `a`; `{a::B, c::{D, E}}` gives `a` and `c`.
fn first_segments(text: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(list) = text.strip_prefix('{') else { return vec![word(text)] };
    let (mut depth, mut begins, mut names) = (0, true, Vec::new());
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => begins = true,
            _ if begins && !character.is_whitespace() => {
                names.push(word(list.split_at(at).1));
                begins = false;
            }
            _ => {}
        }
    }
    names
}

fn sources() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files.iter().map(|path| SourceFile::read(path, &root)).collect()
}

/// What a file imports and must not, as lines for people.
fn forbidden(file: &SourceFile) -> Vec<String> {
    let module = file.module();
    if ["main", "lib"].contains(&module) {
        return Vec::new();
    }
    let row = MAY_IMPORT.iter().find(|(name, _)| *name == module);
    let allowed = row.unwrap_or_else(|| panic!("{module}: a module that the table lacks")).1;
    let imports = file.imports().into_iter().filter(|(_, imported, in_tests)| {
        imported != module
            && imported != "clock"
            && imported != "printable"
            && !allowed.contains(&imported.as_str())
            && !(*in_tests && TESTS_MAY_IMPORT.contains(&(module, imported.as_str())))
    });
    imports.map(|(line, imported, _)| format!("{}:{line} imports {imported}", file.name)).collect()
}

#[test]
fn modules_import_what_the_table_allows() {
    let files = sources();
    let wrong: Vec<String> = files.iter().flat_map(forbidden).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let modules: BTreeSet<&str> =
        files.iter().map(SourceFile::module).filter(|name| !["main", "lib"].contains(name)).collect();
    let table: BTreeSet<&str> = MAY_IMPORT.iter().map(|(name, _)| *name).collect();
    assert_eq!(modules, table, "the table has every module and no other");
}

#[test]
fn a_forbidden_import_is_found_in_every_form() {
    let wrong = |name: &str, text: &str| forbidden(&SourceFile::new(name, text.to_owned()));
    assert_eq!(
        wrong("simulator/json.rs", "use crate::twilio::Page;"),
        ["simulator/json.rs:1 imports twilio"]
    );
    let list = "use crate::{\n    model::{User, UserSid},\n    report::Talk,\n};";
    assert_eq!(wrong("snapshot/rows.rs", list), ["snapshot/rows.rs:1 imports report"]);
    assert_eq!(wrong("model/sid.rs", "fn f() { crate::settings::x() }"), ["model/sid.rs:1 imports settings"]);
    assert_eq!(wrong("mapping/near.rs", "pub(crate) use crate::export::Format;").len(), 1);
    assert_eq!(wrong("cli/mod.rs", "use crate::error::ExitStatus;").len(), 1);
    // Allowed: its own module, the table's, the clock, a test's extra, and what is only said.
    assert!(wrong("crawl/mod.rs", "use crate::{crawl::cost, snapshot::Unit, clock};").is_empty());
    assert!(
        wrong("cli/mod.rs", "#[cfg(test)]\nmod tests {\n    use crate::error::ExitStatus;\n}").is_empty()
    );
    assert!(wrong("model/mod.rs", "/// See [`crate::export`].").is_empty());
}

/// `super::…` stays within a module of the top level, so that `crate::` shows every import across them.
#[test]
fn no_path_leaves_a_module_by_super() {
    for file in sources() {
        let named = file.name.trim_end_matches("/mod.rs").trim_end_matches(".rs");
        let depth = named.split('/').count();
        let mut within = 0; // inline modules around a line, as rustfmt indents them
        for (line, text, _) in &file.code {
            if text.starts_with('}') {
                within = 0;
            }
            let mut at = text.as_str();
            while let Some((_, rest)) = at.split_once("super::") {
                let mut ups = 1;
                at = rest;
                while let Some(rest) = at.strip_prefix("super::") {
                    ups += 1;
                    at = rest;
                }
                assert!(ups < depth + within, "{}:{line}: {text}", file.name);
            }
            let opens =
                text.split_once("mod ").is_some_and(|(before, _)| before.is_empty() || before.ends_with(' '));
            if opens && !text.starts_with(' ') && text.ends_with('{') {
                within = 1;
            }
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for file in sources() {
        let first = file.text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! ") && first.len() > 12, "{}: {first}", file.name);
    }
}

#[test]
fn no_file_grows_beyond_what_can_be_read_at_once() {
    let files = sources();
    let long = files.iter().filter_map(|file| {
        let tests = file.code.iter().find(|(_, _, in_tests)| *in_tests).map(|(line, ..)| line - 1);
        let lines = tests.unwrap_or(file.text.lines().count());
        (lines > MOST_LINES).then(|| format!("{}: {lines} lines", file.name))
    });
    let long: Vec<String> = long.collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

/// Writers are given: a test can read what the program says, and bars are not torn by it.
#[test]
fn nothing_is_printed_but_through_a_given_writer() {
    for file in sources() {
        for (line, text, _) in &file.code {
            for forbidden in ["print!(", "println!(", "dbg!("] {
                assert!(!text.contains(forbidden), "{}:{line}: {text}", file.name);
            }
        }
    }
}

#[test]
fn the_time_of_day_is_asked_in_one_place() {
    let asks = |file: &SourceFile| {
        let calls = ["SystemTime::now", "Timestamp::now", "Zoned::now", "Utc::now"];
        file.code.iter().any(|(_, text, _)| calls.iter().any(|call| text.contains(call)))
    };
    let asking: Vec<String> = sources().into_iter().filter(asks).map(|file| file.name).collect();
    assert_eq!(asking, ["clock.rs"]);
}
