//! Programmable Chat, REST API v2: the requests it takes.

pub(crate) mod requests;
