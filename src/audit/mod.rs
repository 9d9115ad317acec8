//! The folder of audits: one dated folder for each audit, which of them are complete, and which may go.
//!
//! ```text
//! DIR/audit.json                      what the folder is of
//! DIR/audit.lock                      locked while an audit runs, where the folder itself cannot be
//! DIR/20261123T020000Z/               a complete audit
//! DIR/20261124T020000Z.incomplete/    one that is running, was killed, failed or did not get everything
//! DIR/latest                          the newest complete one
//! ```
//!
//! **Invariant:** a folder without `.incomplete` is complete. It gets its name by one rename, after everything in it was written.
//!
//! **Invariant:** nothing is removed but folders of audits, by their exact form of name, and never the newest complete one.
//! What goes is renamed first, so that a removal that was killed leaves nothing that looks like an audit.

mod error;
mod folder;
mod name;
mod retention;

pub(crate) use error::AuditError;
pub(crate) use folder::{AuditFolder, Listed};
pub(crate) use name::AuditName;
pub(crate) use retention::{Removals, Retention, compute_removals};
