//! What is logged, in which form, and what never is.

use tracing::subscriber::with_default;

use super::*;
use crate::report::stderr::CapturedStderr;

fn logged(options: LogOptions) -> String {
    let kept = CapturedStderr::default();
    with_default(subscriber(&kept.stderr(), options), || {
        tracing::error!(path = "p", "an error");
        tracing::info!(pages = 3, "a notice");
        tracing::debug!("a decision");
        tracing::trace!("a page");
        tracing::warn!(target: "hyper", "a warning of hyper");
        tracing::debug!(target: "h2::codec", "authorization: Basic marker");
    });
    kept.text()
}

const QUIET: LogOptions = LogOptions { json: false, verbose: 0, quiet: true };
const NORMAL: LogOptions = LogOptions { json: false, verbose: 0, quiet: false };

#[test]
fn verbosity_decides_what_is_logged() {
    assert_eq!(logged(QUIET), "error: an error path=\"p\"\n");
    let normal = logged(NORMAL);
    assert!(normal.contains("note: a notice pages=3\n"), "{normal}");
    assert!(normal.contains("warning: a warning of hyper\n"), "{normal}");
    assert!(!normal.contains("decision"), "{normal}");
    let verbose = logged(LogOptions { verbose: 1, ..NORMAL });
    assert!(verbose.contains("a decision") && !verbose.contains("a page"), "{verbose}");
    assert!(logged(LogOptions { verbose: 2, ..NORMAL }).contains("a page"));
}

#[test]
fn records_of_http_libraries_stay_out_at_any_verbosity() {
    assert!(!logged(LogOptions { verbose: 9, ..NORMAL }).contains("marker"));
    assert!(!logged(LogOptions { verbose: 9, json: true, ..NORMAL }).contains("marker"));
}

#[test]
fn json_records_are_one_object_a_line_with_their_fields() {
    let text = logged(LogOptions { json: true, ..NORMAL });
    let records: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), 3);
    assert_eq!(records[1]["level"], "INFO");
    assert_eq!(records[1]["message"], "a notice");
    assert_eq!(records[1]["pages"], 3);
}
