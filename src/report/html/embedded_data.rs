//! Data for the page's script, as JSON within the page.
//!
//! **Invariant:** nothing in it can end its element or begin another, whatever the data is: `<`, `>` and `&` never appear.

use serde::Serialize;

use crate::printable::json;

/// A value as JSON that can stand within `<script>`.
pub(crate) fn json(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let text = json::to_string(value)?;
    if !text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return Ok(text);
    }
    // Outside of strings JSON has none of these, and within them an escape is the same text.
    let mut safe = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            _ => safe.push(letter),
        }
    }
    Ok(safe)
}

#[cfg(test)]
mod tests {
    #[test]
    fn data_cannot_leave_its_element_and_stays_what_it_was() {
        for hostile in
            ["</script><script>alert(1)</script>", "<!--<script>", "a\u{2028}b\u{2029}c", "&lt; \" \\ \u{0}"]
        {
            let json = super::json(&[hostile]).unwrap();
            assert!(!json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{json}");
            assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [hostile]);
        }
    }
}
