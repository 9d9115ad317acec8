//! The intermediate model: what a Chat service holds, as plain data.
//!
//! Every stage speaks in these types. They know nothing of HTTP, files or SQL.
//!
//! Records and their fields are declared in one [`table`], from which every layer makes what it needs of them.
//!
//! **Invariant:** no I/O and no imports from other modules of the crate.

pub(crate) mod api;
pub(crate) mod issue;
pub(crate) mod media;
pub(crate) mod page;
pub(crate) mod records;
pub(crate) mod row;
pub(crate) mod share;
pub(crate) mod sid;
pub(crate) mod spreadsheet;
pub(crate) mod table;
pub(crate) mod value;

pub use api::Api;
pub use issue::Entity;
pub(crate) use issue::{Issue, IssueKind};
pub use page::{ListPage, Records};
pub(crate) use records::{Binding, Extra, Invite, JsonText, Message};
pub use records::{Channel, Member, Membership, Role, Service, User};
pub use row::RowRecords;
pub(crate) use share::{InvalidShare, Share};
pub use sid::{AccountSid, ChannelSid, MemberSid, RoleSid, ServiceSid, UserSid};
pub(crate) use sid::{
    BindingSid, ContentSid, CredentialSid, InvalidSid, InviteSid, MessageSid, MessagingServiceSid, Sid,
    SidKind, StoredSid,
};
pub(crate) use table::{bare, records};
pub(crate) use value::OpenEnum;
pub use value::{ChannelType, ConversationState, MembershipStatus, NotificationLevel, RoleType, Timestamp};
