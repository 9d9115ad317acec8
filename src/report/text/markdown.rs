//! Text as Markdown: what came from data reads as it is, and never as markup, a link, a mention or HTML.

use crate::printable::tame;

/// Text within a paragraph or a table's cell.
pub(in crate::report) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let flat: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let tamed = tame(&flat);
    let mut rest = tamed.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // Entities, since a backslash holds back neither a mention nor a bare address.
            '@' => safe.push_str("&#64;"),
            ':' if rest.as_str().starts_with('/') => safe.push_str("&#58;"),
            '.' if safe.ends_with("www") => safe.push_str("&#46;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '$' => {
                safe.push('\\');
                safe.push(letter);
            }
            _ => safe.push(letter),
        }
    }
    safe
}

/// Text as inline code, fit for a table's cell too.
pub(in crate::report) fn code(text: &str) -> String {
    let flat: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let flat = tame(&flat);
    // A fence one longer than the longest run of backticks within; a pipe would end the cell even in code.
    let longest = flat.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if flat.starts_with('`') || flat.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{}{pad}{fence}", flat.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_turns_the_direction_of_what_follows() {
        assert!(!escaped("a\u{202e}b\u{e0041}").contains(['\u{202e}', '\u{e0041}']));
        assert_eq!(code("a\u{202e}b"), "`a\\u{202e}b`");
    }

    #[test]
    fn what_came_from_data_is_never_markup() {
        assert_eq!(
            escaped("<script>alert(1)</script> a|b *c* `d` [e](f)\n- g @all"),
            "&lt;script&gt;alert(1)&lt;/script&gt; a\\|b \\*c\\* \\`d\\` \\[e\\](f) - g &#64;all"
        );
        assert_eq!(
            escaped("https://x.example www.x.example 08:00."),
            "https&#58;//x.example www&#46;x.example 08:00."
        );
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("a|b\nc"), "`a\\|b c`");
    }
}
