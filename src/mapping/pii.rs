//! Pseudonyms: HMAC-SHA-256 of personal values under a key that the user keeps.
//!
//! Why keyed: without a key, anyone could hash a list of e-mail addresses and look them up in an export. Why separated by kind:
//! an identity has the same pseudonym wherever it stands, so that joins still work, but a text that happens to be an identity
//! and a channel's name does not give itself away.
//!
//! **Invariant:** the key leaves this module as [`PiiKey::id`] only, which says whether two exports used the same key.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::field::entity_name;
use super::field_info::FieldInfo;
use super::value::Pii;
use crate::model::Entity;
use crate::printable::replace_credentials;
use crate::storage::hex;

/// The fewest bytes that a key may have.
pub(super) const SHORTEST_KEY: usize = 16;

/// A key for pseudonyms.
#[derive(Clone)]
pub struct PiiKey(Zeroizing<Vec<u8>>);

/// A key that is too short to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key has at least {SHORTEST_KEY} bytes, this one has {0}: make one with `openssl rand -hex 32`")]
pub struct ShortKey(pub usize);

impl PiiKey {
    /// Takes the bytes of a key file; line ends at its end do not count.
    pub fn new(mut bytes: Zeroizing<Vec<u8>>) -> Result<Self, ShortKey> {
        while matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.pop();
        }
        if bytes.len() < SHORTEST_KEY { Err(ShortKey(bytes.len())) } else { Ok(Self(bytes)) }
    }

    /// The pseudonym of a value of that kind: 64 hexadecimal digits.
    pub fn hash(&self, kind: &str, value: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(value);
        hex(&mac.finalize().into_bytes())
    }

    /// Which key it is: a pseudonym of a fixed text, shortened.
    pub fn id(&self) -> String {
        let mut id = self.hash("chatferry key id", b"");
        id.truncate(16);
        id
    }
}

impl fmt::Debug for PiiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PiiKey(…)")
    }
}

impl fmt::Display for PiiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("key")
    }
}

impl minijinja::value::Object for PiiKey {
    fn repr(self: &Arc<Self>) -> minijinja::value::ObjectRepr {
        minijinja::value::ObjectRepr::Plain
    }
}

/// What is done with personal columns.
#[derive(Debug, Clone)]
pub enum PiiPolicy {
    /// They are written as they are.
    Keep,
    /// They are left out.
    Drop,
    /// They are replaced by pseudonyms.
    Hmac(PiiKey),
}

impl PiiPolicy {
    /// The name in flags.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::Hmac(_) => "hmac",
        }
    }

    /// The text with the credentials of its addresses dropped or hashed; none where nothing changes.
    pub(super) fn without_credentials(&self, text: &str) -> Option<String> {
        let replaced = replace_credentials(text, |credentials| match self {
            Self::Hmac(key) => format!("{}@", key.hash("address credentials", credentials.as_bytes())).into(),
            Self::Drop | Self::Keep => "".into(),
        });
        match replaced {
            Cow::Owned(text) => Some(text),
            Cow::Borrowed(_) => None,
        }
    }

    /// Which key made the pseudonyms.
    pub fn key_id(&self) -> Option<String> {
        match self {
            Self::Hmac(key) => Some(key.id()),
            Self::Keep | Self::Drop => None,
        }
    }
}

/// The kind of value that a field holds: fields of the same kind get the same pseudonym for the same value.
pub(super) fn kind(field: &FieldInfo) -> String {
    let is_identity = matches!(
        (field.entity, field.name),
        (_, "identity" | "created_by") | (Entity::Message, "from" | "last_updated_by")
    );
    if is_identity && field.pii != Pii::None {
        "identity".to_owned()
    } else {
        format!("{}.{}", entity_name(field.entity), field.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_credentials_of_an_address_are_dropped_or_hashed() {
        let address = "https://hook:PW@hooks.example/x";
        assert_eq!(PiiPolicy::Drop.without_credentials(address).as_deref(), Some("https://hooks.example/x"));
        let key = PiiKey::new(Zeroizing::new(b"0123456789abcdef0123456789abcdef".to_vec())).unwrap();
        let hashed = PiiPolicy::Hmac(key).without_credentials(address).unwrap();
        assert!(hashed.starts_with("https://") && hashed.ends_with("@hooks.example/x"), "{hashed}");
        assert!(!hashed.contains("PW") && !hashed.contains("hook:") && hashed.len() > 64, "{hashed}");
        let json = r#"{"url":"https:\/\/hook:PW@hooks.example\/x"}"#;
        let dropped = PiiPolicy::Drop.without_credentials(json).unwrap();
        assert_eq!(dropped, r#"{"url":"https:\/\/hooks.example\/x"}"#);
        assert_eq!(PiiPolicy::Drop.without_credentials("https://hooks.example/x"), None);
    }
}
