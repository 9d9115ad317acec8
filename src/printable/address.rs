//! Addresses without their credentials: `https://user:password@host` is printed as `https://***@host`.

use std::borrow::Cow;

/// What is printed instead of credentials.
const MASK: &str = "***";

/// The text with the credentials of every address in it masked.
pub(crate) fn mask_addresses(text: &str) -> Cow<'_, str> {
    replace_credentials(text, |_| Cow::Borrowed("***@"))
}

/// The text with the credentials of every address in it replaced, the `@` included. The text may also be JSON, whose quotes and escapes
/// end an address.
pub(crate) fn replace_credentials(
    text: &str,
    mut replacement: impl FnMut(&str) -> Cow<'static, str>,
) -> Cow<'_, str> {
    let mut safe: Option<String> = None;
    let mut rest = text;
    while let Some((before, separator, after)) = next_address(rest) {
        let end = after.find(ends_authority).unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        let credentials = authority.rsplit_once('@').filter(|(credentials, _)| *credentials != MASK);
        if safe.is_none() && credentials.is_some() {
            // From here on the text is rebuilt; what was passed over so far is unchanged.
            let passed = text.len() - rest.len();
            safe = Some(text.split_at(passed).0.to_owned());
        }
        if let Some(safe) = &mut safe {
            safe.push_str(before);
            safe.push_str(separator);
            match credentials {
                Some((credentials, host)) => {
                    safe.push_str(&replacement(credentials));
                    safe.push_str(host);
                }
                None => safe.push_str(authority),
            }
        }
        rest = tail;
    }
    match safe {
        None => Cow::Borrowed(text),
        Some(mut safe) => {
            safe.push_str(rest);
            Cow::Owned(safe)
        }
    }
}

/// Where the next address begins: what is before it, its `://`, which JSON may write as `:\/\/`, and the rest.
fn next_address(text: &str) -> Option<(&str, &'static str, &str)> {
    ["://", ":\\/\\/"]
        .into_iter()
        .filter_map(|separator| text.split_once(separator).map(|(before, after)| (before, separator, after)))
        .min_by_key(|(before, ..)| before.len())
}

fn ends_authority(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control() || "/?#\"'<>\\|`,;(){}[]".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_masked_in_every_address() {
        for (text, masked) in [
            ("https://hook:PW@hooks.example/x?a=b@c", "https://***@hooks.example/x?a=b@c"),
            ("a https://u:p@h, then ftp://x@y/z.", "a https://***@h, then ftp://***@y/z."),
            ("{\"url\":\"https://u:p@h\"}", "{\"url\":\"https://***@h\"}"),
            ("https://u:p@q@h", "https://***@h"),
            ("https://h/ and https://u@h", "https://h/ and https://***@h"),
        ] {
            assert_eq!(mask_addresses(text), masked);
            assert_eq!(mask_addresses(masked), masked, "masking again changes nothing");
        }
    }

    #[test]
    fn what_has_no_credentials_stays_as_it_is() {
        for text in ["https://hooks.example/@x", "ann@example.com", "https://h", "://", "a://b c@d", ""] {
            assert!(matches!(mask_addresses(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn credentials_can_be_removed() {
        let removed = replace_credentials("https://u:p@h/x", |_| Cow::Borrowed(""));
        assert_eq!(removed, "https://h/x");
    }
}
