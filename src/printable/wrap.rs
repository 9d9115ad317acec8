//! Lines that are longer than the terminal is wide, broken between words.
//!
//! A terminal breaks where its edge is, in the middle of a word, and the rest begins under the label. Here the rest begins under the last
//! column of the line. What stands between backticks is a command to copy and is never broken, nor is a line of a next step.

use std::ops::Range;

use super::width;

/// Where a line is broken: the blanks that give way, and the column where the rest begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Breaks {
    pub(super) at: Vec<Range<usize>>,
    pub(super) indent: usize,
}

/// Where to break a line so that it fits into so many columns.
pub(super) fn breaks(text: &str, columns: usize) -> Breaks {
    if width(text) <= columns || text.starts_with("next: ") {
        return Breaks::default();
    }
    let indent = indent(text, columns);
    let (mut at, mut column) = (Vec::new(), 0);
    for Word { blanks, end } in words(text) {
        let (before, word) = (blanks.len(), text.get(blanks.end..end).map_or(0, width));
        let is_first = column == 0;
        if !is_first && column + before + word > columns {
            at.push(blanks);
            column = indent + word;
        } else {
            column += before + word;
        }
    }
    Breaks { at, indent }
}

/// A word and the blanks before it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    blanks: Range<usize>,
    end: usize,
}

/// The words, where what is between backticks is one.
fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let (mut quoted, mut blanks) = (false, 0..0);
    let mut within = false;
    for (offset, letter) in text.char_indices() {
        if letter == ' ' && !quoted {
            if within {
                (within, blanks) = (false, offset..offset);
            }
            blanks.end = offset + 1;
            continue;
        }
        quoted ^= letter == '`';
        let end = offset + letter.len_utf8();
        match words.last_mut().filter(|_| within) {
            Some(word) => word.end = end,
            None => words.push(Word { blanks: blanks.clone(), end }),
        }
        within = true;
    }
    words
}

/// The column where the last column of the line begins, if that leaves half of the terminal; else a little more than the line's own.
fn indent(text: &str, columns: usize) -> usize {
    let starts = words(text).into_iter().filter(|word| word.blanks.len() > 1);
    let start = |word: Word| text.get(..word.blanks.end).map_or(0, width);
    let own = text.chars().take_while(|letter| *letter == ' ').count();
    starts.map(start).filter(|start| *start > own && *start <= columns / 2).max().unwrap_or(own + 2)
}
