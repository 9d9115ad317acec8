//! A message's media as metadata: what the file is, never where it is.
//!
//! **Invariant:** no address of a media file reaches the model. Those that Twilio gives are temporary and open the file to
//! whoever has them; the file's SID finds it again with credentials.

use serde_json::Value;

use crate::model::JsonText;

/// Keys of media (OpenAPI and Twilio's media service) that hold addresses.
const ADDRESSES: [&str; 3] = ["url", "links", "content_direct_temporary"];

/// The media of a message: one object, or a list of them, as sent but for addresses.
pub(super) fn media(value: Option<JsonText>) -> Option<JsonText> {
    let sent = value?;
    if !ADDRESSES.iter().any(|key| sent.0.contains(key)) {
        return Some(sent);
    }
    let Ok(mut media) = serde_json::from_str::<Value>(&sent.0) else { return Some(sent) };
    match &mut media {
        Value::Array(files) => files.iter_mut().for_each(remove),
        file => remove(file),
    }
    Some(JsonText(media.to_string().into()))
}

fn remove(file: &mut Value) {
    if let Value::Object(keys) = file {
        keys.retain(|key, _| !ADDRESSES.contains(&key.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        media(Some(JsonText(text.into()))).unwrap().0.into()
    }

    #[test]
    fn media_are_kept_as_sent_but_for_addresses() {
        let plain = r#"{"sid": "ME1",  "size": 1e2, "filename": "a \u2603.pdf"}"#;
        assert_eq!(read(plain), plain);
        assert_eq!(read(&format!("[{plain}]")), format!("[{plain}]"));
        let addressed = r#"{"sid": "ME1", "url": "https://x/", "filename": "links", "links": {"content_direct_temporary": "https://y/"}}"#;
        assert_eq!(read(addressed), r#"{"sid":"ME1","filename":"links"}"#);
        assert_eq!(read(&format!("[{addressed}, null]")), r#"[{"sid":"ME1","filename":"links"},null]"#);
        assert_eq!(media(None), None);
    }
}
