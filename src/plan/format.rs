//! What kind of file a plan is: how it is recognized, and which format this version reads and writes.

use crate::storage::FileKind;

/// The letters `ChFp`, and the format that this version reads and writes.
pub(crate) static PLAN: FileKind = FileKind {
    noun: "plan",
    application: 0x4368_4670,
    format: 3,
    oldest: 3,
    option: "--plan",
    command: "chatferry plan",
    remake: "make and review a new plan in another file",
    after_full: "the file that was there before is unchanged",
};
