//! Conversations, API version 1: so far what tells a client that it answers, and for which services.

mod configuration;
mod service;

use super::route::Route;

/// The operations, by their ids in the description.
pub(crate) const ROUTES: &[Route] = &[
    Route {
        operation: "ListService",
        method: "GET",
        path: "/v1/Services",
        maximum: 100,
        answer: service::list,
    },
    Route {
        operation: "FetchService",
        method: "GET",
        path: "/v1/Services/{Sid}",
        maximum: 0,
        answer: service::fetch,
    },
    Route {
        operation: "FetchConfiguration",
        method: "GET",
        path: "/v1/Configuration",
        maximum: 0,
        answer: configuration::fetch,
    },
];
