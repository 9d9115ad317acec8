//! The way to stderr: lines, log records and bars share it without tearing each other.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anstyle::{AnsiColor, Style};
use indicatif::{MultiProgress, ProgressDrawTarget};

/// Where talk goes. Cloned freely; every clone is the same place.
#[derive(Clone)]
pub struct Stderr {
    inner: Arc<Inner>,
}

struct Inner {
    writer: Mutex<Box<dyn Write + Send>>,
    bars: MultiProgress,
    terminal: bool,
    colored: bool,
}

impl Stderr {
    /// Stderr to a writer. Bars are possible on a terminal alone, and go to the process's stderr.
    pub fn new(writer: Box<dyn Write + Send>, terminal: bool, colored: bool) -> Self {
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bars = MultiProgress::with_draw_target(target);
        Self { inner: Arc::new(Inner { writer: Mutex::new(writer), bars, terminal, colored }) }
    }

    /// Writes a line, over the bars if there are any.
    pub fn line(&self, text: &str) {
        self.write_over_bars(format!("{text}\n").as_bytes());
    }

    /// Whether stderr is a terminal.
    pub fn is_terminal(&self) -> bool {
        self.inner.terminal
    }

    /// Whether color may be used.
    pub fn is_colored(&self) -> bool {
        self.inner.colored
    }

    /// The text, bold and in a color where that is wanted.
    pub fn paint(&self, color: AnsiColor, text: &str) -> String {
        if self.inner.colored {
            let style = Style::new().bold().fg_color(Some(color.into()));
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// The bars that are drawn here.
    pub(super) fn bars(&self) -> &MultiProgress {
        &self.inner.bars
    }

    fn write_over_bars(&self, bytes: &[u8]) {
        self.inner.bars.suspend(|| {
            let mut writer = self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
            // Where nobody listens any more there is nobody to tell.
            let _told = writer.write_all(bytes).and_then(|()| writer.flush()).is_ok();
        });
    }
}

/// One log record. `tracing-subscriber` writes it in one call.
#[derive(Debug)]
pub struct LogWriter(Stderr);

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_over_bars(bytes);
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

/// Stderr that a test can read.
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
