//! Media: the files of messages, as messages name them.

/// The largest file, in bytes ("Conversations limits": 150 MB between chat users).
pub(crate) const LARGEST_MEDIA: u64 = 150 << 20;

/// Whether a text can be sent as a `Content-Type`: `type/subtype`, perhaps with parameters.
pub(crate) fn is_media_type(text: &str) -> bool {
    let is_token = |text: &str| {
        let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        !text.is_empty() && text.bytes().all(is_of_token)
    };
    let name = text.split(';').next().unwrap_or_default().trim();
    let is_visible = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    is_visible && name.split_once('/').is_some_and(|(kind, rest)| is_token(kind) && is_token(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_type_is_a_type_and_a_subtype() {
        for good in ["image/png", "text/plain; charset=utf-8", "application/vnd.ms-excel", "x/y"] {
            assert!(is_media_type(good), "{good}");
        }
        for bad in ["", "image", "image/", "/png", "im age/png", "image/png\r\nX: y", "bild/größe"] {
            assert!(!is_media_type(bad), "{bad:?}");
        }
    }
}
