//! chatferry: migration and export utility for Twilio Programmable Chat and Conversations.
//!
//! One module for each stage, and data goes one way: wire → model → rows. ARCHITECTURE.md is the map.

pub mod cli;
pub mod clock;
pub mod commands;
pub mod crawl;
pub mod error;
pub mod event;
pub mod export;
pub mod mapping;
pub mod model;
pub mod report;
pub mod secret;
pub mod settings;
pub mod simulator;
pub mod snapshot;
pub mod source;
pub mod twilio;
