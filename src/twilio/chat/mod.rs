//! Programmable Chat, REST API v2: the requests it takes and the JSON it sends.

pub(crate) mod requests;
pub(crate) mod wire;
