//! Routes: which path leads to which operation. Each API has its table; a new resource is a file and its
//! lines there.

use super::data::{Account, Origins, ServiceWorld, WorldView, sid};
use super::query::Parameters;
use super::refusal::Refusal;
use super::served_api::ServedApi;

/// One operation of the OpenAPI description.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) api: ServedApi,
    /// The operation id, such as `ListUserChannel`.
    pub(crate) operation: &'static str,
    pub(crate) method: &'static str,
    /// The path as described, parameters in braces.
    pub(crate) path: &'static str,
    /// The highest `PageSize` of a list; 0 for what is no list.
    pub(crate) maximum: u32,
    /// The parameters of a write's form.
    pub(crate) form: &'static [&'static str],
    pub(crate) answer: fn(&Call<'_>) -> Result<String, Refusal>,
}

/// One request to a route.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) account: &'a Account,
    /// The service of the path; of none, the account's first.
    pub(crate) world: &'a ServiceWorld,
    pub(crate) origins: &'a Origins,
    pub(crate) route: &'static Route,
    /// The path's parameters in order, decoded.
    pub(crate) captures: Vec<&'a str>,
    /// The path as it was sent.
    pub(crate) path: &'a str,
    pub(crate) query: Parameters<'a>,
    pub(crate) form: Parameters<'a>,
    /// The fault of the attempt keeps its answer from the client, whatever it is.
    pub(crate) is_lost: bool,
}

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum RouteMatch<'a> {
    Found(usize, &'static Route, Vec<&'a str>),
    /// The path exists with another method.
    OtherMethod,
    Nothing,
}

impl Call<'_> {
    /// The service's URL in the API of the call.
    pub(crate) fn service_url(&self) -> &str {
        self.route.api.service_url(self.world)
    }

    /// The URL of a list of a channel or conversation.
    pub(crate) fn url_below_channel(&self, view: &WorldView<'_>, channel: u32, list: &str) -> String {
        let mut url =
            format!("{}{}", self.service_url(), self.route.api.pick("/Channels/", "/Conversations/"));
        sid::write("CH", view.channel_digits(channel), &mut url);
        url.push_str(list);
        url
    }
}

impl Route {
    /// Whether it asks for one thing in the service, or for a list of one user or channel.
    pub(crate) fn is_below_service(&self) -> bool {
        self.path.matches('{').count() > 1
    }

    /// The status of its success.
    pub(crate) fn status(&self) -> u16 {
        match self.method {
            "DELETE" => 204,
            "POST" if self.operation.starts_with("Create") => 201,
            _ => 200,
        }
    }

    /// Which of the path's parameters is the conversation or channel whose limit a write counts against; of the others it is
    /// the service's.
    pub(crate) fn limited_by(&self) -> Option<usize> {
        let of_service = [
            "CreateServiceConversation",
            "CreateServiceConversationWithParticipants",
            "DeleteServiceConversation",
        ];
        if of_service.contains(&self.operation) {
            return None;
        }
        let segments: Vec<&str> = self.path.split('/').collect();
        let parameters = segments.windows(2).filter(|pair| pair[1].starts_with('{'));
        parameters
            .enumerate()
            .find_map(|(place, pair)| ["Conversations", "Channels"].contains(&pair[0]).then_some(place))
    }

    /// Whether the description demands this parameter.
    pub(crate) fn requires(&self, parameter: &str) -> bool {
        let required: &[&str] = match self.operation {
            "CreateServiceRole" => &["FriendlyName", "Type", "Permission"],
            "UpdateServiceRole" => &["Permission"],
            "CreateServiceUser" => &["Identity"],
            _ => &[],
        };
        required.contains(&parameter)
    }

    pub(crate) fn is_write(&self) -> bool {
        self.method != "GET"
    }

    /// Whether the path names a service.
    pub(crate) fn names_service(&self) -> bool {
        self.path.contains("/Services/{")
    }

    pub(crate) fn captures<'a>(&self, segments: &[&'a str]) -> Option<Vec<&'a str>> {
        let mut pattern = self.path.trim_start_matches('/').split('/');
        let mut captures = Vec::new();
        for segment in segments {
            match pattern.next() {
                Some(name) if name.starts_with('{') && !segment.is_empty() => captures.push(*segment),
                Some(literal) if literal == *segment => {}
                _ => return None,
            }
        }
        pattern.next().is_none().then_some(captures)
    }
}
