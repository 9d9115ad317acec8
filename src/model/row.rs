//! The records that one row of an export or one item of a plan is made from.

use super::records::{Channel, Invite, Member, Membership, Message, Role, Service, User};

/// A record and the ones that it refers to, borrowed. `None` where the snapshot has none or none was asked for.
#[derive(Debug, Clone, Copy)]
pub struct RowRecords<'a> {
    pub service: &'a Service,
    pub membership: Option<&'a Membership>,
    pub user: Option<&'a User>,
    pub channel: Option<&'a Channel>,
    pub member: Option<&'a Member>,
    pub role: Option<&'a Role>,
    pub invite: Option<&'a Invite>,
    pub message: Option<&'a Message>,
}

impl<'a> RowRecords<'a> {
    /// The service without any other record.
    pub fn of_service(service: &'a Service) -> Self {
        Self {
            service,
            membership: None,
            user: None,
            channel: None,
            member: None,
            role: None,
            invite: None,
            message: None,
        }
    }
}
