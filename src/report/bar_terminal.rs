//! The terminal that bars are drawn on, a few columns narrower than it is.
//!
//! **Why** narrower: after drawing, the cursor stands behind the last line. Where that is the edge, the `^C` that a terminal echoes wraps
//! into a line of its own, the next drawing begins one line too low, and a dead bar stays on the screen.
//!
//! **Why** it counts lines: indicatif ends a line by filling it with blanks up to the edge, so that the next one wraps. Here nothing
//! reaches the edge; the blanks are left out and a line feed is written before the next line.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use console::Term;
use indicatif::TermLike;

/// Columns that stay free: `^C` twice, and one for the cursor.
const MARGIN: u16 = 5;

#[derive(Debug)]
pub(crate) struct BarTerminal {
    terminal: Term,
    /// A line of this drawing has been written to its end.
    line_ended: AtomicBool,
}

impl BarTerminal {
    pub(crate) fn stderr() -> Self {
        Self { terminal: Term::buffered_stderr(), line_ended: AtomicBool::new(false) }
    }
}

/// Columns that a line of bars may take.
pub(crate) fn columns() -> usize {
    usize::from(Term::stderr().size().1.saturating_sub(MARGIN))
}

pub(crate) fn stderr_columns() -> usize {
    usize::from(Term::stderr().size().1)
}

pub(crate) fn stdout_columns() -> usize {
    usize::from(Term::stdout().size().1)
}

impl TermLike for BarTerminal {
    fn width(&self) -> u16 {
        self.terminal.size().1.saturating_sub(MARGIN).max(1)
    }

    fn height(&self) -> u16 {
        self.terminal.size().0
    }

    /// Every drawing begins with it.
    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.line_ended.store(false, Ordering::Relaxed);
        self.terminal.move_cursor_up(lines)
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        self.terminal.move_cursor_down(lines)
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.terminal.move_cursor_right(columns)
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.terminal.move_cursor_left(columns)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.terminal.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        if text.bytes().all(|byte| byte == b' ') {
            self.line_ended.store(true, Ordering::Relaxed);
            return Ok(());
        }
        if self.line_ended.swap(false, Ordering::Relaxed) {
            self.terminal.write_line("")?;
        }
        self.terminal.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.terminal.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.terminal.flush()
    }
}
