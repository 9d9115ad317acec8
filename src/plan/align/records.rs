//! The records of a mapping that a plan is made of, and their rows as fields.

use crate::error::{Advise, Failure};
use crate::mapping::{CellError, Evaluator, MappedRecord, Mapping, RowOutcome, Value};
use crate::model::{Entity, RowRecords};
use crate::plan::check::CHECKS;
use crate::plan::finding::Severity;

use super::actual;
use super::fields::{
    CONVERSATION, EMAIL, MESSAGING_SERVICE, PARTICIPANT, PROJECTED_ADDRESS, ROLE, USER, USER_CONVERSATION,
};

/// A mapping that no plan can be made with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnfitMapping {
    /// A record is not there.
    #[error("mapping `{mapping}` has no record `{record}`, which a plan needs")]
    RecordMissing {
        /// The mapping's name.
        mapping: String,
        record: &'static str,
    },
    /// A record walks over something else.
    #[error("record `{record}` of mapping `{mapping}` is over `{found}`; a plan needs it over `{needed}`")]
    OtherEntity {
        /// The mapping's name.
        mapping: String,
        record: &'static str,
        /// What it has a row for each of.
        found: &'static str,
        /// What it must have a row for each of.
        needed: &'static str,
    },
    /// A column is not there.
    #[error("record `{record}` of mapping `{mapping}` has no column `{column}`, which a plan needs")]
    ColumnMissing {
        /// The mapping's name.
        mapping: String,
        record: &'static str,
        column: &'static str,
    },
    /// A severity is given to something that is not a blocking check.
    #[error("`{code}` in [plan.checks] of mapping `{mapping}` is not a blocking check")]
    NotABlockingCheck { mapping: String, code: String },
}

impl Advise for UnfitMapping {
    fn status(&self) -> Failure {
        Failure::Usage
    }

    fn hint(&self) -> Option<String> {
        let advice = match self {
            Self::NotABlockingCheck { .. } => {
                "name a check of severity `block`; docs/checks.md has all of them, and a plan's findings name theirs"
            }
            _ => {
                "take these records from `chatferry mapping show conversations`, or plan with `--mapping conversations`"
            }
        };
        Some(advice.to_owned())
    }
}

/// The records of a mapping that a plan is made of.
#[derive(Debug)]
pub struct PlanRecords<'m> {
    pub mapping: &'m Mapping,
    pub(super) roles: AlignedRecord,
    pub(super) users: AlignedRecord,
    pub(super) conversations: AlignedRecord,
    pub(super) participants: AlignedRecord,
    pub(super) user_conversations: AlignedRecord,
}

impl<'m> PlanRecords<'m> {
    /// Finds them.
    pub fn of(mapping: &'m Mapping) -> Result<Self, UnfitMapping> {
        let blocks = |code: &String| {
            CHECKS.iter().any(|check| check.code == code && check.severity == Severity::Block)
        };
        if let Some(code) = mapping.plan.checks.keys().find(|code| !blocks(code)) {
            let (mapping, code) = (mapping.name.clone(), code.clone());
            return Err(UnfitMapping::NotABlockingCheck { mapping, code });
        }
        let role = AlignedRecord::of(
            mapping,
            "conversation_roles",
            Entity::Role,
            &ROLE,
            &["friendly_name", "type"],
        )?;
        let user = AlignedRecord::of(mapping, "conversation_users", Entity::User, &USER, &["identity"])?;
        let participation = Entity::Membership;
        Ok(Self {
            mapping,
            roles: role,
            users: user,
            conversations: AlignedRecord::of(mapping, "conversations", Entity::Channel, &CONVERSATION, &[])?,
            participants: AlignedRecord::of(
                mapping,
                "participants",
                participation,
                &PARTICIPANT,
                &["identity"],
            )?,
            user_conversations: AlignedRecord::of(
                mapping,
                "user_conversations",
                participation,
                &USER_CONVERSATION,
                &[],
            )?,
        })
    }
}

/// A record and where it has the aligned fields.
#[derive(Debug)]
pub(super) struct AlignedRecord {
    pub(super) record: MappedRecord,
    pub(super) fields: &'static [&'static str],
    /// The position of each field's column in the record.
    positions: Vec<Option<usize>>,
}

impl AlignedRecord {
    fn of(
        mapping: &Mapping,
        name: &'static str,
        entity: Entity,
        fields: &'static [&'static str],
        needed: &[&'static str],
    ) -> Result<Self, UnfitMapping> {
        let of = || mapping.name.clone();
        let Some(record) = mapping.records.iter().find(|record| record.name == name) else {
            return Err(UnfitMapping::RecordMissing { mapping: of(), record: name });
        };
        if record.entity != entity {
            let (found, needed) = (record.entity.plural(), entity.plural());
            return Err(UnfitMapping::OtherEntity { mapping: of(), record: name, found, needed });
        }
        let has = |column: &str| record.columns.iter().any(|known| known.name == column);
        if let Some(column) = needed.iter().find(|column| !has(column)) {
            return Err(UnfitMapping::ColumnMissing { mapping: of(), record: name, column });
        }
        let record = record.narrowed(fields);
        let position = |name: &&str| record.columns.iter().position(|column| column.name == *name);
        let positions = fields.iter().map(position).collect();
        Ok(Self { record, fields, positions })
    }
}

/// A field that belongs to the account, of which mappings need not speak: it is the source's own.
fn of_account<'a>(field: &str, subject: &'a RowRecords<'a>) -> Option<Value<'a>> {
    match field {
        MESSAGING_SERVICE => {
            let service = subject.channel.and_then(|channel| channel.messaging_service_sid.as_ref());
            service.map(|service| actual::sid(Some(service)))
        }
        EMAIL => actual::email(subject.channel?).map(Value::Json),
        PROJECTED_ADDRESS => actual::projected_address(subject.member?).map(Value::Text),
        _ => None,
    }
}

/// The outcome of a row.
#[derive(Debug)]
pub(super) enum Evaluated {
    Wanted,
    /// The mapping leaves it out.
    Filtered,
    /// An expression failed on it.
    Failed(CellError),
}

/// Computes the rows of one record.
#[derive(Debug)]
pub(super) struct AlignedRows<'m> {
    pub(super) source: &'m AlignedRecord,
    evaluator: Evaluator<'m>,
}

impl<'m> AlignedRows<'m> {
    pub(super) fn new(source: &'m AlignedRecord) -> Self {
        Self { source, evaluator: Evaluator::new(&source.record) }
    }

    /// Takes the next row. A failed row does not end a plan: it is a finding, whatever `on_error` says.
    pub(super) fn take(&mut self, subject: &RowRecords<'_>) -> Evaluated {
        match self.evaluator.evaluate(subject) {
            Ok(RowOutcome::Row(_)) => Evaluated::Wanted,
            Ok(RowOutcome::Filtered) => Evaluated::Filtered,
            Ok(RowOutcome::Skipped(error)) => Evaluated::Failed(error),
            Err(error) => Evaluated::Failed(*error),
        }
    }

    /// The fields of the row that was taken last; none where neither mapping nor snapshot says anything of it.
    pub(super) fn desired<'a>(&'a self, subject: &'a RowRecords<'a>) -> Vec<Option<Value<'a>>> {
        let row = self.evaluator.row(subject);
        let value = |position: &Option<usize>| {
            let position = (*position)?;
            let value = row.value(position);
            let column = &self.source.record.columns[position];
            // Null of a record that was not read is not null.
            let unread = value == Value::Null
                && (subject.member.is_none() && column.reads_of(Entity::Member)
                    || subject.user.is_none() && column.reads_of(Entity::User));
            (!unread).then_some(value)
        };
        let desired = self.source.positions.iter().map(value);
        desired
            .zip(self.source.fields)
            .map(|(value, field)| value.or_else(|| of_account(field, subject)))
            .collect()
    }
}
