//! The first operations of a kind in a state, for reports.
//!
//! A report shows some dozens of each of what may be millions: they are found by the index and not by a walk.

use super::entry::Entry;
use super::reader::PlanFile;
use super::row;
use super::schema::{kind_number, state_number};
use crate::plan::error::PlanError;
use crate::plan::operation::{OperationKind, OperationState};

impl PlanFile {
    /// At most so many operations of a kind in a state, those of the first lanes, in the order of performance.
    pub fn first(
        &self,
        kind: OperationKind,
        state: OperationState,
        most: usize,
    ) -> Result<Vec<Entry>, PlanError> {
        let sql = format!(
            "SELECT {} FROM operation WHERE number IN (
               SELECT number FROM operation WHERE state = {} AND kind = {} ORDER BY lane, number LIMIT {most}
             ) ORDER BY number",
            row::COLUMNS,
            state_number(state),
            kind_number(kind),
        );
        let mut entries = Vec::new();
        self.rows::<_, PlanError>(
            &sql,
            |row| self.entry(row),
            |entry| {
                entries.push(entry);
                Ok(())
            },
        )?;
        Ok(entries)
    }
}
