//! Conversations (classic), REST API v1: the requests that read it and the settings it sends.

pub(crate) mod requests;
pub(crate) mod wire;
