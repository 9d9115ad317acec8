//! Tests of the alignment.
