//! The settings of `user-channel`: who, which channel, and what to set, from flags or from the rows of a CSV file.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::error::{SettingsError, UserChannelInputError};
use super::loader::Loader;
use super::place;
use super::provenance::Provenance;
use super::users::{CHANNEL_NAME, NameKind, USER_NAME, check_name, read_list, without_byte_order_mark};
use crate::cli::setting::declarations::{PLAN, SERVICE, SOURCE};
use crate::cli::setting::{FlagGroup, Flags, SourceChoice, parse};
use crate::cli::user_channel::{LevelArg, UserChannelUpdateArgs};
use crate::model::{Api, ServiceSid, Timestamp};

/// The highest index that a message can have here; Twilio counts from 0.
const HIGHEST_INDEX: u32 = i32::MAX as u32;

/// In which service, and through which API.
#[derive(Debug, Clone)]
pub(crate) struct UserChannelPlace {
    /// None is the only service of the account.
    pub service: Option<ServiceSid>,
    pub source: SourceChoice,
}

impl UserChannelPlace {
    pub(crate) fn load(loader: &Loader, flags: &Flags) -> Result<Self, SettingsError> {
        let services = loader.read(flags, &SERVICE)?.unwrap_or_default();
        if services.len() > 1 {
            return Err(UserChannelInputError::SeveralServices.into());
        }
        Ok(Self { service: services.into_iter().next(), source: loader.get(flags, &SOURCE)? })
    }
}

/// A user or channel as it was named: checked, and not yet looked up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Named {
    pub text: String,
    pub is_sid: bool,
}

pub(crate) fn user_named(text: &str) -> Result<Named, SettingsError> {
    named(text, &USER_NAME).map_err(|reason| UserChannelInputError::Name { flag: "--user", reason }.into())
}

/// The person of `subject`.
pub(super) fn subject_named(text: &str) -> Result<Named, SettingsError> {
    named(text, &USER_NAME).map_err(|reason| UserChannelInputError::Name { flag: "WHO", reason }.into())
}

pub(crate) fn channel_named(text: &str) -> Result<Named, SettingsError> {
    named(text, &CHANNEL_NAME)
        .map_err(|reason| UserChannelInputError::Name { flag: "--channel", reason }.into())
}

fn named(text: &str, kind: &NameKind) -> Result<Named, String> {
    if (kind.is_sid)(text.trim()) {
        return Ok(Named { text: text.trim().to_owned(), is_sid: true });
    }
    if text.trim().is_empty() {
        return Err(format!("names no {}", kind.record));
    }
    check_name(text, kind)?;
    Ok(Named { text: text.to_owned(), is_sid: false })
}

/// What to set. What is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct UserChannelChange {
    notification_level: Option<LevelArg>,
    last_read_index: Option<u32>,
    last_read_time: Option<Timestamp>,
}

impl UserChannelChange {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// By the keys of an API.
    pub(crate) fn fields(&self, api: Api) -> Map<String, Value> {
        let (index, time) = match api {
            Api::Chat => ("last_consumed_message_index", "last_consumption_timestamp"),
            Api::Conversations => ("last_read_message_index", "last_read_timestamp"),
        };
        let mut fields = Map::new();
        if let Some(level) = self.notification_level {
            let level = if level == LevelArg::Muted { "muted" } else { "default" };
            fields.insert("notification_level".to_owned(), level.into());
        }
        if let Some(number) = self.last_read_index {
            fields.insert(index.to_owned(), number.into());
        }
        if let Some(moment) = &self.last_read_time {
            fields.insert(time.to_owned(), moment.to_string().into());
        }
        fields
    }
}

/// One user channel and what to set in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UserChannelRow {
    /// Its line in the list, from 1.
    pub line: u64,
    pub user: Named,
    pub channel: Named,
    pub change: UserChannelChange,
}

/// What `user-channel update` is to do.
#[derive(Debug)]
pub(crate) enum UserChannelUpdateSettings {
    One {
        row: Box<UserChannelRow>,
        /// Where the plan is kept; none is a name of its own.
        plan: Option<PathBuf>,
        yes: bool,
    },
    Many {
        rows: Vec<UserChannelRow>,
        plan: PathBuf,
    },
}

impl UserChannelUpdateSettings {
    /// `stdin` is read where `--from -` asks for it.
    pub(crate) fn load(
        loader: &Loader,
        args: &UserChannelUpdateArgs,
        stdin: &mut dyn Read,
    ) -> Result<Self, SettingsError> {
        let flags = args.settings.flags();
        if let Some(path) = &args.from {
            return Ok(Self::Many {
                rows: read_rows(path, stdin)?,
                plan: place::of_setting(loader, flags, &PLAN)?,
            });
        }
        let wrong =
            |flag: &'static str| move |source| SettingsError::Value { place: Provenance::Flag(flag), source };
        let index = args.last_consumed_message_index.as_deref();
        let index = index.map(|text| parse::number(text, 0..=HIGHEST_INDEX)).transpose();
        let time = args.last_consumption_timestamp.as_deref();
        let time = time.map(parse::moment).transpose();
        let change = UserChannelChange {
            notification_level: args.notification_level,
            last_read_index: index.map_err(wrong("last_consumed_message_index"))?,
            last_read_time: time.map_err(wrong("last_consumption_timestamp"))?,
        };
        if change.is_nothing() {
            return Err(UserChannelInputError::NothingToSet.into());
        }
        let plan = loader.find(flags, &PLAN.declaration)?;
        let plan = plan.filter(|found| found.place != Provenance::Default);
        Ok(Self::One {
            row: Box::new(UserChannelRow {
                line: 1,
                user: user_named(args.user.as_deref().unwrap_or_default())?,
                channel: channel_named(args.channel.as_deref().unwrap_or_default())?,
                change,
            }),
            plan: plan.map(|_| place::of_setting(loader, flags, &PLAN)).transpose()?,
            yes: args.yes,
        })
    }
}

/// What a CSV file can set.
const SETTABLE: [&str; 3] =
    ["notification_level", "last_consumed_message_index", "last_consumption_timestamp"];

fn read_rows(path: &Path, stdin: &mut dyn Read) -> Result<Vec<UserChannelRow>, SettingsError> {
    let wrong = |source| SettingsError::List { path: path.to_owned(), source };
    let bytes = read_list(path, stdin).map_err(|source| wrong(UserChannelInputError::Read(source)))?;
    parse_rows(&bytes).map_err(wrong)
}

fn parse_rows(bytes: &[u8]) -> Result<Vec<UserChannelRow>, UserChannelInputError> {
    let mut reader = csv::ReaderBuilder::new().from_reader(without_byte_order_mark(bytes));
    let header = reader.headers().map_err(UserChannelInputError::Csv)?.clone();
    let place = |name: &str| header.iter().position(|column| column.trim() == name);
    for column in header.iter().map(str::trim) {
        if !["user", "channel"].contains(&column) && !SETTABLE.contains(&column) {
            return Err(UserChannelInputError::Column { name: column.to_owned() });
        }
    }
    let (Some(user), Some(channel)) = (place("user"), place("channel")) else {
        return Err(UserChannelInputError::NoColumns);
    };
    let settable = SETTABLE.map(place);
    if settable.iter().all(Option::is_none) {
        return Err(UserChannelInputError::NothingToSet);
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(UserChannelInputError::Csv)?;
        let line = record.position().map_or(0, csv::Position::line);
        rows.push(
            row(&record, line, user, channel, settable)
                .map_err(|reason| UserChannelInputError::Line { line, reason })?,
        );
    }
    if rows.is_empty() { Err(UserChannelInputError::NoRows) } else { Ok(rows) }
}

fn row(
    record: &csv::StringRecord,
    line: u64,
    user: usize,
    channel: usize,
    settable: [Option<usize>; 3],
) -> Result<UserChannelRow, String> {
    let cell = |place: usize| record.get(place).unwrap_or_default();
    let [level, index, time] =
        settable.map(|place| place.map(cell).map(str::trim).filter(|text| !text.is_empty()));
    let wrong = |name: &str, error: crate::cli::setting::ValueError| format!("has {name}: {error}");
    let change = UserChannelChange {
        notification_level: level
            .map(parse::choice::<LevelArg>)
            .transpose()
            .map_err(|error| wrong("notification_level", error))?,
        last_read_index: index
            .map(|text| parse::number(text, 0..=HIGHEST_INDEX))
            .transpose()
            .map_err(|error| wrong("last_consumed_message_index", error))?,
        last_read_time: time
            .map(parse::moment)
            .transpose()
            .map_err(|error| wrong("last_consumption_timestamp", error))?,
    };
    if change.is_nothing() {
        return Err("sets nothing".to_owned());
    }
    let of_user = |reason: String| format!("has a user that {reason}");
    let of_channel = |reason: String| format!("has a channel that {reason}");
    Ok(UserChannelRow {
        line,
        user: named(cell(user), &USER_NAME).map_err(of_user)?,
        channel: named(cell(channel), &CHANNEL_NAME).map_err(of_channel)?,
        change,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "US0123456789abcdef0123456789abcdef";

    #[test]
    fn rows_name_users_and_channels_by_sid_or_name_and_set_what_is_not_empty() {
        let text = format!(
            "\u{feff}channel,user,notification_level,last_consumed_message_index\n\
             general,{USER},muted,\n\"a,b\",ann/%+@ x,,7\n"
        );
        let rows = parse_rows(text.as_bytes()).unwrap();
        assert_eq!((rows[0].line, rows[0].user.is_sid, rows[0].channel.text.as_str()), (2, true, "general"));
        assert_eq!(
            Value::Object(rows[0].change.fields(Api::Chat)),
            serde_json::json!({ "notification_level": "muted" })
        );
        assert_eq!(
            (rows[1].line, rows[1].user.text.as_str(), rows[1].channel.text.as_str()),
            (3, "ann/%+@ x", "a,b")
        );
        let fields = rows[1].change.fields(Api::Conversations);
        assert_eq!(Value::Object(fields), serde_json::json!({ "last_read_message_index": 7 }));
    }

    #[test]
    fn a_list_that_cannot_be_is_refused_with_the_line() {
        for (text, said) in [
            ("user,channel\nann,general\n", "there is nothing to set"),
            ("user,notification_level\nann,muted\n", "it has no columns `user` and `channel`"),
            ("user,channel,level\nann,general,muted\n", "it has a column `level`"),
            ("user,channel,notification_level\n", "it has no rows"),
            (
                "user,channel,notification_level\nann,general,muted\nann,x,loud\n",
                "line 3 has notification_level: `loud`",
            ),
            ("user,channel,notification_level\nann,general,\n", "line 2 sets nothing"),
            ("user,channel,notification_level\n,general,muted\n", "line 2 has a user that names no user"),
            (
                "user,channel,notification_level\nann,CH12345678901234567890123456,muted\n",
                "line 2 has a channel that looks like a Channel SID",
            ),
            (
                "user,channel,last_consumed_message_index\nann,general,-1\n",
                "line 2 has last_consumed_message_index: `-1`",
            ),
            (
                "user,channel,last_consumption_timestamp\nann,general,soon\n",
                "line 2 has last_consumption_timestamp: `soon`",
            ),
        ] {
            let error = parse_rows(text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}\n{said}");
        }
        let error = parse_rows(b"user,channel,notification_level\nann,general\n").unwrap_err();
        assert!(matches!(error, UserChannelInputError::Csv(_)), "{error}");
    }
}
