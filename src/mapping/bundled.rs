//! The mappings that come with the tool. They are files of `mappings/`, and nothing about them is special.

/// Name and text of each bundled mapping.
const BUNDLED: &[(&str, &str)] = &[
    ("chat", include_str!("../../mappings/chat.toml")),
    ("conversations", include_str!("../../mappings/conversations.toml")),
    ("copy", include_str!("../../mappings/copy.toml")),
    ("audit", include_str!("../../mappings/audit.toml")),
    ("roles", include_str!("../../mappings/roles.toml")),
    ("sids", include_str!("../../mappings/sids.toml")),
];

/// The names of the bundled mappings.
pub(crate) fn names() -> Vec<&'static str> {
    BUNDLED.iter().map(|&(name, _)| name).collect()
}

/// The text of a bundled mapping.
pub(crate) fn text(name: &str) -> Option<&'static str> {
    BUNDLED.iter().find(|&&(bundled, _)| bundled == name).map(|&(_, text)| text)
}
