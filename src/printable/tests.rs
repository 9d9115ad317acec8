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
