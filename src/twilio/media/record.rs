//! What MCS says of a file, and the requests to it.

use serde::Deserialize;

use crate::model::Api;
use crate::twilio::request::ApiRequest;

/// The record of a file. Only what is needed of it; each may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct MediaSummary {
    pub(crate) sid: Option<String>,
    /// In bytes.
    pub(crate) size: Option<u64>,
    pub(crate) content_type: Option<String>,
    /// Its description has both spellings.
    #[serde(alias = "file_name")]
    pub(crate) filename: Option<String>,
    pub(crate) links: Option<MediaLinks>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct MediaLinks {
    pub(crate) content_direct_temporary: Option<String>,
}

/// A GET of the record of a file.
pub(super) fn fetch(service: &str, media: &str) -> ApiRequest {
    ApiRequest::get(Api::Conversations, ["v1", "Services", service, "Media", media]).of_media()
}

/// A POST of a file's bytes. It may be sent again after an unknown outcome: at worst there is a file that no message has.
///
/// The name is a parameter of the query, as Twilio's own SDK has it. Where MCS ignores it, its answer shows that.
pub(super) fn upload(service: &str, filename: Option<&str>) -> ApiRequest {
    let request = ApiRequest::post(Api::Conversations, ["v1", "Services", service, "Media"]);
    let request = request.without_form().webhooks(None).repeatable().of_media();
    match filename {
        Some(name) => request.query("Filename", name),
        None => request,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_as_documented() {
        assert_eq!(fetch("IS1", "ME1").to_string(), "GET /v1/Services/IS1/Media/ME1");
        let upload = upload("IS1", Some("a b&c.pdf"));
        assert_eq!(upload.path_and_query(), "/v1/Services/IS1/Media?Filename=a+b%26c.pdf");
        assert_eq!(
            (upload.form_body(), upload.webhooks_enabled(), upload.is_idempotent()),
            (None, None, true)
        );
    }

    #[test]
    fn a_record_is_read_in_both_spellings_and_may_lack_anything() {
        let read = |text: &str| serde_json::from_str::<MediaSummary>(text).unwrap();
        assert_eq!(read("{\"file_name\":\"a\"}"), read("{\"filename\":\"a\",\"size\":null}"));
        assert_eq!(read("{\"links\":null}"), MediaSummary::default());
    }
}
