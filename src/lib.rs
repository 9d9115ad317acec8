//! chatferry: gets a Twilio Programmable Chat service out, completely and politely.
//!
//! One module for each stage, and data goes one way: wire → model → rows.
//!
//! ```text
//! twilio ──answers──▶ source ──model──▶ crawl ──commits──▶ snapshot ──mapping──▶ export ──▶ files
//! ```
//!
//! - `twilio` sends one request to one API; `source` turns answers into the `model`.
//! - `crawl` decides which request is next and commits to the `snapshot`, a SQLite file that later stages read.
//! - `mapping` says what rows are made of the model; `export` writes them.
//! - `plan` says what a migration would do, from a snapshot, a mapping and the target as it is.
//! - `apply` performs a plan, each operation once, and is the only stage that writes at Twilio.
//! - `cli`, `settings` and `report` are what a person types and sees; `commands` joins the stages, and nothing else does.
//! - `simulator` is an embedded Twilio that imports none of the above.
//!
//! **Invariant:** modules import downwards only, by the table of ARCHITECTURE.md at the package's root, which also has a
//! crawl's course, what must stay true with the tests that guard it, and how to add a verb, a resource or a writer.
//!
//! What scripts may rely on is the command line. The library is for the program, its tests and its benchmarks: they see what is
//! re-exported here and nothing else.

mod apply;
mod audit;
mod browse;
mod cli;
mod clock;
mod commands;
mod crawl;
mod diff;
mod error;
mod event;
mod export;
mod mapping;
mod model;
mod plan;
mod printable;
mod report;
mod secret;
mod settings;
mod simulator;
mod snapshot;
mod source;
mod storage;
mod summary;
#[cfg(test)]
mod testkit;
mod twilio;

pub use commands::{Streams, start};
pub use error::ExitStatus;
pub use settings::Environment;

/// What the tests and benchmarks of this package use, by module.
#[doc(hidden)]
pub mod internals {
    pub mod cli {
        pub use crate::cli::{ConnectionArgs, GlobalArgs, command};
    }
    pub mod commands {
        pub use crate::commands::CommandError;
        pub use crate::commands::read_target::{
            EVERYTHING, Selection, TargetEstimate, TargetPart, crawl_target,
        };
    }
    pub mod crawl {
        pub use crate::crawl::{CrawlEnd, CrawlOutcome};
    }
    pub mod event {
        pub use crate::event::Events;
    }
    pub mod export {
        pub use crate::export::{ExportError, ExportOptions, FileFormat, RowSource, stream};
    }
    pub mod mapping {
        pub use crate::mapping::{PiiPolicy, load, parse};
    }
    pub mod model {
        pub use crate::model::{
            AccountSid, Api, Channel, ChannelSid, ChannelType, ConversationState, Entity, ListPage, Member,
            MemberSid, Membership, MembershipStatus, NotificationLevel, Records, Role, RoleSid, RoleType,
            RowRecords, Service, ServiceSid, Timestamp, User, UserSid,
        };
    }
    pub mod plan {
        pub use crate::plan::{
            Batches, Header, Inputs, JsonFields, MediaTotals, Move, Operation, OperationKind, PlanDraft,
            PlanOptions, PlanRecords, PlanVerdict, Side, Subject, Totals, compute_into,
        };
    }
    pub mod settings {
        pub use crate::settings::{ConnectionSettings, Loader, SettingReference, reference};
    }
    pub mod simulator {
        pub use crate::simulator::{
            DriftChange, DriftChangeKind, Faults, Lack, LoadError, Loaded, Options, Running, ServiceLimits,
            SimulatorError, Truth, WorldKind, Write, WriteClock, fault_names, start,
        };
    }
    pub mod snapshot {
        pub use crate::snapshot::{
            Counts, CrawlIdentity, Detail, Focus, Info, Requests, Snapshot, SnapshotError, SnapshotWriter,
            Target, Unit, Verdict, Walk,
        };
    }
    pub mod source {
        pub use crate::source::page_of;
    }
    pub mod twilio {
        pub use crate::twilio::page::next_address;
    }
}
