//! What every verb is given: settings to ask, writers, the way to be interrupted.

use std::fmt;
use std::io::{Read, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::cli::{GlobalArgs, LogFormat, ProgressStyle};
use crate::clock;
use crate::printable::{Printable, json};
use crate::report::diff::LineStyle;
use crate::report::progress::Style;
use crate::report::{Progress, Stderr, stdout_columns};
use crate::settings::{Environment, Loader, OutputSettings, SettingsError};

use super::failure::StdoutError;
use super::interrupt::Interrupt;

/// What every verb is given.
pub(crate) struct Context {
    /// The flags of every verb.
    pub global: GlobalArgs,
    /// Environment and settings file, ready to be asked.
    pub settings: Loader,
    pub output: OutputSettings,
    /// For data.
    pub stdout: Box<dyn Write + Send>,
    pub stdout_is_terminal: bool,
    /// Whether text on stdout may have color.
    pub stdout_colored: bool,
    /// For `-` as an input file.
    pub stdin: Box<dyn Read + Send>,
    /// Whether there is someone to ask.
    pub stdin_is_terminal: bool,
    pub stderr: Stderr,
    /// Says when to stop.
    pub interrupt: Interrupt,
    /// The verb's result, where a record of the run is asked for.
    pub kept: KeptResult,
}

/// The result of a verb, for the record of the run.
#[derive(Debug, Default)]
pub(crate) enum KeptResult {
    /// There is no record.
    #[default]
    Unwanted,
    Pending,
    There(Value),
}

impl KeptResult {
    pub(crate) fn into_result(self) -> Option<Value> {
        match self {
            Self::There(result) => Some(result),
            Self::Unwanted | Self::Pending => None,
        }
    }

    fn keep(&mut self, result: &impl Serialize) {
        if !matches!(self, Self::Unwanted)
            && let Ok(result) = serde_json::to_value(result)
        {
            *self = Self::There(result);
        }
    }
}

impl Context {
    /// The context of a verb inside a verb, with an environment and a folder for settings of its own.
    pub(crate) fn nested(
        &self,
        environment: Environment,
        folder: &Path,
        stdout: impl Write + Send + 'static,
    ) -> Result<Self, SettingsError> {
        Ok(Self {
            global: GlobalArgs::default(),
            settings: Loader::new(&GlobalArgs::default(), environment, folder)?,
            output: OutputSettings { json: false, ..self.output },
            stdout: Box::new(stdout),
            stdout_is_terminal: false,
            stdout_colored: false,
            stdin: Box::new(std::io::empty()),
            stdin_is_terminal: false,
            stderr: self.stderr.clone(),
            interrupt: self.interrupt.nested(),
            kept: KeptResult::Unwanted,
        })
    }

    /// Begins to show progress, in the style that was asked for.
    pub(crate) fn progress(&self) -> Progress {
        let draws_bars = self.stderr.is_terminal() && !self.output.dumb_terminal;
        Progress::start(style(self.output, draws_bars), &self.stderr)
    }

    /// Gives the verb's result: with `--json` the object on stdout, otherwise the text on stderr. A log in JSON ends
    /// with the object.
    pub(crate) fn conclude(
        &mut self,
        result: &impl Serialize,
        text: impl Into<Printable>,
    ) -> Result<(), StdoutError> {
        self.kept.keep(result);
        if self.output.json {
            self.json(result)?;
        }
        if self.output.quiet {
            return Ok(());
        }
        if self.output.log_format == LogFormat::Json {
            let result = serde_json::to_value(result).map_err(|error| StdoutError(error.into()))?;
            self.stderr.json_record(&serde_json::json!({
                "timestamp": clock::now().to_string(),
                "level": "INFO",
                "message": "done",
                "result": result,
                "summary": text.into().to_string(),
                "target": "chatferry",
            }));
        } else if !self.output.json {
            self.stderr.print(text);
        }
        Ok(())
    }

    /// Reports something before the end: on stderr, or as a record of the log.
    pub(crate) fn say(&self, text: impl Into<Printable>) {
        match self.output.log_format {
            LogFormat::Json => tracing::info!("{}", text.into()),
            LogFormat::Text if self.output.quiet => {}
            LogFormat::Text => self.stderr.print(text),
        }
    }

    /// Reports what to do next, to a person at a terminal.
    pub(crate) fn suggest(&self, text: impl Into<Printable>) {
        let text = text.into();
        if !text.is_empty()
            && self.stderr.is_terminal()
            && !self.output.quiet
            && !self.output.json
            && self.output.log_format == LogFormat::Text
        {
            self.stderr.print(text);
        }
    }

    /// How lines for people are written to stdout.
    pub(crate) fn line_style(&self) -> LineStyle {
        LineStyle { colored: self.stdout_colored, columns: self.stdout_is_terminal.then(stdout_columns) }
    }

    /// Writes text to stdout, in color where that is wanted there.
    pub(crate) fn print(&mut self, text: impl Into<Printable>) -> Result<(), StdoutError> {
        let (text, LineStyle { colored, columns }) = (text.into(), self.line_style());
        let text = columns.map_or_else(|| text.clone(), |columns| text.within(columns)).render(colored);
        self.data(format!("{text}\n").as_bytes())
    }

    /// Writes one JSON object to stdout.
    pub(crate) fn json(&mut self, result: &impl Serialize) -> Result<(), StdoutError> {
        self.kept.keep(result);
        let mut text = json::to_string_pretty(result).map_err(|error| StdoutError(error.into()))?;
        text.push('\n');
        self.data(text.as_bytes())
    }

    /// Writes data to stdout.
    pub(crate) fn data(&mut self, bytes: &[u8]) -> Result<(), StdoutError> {
        self.stdout.write_all(bytes).and_then(|()| self.stdout.flush()).map_err(StdoutError)
    }
}

/// The style of progress that was asked for, as far as it is possible.
fn style(output: OutputSettings, terminal: bool) -> Style {
    let json = output.log_format == LogFormat::Json;
    match output.progress {
        _ if output.quiet => Style::None,
        ProgressStyle::None => Style::None,
        ProgressStyle::Bar | ProgressStyle::Auto if terminal && !json => Style::Bar,
        ProgressStyle::Bar if !json => Style::None,
        ProgressStyle::Bar | ProgressStyle::Auto | ProgressStyle::Plain if json => Style::Log,
        ProgressStyle::Bar | ProgressStyle::Auto | ProgressStyle::Plain => Style::Plain,
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Context");
        debug.field("settings", &self.settings).field("output", &self.output).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ColorWhen;

    #[test]
    fn progress_is_shown_as_asked_for_where_that_is_possible() {
        use ProgressStyle::{Auto, Bar, None, Plain};
        let chosen = |progress, log_format, quiet, terminal| {
            let output = OutputSettings {
                json: false,
                verbose: 0,
                quiet,
                log_format,
                progress,
                color: ColorWhen::Never,
                no_color: false,
                dumb_terminal: false,
                findings_ok: false,
                shared: false,
            };
            style(output, terminal)
        };
        for (progress, log_format, terminal, expected) in [
            (Auto, LogFormat::Text, true, Style::Bar),
            (Auto, LogFormat::Text, false, Style::Plain),
            (Bar, LogFormat::Text, true, Style::Bar),
            (Bar, LogFormat::Text, false, Style::None),
            (Plain, LogFormat::Text, true, Style::Plain),
            (None, LogFormat::Text, true, Style::None),
            (Auto, LogFormat::Json, true, Style::Log),
            (Plain, LogFormat::Json, false, Style::Log),
            (None, LogFormat::Json, false, Style::None),
        ] {
            let style = chosen(progress, log_format, false, terminal);
            assert_eq!(style, expected, "{progress:?} {log_format:?} {terminal}");
            assert_eq!(chosen(progress, log_format, true, terminal), Style::None);
        }
    }
}
