//! The records that one row of an export or one item of a plan is made from.

use super::issue::Entity;
use super::records::{Binding, Channel, Invite, JsonText, Member, Membership, Message, Role, Service, User};

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
    pub binding: Option<&'a Binding>,
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
            binding: None,
        }
    }

    /// What the row's own record said beyond its fields. The own record of a member among memberships is the member.
    pub(crate) fn extra(&self, walked: Entity) -> Option<&'a JsonText> {
        let of_member = || self.member.and_then(|record| record.extra.as_ref());
        match walked {
            Entity::Service => self.service.extra.as_ref(),
            Entity::Role => self.role?.extra.as_ref(),
            Entity::User => self.user?.extra.as_ref(),
            Entity::Channel => self.channel?.extra.as_ref(),
            Entity::Membership => self.membership.map_or_else(of_member, |record| record.extra.as_ref()),
            Entity::Member => of_member(),
            Entity::Invite => self.invite?.extra.as_ref(),
            Entity::Message => self.message?.extra.as_ref(),
            Entity::Binding => self.binding?.extra.as_ref(),
        }
    }
}
