//! (to be laid)
pub mod export;
pub mod mapping;
