//! (to be laid)
pub mod export;
