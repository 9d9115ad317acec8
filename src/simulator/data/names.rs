//! Believable names, identities and attributes, some of them awkward.
//!
//! An identity or unique name carries a tag, the rank in base 36, so that it is unique and can be found again
//! without a table. About one in eight is of the kind that breaks careless code: slashes, `#`, `+`, spaces,
//! emoji, right-to-left.

use std::fmt::Write as _;

use crate::simulator::draws::{below, next};

const FIRST: &[&str] = &[
    "Amélie",
    "Jonas",
    "Zoë",
    "Mehmet",
    "Priya",
    "Diego",
    "Olga",
    "Kwame",
    "Hana",
    "Lars",
    "Sofía",
    "Noah",
    "Ingrid",
    "Tariq",
    "Mei",
    "Ana",
    "Björn",
    "Chloé",
    "Yusuf",
    "Nadia",
    "Søren",
    "Łukasz",
    "Aoife",
    "Ravi",
    "李娜",
    "Ольга",
];
const LAST: &[&str] = &[
    "Dubois", "Keller", "Okafor", "Yılmaz", "Sharma", "García", "Petrova", "Mensah", "Tanaka", "Nilsson",
    "O'Brien", "Novák", "van Dijk", "Haddad", "Chen", "Silva", "Andersen", "Kowalski", "Murphy", "Iyer",
    "Müller", "Rossi",
];
/// The same as ASCII, for e-mail addresses.
const PLAIN_FIRST: &[&str] = &[
    "amelie", "jonas", "zoe", "mehmet", "priya", "diego", "olga", "kwame", "hana", "lars", "sofia", "noah",
    "ingrid", "tariq", "mei", "ana", "bjorn", "chloe", "yusuf", "nadia", "soren", "lukasz", "aoife", "ravi",
    "lina", "olga2",
];
const TOPICS: &[&str] =
    &["Order", "Support", "Delivery", "Claim", "Booking", "Appointment", "Invoice", "Trip"];
const WORDS: &[&str] =
    &["hello", "thanks", "on my way", "see you at 5", "👍", "could you check?", "done", "¿todo bien?"];

/// The rank in base 36.
pub(crate) fn tag(rank: u32) -> String {
    let (mut rest, mut digits) = (rank, Vec::with_capacity(7));
    loop {
        digits.push(b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize]);
        rest /= 36;
        if rest == 0 {
            break;
        }
    }
    digits.iter().rev().map(|digit| char::from(*digit)).collect()
}

/// Every rank whose tag may be in a text: the caller makes the text again and compares.
pub(crate) fn ranks_in(text: &str) -> impl Iterator<Item = u32> + '_ {
    text.split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .filter_map(|part| u32::from_str_radix(part, 36).ok())
}

fn choose<'a>(list: &[&'a str], draw: u64) -> &'a str {
    list[below(draw, u32::try_from(list.len()).unwrap_or(1)) as usize]
}

/// A user's identity: unique, for the application's eyes.
pub(crate) fn identity(draw: u64, rank: u32) -> String {
    let (tag, name) = (tag(rank), choose(PLAIN_FIRST, next(draw)));
    match below(draw, 40) {
        0 => format!("org/{tag}/{name}"),
        1 => format!("#{tag} {name}"),
        2 => format!("{name}+{tag}@example.org"),
        3 => format!("🦊 {tag}"),
        4 => format!("مستخدم {tag}"),
        5 => format!("O'{name}, \"{tag}\""),
        6..=17 => format!("user-{tag}"),
        _ => format!("{name}.{tag}@example.com"),
    }
}

/// A person's name, or none.
pub(crate) fn person(draw: u64) -> Option<String> {
    let (first, last) = (choose(FIRST, next(draw)), choose(LAST, next(next(draw))));
    match below(draw, 24) {
        0 | 1 => None,
        2 => Some(first.to_owned()),
        3 => Some(format!("{first} {last} 🚀")),
        4 => Some("عبد الله بن محمد".to_owned()),
        5 => Some(format!("\"{first}\", {last}; (temp)")),
        6 => Some(String::new()),
        7 => Some(format!("=SUM({last})")),
        _ => Some(format!("{first} {last}")),
    }
}

/// A channel's name for people, or none.
pub(crate) fn channel(draw: u64, rank: u32) -> Option<String> {
    let topic = choose(TOPICS, next(draw));
    match below(draw, 16) {
        0 | 1 => None,
        2 => Some(format!("🏡 {topic}\n{rank}")),
        3 => Some(format!("قناة {rank}")),
        4 => Some(format!("{topic}, \"{rank}\"")),
        _ => Some(format!("{topic} {rank} – {}", choose(FIRST, next(next(draw))))),
    }
}

/// A channel's name for programs, or none.
pub(crate) fn unique_name(draw: u64, rank: u32) -> Option<String> {
    let tag = tag(rank);
    match below(next(draw), 16) {
        0..=4 => None,
        5 => Some(format!("team/{tag}#1")),
        6 => Some(format!("ünïque {tag}")),
        _ => Some(format!("{}-{tag}", choose(TOPICS, next(draw)).to_ascii_lowercase())),
    }
}

/// JSON in a string, as applications store it: mostly nothing, sometimes nested, sometimes no JSON at all.
pub(crate) fn attributes(draw: u64) -> Option<String> {
    let number = below(next(draw), 10_000);
    match below(draw, 20) {
        0 => None,
        1..=8 => Some("{}".to_owned()),
        9 => Some(format!("{{ \"note\": \"said \\\"hi\\\"\\nand left\", \"n\": {number} }}")),
        10 => Some("null".to_owned()),
        11 => Some(format!("not json {number}")),
        12 => Some(format!("[{number},2.50,1e3]")),
        13 => Some(String::new()),
        14 => Some(format!(
            "{{\"crm\":{{\"id\":\"{number}\",\"tags\":[\"vip\",\"émigré\",\"🦊\"],\"score\":0.10}},\"active\":true}}"
        )),
        _ => Some(format!("{{\"locale\":\"de-CH\",\"customer\":{number}}}")),
    }
}

pub(crate) fn body(draw: u64) -> String {
    let mut body = choose(WORDS, draw).to_owned();
    if below(next(draw), 5) == 0 {
        write!(body, "\n\"{}\"", choose(WORDS, next(next(draw)))).expect("writing to a text cannot fail");
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_lead_back_to_their_rank() {
        for rank in [0, 1, 35, 36, 1_000_000, u32::MAX] {
            for draw in (0..200).map(|n| next(n * 7919)) {
                assert!(ranks_in(&identity(draw, rank)).any(|found| found == rank));
                if let Some(name) = unique_name(draw, rank) {
                    assert!(ranks_in(&name).any(|found| found == rank), "{name}");
                }
            }
        }
    }
}
