//! The intermediate model: what a Chat service holds, as plain data.
//!
//! Every stage speaks in these types. They know nothing of HTTP, files or SQL.
//!
//! **Invariant:** no I/O and no imports from other modules of the crate.

pub mod issue;
pub mod page;
pub mod records;
pub mod share;
pub mod sid;
pub mod value;

pub use issue::{Entity, Issue, IssueKind};
pub use page::{ListPage, Records};
pub use records::{Channel, Extra, Invite, JsonText, Member, Membership, Message, Role, Service, User};
pub use share::Share;
pub use sid::{
    AccountSid, ChannelSid, ContentSid, InvalidSid, InviteSid, MemberSid, MessageSid, MessagingServiceSid,
    RoleSid, ServiceSid, Sid, SidKind, StoredSid, UserSid,
};
pub use value::{ChannelType, ConversationState, MembershipStatus, NotificationLevel, RoleType, Timestamp};
