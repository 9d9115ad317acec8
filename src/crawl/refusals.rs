//! Services and lists that the credentials may not read, while others are read.
//!
//! **Invariant:** one refused service costs its own data only. The run reads the others, and then ends as refused and names it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::CrawlError;
use crate::model::{Entity, ServiceSid};
use crate::source::SourceError;

/// What was refused so far. Shared by all readers of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Refusals(Arc<Mutex<Found>>);

#[derive(Debug, Default)]
struct Found {
    services: BTreeMap<ServiceSid, CrawlError>,
    any_service_read: bool,
    lists: BTreeMap<Entity, Lists>,
}

/// The lists of one entity.
#[derive(Debug, Default)]
struct Lists {
    read: bool,
    refused: Option<Box<SourceError>>,
}

impl Refusals {
    /// Whether this service is refused.
    pub(super) fn has(&self, service: &ServiceSid) -> bool {
        self.with(|found| found.services.contains_key(service))
    }

    pub(super) fn refuse(&self, service: &ServiceSid, error: CrawlError) {
        self.with(|found| {
            found.services.entry(service.clone()).or_insert(error);
        });
    }

    pub(super) fn service_read(&self) {
        self.with(|found| found.any_service_read = true);
    }

    pub(super) fn list_read(&self, entity: Entity) {
        self.with(|found| found.lists.entry(entity).or_default().read = true);
    }

    pub(super) fn refuse_list(&self, entity: Entity, error: SourceError) {
        self.with(|found| {
            found.lists.entry(entity).or_default().refused.get_or_insert_with(|| error.into());
        });
    }

    /// An entity of which no list could be read because the credentials may not, as an error that ends the run.
    pub(super) fn take_refused_lists(&self) -> Option<CrawlError> {
        self.with(|found| {
            let lists = found.lists.iter_mut().find(|(_, lists)| !lists.read && lists.refused.is_some());
            lists.and_then(|(entity, lists)| {
                lists.refused.take().map(|source| CrawlError::ForbiddenLists { entity: *entity, source })
            })
        })
    }

    /// The refused services, as an error that ends the run.
    pub(super) fn take_refused_services(&self) -> Option<CrawlError> {
        self.with(|found| {
            let services: Vec<String> = found.services.keys().map(ToString::to_string).collect();
            let (_, first) = found.services.pop_first()?;
            if !found.any_service_read {
                return Some(first);
            }
            Some(CrawlError::ForbiddenServices { services: services.join(", "), source: Box::new(first) })
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Found) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
