//! Whether a list of a service is whole, for those who ask what a snapshot lacks.

use super::encode::bind;
use super::error::SnapshotError;
use super::merge::{parents_list, unit, unusable};
use super::service_view::ServiceView;
use super::unit::Kind;
use crate::model::{ChannelSid, Entity, UserSid};

/// A list of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListOf<'a> {
    /// Its roles.
    Roles,
    /// Its users.
    Users,
    /// Its channels.
    Channels,
    /// The members of a channel.
    Members(&'a ChannelSid),
    /// The channels of a user.
    UserChannels(&'a UserSid),
}

impl ListOf<'_> {
    /// What it holds.
    fn entity(self) -> Entity {
        match self {
            Self::Roles => Entity::Role,
            Self::Users => Entity::User,
            Self::Channels => Entity::Channel,
            Self::Members(_) => Entity::Member,
            Self::UserChannels(_) => Entity::Membership,
        }
    }
}

impl ServiceView<'_> {
    /// Why a list is not whole; none where it is.
    pub fn why_not_whole(&self, list: ListOf<'_>) -> Result<Option<String>, SnapshotError> {
        self.sql(|connection, service| {
            if let Some(why) = unusable(connection, list.entity())? {
                return Ok(Some(why));
            }
            let number = |table: &str| {
                connection.prepare_cached(&format!("SELECT id FROM {table} WHERE service = ?1 AND sid = ?2"))
            };
            let (kind, mut parent) = match list {
                ListOf::Roles => return unit(connection, service, Kind::Roles, 0),
                ListOf::Users => return unit(connection, service, Kind::Users, 0),
                ListOf::Channels => return unit(connection, service, Kind::Channels, 0),
                ListOf::Members(channel) => {
                    let mut statement = number("channel_row")?;
                    bind!(statement, service, channel);
                    (Kind::Members, statement)
                }
                ListOf::UserChannels(user) => {
                    let mut statement = number("user_row")?;
                    bind!(statement, service, user);
                    (Kind::UserChannels, statement)
                }
            };
            let found: Option<i64> = parent.raw_query().next()?.map(|row| row.get(0)).transpose()?;
            let Some(number) = found else { return Ok(Some("it was not listed".to_owned())) };
            parents_list(connection, service, kind, number)
        })
    }
}
