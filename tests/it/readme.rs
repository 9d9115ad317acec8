//! README.md is true: what it prints runs, what it names exists, and what it lists is all there is.

use std::collections::BTreeSet;
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

/// Every command line of README's shell blocks that runs the program, also behind a pipe.
fn command_lines() -> Vec<Vec<String>> {
    let readme = read("README.md");
    let shell = blocks(&readme, "sh");
    let lines = shell.iter().flat_map(|(_, text)| text.lines());
    lines
        .filter_map(|line| {
            let at = if line.starts_with("chatferry ") { 0 } else { line.find("| chatferry ")? + 2 };
            Some(words(&line[at..]))
        })
        .collect()
}

#[test]
fn the_help_block_is_what_the_program_prints() {
    let folder = tempfile::tempdir().unwrap();
    let output = chatferry(folder.path(), &["--help"]).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let readme = read("README.md");
    let shown: Vec<_> =
        blocks(&readme, "text").into_iter().filter(|(heading, _)| heading == "Help").collect();
    assert_eq!(shown.len(), 1, "one help block");
    assert_eq!(shown[0].1, printed);
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
    let readme = read("README.md");
    for fault in simulator::fault_names() {
        assert!(readme.contains(&format!("`{fault}=")), "the fault {fault}");
    }
    for status in ExitStatus::ALL {
        assert!(readme.contains(&format!("\n| {} | ", status.code())), "the exit code {}", status.code());
    }
    for verb in cli::command().get_subcommands() {
        assert!(readme.contains(&format!("`{}`", verb.get_name())), "the verb {}", verb.get_name());
    }
    for key in settings::KEYS {
        assert!(readme.contains(&format!("`{}`", key.name)), "the setting {}", key.name);
        assert!(readme.contains(&format!("`{}`", key.variable)), "the variable {}", key.variable);
    }
}

#[test]
fn the_mapping_example_and_the_queries_work_on_a_snapshot() {
    let world = World::with_faults("");
    assert_eq!(world.crawl(&[]).code, 0);

    let examples: Vec<_> = blocks(&read("README.md"), "toml")
        .into_iter()
        .filter(|(_, text)| text.contains("[[records]]"))
        .collect();
    assert_eq!(examples.len(), 1, "one mapping");
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

    let readme = read("README.md");
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

#[test]
fn the_fields_of_mappings_are_all_listed() {
    let readme = read("README.md");
    for entity in ["service", "role", "user", "channel", "membership", "member", "invite", "message"] {
        let text = format!(
            "version = 1\nname = \"m\"\n[[records]]\nname = \"r\"\nentity = \"{entity}\"\nkey = [\"x\"]\n\
             columns = [{{ name = \"x\", path = \"{entity}.nothing\" }}]\n"
        );
        let error = mapping::parse(&text, "m", None).unwrap_err().to_string();
        let known = error.split(" are ").nth(1).unwrap_or_else(|| panic!("{error}"));
        let row = format!("\n| `{entity}` | `{}` |\n", known.replace(", ", "`, `"));
        assert!(readme.contains(&row), "README has no row {row}");
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

#[test]
fn links_lead_somewhere() {
    for document in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        let text = read(document);
        let anchors: BTreeSet<String> = text
            .lines()
            .filter(|line| line.starts_with('#'))
            .map(|line| anchor(line.trim_start_matches('#').trim()))
            .collect();
        for target in links(&text).filter(|target| !target.starts_with("http")) {
            match target.strip_prefix('#') {
                Some(to) => assert!(anchors.contains(to), "{document}: no heading for #{to}"),
                None => assert!(Path::new(&root()).join(target).exists(), "{document}: there is no {target}"),
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
