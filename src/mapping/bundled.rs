//! The mappings that come with the tool. They are files of `mappings/`, and nothing about them is special.

/// Name and text of each bundled mapping.
pub(super) const BUNDLED: &[(&str, &str)] = &[("chat", include_str!("../../mappings/chat.toml"))];

/// The names of the bundled mappings.
pub fn names() -> Vec<&'static str> {
    BUNDLED.iter().map(|&(name, _)| name).collect()
}

/// The text of a bundled mapping.
pub fn text(name: &str) -> Option<&'static str> {
    BUNDLED.iter().find(|&&(bundled, _)| bundled == name).map(|&(_, text)| text)
}
