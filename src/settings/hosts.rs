//! Twilio's own host names: `{product}[.{edge}][.{region}].twilio.com`, as its client libraries build them.

use crate::secret::{Origin, OriginError};

/// The origin of a product. An edge without a region means the region `us1`.
pub(super) fn origin(product: &str, edge: Option<&str>, region: Option<&str>) -> Result<Origin, OriginError> {
    let host = match (edge, region) {
        (None, None) => format!("{product}.twilio.com"),
        (None, Some(region)) => format!("{product}.{region}.twilio.com"),
        (Some(edge), region) => format!("{product}.{edge}.{}.twilio.com", region.unwrap_or("us1")),
    };
    Origin::parse(&format!("https://{host}"), false)
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
}
