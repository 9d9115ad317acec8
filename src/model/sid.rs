//! Twilio's string identifiers (SIDs): two letters for the kind, then 32 hexadecimal digits.
//!
//! A SID is a 128-bit number with a prefix, and that is how it is held and stored: 16 bytes, not 34 characters.
//! The published pattern is `^US[0-9a-fA-F]{32}$` (OpenAPI `chat.v2.service.user`, key `sid`).
//!
//! **Invariant:** nothing is lost. A text that is not two right letters and 32 *lower-case* digits is kept
//! verbatim as [`Sid::is_verbatim`], so what was received is what is exported.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A kind of SID: its prefix and what the resource is called.
pub trait SidKind {
    /// The two letters in front, such as `US`.
    const PREFIX: &'static str;
    /// What Twilio calls the resource, for messages: `User`.
    const RESOURCE: &'static str;
}

/// A SID of one kind. `Display` and serialization give Twilio's own text.
///
/// The order is that of the snapshot's key columns: verbatim texts first (by bytes), then SIDs by their digits.
pub struct Sid<K> {
    repr: Repr,
    kind: PhantomData<fn() -> K>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Repr {
    Verbatim(Box<str>),
    Digits(u128),
}

/// What a SID looks like in storage: see [`Sid::stored`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredSid<'a> {
    /// The 128 bits, big-endian.
    Digits([u8; 16]),
    /// A text that is no SID of this kind in its canonical spelling.
    Verbatim(&'a str),
}

/// A text that a user gave is not a SID of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {resource} SID: expected `{prefix}` and 32 hexadecimal digits")]
pub struct InvalidSid {
    /// What was given.
    pub text: String,
    /// The resource whose SID was expected.
    pub resource: &'static str,
    /// The prefix that was expected.
    pub prefix: &'static str,
}

impl<K: SidKind> Sid<K> {
    /// The two letters in front.
    pub(crate) const PREFIX: &'static str = K::PREFIX;

    /// Takes what the API sent, whatever it is.
    pub fn from_wire(text: &str) -> Self {
        let repr = match digits::<K>(text) {
            Some(digits) => Repr::Digits(digits),
            None => Repr::Verbatim(text.into()),
        };
        Self { repr, kind: PhantomData }
    }

    /// The SID whose 32 digits are this number.
    pub fn from_digits(digits: u128) -> Self {
        Self { repr: Repr::Digits(digits), kind: PhantomData }
    }

    /// The SID from its 16 stored bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self::from_digits(u128::from_be_bytes(bytes))
    }

    /// How the snapshot stores it.
    pub fn stored(&self) -> StoredSid<'_> {
        match &self.repr {
            Repr::Digits(digits) => StoredSid::Digits(digits.to_be_bytes()),
            Repr::Verbatim(text) => StoredSid::Verbatim(text),
        }
    }

    /// True when the text is not the canonical spelling of a SID of this kind.
    pub fn is_verbatim(&self) -> bool {
        matches!(self.repr, Repr::Verbatim(_))
    }

    /// Writes the 34 characters to the end of `out`.
    pub fn push_to(&self, out: &mut Vec<u8>) {
        match &self.repr {
            Repr::Verbatim(text) => out.extend_from_slice(text.as_bytes()),
            Repr::Digits(digits) => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(K::PREFIX.as_bytes());
                for byte in digits.to_be_bytes() {
                    out.push(HEX[usize::from(byte >> 4)]);
                    out.push(HEX[usize::from(byte & 15)]);
                }
            }
        }
    }
}

/// The number behind a canonical SID text.
fn digits<K: SidKind>(text: &str) -> Option<u128> {
    let hex: &[u8; 32] = text.strip_prefix(K::PREFIX)?.as_bytes().try_into().ok()?;
    let (high, low) = hex.split_at(16);
    Some((u128::from(half(high)?) << 64) | u128::from(half(low)?))
}

/// The number of 16 lower-case hexadecimal digits. Five SIDs are read for every row; this is twice as fast as the general way.
fn half(hex: &[u8]) -> Option<u64> {
    hex.iter().try_fold(0_u64, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        Some((number << 4) | u64::from(digit))
    })
}

impl<K: SidKind> FromStr for Sid<K> {
    type Err = InvalidSid;

    /// Takes what a user typed: the published pattern and nothing else.
    fn from_str(text: &str) -> Result<Self, InvalidSid> {
        let fits = text
            .strip_prefix(K::PREFIX)
            .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if fits {
            Ok(Self::from_wire(text))
        } else {
            Err(InvalidSid { text: text.to_owned(), resource: K::RESOURCE, prefix: K::PREFIX })
        }
    }
}

impl<K: SidKind> fmt::Display for Sid<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.repr {
            Repr::Digits(digits) => write!(formatter, "{}{digits:032x}", K::PREFIX),
            Repr::Verbatim(text) => formatter.write_str(text),
        }
    }
}

impl<K: SidKind> fmt::Debug for Sid<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl<K: SidKind> Serialize for Sid<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<K> Clone for Sid<K> {
    fn clone(&self) -> Self {
        Self { repr: self.repr.clone(), kind: PhantomData }
    }
}

impl<K> PartialEq for Sid<K> {
    fn eq(&self, other: &Self) -> bool {
        self.repr == other.repr
    }
}

impl<K> Eq for Sid<K> {}

impl<K> PartialOrd for Sid<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Sid<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.repr.cmp(&other.repr)
    }
}

impl<K> Hash for Sid<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.repr.hash(state);
    }
}

macro_rules! kinds {
    ($($marker:ident, $alias:ident, $prefix:literal, $resource:literal;)*) => {$(
        #[doc = concat!("Marks the SIDs of a ", $resource, ".")]
        #[derive(Debug)]
        pub enum $marker {}
        impl SidKind for $marker {
            const PREFIX: &'static str = $prefix;
            const RESOURCE: &'static str = $resource;
        }
        #[doc = concat!("The SID of a ", $resource, ": `", $prefix, "…`.")]
        #[allow(unreachable_pub, reason = "`internals` exports some of them")]
        pub type $alias = Sid<$marker>;
    )*};
}

kinds! {
    AccountKind, AccountSid, "AC", "Account";
    ServiceKind, ServiceSid, "IS", "Service";
    RoleKind, RoleSid, "RL", "Role";
    UserKind, UserSid, "US", "User";
    ChannelKind, ChannelSid, "CH", "Channel";
    MemberKind, MemberSid, "MB", "Member";
    InviteKind, InviteSid, "IN", "Invite";
    MessageKind, MessageSid, "IM", "Message";
    BindingKind, BindingSid, "BS", "Binding";
    CredentialKind, CredentialSid, "CR", "Credential";
    ContentKind, ContentSid, "HX", "Content";
    MessagingServiceKind, MessagingServiceSid, "MG", "Messaging Service";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canonical_sid_is_its_number_and_prints_as_it_came() {
        let text = "US0123456789abcdef0123456789abcdef";
        let sid = UserSid::from_wire(text);
        assert!(!sid.is_verbatim());
        assert_eq!(sid.to_string(), text);
        let mut pushed = Vec::new();
        sid.push_to(&mut pushed);
        assert_eq!(pushed, text.as_bytes());
        let StoredSid::Digits(bytes) = sid.stored() else { panic!("stored as digits") };
        assert_eq!(UserSid::from_bytes(bytes), sid);
    }

    #[test]
    fn any_other_text_is_kept_verbatim() {
        for text in
            ["", "US", "CH0123456789abcdef0123456789abcdef", "US0123456789ABCDEF0123456789ABCDEF", "é"]
        {
            let sid = UserSid::from_wire(text);
            assert!(sid.is_verbatim(), "{text}");
            assert_eq!(sid.to_string(), text);
        }
    }

    #[test]
    fn a_users_input_must_fit_the_published_pattern() {
        assert!("IS0123456789ABCDEF0123456789abcdef".parse::<ServiceSid>().is_ok());
        let error = "CH0123456789abcdef0123456789abcdef".parse::<ServiceSid>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`CH0123456789abcdef0123456789abcdef` is not a Service SID: expected `IS` and 32 hexadecimal digits"
        );
        assert!("IS+123456789abcdef0123456789abcdef".parse::<ServiceSid>().is_err());
    }
}
