//! Text that a terminal, a log or a viewer of JSON can be given, whoever wrote it.
//!
//! Names, attributes, error messages and even SIDs come from other people. A terminal obeys what it prints: escape sequences move the
//! cursor, retitle the window and write the clipboard; carriage returns and bidirectional overrides make a line read as another.
//!
//! **Invariant:** a [`Printable`] has no character that a terminal obeys. There is no other way to make one than [`tame`], and the
//! writers to terminals and logs ([`crate::report::Stderr`], the results of verbs) take nothing else. Color is no part of the
//! text: it is added while writing, by [`Tone`].
//!
//! **Invariant:** no [`Printable`] has the credentials of an address in it ([`mask_addresses`]).
//!
//! **Invariant:** a line of a [`Printable`] is one line. A line end within data is escaped as any other control character, so that no
//! name can add a line to a report.

use std::fmt::Write as _;

mod address;
pub(crate) mod json;
mod wrap;

use std::borrow::Cow;
use std::fmt;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

pub(crate) use address::{mask_addresses, replace_credentials};

/// Escapes what a terminal obeys and what changes how the rest reads, as `\u{1b}`.
pub(crate) fn tame(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut tamed = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_obeyed(letter) {
            tamed.extend(letter.escape_unicode());
        } else {
            tamed.push(letter);
        }
    }
    Cow::Owned(tamed)
}

/// Tamed, and without the credentials of addresses.
fn shown(text: &str) -> String {
    tame(&mask_addresses(text)).into_owned()
}

/// Controls (C0, DEL, C1), marks and overrides of direction, separators of lines, invisible tags and annotations.
fn is_obeyed(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Whether a person can type the text from how it looks: printable ASCII without blanks at its ends or two in a row.
pub(crate) fn is_typeable(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|letter| letter == ' ' || letter.is_ascii_graphic())
        && text.trim() == text
        && !text.contains("  ")
}

/// How many columns of a terminal the text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The text with blanks up to this many columns.
pub(crate) fn padded(text: &str, columns: usize) -> String {
    let blanks = columns.saturating_sub(width(text));
    format!("{text}{:blanks$}", "")
}

/// The beginning of a tamed text that fits into so many columns, with `…` where it is cut.
pub(crate) fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut short = String::new();
    let mut taken = 1; // the ellipsis
    for letter in text.chars() {
        taken += unicode_width::UnicodeWidthChar::width(letter).unwrap_or_default();
        if taken > columns {
            break;
        }
        short.push(letter);
    }
    short.push('…');
    Cow::Owned(short)
}

/// The beginning of a text, of up to so many characters, with `…` where it is cut.
pub(crate) fn cut_letters(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// What a part of a line says, which decides its color.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Caution,
    Bad,
    Hint,
    Heading,
}

impl Tone {
    fn style(self) -> Style {
        let color = match self {
            Self::Good => AnsiColor::Green,
            Self::Caution => AnsiColor::Yellow,
            Self::Bad => AnsiColor::Red,
            Self::Hint => AnsiColor::Cyan,
            Self::Heading => return Style::new().bold(),
        };
        Style::new().bold().fg_color(Some(color.into()))
    }
}

/// One line, in parts that may have a tone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PrintableLine(Vec<(Option<Tone>, String)>);

impl PrintableLine {
    pub(crate) fn toned(tone: Tone, text: &str) -> Self {
        Self::default().and_toned(tone, text)
    }

    /// A verdict: what stands before the colon has the tone.
    pub(crate) fn verdict(tone: Tone, text: &str) -> Self {
        match text.split_once(':') {
            Some((verdict, rest)) => Self::toned(tone, verdict).and(":").and(rest),
            None => Self::toned(tone, text),
        }
    }

    #[must_use]
    pub(crate) fn and(mut self, text: &str) -> Self {
        self.0.push((None, shown(text)));
        self
    }

    #[must_use]
    pub(crate) fn and_toned(mut self, tone: Tone, text: &str) -> Self {
        self.0.push((Some(tone), shown(text)));
        self
    }

    fn write(&self, colored: bool, text: &mut String) {
        for (tone, part) in &self.0 {
            match tone.filter(|_| colored).map(Tone::style) {
                Some(style) => write!(text, "{style}{part}{style:#}").expect("writing to a text cannot fail"),
                None => text.push_str(part),
            }
        }
    }
}

impl PrintableLine {
    /// The same, broken between words where it does not fit into so many columns.
    fn wrapped(&self, columns: usize) -> Self {
        let text: String = self.0.iter().map(|(_, part)| part.as_str()).collect();
        let wrap::Breaks { at, indent } = wrap::breaks(&text, columns);
        if at.is_empty() {
            return self.clone();
        }
        let mut offset = 0;
        let part = |(tone, part): &(Option<Tone>, String)| {
            let mut wrapped = String::with_capacity(part.len());
            for letter in part.chars() {
                match at.iter().find(|blanks| blanks.contains(&offset)) {
                    Some(blanks) if blanks.start == offset => {
                        wrapped.push('\n');
                        wrapped.extend(std::iter::repeat_n(' ', indent));
                    }
                    Some(_) => {}
                    None => wrapped.push(letter),
                }
                offset += letter.len_utf8();
            }
            (*tone, wrapped)
        };
        Self(self.0.iter().map(part).collect())
    }
}

impl From<&str> for PrintableLine {
    fn from(text: &str) -> Self {
        Self::default().and(text)
    }
}

impl From<&String> for PrintableLine {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for PrintableLine {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

/// Lines for a terminal or a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Printable(Vec<PrintableLine>);

impl Printable {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Text of the program itself, which may have several lines.
    pub(crate) fn own(text: &'static str) -> Self {
        Self(text.lines().map(PrintableLine::from).collect())
    }

    pub(crate) fn push(&mut self, line: impl Into<PrintableLine>) {
        self.0.push(line.into());
    }

    pub(crate) fn blank(&mut self) {
        self.0.push(PrintableLine::default());
    }

    pub(crate) fn extend<L: Into<PrintableLine>>(&mut self, lines: impl IntoIterator<Item = L>) {
        self.0.extend(lines.into_iter().map(Into::into));
    }

    pub(crate) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same for a terminal of so many columns: longer lines are broken between words.
    #[must_use]
    pub(crate) fn within(&self, columns: usize) -> Self {
        Self(self.0.iter().map(|line| line.wrapped(columns)).collect())
    }

    /// The lines with `\n` between them and none at the end.
    pub(crate) fn render(&self, colored: bool) -> String {
        let mut text = String::new();
        for (number, line) in self.0.iter().enumerate() {
            if number > 0 {
                text.push('\n');
            }
            line.write(colored, &mut text);
        }
        text
    }
}

impl fmt::Display for Printable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(false))
    }
}

impl<L: Into<PrintableLine>> From<L> for Printable {
    fn from(line: L) -> Self {
        Self(vec![line.into()])
    }
}

impl From<&Self> for Printable {
    fn from(text: &Self) -> Self {
        text.clone()
    }
}

impl<L: Into<PrintableLine>> FromIterator<L> for Printable {
    fn from_iter<I: IntoIterator<Item = L>>(lines: I) -> Self {
        Self(lines.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests;
