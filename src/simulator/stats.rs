//! What the server saw, for tests and benchmarks: also as JSON at `/simulator/stats`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::api;
use super::limits::SlidingSecond;

/// Counts since the start, or since they were last reset.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stats {
    /// Requests that arrived, refused ones included.
    pub requests: u64,
    /// Requests by operation: `v2 ListUserChannel`, and `other` for what is no operation.
    pub by_route: BTreeMap<String, u64>,
    /// Answers by status; a lost connection is status 0.
    pub by_status: BTreeMap<u16, u64>,
    pub throttled: u64,
    /// The most requests in flight at once.
    pub max_in_flight: u32,
    /// The most requests that arrived in any sliding second.
    pub max_per_second: usize,
    pub writes: u64,
    /// From the first request's arrival to the last one's.
    pub span: Duration,
}

impl Stats {
    pub fn to_json(&self) -> Value {
        let by_status: serde_json::Map<String, Value> =
            self.by_status.iter().map(|(status, count)| (status.to_string(), json!(count))).collect();
        json!({
            "requests": self.requests,
            "by_route": self.by_route,
            "by_status": by_status,
            "throttled": self.throttled,
            "max_in_flight": self.max_in_flight,
            "max_per_second": self.max_per_second,
            "writes": self.writes,
            "span_seconds": self.span.as_secs_f64(),
        })
    }
}

#[derive(Debug)]
pub(crate) struct Recorder(Mutex<RequestCounts>);

#[derive(Debug, Default)]
struct RequestCounts {
    requests: u64,
    /// By the route's number; the last is for what is none.
    by_route: Vec<u64>,
    by_status: BTreeMap<u16, u64>,
    max_in_flight: u32,
    second: SlidingSecond,
    max_per_second: usize,
    writes: u64,
    span: Option<(Instant, Instant)>,
}

impl RequestCounts {
    fn new() -> Self {
        Self { by_route: vec![0; api::routes().count() + 1], ..Self::default() }
    }
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(RequestCounts::new()))
    }

    fn with<T>(&self, act: impl FnOnce(&mut RequestCounts) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A request to a route (none: no route) arrived when so many were in flight.
    pub(crate) fn arrived(&self, route: Option<usize>, in_flight: u32, now: Instant) {
        self.with(|record| {
            record.requests += 1;
            let last = record.by_route.len() - 1;
            record.by_route[route.unwrap_or(last)] += 1;
            record.max_in_flight = record.max_in_flight.max(in_flight);
            record.second.count(now);
            record.second.add(now);
            record.max_per_second = record.max_per_second.max(record.second.count(now));
            record.span = Some((record.span.map_or(now, |(first, _)| first), now));
        });
    }

    /// It was answered with this status; 0 for a closed connection.
    pub(crate) fn answered(&self, status: u16) {
        self.with(|record| *record.by_status.entry(status).or_default() += 1);
    }

    pub(crate) fn wrote(&self) {
        self.with(|record| record.writes += 1);
    }

    pub(crate) fn reset(&self) {
        self.with(|record| *record = RequestCounts::new());
    }

    pub(crate) fn stats(&self) -> Stats {
        self.with(|record| {
            let names = api::routes().map(|route| {
                let version = route.path.split('/').nth(1).unwrap_or_default();
                format!("{version} {}", route.operation)
            });
            let names = names.chain(std::iter::once("other".to_owned()));
            let counted = names.zip(&record.by_route).filter(|(_, count)| **count > 0);
            Stats {
                requests: record.requests,
                by_route: counted.map(|(name, count)| (name, *count)).collect(),
                by_status: record.by_status.clone(),
                throttled: record.by_status.get(&429).copied().unwrap_or(0),
                max_in_flight: record.max_in_flight,
                max_per_second: record.max_per_second,
                writes: record.writes,
                span: record.span.map_or(Duration::ZERO, |(first, last)| last - first),
            }
        })
    }
}
