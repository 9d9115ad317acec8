//! Media as files: each under its SID, in a folder or below a prefix of a bucket, with a manifest of what they are.
//!
//! The manifest is in parts of up to a thousand lines: `manifest-00001.ndjson` and so on, a JSON object a line. It says also how far an export
//! has come: what it names is not fetched again.
//!
//! **Invariant:** a file is named in the manifest only when it is there completely, so a run that is killed leaves files that the manifest does
//! not name, and the next run writes them again under the same names.
//!
//! Why files are not written all or nothing, as records are: there may be more than any disk holds twice, and each is complete by itself.

mod manifest;
mod place;

pub(crate) use manifest::{MediaEntry, MediaExport};
