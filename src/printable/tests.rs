//! What reaches a terminal, and how wide it is there.

use super::*;

/// Names as an attacker would choose them.
const HOSTILE: [&str; 9] = [
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]52;c;ZXZpbA==\u{7}",
    "\u{1b}]8;;https://evil.example\u{7}click\u{1b}]8;;\u{7}",
    "done\rcomplete: all",
    "a\ncomplete: all\0",
    "\u{9b}31m\u{9d}0;x\u{9c}\u{7f}",
    "abc\u{202e}txt.exe\u{2066}\u{200f}",
    "tag\u{e0041}\u{e007f}\u{feff}",
];

#[test]
fn no_name_can_reach_a_terminal_as_a_command_or_add_a_line() {
    for name in HOSTILE {
        let mut text = Printable::new();
        text.push(format!("user {name}"));
        text.push(PrintableLine::toned(Tone::Bad, name).and(name));
        let plain = text.render(false);
        assert_eq!(plain.lines().count(), 2, "{plain:?}");
        assert!(!plain.replace('\n', "").contains(is_obeyed), "{plain:?}");
        let colored =
            text.render(true).replace("\u{1b}[1m", "").replace("\u{1b}[31m", "").replace("\u{1b}[0m", "");
        assert_eq!(colored, plain, "only the program's own color is added");
        assert!(!is_typeable(name), "{name:?}");
    }
}

#[test]
fn what_people_write_stays_as_it_is() {
    for name in ["Ann", "Zoë 北京 👩‍👩‍👧", "שלום", "a\\u{1b}", "x\u{200c}y"] {
        assert_eq!(tame(name), name);
    }
    assert_eq!(tame("\u{1b}[0m"), "\\u{1b}[0m");
}

#[test]
fn widths_are_those_of_a_terminal() {
    assert_eq!(width("北京"), 4);
    assert_eq!(padded("北京", 6), "北京  ");
    assert_eq!(cut("北京北京", 5), "北京…");
    assert_eq!(cut("abc", 3), "abc");
    assert_eq!(cut("abcd", 3), "ab…");
}

#[test]
fn only_what_looks_as_it_is_can_be_typed() {
    for name in ["Shop", "Shop (test) 2"] {
        assert!(is_typeable(name), "{name}");
    }
    for name in ["", " Shop", "Shop ", "a  b", "Shоp", "Shop\u{a0}2"] {
        assert!(!is_typeable(name), "{name:?}");
    }
}

#[test]
fn long_lines_are_broken_between_words_under_their_last_column() {
    let text = |line: &str, columns| Printable::from(line).within(columns).to_string();
    assert_eq!(text("a b c", 5), "a b c");
    assert_eq!(
        text("  blocked    309 (4 %) by participants_over_limit: raise the limit", 40),
        "  blocked    309 (4 %) by\n             participants_over_limit:\n             raise the limit"
    );
    // The column is too far to the right.
    assert_eq!(
        text("warn  permission_unknown  one permission", 30),
        "warn  permission_unknown  one\n      permission"
    );
    assert_eq!(text("one two three four", 9), "one two\n  three\n  four");
    let command = "to go on: `chatferry apply --plan plan.db`";
    assert_eq!(text(command, 20), "to go on:\n  `chatferry apply --plan plan.db`");
    let next = "next: chatferry crawl --service ISeb279c18b9c2e879163ea9304c143ad6";
    assert_eq!(text(next, 20), next);
    // Wide letters take two columns, and a word that is longer than the line is left to the terminal.
    assert_eq!(text("北京 北京 北京", 10), "北京 北京\n  北京");
    assert_eq!(text("ISeb279c18b9c2e879163 b", 10), "ISeb279c18b9c2e879163\n  b");
    let line = PrintableLine::toned(Tone::Good, "complete and so").and(": all is well here");
    assert_eq!(
        Printable::from(line).within(12).render(true),
        "\u{1b}[1m\u{1b}[32mcomplete and\n  so\u{1b}[0m: all is\n  well here"
    );
}

#[test]
fn no_word_is_lost_at_any_width() {
    let line = "  requests   2 for services, `a b c`, 309 for user channels  and 122 for 北京 members";
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for columns in 1..100 {
        let text = Printable::from(line).within(columns).to_string();
        assert_eq!(words(&text), words(line), "{columns}");
        let fits = |line: &str| {
            width(line) <= columns || line.trim_start().split(' ').count() == 1 || line.contains('`')
        };
        assert!(columns < 25 || text.lines().all(fits), "{columns}: {text}");
    }
}
