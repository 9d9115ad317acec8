//! A role: what it permits, and who has it.

use serde::Serialize;

use super::{Frame, PlannedOperations, missing, planned};
use crate::browse::answer::PageAnswer;
use crate::browse::error::BrowseError;
use crate::browse::facts::{Fact, facts};
use crate::browse::filter::PageQuery;
use crate::browse::library::{Library, MOST};
use crate::model::RoleSid;
use crate::plan::PlannedRecord;
use crate::snapshot::{RoleHolder, Snapshot};

#[derive(Debug, Serialize)]
struct RolePage {
    sid: String,
    name: Option<String>,
    facts: Vec<Fact>,
    holders: Vec<RoleHolder>,
    total: u64,
    planned: Option<PlannedOperations>,
}

pub(in crate::browse) fn page(
    library: &Library,
    snapshot: &Snapshot,
    query: &PageQuery,
) -> Result<PageAnswer, BrowseError> {
    let sid = RoleSid::from_wire(&query.sid);
    let record = snapshot.record_of_sid(&query.sid)?;
    let view =
        record.map(|record| snapshot.service_for_single_reads(&record.service_sid)).transpose()?.flatten();
    let Some(role) = view.as_ref().map(|view| view.role(&sid)).transpose()?.flatten() else {
        return missing::page(library, snapshot, "The snapshot has no role of this SID.");
    };
    let (total, holders) = match &library.index {
        Some(index) => index.holders(&query.sid)?,
        None => {
            let (mut total, mut holders) = (0, Vec::new());
            snapshot.each_role_holder::<BrowseError>(|role, holder| {
                if *role == sid {
                    total += 1;
                    if holders.len() < MOST {
                        holders.push(holder()?);
                    }
                }
                Ok(())
            })?;
            (total, holders)
        }
    };
    let mut name = role.friendly_name.clone();
    library.cover(&mut name);
    let page = RolePage {
        sid: role.sid.to_string(),
        facts: facts(&role, library.hide)?,
        holders: holders.into_iter().map(|holder| library.covered_holder(holder)).collect(),
        total,
        planned: planned(library, &PlannedRecord::Role(sid))?,
        name,
    };
    let title = page.name.clone().unwrap_or_else(|| page.sid.clone());
    Frame::of(library, snapshot, title, page)?.render("role.html", include_str!("role.html"))
}
