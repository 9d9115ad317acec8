//! The Media Content Service (MCS): files are uploaded and described here, and their bytes are given out at another address.
//!
//! Twilio describes it in its documentation only (docs/conversations/api/media-resource), not in an OpenAPI file:
//! `POST /v1/Services/{ServiceSid}/Media` takes the raw bytes with their `Content-Type`, and
//! `GET /v1/Services/{ServiceSid}/Media/{Sid}` gives the record, whose `links.content_direct_temporary` leads to the bytes for five minutes.
//!
//! **Invariant:** the temporary address is of another port and takes no credentials: a request that has some is refused, as the object store behind
//! Twilio's does. So a client that sends them there is noticed.

mod delivery;
mod resource;

pub(super) use delivery::router as delivery;
pub(super) use resource::{fetch, upload};
