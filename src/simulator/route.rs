//! Routes: which path leads to which operation. Each API has its table; a new resource is a file and its
//! lines there.

use super::data::{Account, Origins, World};
use super::failure::Failure;
use super::query::Parameters;

/// One operation of the OpenAPI description.
#[derive(Debug)]
pub(crate) struct Route {
    /// The operation id, such as `ListUserChannel`.
    pub(crate) operation: &'static str,
    /// `GET`, `POST` or `DELETE`.
    pub(crate) method: &'static str,
    /// The path as described, parameters in braces.
    pub(crate) path: &'static str,
    /// The highest `PageSize` of a list; 0 for what is no list.
    pub(crate) maximum: u32,
    /// The parameters of a write's form.
    pub(crate) form: &'static [&'static str],
    /// Answers it.
    pub(crate) answer: fn(&Call<'_>) -> Result<String, Failure>,
}

/// One request to a route.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// Who asks.
    pub(crate) account: &'a Account,
    /// The service of the path; of none, the account's first.
    pub(crate) world: &'a World,
    pub(crate) origins: &'a Origins,
    pub(crate) route: &'static Route,
    /// The path's parameters in order, decoded.
    pub(crate) captures: Vec<&'a str>,
    /// The path as it was sent.
    pub(crate) path: &'a str,
    pub(crate) query: Parameters<'a>,
    pub(crate) form: Parameters<'a>,
}

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Match<'a> {
    Found(usize, &'static Route, Vec<&'a str>),
    /// The path exists with another method.
    OtherMethod,
    Nothing,
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
        let of_service = ["CreateServiceConversation", "DeleteServiceConversation"];
        if of_service.contains(&self.operation) {
            return None;
        }
        let segments: Vec<&str> = self.path.split('/').collect();
        let parameters = segments.windows(2).filter(|pair| pair[1].starts_with('{'));
        parameters
            .enumerate()
            .find_map(|(place, pair)| ["Conversations", "Channels"].contains(&pair[0]).then_some(place))
    }

    /// Whether it changes something.
    pub(crate) fn is_write(&self) -> bool {
        self.method != "GET"
    }

    /// Whether the path names a service.
    pub(crate) fn names_service(&self) -> bool {
        self.path.contains("/Services/{")
    }

    fn captures<'a>(&self, segments: &[&'a str]) -> Option<Vec<&'a str>> {
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

/// All routes, in the order of the statistics.
pub(crate) fn all() -> impl Iterator<Item = &'static Route> {
    super::chat::ROUTES.iter().chain(super::conversations::ROUTES)
}

/// Finds the route.
pub(crate) fn find<'a>(method: &str, segments: &[&'a str]) -> Match<'a> {
    let mut result = Match::Nothing;
    for (number, route) in all().enumerate() {
        if let Some(captures) = route.captures(segments) {
            if route.method == method {
                return Match::Found(number, route, captures);
            }
            result = Match::OtherMethod;
        }
    }
    result
}
