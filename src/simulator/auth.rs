//! HTTP Basic authentication by account and auth token, or by API key and secret.

use base64::Engine as _;

use super::data::account::AccountCredentials;

/// The two `Authorization` values that each account has.
#[derive(Debug)]
pub(crate) struct Accepted {
    values: Vec<[String; 2]>,
    /// The account SIDs, where any password of theirs is accepted.
    open: Vec<String>,
}

impl Accepted {
    /// With `any_secret`, an account SID with any password is accepted, and any API key as one of the first account: a snapshot has no
    /// secrets.
    pub(crate) fn new<'a>(
        accounts: impl Iterator<Item = &'a AccountCredentials> + Clone,
        any_secret: bool,
    ) -> Self {
        let open = accounts.clone().filter(|_| any_secret).map(|account| account.account_sid.clone());
        let open = open.collect();
        let basic = |user: &str, password: &str| base64(format!("{user}:{password}").as_bytes());
        let values = accounts.map(|account| {
            [basic(&account.account_sid, &account.auth_token), basic(&account.api_key, &account.api_secret)]
        });
        Self { values: values.collect(), open }
    }

    /// The number of the account that a header's value is of.
    pub(crate) fn account(&self, value: &[u8]) -> Option<usize> {
        let (scheme, encoded) = value.split_at_checked(6)?;
        let is_of = |values: &[String; 2]| values.iter().any(|known| known.as_bytes() == encoded);
        if !scheme.eq_ignore_ascii_case(b"basic ") {
            return None;
        }
        self.values.iter().position(is_of).or_else(|| self.open_account(encoded))
    }

    fn open_account(&self, encoded: &[u8]) -> Option<usize> {
        if self.open.is_empty() {
            return None;
        }
        let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
        let user = std::str::from_utf8(&decoded).ok()?.split(':').next()?;
        let of_account = self.open.iter().position(|account| account == user);
        of_account.or_else(|| user.starts_with("SK").then_some(0))
    }
}

/// Standard base64 with padding (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = (0..3)
            .fold(0_usize, |bits, place| bits << 8 | usize::from(chunk.get(place).copied().unwrap_or(0)));
        for place in 0..4 {
            let digit = DIGITS[bits >> (18 - 6 * place) & 63];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_as_in_the_rfc() {
        let pairs = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ];
        assert!(pairs.iter().all(|(bytes, text)| base64(bytes.as_bytes()) == *text));
    }
}
