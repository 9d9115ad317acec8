//! Safe names: texts as names that another system takes, of its letters and of its length.
//!
//! A text that is such a name stays as it is. Any other one has what is not allowed replaced and a hash of the original text at its
//! end, so that what differed before still differs.
//!
//! **Invariant:** a changed name never equals one that stayed: what ends as a changed name does is changed too. Two changed names
//! are equal only where their hashes are; a column with `unique = true` finds those.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use sha2::{Digest as _, Sha256};

use super::file::SafeNameEntry;
use crate::storage::hex;

/// How many hexadecimal digits of the hash a changed name has, unless the mapping says otherwise.
const HASH_LENGTH: usize = 12;

/// What names may be.
#[derive(Debug, Clone)]
pub(super) struct SafeNameRule {
    chars: AsciiSet,
    first: Option<AsciiSet>,
    min_length: usize,
    max_length: usize,
    /// What changed names begin with.
    prefix: String,
    hash_length: usize,
    /// What stands for a letter that is not allowed, and before the hash.
    fill: Option<char>,
    reserved: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
struct AsciiSet(u128);

impl AsciiSet {
    /// Takes letters and ranges such as `a-z`; a `-` at either end stands for itself.
    fn parse(text: &str) -> Result<Self, String> {
        let bytes = text.as_bytes();
        if bytes.is_empty() || !text.is_ascii() {
            return Err(format!("`{text}` must be ASCII letters and ranges such as a-z0-9_-"));
        }
        let (mut set, mut at) = (0_u128, 0);
        while let Some(&low) = bytes.get(at) {
            let range = bytes.get(at + 1) == Some(&b'-');
            let high = bytes.get(at + 2).copied().filter(|_| range);
            let high = high.inspect(|_| at += 2).unwrap_or(low);
            if low > high {
                return Err(format!("the range {}-{} is empty", char::from(low), char::from(high)));
            }
            (low..=high).for_each(|letter| set |= 1 << letter);
            at += 1;
        }
        Ok(Self(set))
    }

    fn has(self, letter: char) -> bool {
        letter.is_ascii() && self.0 >> (letter as u32) & 1 == 1
    }
}

impl SafeNameRule {
    /// Checks what a mapping says of names.
    pub(super) fn compile(entry: &SafeNameEntry) -> Result<Self, String> {
        let chars = AsciiSet::parse(&entry.chars)?;
        let first = entry.first.as_deref().map(AsciiSet::parse).transpose()?;
        let prefix = entry.prefix.clone().unwrap_or_default();
        let hash_length = entry.hash_length.unwrap_or(HASH_LENGTH);
        let fill = ['-', '_'].into_iter().find(|&letter| chars.has(letter));
        let rule = Self {
            chars,
            first,
            min_length: entry.min_length.unwrap_or(1),
            max_length: entry.max_length,
            prefix,
            hash_length,
            fill,
            reserved: entry.reserved.clone(),
        };
        let shortest = rule.prefix.len() + usize::from(rule.fill.is_some()) + hash_length;
        if !(4..=64).contains(&hash_length) {
            return Err("`hash_length` must be 4 to 64".to_owned());
        }
        if !"0123456789abcdef".chars().all(|digit| chars.has(digit)) {
            return Err("`chars` must have 0-9 and a-f, which the hashes of changed names are of".to_owned());
        }
        if !rule.prefix.chars().all(|letter| chars.has(letter)) {
            return Err("`prefix` must be of `chars`".to_owned());
        }
        if first.is_some_and(|first| !rule.prefix.starts_with(|letter| first.has(letter))) {
            return Err(
                "`first` needs a `prefix` that begins with one of it: changed names begin with the prefix"
                    .to_owned(),
            );
        }
        if shortest > rule.max_length || hash_length < rule.min_length {
            return Err(format!(
                "a changed name has {hash_length} to {shortest} letters without its text, which `min_length` and \
                 `max_length` do not allow"
            ));
        }
        Ok(rule)
    }

    /// Names that no text becomes.
    pub(super) fn reserved(&self) -> &[String] {
        &self.reserved
    }

    /// The name of a text.
    pub(super) fn name<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.takes(text) {
            return Cow::Borrowed(text);
        }
        let mut hash = hex(&Sha256::digest(text));
        hash.truncate(self.hash_length);
        let room = self.max_length - self.prefix.len() - self.hash_length - usize::from(self.fill.is_some());
        let replaced = |letter: char| match letter.to_ascii_lowercase() {
            _ if self.chars.has(letter) => Some(letter),
            lower if self.chars.has(lower) => Some(lower),
            _ => self.fill,
        };
        let mut name = self.prefix.clone();
        name.extend(text.chars().filter_map(replaced).take(room));
        if let (Some(fill), true) = (self.fill, name.len() > self.prefix.len()) {
            name.push(fill);
        }
        name.push_str(&hash);
        Cow::Owned(name)
    }

    fn takes(&self, text: &str) -> bool {
        (self.min_length..=self.max_length).contains(&text.len())
            && text.chars().all(|letter| self.chars.has(letter))
            && self.first.is_none_or(|first| text.starts_with(|letter| first.has(letter)))
            && !self.reserved.iter().any(|reserved| reserved == text)
            && !self.ends_as_changed(text)
    }

    fn ends_as_changed(&self, text: &str) -> bool {
        let Some((before, end)) =
            text.len().checked_sub(self.hash_length).and_then(|middle| text.split_at_checked(middle))
        else {
            return false;
        };
        let is_hash = end.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_hash && (before == self.prefix || self.fill.is_none_or(|fill| before.ends_with(fill)))
    }
}

/// The rules of a mapping by their names, as the filter `safe_name` finds them.
#[derive(Debug, Clone, Default)]
pub(super) struct SafeNames(pub(super) Arc<BTreeMap<String, Arc<SafeNameRule>>>);

impl std::fmt::Display for SafeNames {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("safe names")
    }
}

impl Object for SafeNames {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(chars: &str, max_length: usize) -> SafeNameEntry {
        SafeNameEntry {
            chars: chars.to_owned(),
            first: None,
            min_length: None,
            max_length,
            prefix: None,
            hash_length: None,
            reserved: vec!["system".to_owned()],
        }
    }

    fn rule(chars: &str, max_length: usize) -> SafeNameRule {
        SafeNameRule::compile(&entry(chars, max_length)).unwrap()
    }

    #[test]
    fn what_is_a_name_stays_and_what_is_not_ends_with_a_hash() {
        let rule = rule("a-z0-9_-", 24);
        assert_eq!(rule.name("ada_1"), "ada_1");
        let hash: String = hex(&Sha256::digest("Ada b.")).chars().take(12).collect();
        assert_eq!(rule.name("Ada b."), format!("ada-b--{hash}"));
        for text in
            ["", "system", "+1 555", "ÄÖ", "a.b@example.org and much longer than that", "x-0123456789ab"]
        {
            let name = rule.name(text);
            assert_ne!(name, text);
            assert!(name.len() <= 24 && rule.name(&name) != name, "{text}: {name}");
        }
    }

    #[test]
    fn a_name_begins_as_it_must() {
        let entry = SafeNameEntry {
            first: Some("a-z".to_owned()),
            prefix: Some("u".to_owned()),
            min_length: Some(3),
            ..entry("a-z0-9.-", 22)
        };
        let rule = SafeNameRule::compile(&entry).unwrap();
        assert!(rule.name("+15551234").starts_with("u-15551"));
        assert!(rule.name("ab").starts_with("uab-"));
        assert_eq!(rule.name("abc"), "abc");
    }

    #[test]
    fn what_names_cannot_be_is_refused() {
        let problem = |change: &dyn Fn(&mut SafeNameEntry)| {
            let mut entry = entry("a-z0-9-", 24);
            change(&mut entry);
            SafeNameRule::compile(&entry).unwrap_err()
        };
        assert!(problem(&|entry| entry.chars = "g-z".to_owned()).contains("0-9 and a-f"));
        assert!(problem(&|entry| entry.chars = "z-a".to_owned()).contains("is empty"));
        assert!(problem(&|entry| entry.chars = "ä".to_owned()).contains("ASCII"));
        assert!(problem(&|entry| entry.max_length = 12).contains("max_length"));
        assert!(problem(&|entry| entry.hash_length = Some(3)).contains("4 to 64"));
        assert!(problem(&|entry| entry.first = Some("a-z".to_owned())).contains("needs a `prefix`"));
        assert!(problem(&|entry| entry.prefix = Some("ä".to_owned())).contains("of `chars`"));
    }

    proptest! {
        #[test]
        fn names_are_names_and_differ_where_texts_do(left in "\\PC{0,40}", right in "[a-zA-Z0-9._ -]{0,40}") {
            for rule in [rule("a-z0-9_-", 30), rule("A-Za-z0-9", 64), rule("A-Za-z0-9_@-", 255)] {
                let names = [rule.name(&left), rule.name(&right)];
                for name in &names {
                    prop_assert!(!name.is_empty() && name.len() <= rule.max_length, "{name}");
                    prop_assert!(name.chars().all(|letter| rule.chars.has(letter)), "{name}");
                }
                prop_assert_eq!(names[0] == names[1], left == right);
            }
        }
    }
}
