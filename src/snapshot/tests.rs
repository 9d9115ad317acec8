//! Tests of the snapshot as a whole.
