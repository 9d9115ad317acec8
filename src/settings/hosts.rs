//! Twilio's own host names: `{product}[.{edge}][.{region}].twilio.com`, as its client libraries build them.

use crate::cli::setting::ValueError;
use crate::secret::Origin;

/// The regions that Twilio documents, each with the edge that its hosts need. A host with a region and no edge is served from US1, or
/// not at all.
const REGIONS: [(&str, &str); 2] = [("ie1", "dublin"), ("au1", "sydney")];

/// The Media Content Service, whose documented host names the region and no edge.
const MEDIA: &str = "mcs";

/// The origin of a product. An edge without a region means the region `us1`; a region without an edge has the edge that Twilio
/// documents for it.
pub(super) fn origin(product: &str, edge: Option<&str>, region: Option<&str>) -> Result<Origin, ValueError> {
    let host = match (edge, region) {
        _ if product == MEDIA => format!("{product}.{}.twilio.com", region.unwrap_or("us1")),
        (None, None | Some("us1")) => format!("{product}.twilio.com"),
        (None, Some(region)) => {
            let Some((_, edge)) = REGIONS.iter().find(|(name, _)| *name == region) else {
                return Err(ValueError::RegionWithoutEdge { region: region.to_owned() });
            };
            format!("{product}.{edge}.{region}.twilio.com")
        }
        (Some(edge), region) => format!("{product}.{edge}.{}.twilio.com", region.unwrap_or("us1")),
    };
    Ok(Origin::parse(&format!("https://{host}"), false)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_built_as_twilios_own_libraries_build_them() {
        let host = |edge, region| origin("chat", edge, region).unwrap().to_string();
        assert_eq!(host(None, None), "https://chat.twilio.com");
        assert_eq!(host(None, Some("ie1")), "https://chat.dublin.ie1.twilio.com");
        assert_eq!(host(None, Some("au1")), "https://chat.sydney.au1.twilio.com");
        assert_eq!(host(None, Some("us1")), "https://chat.twilio.com");
        let media_host = |region| origin(MEDIA, None, region).unwrap().to_string();
        assert_eq!(media_host(None), "https://mcs.us1.twilio.com");
        assert_eq!(media_host(Some("ie1")), "https://mcs.ie1.twilio.com");
        let error = origin("chat", None, Some("sg1")).unwrap_err();
        assert!(matches!(error, ValueError::RegionWithoutEdge { region } if region == "sg1"));
        assert_eq!(host(Some("dublin"), None), "https://chat.dublin.us1.twilio.com");
        assert_eq!(host(Some("dublin"), Some("ie1")), "https://chat.dublin.ie1.twilio.com");
    }
}
