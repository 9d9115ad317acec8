//! The push notification bindings of what was loaded: their SIDs, and each when an answer needs it.

use std::sync::{Arc, OnceLock};

use super::file::LoadedFile;
use super::rows;
use crate::simulator::data::record::BindingRecord;
use crate::simulator::data::sid;

/// The bindings of a service.
#[derive(Debug)]
pub(super) struct LoadedBindings {
    service_sid: String,
    /// Those that have a view of bindings, in the order of precedence.
    files: Vec<Arc<LoadedFile>>,
    digits: OnceLock<Vec<u128>>,
}

impl LoadedBindings {
    pub(super) fn new(service_sid: &str, files: &[Arc<LoadedFile>]) -> Self {
        let files = files.iter().filter(|file| file.has_bindings).cloned().collect();
        Self { service_sid: service_sid.to_owned(), files, digits: OnceLock::new() }
    }

    /// Digits and ids in SID order: all, or those of these identities.
    pub(super) fn order(&self, identities: &[&str]) -> Arc<[(u128, u32)]> {
        let all = self.digits();
        if identities.is_empty() {
            return all.iter().copied().zip(0..).collect();
        }
        let sql = "SELECT sid FROM bindings WHERE identity = ?1";
        let found = identities.iter().flat_map(|identity| self.sids(sql, identity));
        let mut of_them: Vec<(u128, u32)> = found
            .filter_map(|digits| Some((digits, u32::try_from(all.binary_search(&digits).ok()?).ok()?)))
            .collect();
        of_them.sort_unstable();
        of_them.dedup();
        of_them.into()
    }

    /// A binding as yet without its user.
    pub(super) fn record(&self, binding: u32) -> Option<BindingRecord> {
        let sql = format!("SELECT {} FROM bindings WHERE sid = ?1", rows::BINDING);
        let sid = sid::text("BS", *self.digits().get(binding as usize)?);
        self.files.iter().find_map(|file| file.row(&sql, [&sid], rows::binding))
    }

    /// In order. What has no SID is left out, as no path can name it.
    fn digits(&self) -> &[u128] {
        self.digits.get_or_init(|| {
            let sql = "SELECT sid FROM bindings WHERE service_sid = ?1 OR service_sid IS NULL";
            let mut digits = self.sids(sql, &self.service_sid);
            digits.sort_unstable();
            digits.dedup();
            digits
        })
    }

    fn sids(&self, sql: &str, parameter: &str) -> Vec<u128> {
        let of = |file: &Arc<LoadedFile>| file.rows(sql, [parameter], |fields| fields.digits("BS"));
        self.files.iter().flat_map(of).flatten().collect()
    }
}
