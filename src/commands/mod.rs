//! (to be laid)

pub mod simulate;
