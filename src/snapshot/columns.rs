//! The columns of each record, from the [table](crate::model::table) of the model: what a table has, what a view shows, what is
//! bound and read.
//!
//! Every record is stored and selected in the same order: its key, its scope, its own fields, and at the end the SID of the user
//! or channel whose list it is in, from the row of that one.
//!
//! **Invariant:** SQL names columns, and no column is counted by hand.
//!
//! **Why text at compile time:** the statements of the crawl and of walks are made of it once, and rows are read and bound by
//! functions that know each field's type. Nothing is looked up by name for a row.

use rusqlite::{Result, Row, Statement};

use super::encode::{Bind, MESSAGE_TYPES, MessageType, Position, message_type, optional, required};
use super::scopes::Scopes;
use crate::model::{
    AccountSid, Binding, BindingSid, Channel, ChannelSid, ChannelType, ContentSid, ConversationState,
    CredentialSid, Entity, Invite, InviteSid, Member, MemberSid, Membership, MembershipStatus, Message,
    MessageSid, MessagingServiceSid, NotificationLevel, OpenEnum, Role, RoleSid, RoleType, Service,
    ServiceSid, User, UserSid, records,
};

/// What a field is to its record: see `model::table`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Key,
    Account,
    Service,
    User,
    Channel,
    Own,
}

/// How a value is stored, and how it is displayed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// 16 bytes, by this prefix.
    Sid(&'static str),
    /// Seconds.
    Date,
    /// The number of one of these names, from 1.
    Named(&'static [&'static str]),
    /// 0 for `text`, 1 for `media`: both take no room in a row.
    MessageType,
    /// A part of the key of messages: an empty text where there is none, as a part of a key cannot be null.
    Index,
    Switch,
    Number,
    Json,
    Text,
}

/// A field of a record and its column.
#[derive(Debug)]
pub(super) struct StoredField {
    /// Its name at the API.
    pub(super) name: &'static str,
    pub(super) column: &'static str,
    pub(super) place: Place,
    pub(super) form: Form,
}

/// A record that is stored as a row.
pub(super) trait StoredRecord: Sized {
    const TABLE: &'static str;
    /// The names of its own columns, each after a comma.
    const OWN: &'static str;
    /// A parameter for each of them, each after a comma.
    const PARAMETERS: &'static str;
    /// The assignments of an upsert for them, each after a comma.
    const UPSERT: &'static str;
    /// The assignments of an update for them, by parameters, each after a comma.
    const UPDATE: &'static str;
    /// What a query selects to read it, by the usual alias of its table.
    const SELECT: &'static str;
    /// How many columns that are.
    const COLUMNS: usize;
    const FIELDS: &'static [StoredField];

    /// Binds its own fields to the parameters behind this one.
    fn bind_own(&self, statement: &mut Statement<'_>, after: usize) -> Result<()>;

    /// Reads it from a row whose columns for it begin at `first`.
    fn read(row: &Row<'_>, first: usize, scopes: &Scopes) -> Result<Self>;

    /// An insert of a row with these columns in front of its own.
    fn insert(verb: &str, head: &str) -> String {
        let parameters = vec!["?"; head.split(',').count()].join(", ");
        format!("{verb} INTO {} ({head}{}) VALUES ({parameters}{})", Self::TABLE, Self::OWN, Self::PARAMETERS)
    }
}

/// The alias of a record's table.
macro_rules! alias {
    (Service) => {
        "s"
    };
    (Role) => {
        "r"
    };
    (User) => {
        "u"
    };
    (Channel) => {
        "c"
    };
    (Membership) => {
        "m"
    };
    (Member) => {
        "x"
    };
    (Invite) => {
        "i"
    };
    (Message) => {
        "x"
    };
    (Binding) => {
        "b"
    };
}

/// The column of a field. Words of SQL are stored under other names.
macro_rules! column {
    (r#type) => {
        "type"
    };
    (from) => {
        "sender"
    };
    (index) => {
        "position"
    };
    ($field:ident) => {
        stringify!($field)
    };
}

/// The name of a field.
macro_rules! name {
    (r#type) => {
        "type"
    };
    ($field:ident) => {
        stringify!($field)
    };
}

macro_rules! place {
    (key) => {
        Place::Key
    };
    (account) => {
        Place::Account
    };
    (service) => {
        Place::Service
    };
    (user) => {
        Place::User
    };
    (channel) => {
        Place::Channel
    };
    (own) => {
        Place::Own
    };
}

macro_rules! form {
    ((sid $sid:ident)) => {
        Form::Sid($sid::PREFIX)
    };
    ((choice $choice:ident)) => {
        Form::Named(<$choice as OpenEnum>::NAMES)
    };
    (text) => {
        Form::Text
    };
    (message_type) => {
        Form::MessageType
    };
    (flag) => {
        Form::Switch
    };
    (number) => {
        Form::Number
    };
    (index) => {
        Form::Index
    };
    (date) => {
        Form::Date
    };
    ($json:ident) => {
        Form::Json
    };
}

/// The key in a query's selection.
macro_rules! select_key {
    (key $alias:expr, $field:ident) => {
        concat!($alias, ".", column!($field))
    };
    ($place:ident $alias:expr, $field:ident) => {
        ""
    };
}

/// A field of the record's own in a query's selection.
macro_rules! select_own {
    (own $alias:expr, $field:ident) => {
        concat!(", ", $alias, ".", column!($field))
    };
    ($place:ident $alias:expr, $field:ident) => {
        ""
    };
}

/// The user or channel in a query's selection.
macro_rules! select_parent {
    (user) => {
        ", u.sid"
    };
    (channel) => {
        ", c.sid"
    };
    ($place:ident) => {
        ""
    };
}

/// A text for each own column, with the column in it or without.
macro_rules! each_own {
    (own $before:literal $field:ident $after:literal) => {
        concat!($before, column!($field), $after)
    };
    (own $text:literal) => {
        $text
    };
    (own upsert $field:ident) => {
        concat!(", ", column!($field), " = excluded.", column!($field))
    };
    ($place:ident $($other:tt)*) => {
        ""
    };
}

/// One column for a field that is selected. The account and the service are both in `scope`.
macro_rules! selected {
    (account) => {
        0
    };
    (service) => {
        0
    };
    ($place:ident) => {
        1
    };
}

macro_rules! bind_own {
    (own index $value:expr, $statement:ident $at:ident) => {{
        $at += 1;
        Position($value).bind($statement, $at)?;
    }};
    (own message_type $value:expr, $statement:ident $at:ident) => {{
        $at += 1;
        MessageType($value.as_deref()).bind($statement, $at)?;
    }};
    (own $kind:tt $value:expr, $statement:ident $at:ident) => {{
        $at += 1;
        $value.bind($statement, $at)?;
    }};
    ($place:ident $kind:tt $value:expr, $statement:ident $at:ident) => {};
}

/// Reads a field. `at` is the column of the own field that was read last.
macro_rules! read {
    (key $kind:tt $row:ident $first:ident $at:ident $scope:ident) => { required($row, $first)? };
    (account $kind:tt $row:ident $first:ident $at:ident $scope:ident) => { $scope.0.clone() };
    (service $kind:tt $row:ident $first:ident $at:ident $scope:ident) => { $scope.1.clone() };
    (user $kind:tt $row:ident $first:ident $at:ident $scope:ident) => {
        required($row, $first + Self::COLUMNS - 1)?
    };
    (channel $kind:tt $row:ident $first:ident $at:ident $scope:ident) => {
        required($row, $first + Self::COLUMNS - 1)?
    };
    (own $kind:tt $row:ident $first:ident $at:ident $scope:ident) => {{
        $at += 1;
        read_own!($kind $row $at)
    }};
}

macro_rules! read_own {
    (text $row:ident $at:ident) => {
        $row.get($at)?
    };
    (flag $row:ident $at:ident) => {
        $row.get($at)?
    };
    (number $row:ident $at:ident) => {
        $row.get($at)?
    };
    (index $row:ident $at:ident) => {
        $row.get_ref($at)?.as_i64().ok()
    };
    (message_type $row:ident $at:ident) => {
        message_type($row.get_ref($at)?)
    };
    ($kind:tt $row:ident $at:ident) => {
        optional($row, $at)?
    };
}

macro_rules! stored {
    ($($(#[$doc:meta])* $Record:ident $record:ident $plural:literal {
        $($(#[$field_doc:meta])* $field:ident: $place:ident $kind:tt, $pii:ident, $sample:literal
            $(, chat $chat:literal)? $(, conversations $conversations:literal)? $(, always $always:ident)?;)*
        $(@beside $api:ident { $($key:ident: $how:ident;)* })*
    })*) => {
        $(
            impl StoredRecord for $Record {
                const TABLE: &'static str = concat!(stringify!($record), "_row");
                const OWN: &'static str = concat!($(each_own!($place ", " $field "")),*);
                const PARAMETERS: &'static str = concat!($(each_own!($place ", ?")),*);
                const UPSERT: &'static str = concat!($(each_own!($place upsert $field)),*);
                const UPDATE: &'static str = concat!($(each_own!($place ", " $field " = ?")),*);
                const SELECT: &'static str = concat!(
                    $(select_key!($place alias!($Record), $field),)*
                    ", ", alias!($Record), ".scope",
                    $(select_own!($place alias!($Record), $field),)*
                    $(select_parent!($place)),*
                );
                const COLUMNS: usize = 1 $(+ selected!($place))*;
                const FIELDS: &'static [StoredField] = &[$(StoredField {
                    name: name!($field),
                    column: column!($field),
                    place: place!($place),
                    form: form!($kind),
                }),*];

                fn bind_own(&self, statement: &mut Statement<'_>, after: usize) -> Result<()> {
                    let mut at = after;
                    $(bind_own!($place $kind self.$field, statement at);)*
                    debug_assert_eq!(at, statement.parameter_count());
                    Ok(())
                }

                fn read(row: &Row<'_>, first: usize, scopes: &Scopes) -> Result<Self> {
                    let scope = scopes.of(row, first + 1)?;
                    let mut at = first + 1;
                    Ok(Self { $($field: read!($place $kind row first at scope),)* })
                }
            }
        )*

        pub(super) fn fields(entity: Entity) -> &'static [StoredField] {
            match entity {
                $(Entity::$Record => $Record::FIELDS,)*
            }
        }
    };
}
records!(stored);

/// The own columns of an entity with their types, for its table.
pub(super) fn declared(entity: Entity) -> String {
    let own = fields(entity).iter().filter(|field| field.place == Place::Own);
    let columns = own.map(|field| {
        let kind = match field.form {
            Form::Text | Form::Json => " TEXT",
            Form::Switch | Form::Number => " INTEGER",
            Form::Index => " NOT NULL",
            Form::Sid(_) | Form::Date | Form::Named(_) | Form::MessageType => "",
        };
        format!("{}{kind}", field.column)
    });
    columns.collect::<Vec<_>>().join(", ")
}

/// The columns of an entity's view, as the API names and writes them: `r` is its row, `s` the scope, `u` and `c` the user and the
/// channel whose list it is in. SIDs and dates are shorthands of `schema::write_out`.
pub(super) fn shown(entity: Entity) -> String {
    let columns = fields(entity).iter().map(|field| {
        let column = match field.place {
            Place::Key | Place::Own => format!("r.{}", field.column),
            Place::Account => "s.account".to_owned(),
            Place::Service => "s.service".to_owned(),
            Place::User => "u.sid".to_owned(),
            Place::Channel => "c.sid".to_owned(),
        };
        let value = match field.form {
            Form::Sid(prefix) => format!("@{prefix}({column})"),
            Form::Date => format!("@date({column})"),
            Form::Named(names) => by_number(&column, names, 1),
            Form::MessageType => by_number(&column, &MESSAGE_TYPES, 0),
            Form::Index => format!("CASE typeof({column}) WHEN 'integer' THEN {column} END"),
            Form::Switch | Form::Number | Form::Json | Form::Text => column,
        };
        format!("{value} AS \"{}\"", field.name)
    });
    columns.collect::<Vec<_>>().join(", ")
}

fn by_number(column: &str, names: &[&str], first: usize) -> String {
    let cases: Vec<String> =
        names.iter().enumerate().map(|(at, name)| format!("WHEN {} THEN '{name}'", at + first)).collect();
    format!("CASE {column} {} ELSE {column} END", cases.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record is written and read by the same description: what goes in comes out, in every field.
    #[test]
    fn a_record_that_is_stored_is_read_back_as_it_was() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE scope (id INTEGER PRIMARY KEY, account, service);
                 INSERT INTO scope VALUES (1, x'00000000000000000000000000000001', x'00000000000000000000000000000002')",
            )
            .unwrap();
        let scopes = Scopes::read(&connection).unwrap();
        round_trip(&connection, &scopes, ("s", 2), &Service::sample(true));
        round_trip(&connection, &scopes, ("r", 3), &Role::sample(true));
        round_trip(&connection, &scopes, ("u", 4), &User::sample(true));
        round_trip(&connection, &scopes, ("c", 5), &Channel::sample(true));
        round_trip(&connection, &scopes, ("m", 5), &Membership::sample(true));
        round_trip(&connection, &scopes, ("x", 6), &Member::sample(true));
        round_trip(&connection, &scopes, ("i", 7), &Invite::sample(true));
        round_trip(&connection, &scopes, ("x", 8), &Message::sample(true));
        round_trip(&connection, &scopes, ("b", 10), &Binding::sample(true));
    }

    fn round_trip<T: StoredRecord + PartialEq + std::fmt::Debug>(
        connection: &rusqlite::Connection,
        scopes: &Scopes,
        (alias, key_digits): (&str, u128),
        record: &T,
    ) {
        // One row, whose columns are the parameters: the key, the scope, the own fields.
        let own: Vec<&str> = T::OWN.split(", ").skip(1).collect();
        let columns: Vec<String> = own.iter().map(|column| format!("? AS {column}")).collect();
        let key = T::FIELDS.iter().find(|field| field.place == Place::Key).unwrap().column;
        let parent = |name: &str| {
            format!(
                "(SELECT x'000000000000000000000000000000{}' AS sid) {name}",
                if name == "u" { "04" } else { "05" }
            )
        };
        let parents: Vec<String> = ["u", "c"].into_iter().filter(|name| *name != alias).map(parent).collect();
        let sql = format!(
            "SELECT {} FROM (SELECT x'{key_digits:032x}' AS {key}, 1 AS scope, {}) {alias}, {}",
            T::SELECT,
            columns.join(", "),
            parents.join(", ")
        );
        let mut statement = connection.prepare(&sql).unwrap();
        record.bind_own(&mut statement, 0).unwrap();
        assert_eq!(statement.column_count(), T::COLUMNS);
        let mut rows = statement.raw_query();
        let found = T::read(rows.next().unwrap().unwrap(), 0, scopes).unwrap();
        assert_eq!(&found, record);
    }
}
