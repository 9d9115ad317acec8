//! The program as its users meet it: the real binary against the simulator, one module for each verb or concern.

#![expect(clippy::unwrap_used, reason = "helpers outside of test functions may unwrap too")]
#![expect(clippy::string_slice, reason = "a slice amiss fails its test, as it should")]

mod accounts;
mod apply;
mod architecture;
mod audit;
mod bad_input;
mod batch;
mod bindings;
mod browse;
mod certificate;
#[cfg(unix)]
mod crash;
mod crawl;
mod cross_check;
mod demo;
mod diff;
mod docs;
mod export;
mod export_media;
mod faults;
mod fuzz;
mod history;
mod history_media;
mod hostile;
mod hostile_answers;
mod hostile_apply;
mod hostile_files;
mod import_files;
mod loaded;
mod messages;
mod moment;
mod oauth;
mod pages;
mod plan;
mod probe;
mod process;
mod progress;
mod rehearse;
mod resume;
mod secrets;
mod show;
mod sids;
mod snapshot;
mod source;
mod subject;
mod support;
mod user_channel;
mod user_channel_list;
mod user_channel_status;
mod verify;
mod world;
