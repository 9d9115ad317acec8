//! Log lines: records of `tracing` to stderr, for people or as JSON.
//!
//! Without flags: notices and warnings. `-v` adds what was decided, `-vv` every page; `-q` leaves the errors.
//!
//! **Invariant:** other crates' records below warnings are never let through, at any verbosity: those of HTTP
//! libraries can hold headers, and a header holds the credentials.
//!
//! **Invariant:** a record is one line without anything that a terminal obeys: its fields are data of other people.

use tracing::subscriber::Subscriber;
use tracing::{Event, Level};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, fmt};

use crate::printable::{Printable, PrintableLine, Tone};
use crate::report::stderr::Stderr;

/// How much is logged, and in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogOptions {
    /// One JSON object a line.
    pub json: bool,
    /// How many times `-v` was given.
    pub verbose: u8,
    /// Errors only.
    pub quiet: bool,
}

impl LogOptions {
    /// The level for our own records.
    fn level(self) -> Level {
        match (self.quiet, self.verbose) {
            (true, _) => Level::ERROR,
            (false, 0) => Level::INFO,
            (false, 1) => Level::DEBUG,
            (false, _) => Level::TRACE,
        }
    }

    fn filter(self) -> Targets {
        let others = if self.quiet { LevelFilter::ERROR } else { LevelFilter::WARN };
        Targets::new().with_default(others).with_target("chatferry", self.level())
    }
}

/// A subscriber that writes to a stderr.
pub(crate) fn subscriber(stderr: &Stderr, options: LogOptions) -> impl Subscriber + Send + Sync + use<> {
    let filter = options.filter();
    let registry = tracing_subscriber::registry();
    let layer = fmt::layer().with_writer(stderr.clone());
    let layer = if options.json {
        layer.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
    } else {
        layer.with_ansi(stderr.is_colored()).event_format(Lines { stderr: stderr.clone() }).boxed()
    };
    registry.with(layer.with_filter(filter))
}

/// Records for people: `warning: could not be read subject=… error=…`, in the manner of errors.
struct Lines {
    stderr: Stderr,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let (tone, label) = match *event.metadata().level() {
            Level::ERROR => (Tone::Bad, "error:"),
            Level::WARN => (Tone::Caution, "warning:"),
            Level::INFO => (Tone::Good, "note:"),
            Level::DEBUG => (Tone::Hint, "debug:"),
            Level::TRACE => (Tone::Hint, "trace:"),
        };
        let mut fields = String::new();
        context.field_format().format_fields(Writer::new(&mut fields), event)?;
        let line = Printable::from(PrintableLine::toned(tone, label).and(" ").and(&fields));
        writeln!(writer, "{}", self.stderr.fitted(&line))
    }
}

/// Sends the log records of this process to this stderr. Only the first call has an effect.
pub(crate) fn install(stderr: &Stderr, options: LogOptions) {
    let installed = tracing::subscriber::set_global_default(subscriber(stderr, options));
    if installed.is_err() {
        tracing::debug!("log records already go elsewhere");
    }
}

#[cfg(test)]
mod tests;
