//! The first page: what the snapshot holds, how complete it is, and where to begin.

use serde::Serialize;
use serde_json::Value;

use super::Frame;
use crate::browse::answer::PageAnswer;
use crate::browse::error::BrowseError;
use crate::browse::facts::{Fact, facts};
use crate::browse::library::Library;
use crate::model::Channel;
use crate::plan::PlanFile;
use crate::report::snapshot::verdict_words;
use crate::snapshot::Snapshot;

#[derive(Debug, Serialize)]
struct OverviewPage {
    headline: &'static str,
    text: &'static str,
    tone: &'static str,
    info: Value,
    services: Vec<ServicePart>,
    largest: Vec<Value>,
    /// What the plan comes to.
    operations: Option<u64>,
}

#[derive(Debug, Serialize)]
struct ServicePart {
    name: Option<String>,
    sid: String,
    facts: Vec<Fact>,
}

pub(in crate::browse) fn page(library: &Library, snapshot: &Snapshot) -> Result<PageAnswer, BrowseError> {
    let info = library.info(snapshot)?;
    let (headline, text, tone) = verdict_words(snapshot.verdict()?);
    let mut largest =
        match library.index.as_ref().map(|index| index.property("largest")).transpose()?.flatten() {
            Some(kept) => serde_json::from_str::<Vec<Value>>(&kept)?,
            None => snapshot
                .largest_channels(10)?
                .iter()
                .map(serde_json::to_value::<&Channel>)
                .collect::<Result<_, _>>()?,
        };
    if library.hide {
        for channel in &mut largest {
            for field in ["friendly_name", "unique_name"] {
                if let Some(value) = channel.get_mut(field) {
                    *value = Value::from(crate::browse::facts::HIDDEN);
                }
            }
        }
    }
    let services = snapshot
        .service_records()?
        .into_iter()
        .map(|service| {
            let mut name = service.friendly_name.clone();
            library.cover(&mut name);
            Ok(ServicePart { name, sid: service.sid.to_string(), facts: facts(&service, library.hide)? })
        })
        .collect::<Result<_, BrowseError>>()?;
    let operations = library.plan.as_ref().map(PlanFile::operation_count).transpose()?;
    let page = OverviewPage { headline, text, tone, info, services, largest, operations };
    Frame::of(library, snapshot, "Overview".to_owned(), page)?
        .render("overview.html", include_str!("overview.html"))
}
