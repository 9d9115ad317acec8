//! Twilio's own host names: `{product}[.{edge}][.{region}].twilio.com`, as its client libraries build them.

use crate::secret::{Origin, OriginError};

use super::error::ValueError;

/// The origin of a product. An edge without a region means the region `us1`.
pub(super) fn origin(product: &str, edge: Option<&str>, region: Option<&str>) -> Result<Origin, OriginError> {
    let host = match (edge, region) {
        (None, None) => format!("{product}.twilio.com"),
        (None, Some(region)) => format!("{product}.{region}.twilio.com"),
        (Some(edge), region) => format!("{product}.{edge}.{}.twilio.com", region.unwrap_or("us1")),
    };
    Origin::parse(&format!("https://{host}"), false)
}

/// A region or an edge. It becomes part of a host name that gets the credentials, so nothing but a label passes.
pub(super) fn label(text: &str) -> Result<String, ValueError> {
    let fits = (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-');
    if fits { Ok(text.to_owned()) } else { Err(ValueError::NotALabel { text: text.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_built_as_twilios_own_libraries_build_them() {
        let host = |edge, region| origin("chat", edge, region).unwrap().to_string();
        assert_eq!(host(None, None), "https://chat.twilio.com");
        assert_eq!(host(None, Some("ie1")), "https://chat.ie1.twilio.com");
        assert_eq!(host(Some("dublin"), None), "https://chat.dublin.us1.twilio.com");
        assert_eq!(host(Some("dublin"), Some("ie1")), "https://chat.dublin.ie1.twilio.com");
    }

    #[test]
    fn a_label_cannot_lead_to_another_host() {
        assert!(label("ie1").is_ok());
        for text in ["", "evil.example/", "a.b", "-a", "a-", "IE1", "a@b", "ä"] {
            assert!(label(text).is_err(), "{text}");
        }
    }
}
