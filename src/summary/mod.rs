//! What runs for many accounts left behind, made into one line for each account: `chatferry summary`.
//!
//! [`run_record`] is the record that `--result` asks for. [`record`] reads a file that a run wrote: such a record, the `result.json` of an audit, the `datapackage.json` of an export.
//! [`found`] looks for such files in folders and buckets. [`mod@judge`] puts them together by account and compares them with the accounts
//! file.
//!
//! **Invariant:** an account is complete only by a file that says so and is newer than any that says otherwise. One of which nothing is found is
//! missing.

mod error;
mod found;
mod judge;
mod record;
mod run_record;
mod state;

pub(crate) use error::SummaryError;
pub(crate) use found::{MOST_BYTES, folder, objects};
pub(crate) use judge::{AccountRow, AccountsOverview, ExpectedAccount, judge};
pub(crate) use run_record::{RunRecord, WhoseRun};
pub(crate) use state::AccountState;
