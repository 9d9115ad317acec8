//! Conversations (classic), REST API v1: the requests that tell whether it answers.

use super::request::{Api, ApiRequest};
use crate::model::ServiceSid;

/// The largest page of the list of services (OpenAPI `conversations/v1`, `ListService`).
const LARGEST_PAGE_OF_SERVICES: u32 = 100;

/// Lists the account's services.
pub fn list_services(page_size: Option<u32>) -> ApiRequest {
    let page_size = page_size.unwrap_or(LARGEST_PAGE_OF_SERVICES).clamp(1, LARGEST_PAGE_OF_SERVICES);
    ApiRequest::get(Api::Conversations, ["v1", "Services"]).query("PageSize", &page_size.to_string())
}

/// Fetches a service.
pub fn fetch_service(service: &ServiceSid) -> ApiRequest {
    ApiRequest::get(Api::Conversations, ["v1", "Services", &service.to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let service = ServiceSid::from_digits(1);
        assert_eq!(list_services(None).path_and_query(), "/v1/Services?PageSize=100");
        assert_eq!(list_services(Some(1)).path_and_query(), "/v1/Services?PageSize=1");
        assert_eq!(
            fetch_service(&service).to_string(),
            "GET /v1/Services/IS00000000000000000000000000000001"
        );
    }
}
