//! Errors as the API states them: a JSON body of code, message, address of the explanation, and status.

use super::json::Object;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: u32,
    pub(crate) message: String,
    /// Seconds for `Retry-After`.
    pub(crate) retry_after: Option<u32>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    /// 20003: the credentials are wrong.
    pub(crate) fn unauthorized() -> Self {
        Self::new(401, 20003, "Authenticate")
    }

    /// The status of a fault.
    pub(crate) fn of_status(status: u16, retry_after: Option<u32>) -> Self {
        let failure = match status {
            401 => Self::unauthorized(),
            403 => Self::new(403, 20403, "Forbidden"),
            404 => Self::new(404, 20404, "The requested resource was not found"),
            410 => Self::new(410, 20410, "This API has reached its end of life"),
            429 => Self::new(429, 20429, "Too Many Requests"),
            503 => Self::new(503, 20503, "Service unavailable"),
            status => Self::new(status, 20500, "An internal server error has occurred"),
        };
        Self { retry_after, ..failure }
    }

    /// 20404: no such resource.
    pub(crate) fn not_found(path: &str) -> Self {
        Self::new(404, 20404, format!("The requested resource {path} was not found"))
    }

    /// 20004: the path exists, but not with this method.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(405, 20004, "Method not allowed")
    }

    /// 50050: no such service.
    pub(crate) fn service_not_found() -> Self {
        Self::new(404, 50050, "Service not found")
    }

    /// 50200: no such user.
    pub(crate) fn user_not_found() -> Self {
        Self::new(404, 50200, "User not found")
    }

    /// 50300: no such channel.
    pub(crate) fn channel_not_found() -> Self {
        Self::new(404, 50300, "Channel not found")
    }

    /// 50400: the user is not in the channel.
    pub(crate) fn not_a_member() -> Self {
        Self::new(404, 50400, "User not member of channel")
    }

    /// 50350: no such conversation, or a public channel.
    pub(crate) fn conversation_not_found() -> Self {
        Self::new(404, 50350, "Conversation not found")
    }

    /// 50430: the user is not in the conversation.
    pub(crate) fn not_a_participant() -> Self {
        Self::new(404, 50430, "User not participant")
    }

    /// 21481: the page token is not one of the API's.
    pub(crate) fn bad_page_token() -> Self {
        Self::new(400, 21481, "Invalid PageToken")
    }

    /// 20001: a parameter has a value it cannot have.
    pub(crate) fn bad_parameter(name: &str, value: &str) -> Self {
        Self::new(400, 20001, format!("Parameter '{name}' has an invalid value: '{value}'"))
    }

    /// 20001: a parameter that must be there is not.
    pub(crate) fn missing(name: &str) -> Self {
        Self::new(400, 20001, format!("Missing required parameter {name} in the post body"))
    }

    /// 20001: a parameter that the description of the operation does not have. Twilio may ignore it; a client that sends it is
    /// wrong about something.
    pub(crate) fn unknown_parameter(name: &str) -> Self {
        Self::new(400, 20001, format!("This operation has no parameter '{name}'"))
    }

    /// 50063, 50074: too many writes to one conversation, or to the service.
    pub(crate) fn too_many_writes(of_service: bool, retry_after: Option<u32>) -> Self {
        let failure = if of_service {
            Self::new(429, 50074, "Service rate limit exceeded")
        } else {
            Self::new(429, 50063, "Conversation rate limit exceeded")
        };
        Self { retry_after, ..failure }
    }

    pub(crate) fn body(&self) -> String {
        let mut out = String::with_capacity(160);
        let mut object = Object::open(&mut out);
        object.number("code", self.code);
        object.text("message", &self.message);
        object.text("more_info", &format!("https://www.twilio.com/docs/errors/{}", self.code));
        object.number("status", self.status);
        object.close();
        out
    }
}
