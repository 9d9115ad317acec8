//! Differences of two snapshots, as a stream: what was added, removed and changed, field by field.
