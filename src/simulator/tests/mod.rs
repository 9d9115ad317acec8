//! The simulator as clients meet it, and as the published descriptions judge it.

mod batch;
mod client;
mod conformance;
mod conversations;
mod described_values;
mod drift;
mod faults;
mod lists;
mod media;
mod messages;
mod real_world;
mod server;
mod writes;
