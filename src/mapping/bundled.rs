//! The mappings that come with the tool. They are files of `mappings/`, and nothing about them is special.

/// Name and text of each bundled mapping.
const BUNDLED: &[(&str, &str)] = &[
    ("chat", include_str!("../../mappings/chat.toml")),
    ("conversations", include_str!("../../mappings/conversations.toml")),
    ("copy", include_str!("../../mappings/copy.toml")),
    ("audit", include_str!("../../mappings/audit.toml")),
    ("roles", include_str!("../../mappings/roles.toml")),
    ("sids", include_str!("../../mappings/sids.toml")),
    ("stream", include_str!("../../mappings/stream.toml")),
    ("mattermost", include_str!("../../mappings/mattermost.toml")),
    ("cometchat", include_str!("../../mappings/cometchat.toml")),
];

/// File name and text of the schemas that bundled mappings name.
const SCHEMAS: &[(&str, &str)] = &[
    ("stream.schema.json", include_str!("../../mappings/stream.schema.json")),
    ("mattermost.schema.json", include_str!("../../mappings/mattermost.schema.json")),
    ("cometchat.schema.json", include_str!("../../mappings/cometchat.schema.json")),
];

/// The names of the bundled mappings.
pub(crate) fn names() -> Vec<&'static str> {
    BUNDLED.iter().map(|&(name, _)| name).collect()
}

/// The text of a bundled mapping.
pub(crate) fn text(name: &str) -> Option<&'static str> {
    text_of(BUNDLED, name)
}

/// The text of a schema that comes with a bundled mapping.
pub(crate) fn schema(name: &str) -> Option<&'static str> {
    text_of(SCHEMAS, name)
}

fn text_of(files: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    files.iter().find(|&&(bundled, _)| bundled == name).map(|&(_, text)| text)
}
