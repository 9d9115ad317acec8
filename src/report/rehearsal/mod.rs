//! A rehearsal: its object and text for people, and its reports.

mod pages;
pub(crate) mod result;

pub(crate) use pages::write;
