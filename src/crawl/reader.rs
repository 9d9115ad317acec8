//! Reads one unit: page after page of a list, or one record, and asks what has to be asked after a failure. What a failure means
//! is decided in `failure`.
//!
//! **Invariant:** a user or channel is recorded as vanished only where its own record answers 404 twice and its service
//! does not. Anything less is a failure of the unit.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::committer::{CommitRequest, UnitChange};
use super::error::CrawlError;
use super::failure::{self, LastAnswer, ListPosition, NextStep};
use super::message_order::Rising;
use super::page_budget::PageBudget;
use super::refusals::Refusals;
use super::target::{SingleRecord, UnitReading, list_size, reading_of, service_of};
use crate::event::{Event, Events};
use crate::model::{Issue, Service, ServiceSid};
use crate::snapshot::{Detail, Target, Unit};
use crate::source::{Fetched, List, Source, SourceError, largest_page};
use crate::twilio::{ListGuard, RequestError};

/// The most restarts of a unit in one run: an expired page token, smaller pages, or a false 404.
const RESTARTS: u32 = 5;

/// How a unit ended, as far as the others are concerned.
pub(super) enum UnitEnd {
    /// It was read, or its user or channel no longer exists.
    Complete,
    /// The run is ending.
    Interrupted,
    /// It could not be read: why.
    Failed(String),
    /// Its service is refused, and others are read.
    Refused,
}

/// What to do after a failed page, once everything is known about it.
enum Next {
    Restart { page_size: Option<u32>, why: &'static str },
    Vanished(String),
    Fail(SourceError),
    Interrupted,
}

/// Reads units. Cloned for each.
#[derive(Clone)]
pub(super) struct Reader {
    source: Source,
    requests: mpsc::Sender<CommitRequest>,
    events: Events,
    stop: CancellationToken,
    budget: PageBudget,
    refusals: Refusals,
    extent: CrawlExtent,
}

/// How much a crawl is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CrawlExtent {
    /// Several services, so that the others are read where one is refused.
    SeveralServices,
    OneService,
    OnePerson,
}

impl Reader {
    pub(super) fn new(
        source: Source,
        requests: mpsc::Sender<CommitRequest>,
        events: Events,
        stop: CancellationToken,
        refusals: Refusals,
        extent: CrawlExtent,
    ) -> Self {
        Self { source, requests, events, stop, budget: PageBudget::new(), refusals, extent }
    }

    /// Reads a unit to its end, or says why not.
    pub(super) async fn read(&self, unit: Unit) -> Result<UnitEnd, CrawlError> {
        let service =
            service_of(&unit.target).filter(|_| self.extent == CrawlExtent::SeveralServices).cloned();
        let Some(service) = service else { return self.read_unit(unit).await };
        if self.refusals.has(&service) {
            return self.refused(unit, "its service is refused".to_owned()).await;
        }
        match self.read_unit(unit.clone()).await {
            Err(error @ (CrawlError::Forbidden { .. } | CrawlError::Unauthorized(_))) => {
                let why = error.answer().map_or_else(|| error.to_string(), one_line);
                self.refusals.refuse(&service, error);
                self.refused(unit, why).await
            }
            ended => ended,
        }
    }

    async fn read_unit(&self, unit: Unit) -> Result<UnitEnd, CrawlError> {
        match reading_of(&unit.target) {
            UnitReading::List(list) => self.read_list(unit, &list).await,
            UnitReading::Service(service) => self.read_service(&unit, &service).await,
            UnitReading::Record(record) => self.read_record(unit, &record).await,
        }
    }

    async fn refused(&self, unit: Unit, why: String) -> Result<UnitEnd, CrawlError> {
        self.send(UnitChange::Fail { unit, why }).await?;
        Ok(UnitEnd::Refused)
    }

    async fn read_list(&self, mut unit: Unit, list: &List) -> Result<UnitEnd, CrawlError> {
        let mut guard = self.guard(&unit, list);
        let mut page_size = None;
        let mut restarts = 0;
        let mut order = Rising::default();
        let mut received = false;
        loop {
            if self.stop.is_cancelled() {
                return Ok(UnitEnd::Interrupted);
            }
            let error = match self.source.page(list, unit.cursor.as_deref(), page_size).await {
                Ok(mut page) => {
                    order.check(&mut page);
                    received = true;
                    let next = page.next.clone();
                    let rows = page.row_hashes();
                    let reserved = self.budget.take(&page).await;
                    self.send(UnitChange::Page(unit.clone(), page, reserved)).await?;
                    let Some(next) = next else {
                        self.refusals.list_read(list.entity());
                        return Ok(UnitEnd::Complete);
                    };
                    let Err(endless) = guard.page(rows, Some(&next)) else {
                        unit.cursor = Some(next);
                        continue;
                    };
                    endless.into()
                }
                Err(error) => error,
            };
            match self.judge(&unit, list, page_size, received, error).await? {
                Next::Restart { page_size: smaller, why } if restarts < RESTARTS => {
                    restarts += 1;
                    page_size = smaller;
                    self.send(UnitChange::Restart(unit.id)).await?;
                    self.events
                        .send(Event::ListRestarted { subject: unit.target.to_string(), why: why.to_owned() });
                    unit.cursor = None;
                    unit.pass += 1;
                    guard = self.guard(&unit, list);
                    order = Rising::default();
                }
                Next::Restart { why, .. } => {
                    return self.fail(unit, format!("{why}, {RESTARTS} times")).await;
                }
                Next::Vanished(evidence) => {
                    self.send(UnitChange::Vanish { unit, evidence }).await?;
                    return Ok(UnitEnd::Complete);
                }
                Next::Fail(error) => {
                    let why = one_line(&error);
                    if matches!(&error, SourceError::Page(endless) if endless.is_endless()) {
                        self.send(UnitChange::Restart(unit.id)).await?; // a later run reads it from its first page
                    }
                    if is(&error, RequestError::is_forbidden) {
                        self.refusals.refuse_list(list.entity(), error);
                    }
                    return self.fail(unit, why).await;
                }
                Next::Interrupted => return Ok(UnitEnd::Interrupted),
            }
        }
    }

    fn guard(&self, unit: &Unit, list: &List) -> ListGuard {
        let page = largest_page(self.source.api())(list.entity());
        self.source.client().list_guard(unit.target.to_string(), list_size(unit, list, page), page)
    }

    /// What a failed page means: for the unit, or for the run. `received` says whether pages of it came in this run.
    async fn judge(
        &self,
        unit: &Unit,
        list: &List,
        page_size: Option<u32>,
        received: bool,
        error: SourceError,
    ) -> Result<Next, CrawlError> {
        if error.is_other_account() {
            return Err(CrawlError::OtherAccount(error.into()));
        }
        let Some(request) = error.request() else { return Ok(Next::Fail(error)) };
        // The list of a service may have thousands of pages: in its middle the position is kept for a later run. So may a
        // list of messages; there a run that cannot even resume at the position restarts, with smaller pages.
        let long = unit.target.is_of_service() || (received && matches!(unit.target, Target::Messages(..)));
        let position = ListPosition {
            page_size: page_size.unwrap_or_else(|| largest_page(self.source.api())(list.entity())),
            is_worth_keeping: unit.cursor.is_some() && long,
        };
        match failure::judge(LastAnswer::of(request), position) {
            NextStep::Restart { page_size: smaller, why } => {
                Ok(Next::Restart { page_size: smaller.or(page_size), why })
            }
            NextStep::FindParent => self.find_parent(unit, page_size, error).await,
            NextStep::FindRefusal => match service_of(&unit.target) {
                // Refused for the entire service, or for this one list?
                Some(service) if unit.target.is_of_service() || self.is_forbidden(service).await => {
                    Err(CrawlError::Forbidden { service: service.clone(), source: error.into() })
                }
                Some(_) => Ok(Next::Fail(error)),
                None => Err(CrawlError::Unauthorized(error.into())),
            },
            NextStep::Unauthorized => Err(CrawlError::Unauthorized(error.into())),
            NextStep::Gone => Err(CrawlError::Gone { api: self.source.api(), source: error.into() }),
            NextStep::Interrupt => Ok(Next::Interrupted),
            NextStep::Fail if unit.target == Target::Services => {
                Err(CrawlError::Unreadable { subject: unit.target.to_string(), source: error.into() })
            }
            NextStep::Fail => Ok(Next::Fail(error)),
        }
    }

    /// A list answered 404: is its user or channel gone, or the service, or was it nothing?
    async fn find_parent(
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
            Target::User(service, user)
            | Target::UserChannels(service, user)
            | Target::UserBindings(service, user, _) => self.source.user(service, user).await.map(drop),
            Target::Channel(service, channel)
            | Target::Members(service, channel)
            | Target::Invites(service, channel, _)
            | Target::Messages(service, channel) => self.source.channel(service, channel).await.map(drop),
            Target::Member(service, channel, member) => {
                self.source.member(service, channel, member).await.map(drop)
            }
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
    async fn complete_service(&self, service: &ServiceSid) -> Result<Fetched<Service>, SourceError> {
        if self.extent == CrawlExtent::OnePerson {
            return self.service_twice(service).await; // its settings say nothing of a person
        }
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

    async fn read_record(&self, unit: Unit, record: &SingleRecord) -> Result<UnitEnd, CrawlError> {
        for _ in 0..RESTARTS {
            let error = match self.detail(record).await {
                Ok((detail, issues)) => {
                    self.send(UnitChange::Detail(unit, detail, issues)).await?;
                    return Ok(UnitEnd::Complete);
                }
                Err(error) => error,
            };
            let next = match error.request() {
                Some(request) if request.is_cancelled() => Next::Interrupted,
                Some(request) if request.is_unauthorized() => {
                    return Err(CrawlError::Unauthorized(error.into()));
                }
                Some(request) if request.is_not_found() => self.find_parent(&unit, None, error).await?,
                _ => Next::Fail(error),
            };
            match next {
                Next::Restart { .. } => {}
                Next::Vanished(evidence) => {
                    self.send(UnitChange::Vanish { unit, evidence }).await?;
                    return Ok(UnitEnd::Complete);
                }
                Next::Interrupted => return Ok(UnitEnd::Interrupted),
                Next::Fail(error) => return self.fail(unit, one_line(&error)).await,
            }
        }
        self.fail(unit, format!("it answered 404 and is there, {RESTARTS} times")).await
    }

    async fn detail(&self, record: &SingleRecord) -> Result<(Detail, Vec<Issue>), SourceError> {
        match record {
            SingleRecord::User(service, user) => {
                let fetched = self.source.user(service, user).await?;
                Ok((Detail::User(Box::new(fetched.record)), fetched.issues))
            }
            SingleRecord::Channel(service, channel) => {
                let fetched = self.source.channel(service, channel).await?;
                Ok((Detail::Channel(Box::new(fetched.record)), fetched.issues))
            }
            SingleRecord::Member(service, channel, member) => {
                let fetched = self.source.member(service, channel, member).await?;
                Ok((Detail::Member(Box::new(fetched.record)), fetched.issues))
            }
        }
    }

    /// The first thing read of a service. If that fails, so does the run: nothing else would be different.
    async fn read_service(&self, unit: &Unit, service: &ServiceSid) -> Result<UnitEnd, CrawlError> {
        let error = match self.complete_service(service).await {
            Ok(fetched) => {
                let detail = Detail::Service(Box::new(fetched.record));
                self.send(UnitChange::Detail(unit.clone(), detail, fetched.issues)).await?;
                self.refusals.service_read();
                return Ok(UnitEnd::Complete);
            }
            Err(error) => error,
        };
        if error.is_other_account() {
            return Err(CrawlError::OtherAccount(error.into()));
        }
        let service = service.clone();
        Err(match error.request() {
            Some(request) if request.is_cancelled() => return Ok(UnitEnd::Interrupted),
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

    async fn fail(&self, unit: Unit, why: String) -> Result<UnitEnd, CrawlError> {
        self.send(UnitChange::Fail { unit, why: why.clone() }).await?;
        Ok(UnitEnd::Failed(why))
    }

    async fn send(&self, change: UnitChange) -> Result<(), CrawlError> {
        let sent = self.requests.send(CommitRequest::Unit(Box::new(change))).await;
        sent.map_err(|_dropped| CrawlError::CommitterStopped)
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
