//! Whether a list of a service is whole, for those who ask what a snapshot lacks.

use crate::model::{ChannelSid, Entity, UserSid};
use crate::snapshot::diff::merge::{parents_list, unit, unusable};
use crate::snapshot::encode::bind;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::read::service_view::ServiceView;
use crate::snapshot::unit::UnitKind;

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
                ListOf::Roles => return unit(connection, service, UnitKind::Roles, 0),
                ListOf::Users => return unit(connection, service, UnitKind::Users, 0),
                ListOf::Channels => return unit(connection, service, UnitKind::Channels, 0),
                ListOf::Members(channel) => {
                    let mut statement = number("channel_row")?;
                    bind!(statement, service, channel);
                    (UnitKind::Members, statement)
                }
                ListOf::UserChannels(user) => {
                    let mut statement = number("user_row")?;
                    bind!(statement, service, user);
                    (UnitKind::UserChannels, statement)
                }
            };
            let found: Option<i64> = parent.raw_query().next()?.map(|row| row.get(0)).transpose()?;
            let Some(number) = found else { return Ok(Some("it was not listed".to_owned())) };
            parents_list(connection, service, kind, number)
        })
    }
}
