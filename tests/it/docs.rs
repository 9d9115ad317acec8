//! README.md and `docs/` are true: what they print runs, what they name exists, and what they list is all there is.
//!
//! Blocks between `<!-- generated: NAME -->` and `<!-- end -->` are made by the program. `CHATFERRY_UPDATE_DOCS=1 cargo test --test it
//! docs::` writes them again; without it the test compares.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chatferry::ExitStatus;
use chatferry::internals::{cli, mapping, settings, simulator};

use crate::support::{World, chatferry, ndjson};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The texts of the code blocks of a language, each with the heading it stands under.
fn blocks(markdown: &str, language: &str) -> Vec<(String, String)> {
    let (mut heading, mut found, mut block) = (String::new(), Vec::new(), None::<(bool, String)>);
    for line in markdown.lines() {
        match (&mut block, line.strip_prefix("```")) {
            (None, Some(name)) => block = Some((name == language, String::new())),
            (Some(_), Some(_)) => {
                if let Some((true, text)) = block.take() {
                    found.push((heading.clone(), text));
                }
            }
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {
                if let Some(title) = line.strip_prefix('#') {
                    title.trim_start_matches('#').trim().clone_into(&mut heading);
                }
            }
        }
    }
    found
}

/// The words of a shell's first simple command: quotes are taken off, and what a `#`, `|`, `>` or `&` begins is left out.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ' | '\n') => words.extend(word.take()),
            (None, '#') if word.is_none() => break,
            (None, '|' | '>' | '&' | ';') => break,
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// README.md and every page of the book, as their paths from the root.
fn pages() -> Vec<String> {
    let (mut pages, mut folders) = (vec!["README.md".to_owned()], vec!["docs".to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).unwrap() {
            let name = format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap());
            if root().join(&name).is_dir() {
                folders.push(name);
            } else if Path::new(&name).extension().is_some_and(|ending| ending == "md") {
                pages.push(name);
            }
        }
    }
    pages.sort();
    pages
}

/// Every page's text, one after the other.
fn book() -> String {
    pages().iter().map(|page| read(page)).collect::<Vec<_>>().join("\n")
}

/// Every command line of shell blocks that runs the program, also behind a pipe and in a list's item.
fn command_lines() -> Vec<Vec<String>> {
    let text: String = book().lines().map(|line| line.trim_start().to_owned() + "\n").collect();
    let shell = blocks(&text, "sh");
    let lines = shell.iter().flat_map(|(_, text)| text.lines());
    lines
        .filter_map(|line| {
            let at = if line.starts_with("chatferry ") { 0 } else { line.find("| chatferry ")? + 2 };
            Some(words(&line[at..]))
        })
        .collect()
}

/// Every setting by its declaration: key and flag, variable, default, and the first paragraph of its help.
fn settings_table() -> String {
    let mut table = String::from("| key and flag | variable | default | meaning |\n|---|---|---|---|\n");
    for setting in settings::reference() {
        let flag = setting.flag.map_or("no flag".to_owned(), |flag| format!("`{flag}`"));
        let default = setting.default.map_or(String::new(), |text| format!("`{text}`"));
        let help = setting.help.split("\n\n").next().unwrap().replace('|', "\\|");
        writeln!(table, "| `{}`, {flag} | `{}` | {default} | {help} |", setting.key, setting.variable)
            .unwrap();
    }
    table
}

/// The fields of each record, as the mapping language knows them.
fn fields_table() -> String {
    let mut table = String::from("| record | fields |\n|---|---|\n");
    for entity in
        ["service", "role", "user", "channel", "membership", "member", "invite", "message", "binding"]
    {
        let text = format!(
            "version = 1\nname = \"m\"\n[[records]]\nname = \"r\"\nentity = \"{entity}\"\nkey = [\"x\"]\n\
             columns = [{{ name = \"x\", path = \"{entity}.nothing\" }}]\n"
        );
        let error = mapping::parse(&text, "m", None).unwrap_err().to_string();
        let known = error.split(" are ").nth(1).unwrap_or_else(|| panic!("{error}"));
        writeln!(table, "| `{entity}` | `{}` |", known.replace(", ", "`, `")).unwrap();
    }
    table
}

/// What a generated block must hold.
fn generated(name: &str, world: &World) -> String {
    if let Some(verb) = name.strip_prefix("help ") {
        let mut arguments: Vec<&str> = verb.split(' ').collect();
        arguments.push("--help");
        let folder = tempfile::tempdir().unwrap();
        let output = chatferry(folder.path(), &arguments).output().unwrap();
        assert!(output.status.success(), "{verb}");
        return format!("```text\n{}```\n", String::from_utf8(output.stdout).unwrap());
    }
    if name == "settings" {
        return settings_table();
    }
    if name == "fields" {
        return fields_table();
    }
    assert_eq!(name, "views", "a generated block that no one generates");
    let database = rusqlite::Connection::open(world.path("snapshot.db")).unwrap();
    let list = |query: &str| -> Vec<String> {
        let mut statement = database.prepare(query).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let mut table = String::from("| view or table | columns |\n|---|---|\n");
    let evidence = ["disagreement", "vanished", "issue"].map(str::to_owned);
    let views = list("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY rowid");
    for view in views.into_iter().chain(evidence) {
        let columns = list(&format!("SELECT name FROM pragma_table_info('{view}')"));
        assert!(!columns.is_empty(), "{view}");
        writeln!(table, "| `{view}` | `{}` |", columns.join("`, `")).unwrap();
    }
    table
}

#[test]
fn generated_blocks_are_what_the_program_gives() {
    let world = World::with_faults("");
    assert_eq!(world.crawl(&[]).code, 0);
    let update = std::env::var_os("CHATFERRY_UPDATE_DOCS").is_some();
    let mut count = 0;
    for page in pages() {
        let text = read(&page);
        let mut made = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("<!-- generated: ") {
            let (name, after) = after.split_once(" -->").unwrap();
            let (_, after) =
                after.split_once("<!-- end -->").unwrap_or_else(|| panic!("{page}: {name} has no end"));
            write!(made, "{before}<!-- generated: {name} -->\n\n{}\n<!-- end -->", generated(name, &world))
                .unwrap();
            rest = after;
            count += 1;
        }
        made += rest;
        if update && made != text {
            std::fs::write(root().join(&page), &made).unwrap();
        }
        let made = if update { read(&page) } else { made };
        assert_eq!(made, read(&page), "{page} is not up to date; CHATFERRY_UPDATE_DOCS=1 writes it again");
    }
    assert!(count > 15, "only {count} blocks");
}

#[test]
fn every_verb_has_its_page_and_every_page_is_in_the_summary() {
    for verb in cli::command().get_subcommands().map(clap::Command::get_name) {
        let text = read(&format!("docs/verbs/{verb}.md"));
        assert!(
            text.contains(&format!("<!-- generated: help {verb} -->")),
            "{verb}: its flags are not on its page"
        );
    }
    let summary = read("docs/SUMMARY.md");
    for page in pages().iter().filter_map(|page| page.strip_prefix("docs/")) {
        assert!(
            page == "SUMMARY.md" || summary.contains(&format!("({page})")),
            "{page} is not in the summary"
        );
    }
}

#[test]
fn the_readme_can_be_read_at_once() {
    assert!(read("README.md").lines().count() <= 200);
}

#[test]
fn the_two_commands_stand_alone_under_their_headings() {
    let shell = blocks(&read("README.md"), "sh");
    for (heading, command) in [("Try it", "cargo run --release -- demo\n"), ("Test it", "cargo test\n")] {
        let of_heading: Vec<_> = shell.iter().filter(|(found, _)| found == heading).collect();
        assert_eq!(of_heading.len(), 1, "one block under {heading}");
        assert_eq!(of_heading[0].1, command);
    }
}

#[test]
fn every_command_line_is_one_that_the_program_understands() {
    let lines = command_lines();
    assert!(lines.len() > 40, "only {} were found", lines.len());
    for line in &lines {
        if let Err(error) = cli::command().try_get_matches_from(line) {
            panic!("{}: {error}", line.join(" "));
        }
        if let Some(at) = line.iter().position(|word| word == "--faults") {
            let faults: Result<simulator::Faults, _> = line[at + 1].parse();
            assert!(faults.is_ok(), "{faults:?}");
        }
    }
    let used: BTreeSet<&str> = lines.iter().map(|line| line[1].as_str()).collect();
    for verb in cli::command().get_subcommands() {
        let demo = "demo"; // printed as `cargo run`, under its own heading
        assert!(
            used.contains(verb.get_name()) || verb.get_name() == demo,
            "no example of {}",
            verb.get_name()
        );
    }
}

#[test]
fn words_are_split_as_a_shell_does() {
    let split = words("chatferry export --where \"a == 'b'\" '' x#y | head # more");
    assert_eq!(split, ["chatferry", "export", "--where", "a == 'b'", "", "x#y"]);
}

#[test]
fn every_fault_exit_code_verb_and_setting_is_explained() {
    let readme = book();
    for fault in simulator::fault_names() {
        assert!(readme.contains(&format!("`{fault}=")), "the fault {fault}");
    }
    for status in ExitStatus::ALL {
        assert!(readme.contains(&format!("\n| {} | ", status.code())), "the exit code {}", status.code());
    }
    for verb in cli::command().get_subcommands() {
        assert!(readme.contains(&format!("`{}`", verb.get_name())), "the verb {}", verb.get_name());
    }
    for key in settings::reference() {
        assert!(readme.contains(&format!("`{}`", key.key)), "the setting {}", key.key);
        assert!(readme.contains(&format!("`{}`", key.variable)), "the variable {}", key.variable);
    }
}

#[test]
fn the_mapping_example_and_the_queries_work_on_a_snapshot() {
    let world = World::with_faults("");
    assert_eq!(world.crawl(&[]).code, 0);

    let examples: Vec<_> =
        blocks(&book(), "toml").into_iter().filter(|(_, text)| text.contains("[[records]]")).collect();
    assert_eq!(examples.len(), 2, "a mapping for tables, and one for files of another system");
    std::fs::write(world.path("desk.toml"), &examples[0].1).unwrap();
    world.chatferry(&["mapping", "check", "desk.toml"]).assert().success();
    let out = world.export("desk", &["--mapping", "desk.toml", "--format", "ndjson"]);
    let truth = world.truth();
    let people = ndjson(&out.join("desk_people.ndjson"));
    assert_eq!(people.len(), truth["users"].len());
    assert!(
        people.iter().any(|row| row["custom"].is_object())
            && people.iter().all(|row| row["origin"] == "twilio")
    );
    let seats = ndjson(&out.join("desk_seats.ndjson"));
    assert!(!seats.is_empty() && seats.len() < truth["members"].len());
    assert!(seats.iter().any(|row| row["rights"] == "member"));
    assert!(seats.iter().any(|row| row["next_unread"].is_null()), "null stays null");

    std::fs::write(world.path("desk-import.toml"), &examples[1].1).unwrap();
    world.chatferry(&["mapping", "check", "desk-import.toml"]).assert().success();
    let out = world.export("import", &["--mapping", "desk-import.toml"]);
    let rows = ndjson(&out.join("desk-0001.ndjson"));
    assert_eq!(rows[0]["kind"], "header");
    let persons: Vec<_> =
        rows.iter().filter(|row| row["kind"] == "person").map(|row| &row["person"]).collect();
    assert_eq!(persons.len(), truth["users"].len());
    assert!(
        persons.iter().any(|person| person["seats"]
            .as_array()
            .unwrap()
            .iter()
            .any(|seat| seat["muted"] == true))
    );
    assert!(persons.iter().all(|person| person["handle"].as_str().unwrap().len() <= 32));

    let readme = book();
    let shell = blocks(&readme, "sh");
    let queries: Vec<String> = shell
        .iter()
        .flat_map(|(_, text)| text.split("sqlite3 snapshot.db \"").skip(1))
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    assert!(queries.len() >= 5, "{queries:?}");
    let database = rusqlite::Connection::open(world.path("snapshot.db")).unwrap();
    for query in queries {
        let mut statement = database.prepare(&query).unwrap_or_else(|error| panic!("{query}: {error}"));
        let mut rows = statement.query([]).unwrap();
        while rows.next().unwrap_or_else(|error| panic!("{query}: {error}")).is_some() {}
    }
}

/// The targets of a document's links.
fn links(markdown: &str) -> impl Iterator<Item = &str> {
    markdown.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

/// A heading's anchor, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars()
        .filter(|letter| letter.is_alphanumeric() || "- _".contains(*letter))
        .collect::<String>()
        .replace(' ', "-")
}

/// The headings of a page, as anchors.
fn anchors(markdown: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let headings = markdown.lines().filter(|line| {
        fenced ^= line.trim_start().starts_with("```");
        !fenced && line.starts_with('#')
    });
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut documents = pages();
    documents
        .extend(["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"].map(str::to_owned));
    for document in documents {
        let text = read(&document);
        let folder = Path::new(&document).parent().unwrap();
        for target in links(&text).filter(|target| !target.starts_with("http")) {
            let (file, heading) =
                target.split_once('#').map_or((target, None), |(file, to)| (file, Some(to)));
            let path = if file.is_empty() { PathBuf::from(&document) } else { folder.join(file) };
            assert!(root().join(&path).exists(), "{document}: there is no {target}");
            if let Some(heading) = heading {
                let there = anchors(&read(path.to_str().unwrap()));
                assert!(there.contains(heading), "{document}: {} has no heading #{heading}", path.display());
            }
        }
    }
}

#[test]
fn the_tests_that_guard_the_invariants_are_there() {
    fn sources(folder: &Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, text);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut code = String::new();
    sources(&root().join("src"), &mut code);
    sources(&root().join("tests/it"), &mut code);
    let map = read("ARCHITECTURE.md");
    let invariants = map.split("\n## ").find(|section| section.starts_with("Invariants")).unwrap();
    let named = invariants.split('`').skip(1).step_by(2).filter(|name| name.matches('_').count() >= 2);
    let mut count = 0;
    for test in named {
        assert!(code.contains(&format!("fn {test}(")), "there is no test {test}");
        count += 1;
    }
    assert!(count > 20, "only {count} tests are named");
}
