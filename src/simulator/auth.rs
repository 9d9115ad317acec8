//! HTTP Basic authentication by account and auth token, or by API key and secret.

use super::data::account::AccountCredentials;

/// The two `Authorization` values that each account has.
#[derive(Debug)]
pub(crate) struct Accepted(Vec<[String; 2]>);

impl Accepted {
    pub(crate) fn new<'a>(accounts: impl Iterator<Item = &'a AccountCredentials>) -> Self {
        let basic = |user: &str, password: &str| base64(format!("{user}:{password}").as_bytes());
        let values = accounts.map(|account| {
            [basic(&account.account_sid, &account.auth_token), basic(&account.api_key, &account.api_secret)]
        });
        Self(values.collect())
    }

    /// The number of the account that a header's value is of.
    pub(crate) fn account(&self, value: &[u8]) -> Option<usize> {
        let (scheme, encoded) = value.split_at_checked(6)?;
        let is_of = |values: &[String; 2]| values.iter().any(|known| known.as_bytes() == encoded);
        scheme.eq_ignore_ascii_case(b"basic ").then(|| self.0.iter().position(is_of))?
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
