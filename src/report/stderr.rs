//! The way to stderr: lines, log records and bars share it without tearing each other.
//!
//! **Invariant:** nothing but [`Printable`] text and log records, which are tamed as they are formatted, gets through.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressDrawTarget};

use super::bar_terminal::{self, BarTerminal};
use crate::printable::{Printable, json};

/// Cloned freely; every clone is the same place.
#[derive(Clone)]
pub(crate) struct Stderr {
    inner: Arc<Inner>,
}

struct Inner {
    writer: Mutex<Box<dyn Write + Send>>,
    bars: MultiProgress,
    terminal: bool,
    colored: bool,
}

impl Stderr {
    /// Bars are possible on a terminal only, and go to the process's stderr.
    pub(crate) fn new(writer: Box<dyn Write + Send>, terminal: bool, colored: bool) -> Self {
        let target = if terminal {
            ProgressDrawTarget::term_like(Box::new(BarTerminal::stderr()))
        } else {
            ProgressDrawTarget::hidden()
        };
        let bars = MultiProgress::with_draw_target(target);
        Self { inner: Arc::new(Inner { writer: Mutex::new(writer), bars, terminal, colored }) }
    }

    /// Writes lines, over the bars if there are any.
    pub(crate) fn print(&self, text: impl Into<Printable>) {
        self.write_over_bars(format!("{}\n", self.fitted(&text.into())).as_bytes());
    }

    /// The text as it is written here: within the terminal's width, and in color where that is wanted.
    pub(super) fn fitted(&self, text: &Printable) -> String {
        if self.inner.terminal {
            text.within(bar_terminal::stderr_columns()).render(self.inner.colored)
        } else {
            text.render(self.inner.colored)
        }
    }

    /// Writes a record of a log in JSON.
    pub(crate) fn json_record(&self, record: &serde_json::Value) {
        self.write_over_bars(format!("{}\n", json::escaped(record.to_string())).as_bytes());
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.inner.terminal
    }

    pub(crate) fn is_colored(&self) -> bool {
        self.inner.colored
    }

    /// The bars that are drawn here.
    pub(super) fn bars(&self) -> &MultiProgress {
        &self.inner.bars
    }

    fn write_over_bars(&self, bytes: &[u8]) {
        self.inner.bars.suspend(|| {
            let mut writer = self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
            // Where no one reads any more there is no one to report that to.
            let _written = writer.write_all(bytes).and_then(|()| writer.flush()).is_ok();
        });
    }
}

/// One log record, which `tracing-subscriber` writes in one call.
#[derive(Debug)]
pub(crate) struct LogWriter(Stderr);

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut record = bytes.to_vec();
        json::escape_from(&mut record, 0);
        self.0.write_over_bars(&record);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Stderr {
    type Writer = LogWriter;

    fn make_writer(&'a self) -> LogWriter {
        LogWriter(self.clone())
    }
}

impl fmt::Debug for Stderr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Stderr").field("terminal", &self.inner.terminal).finish_non_exhaustive()
    }
}

/// A stderr that a test can read.
#[cfg(test)]
#[derive(Debug, Clone, Default)]
pub(crate) struct CapturedStderr(Arc<Mutex<Vec<u8>>>);

#[cfg(test)]
impl CapturedStderr {
    pub(crate) fn stderr(&self) -> Stderr {
        Stderr::new(Box::new(self.clone()), false, false)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }
}

#[cfg(test)]
impl Write for CapturedStderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
