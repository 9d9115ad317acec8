//! The users and channels that the rows of a list name, each looked up once.
//!
//! **Why** before the rows: a list mutes one channel for ten thousand users, or every channel of one user. A row then takes one request
//! and not three.
//!
//! **Invariant:** no two rows are of one user channel, whether they name it by SID or by name: a plan would keep one of two values.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::hash::Hash;

use futures_util::StreamExt as _;

use super::{AT_A_TIME, asked};
use crate::model::{ChannelSid, UserSid};
use crate::settings::{Named, UserChannelInputError, UserChannelRow};
use crate::source::user_channels::{FoundChannel, FoundUser, UserChannelError, UserChannelReader};

/// What each name and SID of a list stands for, or why it stands for nothing.
#[derive(Debug)]
pub(super) struct FoundNames {
    pub(super) users: HashMap<Named, Result<FoundUser, UserChannelError>>,
    pub(super) channels: HashMap<Named, Result<FoundChannel, UserChannelError>>,
}

impl FoundNames {
    pub(super) async fn of(
        rows: &[UserChannelRow],
        reader: &UserChannelReader,
    ) -> Result<Self, UserChannelError> {
        let users = async |named: Named| (named.clone(), reader.user(&asked(named)).await);
        let channels = async |named: Named| (named.clone(), reader.channel(&asked(named)).await);
        Ok(Self {
            users: found(rows.iter().map(|row| &row.user), users).await?,
            channels: found(rows.iter().map(|row| &row.channel), channels).await?,
        })
    }

    pub(super) fn check_rows_differ(&self, rows: &[UserChannelRow]) -> Result<(), UserChannelInputError> {
        let mut seen: HashMap<(&UserSid, &ChannelSid), u64> = HashMap::new();
        for row in rows {
            let (Ok(user), Ok(channel)) = (&self.users[&row.user], &self.channels[&row.channel]) else {
                continue;
            };
            if let Some(first) = seen.insert((&user.sid, &channel.sid), row.line) {
                return Err(UserChannelInputError::Twice { first, second: row.line });
            }
        }
        Ok(())
    }
}

/// Looks up each name once. A name that fits nothing is kept as such; any other error ends it.
async fn found<'r, T, F: Future<Output = (Named, Result<T, UserChannelError>)>>(
    names: impl Iterator<Item = &'r Named>,
    look_up: impl Fn(Named) -> F,
) -> Result<HashMap<Named, Result<T, UserChannelError>>, UserChannelError>
where
    Named: Eq + Hash,
{
    let distinct: BTreeSet<&Named> = names.collect();
    let mut lookups =
        futures_util::stream::iter(distinct.into_iter().cloned().map(look_up)).buffered(AT_A_TIME);
    let mut found = HashMap::new();
    while let Some((named, result)) = lookups.next().await {
        match result {
            Err(error) if !error.is_misfit() => return Err(error),
            result => drop(found.insert(named, result)),
        }
    }
    Ok(found)
}
