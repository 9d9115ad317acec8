//! The near miss: what a mistyped name was probably meant to be.

/// The candidate nearest to `typed`, if one is near enough to be a typing error.
pub(crate) fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace('-', "_");
    let typed = plain(typed);
    // One slip in three letters; in a long name the letters that all names share would otherwise make all of them near.
    let allowed = (typed.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&typed, &plain(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_nonsense_finds_nothing() {
        let settings = ["rps", "concurrency", "chat_url"];
        assert_eq!(nearest("chat-ulr", settings), Some("chat_url"));
        assert_eq!(nearest("concurency", settings), Some("concurrency"));
        assert_eq!(nearest("rsp", settings), Some("rps"));
        assert_eq!(nearest("timeout", settings), None);
        assert_eq!(nearest("", settings), None);
        let columns = ["unique_name", "friendly_name", "sid", "type"];
        assert_eq!(nearest("unqiue_name", columns), Some("unique_name"));
        assert_eq!(nearest("friendlyname", columns), Some("friendly_name"));
        assert_eq!(nearest("sdi", columns), Some("sid"));
        assert_eq!(nearest("body", columns), None);
    }
}
