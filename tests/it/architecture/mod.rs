//! The sources themselves: who imports whom, and the rules that no compiler checks.
//!
//! The table of modules is read from ARCHITECTURE.md: a line that has to change there is a wall that moves in the house.
//!
//! **Invariant:** the lists of exceptions in this file only shrink. A test fails where an exception is no longer needed.

mod circles;
mod source;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use source::{SourceFile, sources};

/// What the tests within a module may import beyond the table.
const TESTS_MAY_IMPORT: [(&str, &str); 1] = [("cli", "error")]; // the help's table of exit codes is compared

/// What every module may import: no stage, and nothing that knows one.
const FOR_ANYONE: [&str; 3] = ["clock", "printable", "testkit"];

/// The most lines of a file before its tests. A file is one responsibility, and few need this many.
const MOST_LINES: usize = 500;

/// In how many files the methods of one type may stand. A third file wants functions, or a type of its own.
const FILES_OF_METHODS: usize = 2;

/// Names that several modules define, each for its own: an error of the stage, the options of a stage.
const SHARED_NAMES: [&str; 2] = ["Error", "Options"];

/// The table "The map" of ARCHITECTURE.md: each module of the top level and what it may import.
fn table() -> BTreeMap<String, Vec<String>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/ARCHITECTURE.md");
    let text = std::fs::read_to_string(path).unwrap();
    let map =
        text.split("\n## ").find(|section| section.starts_with("The map")).expect("a section \"The map\"");
    let rows: Vec<(Vec<String>, String)> = map
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            assert_eq!(cells.len(), 3, "a row of the map has three cells: {line}");
            let names =
                |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(names(cells[0]).len(), 1, "a row is one module: {line}");
            (names(cells[0]), cells[2].to_owned())
        })
        .collect();
    let all: Vec<String> = rows.iter().flat_map(|(name, _)| name.clone()).collect();
    rows.iter()
        .map(|(name, cell)| {
            let may = match cell.as_str() {
                "all" => all.clone(),
                _ => cell.split('`').skip(1).step_by(2).map(str::to_owned).collect(),
            };
            (name[0].clone(), may)
        })
        .collect()
}

/// What a file imports and must not, as lines for people.
fn forbidden(file: &SourceFile, table: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let Some(module) = file.top() else { return Vec::new() };
    let allowed = table.get(module).unwrap_or_else(|| panic!("{module}: a module that the map lacks"));
    let imports = file.paths.iter().filter_map(|path| {
        let imported = path.segments.first()?;
        let known =
            imported == module || FOR_ANYONE.contains(&imported.as_str()) || allowed.contains(imported);
        let of_tests = path.in_tests && TESTS_MAY_IMPORT.contains(&(module, imported.as_str()));
        let everyone = !table.contains_key(imported); // a macro or a type of the crate's root
        (!known && !of_tests && !everyone).then_some((path.line, imported))
    });
    let lines: BTreeSet<String> =
        imports.map(|(line, imported)| format!("{}:{line} imports {imported}", file.name)).collect();
    lines.into_iter().collect()
}

#[test]
fn modules_import_what_the_map_allows() {
    let (files, table) = (sources(), table());
    let wrong: Vec<String> = files
        .iter()
        .filter(|file| file.top() != Some("testkit"))
        .flat_map(|file| forbidden(file, &table))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let modules: BTreeSet<&str> =
        files.iter().filter_map(SourceFile::top).filter(|name| *name != "testkit").collect();
    let known: BTreeSet<&str> = table.keys().map(String::as_str).collect();
    assert_eq!(modules, known, "the map has every module and no other");
}

#[test]
fn a_forbidden_import_is_found_in_every_form() {
    let table = table();
    let wrong = |name: &str, text: &str| forbidden(&SourceFile::new(name, text.to_owned()), &table);
    assert_eq!(
        wrong("simulator/json.rs", "use crate::twilio::Page;"),
        ["simulator/json.rs:1 imports twilio"]
    );
    let list = "use crate::{\n    model::{User, UserSid},\n    report::Talk,\n};";
    assert_eq!(wrong("snapshot/rows.rs", list), ["snapshot/rows.rs:3 imports report"]);
    assert_eq!(wrong("model/sid.rs", "fn f() { crate::settings::x() }"), ["model/sid.rs:1 imports settings"]);
    assert_eq!(wrong("model/sid.rs", "fn f() { super::super::settings::x() }").len(), 1);
    assert_eq!(wrong("model/sid.rs", "fn f() { println!(\"{}\", crate::settings::X) }").len(), 1);
    assert_eq!(wrong("mapping/near.rs", "pub(crate) use crate::export::Format;").len(), 1);
    assert_eq!(wrong("cli/mod.rs", "use crate::error::ExitStatus;").len(), 1);
    // Allowed: its own module, the table's, the clock, a test's extra, and what only a comment names.
    assert!(wrong("crawl/mod.rs", "use crate::{crawl::cost, snapshot::Unit, clock};").is_empty());
    let test = "#[cfg(test)]\nmod tests {\n    use crate::error::ExitStatus;\n}";
    assert!(wrong("cli/mod.rs", test).is_empty());
    assert!(wrong("model/mod.rs", "/// See [`crate::export`].\nstruct A;").is_empty());
}

#[test]
fn a_name_of_a_type_is_defined_once() {
    let files = sources();
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in files {
        for defined in file.types.iter().filter(|defined| !defined.in_tests) {
            places.entry(&defined.name).or_default().push(format!("{}:{}", file.name, defined.line));
        }
    }
    let twice: Vec<String> = places
        .iter()
        .filter(|(name, places)| places.len() > 1 && !SHARED_NAMES.contains(name))
        .map(|(name, places)| format!("{name}: {}", places.join(", ")))
        .collect();
    assert!(twice.is_empty(), "{} names:\n{}", twice.len(), twice.join("\n"));
}

/// The files with methods of a type's own, of each type that has them in more than [`FILES_OF_METHODS`].
fn scattered(files: &[SourceFile]) -> Vec<String> {
    let mut places: BTreeMap<(Option<&str>, &str), BTreeSet<&str>> = BTreeMap::new();
    for file in files {
        for own in file.own_impls.iter().filter(|own| !own.in_tests) {
            // The few names that stages share are told apart by the stage.
            let stage = SHARED_NAMES.contains(&own.type_name.as_str()).then(|| file.top()).flatten();
            places.entry((stage, &own.type_name)).or_default().insert(&file.name);
        }
    }
    let files = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
    let many = places.iter().filter(|(_, names)| names.len() > FILES_OF_METHODS);
    many.map(|((_, of), names)| format!("{of}: {}", files(names))).collect()
}

#[test]
fn the_methods_of_a_type_are_in_two_files_at_most() {
    let scattered = scattered(sources());
    assert!(scattered.is_empty(), "{} types:\n{}", scattered.len(), scattered.join("\n"));
}

#[test]
fn a_type_with_methods_in_three_files_is_found() {
    let file = |name: &str, text: &str| SourceFile::new(name, text.to_owned());
    let mut files = vec![
        file("plan/a.rs", "struct Thing<'a>(&'a str);\nimpl<'a> Thing<'a> {}\nimpl Thing<'_> {}"),
        file("plan/b.rs", "impl super::Thing<'_> {}\nimpl Options {}"),
        file("apply/c.rs", "impl Default for Thing<'_> {}\nimpl Options {}"),
        file("diff/d.rs", "#[cfg(test)]\nmod tests { impl Thing<'_> {} }\nimpl Options {}"),
    ];
    assert!(scattered(&files).is_empty(), "a trait's methods and those of tests do not count");
    files.push(file("plan/e.rs", "impl Thing<'static> {}"));
    assert_eq!(scattered(&files), ["Thing: plan/a.rs, plan/b.rs, plan/e.rs"]);
}

/// A module with files of its own is `name/mod.rs`, and never `name.rs` next to `name`.
#[test]
fn a_folder_has_its_own_mod_file() {
    let names: BTreeSet<&str> = sources().iter().map(|file| file.name.as_str()).collect();
    let folders: BTreeSet<&str> =
        names.iter().filter_map(|name| name.rsplit_once('/')).map(|(folder, _)| folder).collect();
    let beside: Vec<&&str> =
        folders.iter().filter(|folder| names.contains(format!("{folder}.rs").as_str())).collect();
    assert!(beside.is_empty(), "{beside:?}");
}

#[test]
fn every_file_says_what_it_is_for() {
    for file in sources() {
        let first = file.text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! ") && first.len() > 12, "{}: {first}", file.name);
    }
}

#[test]
fn no_file_has_more_than_one_responsibility_could_need() {
    let files = sources();
    let long = files.iter().filter(|file| file.tests_begin - 1 > MOST_LINES);
    let long: Vec<String> =
        long.map(|file| format!("{}: {} lines", file.name, file.tests_begin - 1)).collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

/// Lines of code without comments, for rules about text.
fn code_lines(file: &SourceFile) -> impl Iterator<Item = (usize, &str)> {
    let lines = file.text.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// What `commands` has errors of its own for: the process, its threads and streams, and a channel that no one reads any more.
const ERRORS_OF_COMMANDS: [&str; 3] =
    ["commands/failure.rs", "commands/threads.rs", "commands/verify/views.rs"];

/// `commands` joins stages. An error's sentences stand beside its enum, in a stage or in `report`.
#[test]
fn commands_have_no_errors_of_stages() {
    let has_one = |file: &&SourceFile| {
        file.top() == Some("commands") && code_lines(file).any(|(_, text)| text.contains("#[error(\""))
    };
    let names: Vec<&str> = sources().iter().filter(has_one).map(|file| file.name.as_str()).collect();
    assert_eq!(names, ERRORS_OF_COMMANDS);
}

/// Writers are given: a test can read what the program prints, and bars are not torn by it.
#[test]
fn nothing_is_printed_but_through_a_given_writer() {
    for file in sources() {
        for (line, text) in code_lines(file) {
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
        code_lines(file).any(|(_, text)| calls.iter().any(|call| text.contains(call)))
    };
    let asking: Vec<&str> =
        sources().iter().filter(|file| asks(file)).map(|file| file.name.as_str()).collect();
    assert_eq!(asking, ["clock/mod.rs"]);
}
