//! The list of users of `--users`: SIDs or identities, one a line.
//!
//! Empty lines and lines that start with `#` are skipped, so an identity that starts with `#` is given by its SID. An identity may be
//! nearly anything and is taken verbatim, spaces included. Refused is what is surely a slip: the SID of something else, a
//! User SID with digits missing, control characters, more than 256 characters.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::Path;

use crate::model::{ChannelSid, UserSid};

use super::error::UsersError;

/// Longer than any identity that Twilio documents.
const LONGEST: usize = 256;
/// `US` and this many digits or more is a User SID that was cut or stretched, not someone's name.
const SURELY_A_SID: usize = 24;

/// A user, as the user of this program names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UserSelector {
    Sid(UserSid),
    /// By the application's own name.
    Identity(String),
}

/// Reads a list of users from a file, or from `stdin` for `-`.
pub(super) fn read(path: &Path, stdin: &mut dyn Read) -> Result<Vec<UserSelector>, UsersError> {
    parse(&read_list(path, stdin).map_err(UsersError::Read)?)
}

/// The bytes of a list that a flag names: a file's, or those of `stdin` for `-`.
pub(super) fn read_list(path: &Path, stdin: &mut dyn Read) -> io::Result<Vec<u8>> {
    if path != Path::new("-") {
        return std::fs::read(path);
    }
    let mut bytes = Vec::new();
    stdin.read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn without_byte_order_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// Parses a list of users.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<UserSelector>, UsersError> {
    let mut users = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, line) in without_byte_order_mark(bytes).split(|byte| *byte == b'\n').enumerate() {
        let wrong = |reason: String| UsersError::Line { line: index + 1, reason };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = std::str::from_utf8(line)
            .map_err(|error| wrong(format!("is not UTF-8 (after {} good bytes)", error.valid_up_to())))?;
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        let user = selector(text).map_err(wrong)?;
        if seen.insert(user.clone()) {
            users.push(user);
        }
    }
    if users.is_empty() { Err(UsersError::Empty) } else { Ok(users) }
}

fn selector(text: &str) -> Result<UserSelector, String> {
    let trimmed = text.trim();
    if let Ok(sid) = trimmed.parse() {
        return Ok(UserSelector::Sid(sid));
    }
    check_name(text, &USER_NAME)?;
    Ok(UserSelector::Identity(text.to_owned()))
}

/// What a name is of, for the judgement of names.
pub(super) struct NameKind {
    pub(super) record: &'static str,
    /// The two letters of its SIDs.
    prefix: &'static str,
    sid: &'static str,
    /// The name with its article.
    name: &'static str,
    pub(super) is_sid: fn(&str) -> bool,
}

pub(super) static USER_NAME: NameKind = NameKind {
    record: "user",
    prefix: UserSid::PREFIX,
    sid: "User SID",
    name: "an identity",
    is_sid: |text| text.parse::<UserSid>().is_ok(),
};
pub(super) static CHANNEL_NAME: NameKind = NameKind {
    record: "channel",
    prefix: ChannelSid::PREFIX,
    sid: "Channel SID",
    name: "a unique name",
    is_sid: |text| text.parse::<ChannelSid>().is_ok(),
};

/// A name may be nearly anything; refused is what is surely a slip.
pub(super) fn check_name(text: &str, kind: &NameKind) -> Result<(), String> {
    let trimmed = text.trim();
    let (name, sid, own) = (kind.name, kind.sid, kind.prefix);
    if let Some(character) = text.chars().find(|character| character.is_control()) {
        return Err(format!("has a control character ({})", character.escape_default()));
    }
    let length = text.chars().count();
    if length > LONGEST {
        return Err(format!("has {length} characters; {name} has at most {LONGEST}"));
    }
    if let Some((prefix, digits)) = trimmed.split_at_checked(2) {
        let all_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let letters = prefix.bytes().all(|byte| byte.is_ascii_uppercase());
        if letters && all_hex && digits.len() == 32 {
            return Err(format!("is a SID of another kind (`{prefix}…`); a {sid} begins with `{own}`"));
        }
        if prefix == own && all_hex && digits.len() >= SURELY_A_SID {
            return Err(format!("looks like a {sid}, but has {} digits, not 32", digits.len()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SID: &str = "US0123456789abcdef0123456789abcdef";

    #[test]
    fn sids_and_identities_are_told_apart_and_each_counts_once() {
        let text = format!(
            "\u{feff}# leavers\r\n{SID}\r\n\r\nann@example.org\n  {SID} \nUSer1\nJosé Ñ\nann@example.org\n"
        );
        let users = parse(text.as_bytes()).unwrap();
        let identity = |text: &str| UserSelector::Identity(text.to_owned());
        assert_eq!(
            users,
            [
                UserSelector::Sid(SID.parse().unwrap()),
                identity("ann@example.org"),
                identity("USer1"),
                identity("José Ñ")
            ]
        );
    }

    #[test]
    fn a_wrong_line_is_named_by_its_number() {
        let long = "x".repeat(257);
        for (line, said) in [
            ("CH0123456789abcdef0123456789abcdef", "line 2 is a SID of another kind (`CH…`)"),
            ("US0123456789abcdef0123456789abcde", "line 2 looks like a User SID, but has 31 digits"),
            ("a\tb", "line 2 has a control character (\\t)"),
            (&long, "line 2 has 257 characters"),
        ] {
            let error = parse(format!("ann\n{line}\n").as_bytes()).unwrap_err();
            assert!(error.to_string().starts_with(said), "{error}");
        }
        let error = parse(b"ann\nb\xffb\n").unwrap_err();
        assert_eq!(error.to_string(), "line 2 is not UTF-8 (after 1 good bytes)");
    }

    #[test]
    fn a_list_without_users_is_an_error() {
        assert!(matches!(parse(b"# no one\n\n"), Err(UsersError::Empty)));
    }
}
