//! Which texts a spreadsheet takes for formulas (OWASP, "CSV Injection").

/// Characters that begin a formula, or that a spreadsheet skips in front of one. Spreadsheets read the full-width forms as the
/// plain ones; `%` and `|` begin commands of older ones.
const FORMULA_STARTS: [char; 13] =
    ['=', '+', '-', '@', '%', '|', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Whether a spreadsheet may take a cell for a formula.
pub(crate) fn is_formula(text: &str) -> bool {
    text.starts_with(FORMULA_STARTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_a_formula_in_some_spreadsheet_is_known() {
        for text in [
            "=1+1", "+1", "-1", "@SUM(1)", "%0A", "|calc", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1",
            "＠A1",
        ] {
            assert!(is_formula(text), "{text:?}");
        }
        for text in ["", "a=1", " =", "'=1", "1-1", "ü"] {
            assert!(!is_formula(text), "{text:?}");
        }
    }
}
