//! Reads one unit: page after page of a list, or one record, and decides what a failure means.
//!
//! **Invariant:** a user or channel is recorded as vanished only where its own record answers 404 twice and its service
//! does not. Anything less is a failure of the unit.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::clerk::Order;
use super::error::CrawlError;
use super::order::Rising;
use super::room::Room;
use super::target::{list_of, service_of};
use crate::event::{Event, Events};
use crate::model::{Issue, Service, ServiceSid};
use crate::snapshot::{Detail, Target, Unit};
use crate::source::{Fetched, List, Source, SourceError, largest_page};
use crate::twilio::{LoopGuard, RequestError};

/// How often one unit is begun anew in a run, for expired page tokens, smaller pages or a 404 that was none.
const RESTARTS: u32 = 5;

/// The smallest page that is asked for when larger ones fail.
const SMALLEST_PAGE: u32 = 10;

/// How a unit ended, as far as the others are concerned.
pub(super) enum Read {
    /// It was read, or its user or channel is gone.
    Complete,
    /// The run is ending.
    Interrupted,
    /// It could not be read: why.
    Failed(String),
}

/// What to do after a failed page.
enum Next {
    /// Begin the list anew, with pages of this size.
    Restart { page_size: Option<u32>, why: &'static str },
    /// The user or channel is gone.
    Vanished(String),
    /// Give the unit up.
    Fail(SourceError),
    /// The run is ending.
    Interrupted,
}

/// Reads units. Cloned for each.
#[derive(Clone)]
pub(super) struct Reader {
    source: Source,
    orders: mpsc::Sender<Order>,
    events: Events,
    stop: CancellationToken,
    room: Room,
}

impl Reader {
    pub(super) fn new(
        source: Source,
        orders: mpsc::Sender<Order>,
        events: Events,
        stop: CancellationToken,
    ) -> Self {
        Self { source, orders, events, stop, room: Room::new() }
    }

    /// Reads a unit to its end, or says why not.
    pub(super) async fn read(&self, unit: Unit) -> Result<Read, CrawlError> {
        match list_of(&unit.target) {
            Some(list) => self.read_list(unit, &list).await,
            None => self.read_detail(unit).await,
        }
    }

    async fn read_list(&self, mut unit: Unit, list: &List) -> Result<Read, CrawlError> {
        let mut guard = LoopGuard::default();
        let mut page_size = None;
        let mut restarts = 0;
        let mut order = Rising::default();
        let mut came = false;
        loop {
            if self.stop.is_cancelled() {
                return Ok(Read::Interrupted);
            }
            let error = match self.source.page(list, unit.cursor.as_deref(), page_size).await {
                Ok(mut page) => {
                    order.check(&mut page);
                    came = true;
                    let next = page.next.clone();
                    let place = self.room.take(&page).await;
                    self.send(Order::Page(unit.clone(), page, place)).await?;
                    let Some(next) = next else { return Ok(Read::Complete) };
                    let Err(repeated) = guard.advance(&unit.target.to_string(), &next) else {
                        unit.cursor = Some(next);
                        continue;
                    };
                    repeated.into()
                }
                Err(error) => error,
            };
            match self.judge(&unit, list, page_size, came, error).await? {
                Next::Restart { page_size: smaller, why } if restarts < RESTARTS => {
                    restarts += 1;
                    page_size = smaller;
                    self.send(Order::Restart(unit.id)).await?;
                    self.events
                        .send(Event::ListRestarted { subject: unit.target.to_string(), why: why.to_owned() });
                    unit.cursor = None;
                    unit.pass += 1;
                    guard = LoopGuard::default();
                    order = Rising::default();
                }
                Next::Restart { why, .. } => {
                    return self.fail(unit, format!("{why}, {RESTARTS} times")).await;
                }
                Next::Vanished(evidence) => {
                    self.send(Order::Vanish { unit, evidence }).await?;
                    return Ok(Read::Complete);
                }
                Next::Fail(error) => return self.fail(unit, one_line(&error)).await,
                Next::Interrupted => return Ok(Read::Interrupted),
            }
        }
    }

    /// What a failed page means: for the unit, or for the run. `came` says whether pages of it came in this run.
    async fn judge(
        &self,
        unit: &Unit,
        list: &List,
        page_size: Option<u32>,
        came: bool,
        error: SourceError,
    ) -> Result<Next, CrawlError> {
        let Some(request) = error.request() else { return Ok(Next::Fail(error)) };
        if request.is_cancelled() {
            return Ok(Next::Interrupted);
        }
        if request.is_unauthorized() {
            return Err(CrawlError::Unauthorized(error.into()));
        }
        if request.is_bad_page_token() {
            return Ok(Next::Restart { page_size, why: "its page token was no longer accepted" });
        }
        // The list of a service may have thousands of pages: in its middle the position is kept for a later run. So may a
        // list of messages; there a run that cannot even go on from the position begins anew, with smaller pages.
        let long = unit.target.is_of_service() || (came && matches!(unit.target, Target::Messages(..)));
        let in_the_middle = unit.cursor.is_some() && long;
        if request.is_bad_page_size() || (request.is_server_error() && !in_the_middle) {
            let smaller = page_size.unwrap_or_else(|| largest_page(self.source.api())(list.entity())) / 2;
            if smaller >= SMALLEST_PAGE {
                return Ok(Next::Restart {
                    page_size: Some(smaller),
                    why: "the server could not serve the page",
                });
            }
        }
        if request.is_not_found() {
            return self.look_again(unit, page_size, error).await;
        }
        if request.is_gone() {
            return Err(CrawlError::Gone { api: self.source.api(), source: error.into() });
        }
        if request.is_forbidden() {
            return match service_of(&unit.target) {
                // Refused for the service as a whole, or for this one list?
                Some(service) if unit.target.is_of_service() || self.is_forbidden(service).await => {
                    Err(CrawlError::Forbidden { service: service.clone(), source: error.into() })
                }
                Some(_) => Ok(Next::Fail(error)),
                None => Err(CrawlError::Unauthorized(error.into())),
            };
        }
        if unit.target == Target::Services {
            return Err(CrawlError::Unreadable { subject: unit.target.to_string(), source: error.into() });
        }
        Ok(Next::Fail(error))
    }

    /// A list answered 404: is its user or channel gone, or the service, or was it nothing?
    async fn look_again(
        &self,
        unit: &Unit,
        page_size: Option<u32>,
        error: SourceError,
    ) -> Result<Next, CrawlError> {
        let Some(service) = service_of(&unit.target) else {
            // The account's list of services: without it there is nothing to read.
            return Err(CrawlError::Unreadable { subject: unit.target.to_string(), source: error.into() });
        };
        if !unit.target.is_of_service() {
            for look in 0..2 {
                match self.parent(&unit.target).await {
                    Ok(()) => return Ok(Next::Restart { page_size, why: "it answered 404 and is there" }),
                    Err(parent) if is(&parent, RequestError::is_not_found) => {
                        if look == 1 {
                            let vanished = Next::Vanished(one_line(&parent));
                            return self.if_service_is_there(service, vanished).await;
                        }
                    }
                    Err(parent) if is(&parent, RequestError::is_cancelled) => {
                        return Ok(Next::Interrupted);
                    }
                    Err(_) => return Ok(Next::Fail(error)),
                }
            }
        }
        let restart = Next::Restart { page_size, why: "it answered 404 and its service is there" };
        self.if_service_is_there(service, restart).await
    }

    async fn parent(&self, target: &Target) -> Result<(), SourceError> {
        match target {
            Target::User(service, user) | Target::UserChannels(service, user) => {
                self.source.user(service, user).await.map(drop)
            }
            Target::Channel(service, channel)
            | Target::Members(service, channel)
            | Target::Invites(service, channel)
            | Target::Messages(service, channel) => self.source.channel(service, channel).await.map(drop),
            _ => Ok(()),
        }
    }

    /// What to do next if the service itself answers. Where it does not, nothing is known of what it holds.
    async fn if_service_is_there(&self, service: &ServiceSid, next: Next) -> Result<Next, CrawlError> {
        match self.service_twice(service).await {
            Ok(_) => Ok(next),
            Err(error) if is(&error, RequestError::is_cancelled) => Ok(Next::Interrupted),
            Err(error) if is(&error, RequestError::is_unauthorized) => {
                Err(CrawlError::Unauthorized(error.into()))
            }
            Err(error) if is(&error, RequestError::is_not_found) => Err(CrawlError::NoSuchService {
                api: self.source.api(),
                service: service.clone(),
                source: error.into(),
            }),
            Err(error) => Ok(Next::Fail(error)),
        }
    }

    /// A service's own record. Twilio has answered 404 for what is there, so one is not believed.
    async fn service_twice(&self, service: &ServiceSid) -> Result<Fetched<Service>, SourceError> {
        match self.source.service_alone(service).await {
            Err(error) if is(&error, RequestError::is_not_found) => self.source.service_alone(service).await,
            answered => answered,
        }
    }

    /// A service's own record with all that belongs to it.
    async fn whole_service(&self, service: &ServiceSid) -> Result<Fetched<Service>, SourceError> {
        match self.source.service(service).await {
            Err(error) if is(&error, RequestError::is_not_found) => self.source.service(service).await,
            answered => answered,
        }
    }

    async fn is_forbidden(&self, service: &ServiceSid) -> bool {
        match self.source.service_alone(service).await {
            Ok(_) => false,
            Err(error) => is(&error, RequestError::is_forbidden),
        }
    }

    async fn read_detail(&self, unit: Unit) -> Result<Read, CrawlError> {
        if let Target::Service(service) = &unit.target {
            return self.read_service(&unit, service).await;
        }
        for _ in 0..RESTARTS {
            let error = match self.detail(&unit.target).await {
                Ok((detail, issues)) => {
                    self.send(Order::Detail(unit, detail, issues)).await?;
                    return Ok(Read::Complete);
                }
                Err(error) => error,
            };
            let next = match error.request() {
                Some(request) if request.is_cancelled() => Next::Interrupted,
                Some(request) if request.is_unauthorized() => {
                    return Err(CrawlError::Unauthorized(error.into()));
                }
                Some(request) if request.is_not_found() => self.look_again(&unit, None, error).await?,
                _ => Next::Fail(error),
            };
            match next {
                Next::Restart { .. } => {}
                Next::Vanished(evidence) => {
                    self.send(Order::Vanish { unit, evidence }).await?;
                    return Ok(Read::Complete);
                }
                Next::Interrupted => return Ok(Read::Interrupted),
                Next::Fail(error) => return self.fail(unit, one_line(&error)).await,
            }
        }
        self.fail(unit, format!("it answered 404 and is there, {RESTARTS} times")).await
    }

    async fn detail(&self, target: &Target) -> Result<(Detail, Vec<Issue>), SourceError> {
        match target {
            Target::User(service, user) => {
                let fetched = self.source.user(service, user).await?;
                Ok((Detail::User(Box::new(fetched.record)), fetched.issues))
            }
            Target::Channel(service, channel) => {
                let fetched = self.source.channel(service, channel).await?;
                Ok((Detail::Channel(Box::new(fetched.record)), fetched.issues))
            }
            _ => unreachable!("a service is read by read_service, and every other target is a list"),
        }
    }

    /// The first thing read of a service. If that fails, so does the run: nothing else would be different.
    async fn read_service(&self, unit: &Unit, service: &ServiceSid) -> Result<Read, CrawlError> {
        let error = match self.whole_service(service).await {
            Ok(fetched) => {
                let detail = Detail::Service(Box::new(fetched.record));
                self.send(Order::Detail(unit.clone(), detail, fetched.issues)).await?;
                return Ok(Read::Complete);
            }
            Err(error) => error,
        };
        let service = service.clone();
        Err(match error.request() {
            Some(request) if request.is_cancelled() => return Ok(Read::Interrupted),
            Some(request) if request.is_unauthorized() => CrawlError::Unauthorized(error.into()),
            Some(request) if request.is_forbidden() => {
                CrawlError::Forbidden { service, source: error.into() }
            }
            Some(request) if request.is_not_found() => {
                CrawlError::NoSuchService { api: self.source.api(), service, source: error.into() }
            }
            Some(request) if request.is_gone() => {
                CrawlError::Gone { api: self.source.api(), source: error.into() }
            }
            _ => CrawlError::Unreadable { subject: unit.target.to_string(), source: error.into() },
        })
    }

    async fn fail(&self, unit: Unit, why: String) -> Result<Read, CrawlError> {
        self.send(Order::Fail { unit, why: why.clone() }).await?;
        Ok(Read::Failed(why))
    }

    async fn send(&self, order: Order) -> Result<(), CrawlError> {
        self.orders.send(order).await.map_err(|_gone| CrawlError::ClerkGone)
    }
}

fn is(error: &SourceError, test: impl FnOnce(&RequestError) -> bool) -> bool {
    error.request().is_some_and(test)
}

/// An error and its causes in one line, for the snapshot and the log.
fn one_line(error: &SourceError) -> String {
    let mut line = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !line.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        cause = error.source();
    }
    line
}
