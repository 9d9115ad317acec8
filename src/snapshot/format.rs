//! What kind of file a snapshot is, for `storage` and for the errors that name one.

use crate::storage::FileKind;

/// The letters `ChFy`, and the format that this version writes. One of format 2 is read as one without bindings.
pub(crate) static SNAPSHOT: FileKind = FileKind {
    noun: "snapshot",
    application: 0x4368_4679,
    format: 3,
    oldest: 2,
    option: "--snapshot",
    command: "chatferry crawl",
    remake: "crawl again into another file",
    after_full: "what was committed is kept, and the crawl resumes from there",
};
