//! Conversion of pages, and the source against a scripted server, for each API.

mod chat;
mod conversations;
