//! The terminal that bars are drawn on, a few columns narrower than it is.
//!
//! **Why** narrower: after drawing, the cursor stands behind the last line. Where that is the edge, the `^C` that a terminal echoes wraps
//! into a line of its own, the next drawing begins one line too low, and a dead bar stays on the screen.

use std::io;

use console::Term;
use indicatif::TermLike;

/// Columns that stay free: `^C` twice, and one for the cursor.
const MARGIN: u16 = 5;

#[derive(Debug)]
pub(crate) struct BarTerminal(Term);

impl BarTerminal {
    pub(crate) fn stderr() -> Self {
        Self(Term::buffered_stderr())
    }
}

/// Columns that a line of bars may take.
pub(crate) fn columns() -> usize {
    usize::from(Term::stderr().size().1.saturating_sub(MARGIN))
}

impl TermLike for BarTerminal {
    fn width(&self) -> u16 {
        self.0.size().1.saturating_sub(MARGIN).max(1)
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.0.move_cursor_up(lines)
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        self.0.move_cursor_down(lines)
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.0.move_cursor_right(columns)
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.0.move_cursor_left(columns)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.0.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }
}
