//! The table of a record: its columns, how it is made, and whether one that exists is it.
//!
//! Why `json` and not `jsonb`: it keeps a text as it is, and takes `\u0000`, numbers of any size and keys that are there twice.

use crate::mapping::{ColumnType, MappedRecord};

/// The column that says which crawl a row is from.
pub(super) const RUN: &str = "chatferry_run";

/// PostgreSQL cuts longer names off, in bytes.
pub(super) const LONGEST_NAME: usize = 63;

pub(super) const INSTANT: &str = "timestamp with time zone";

/// What PostgreSQL calls the type, as `format_type` spells it.
fn type_of(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::String => "text",
        ColumnType::Integer => "bigint",
        ColumnType::Number => "double precision",
        ColumnType::Boolean => "boolean",
        ColumnType::Datetime => INSTANT,
        ColumnType::Object | ColumnType::Array | ColumnType::Json => "json",
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableColumn {
    pub(super) name: String,
    pub(super) kind: String,
    /// Empty where there is none.
    pub(super) comment: String,
}

/// The columns of a record's table.
pub(super) fn of_record(record: &MappedRecord) -> Vec<TableColumn> {
    let run = TableColumn {
        name: RUN.to_owned(),
        kind: INSTANT.to_owned(),
        comment: "When the crawl began that the row is from".to_owned(),
    };
    let of_record = record.columns.iter().map(|column| TableColumn {
        name: column.name.clone(),
        kind: type_of(column.column_type).to_owned(),
        comment: column.description.clone(),
    });
    std::iter::once(run).chain(of_record).collect()
}

/// What a name in the schema stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FoundRelation {
    Nothing,
    /// A table, with names and types of its columns.
    Table(Vec<(String, String)>),
    /// Anything else.
    Other(&'static str),
}

impl FoundRelation {
    /// By the letter that `pg_class` has for its kind.
    pub(super) fn of_kind(kind: &str, columns: Vec<(String, String)>) -> Self {
        match kind {
            "r" | "p" => Self::Table(columns),
            "v" => Self::Other("a view"),
            "m" => Self::Other("a materialized view"),
            "i" | "I" => Self::Other("an index"),
            "S" => Self::Other("a sequence"),
            "f" => Self::Other("a foreign table"),
            _ => Self::Other("a type"),
        }
    }

    pub(super) fn exists(&self) -> bool {
        *self != Self::Nothing
    }

    /// How it differs from the table that is wanted, each difference as a sentence about the table.
    pub(super) fn differences(&self, table: &str, wanted: &[TableColumn]) -> Vec<String> {
        let found = match self {
            Self::Nothing => return Vec::new(),
            Self::Other(kind) => return vec![format!("`{table}` is {kind}")],
            Self::Table(columns) => columns,
        };
        let mut differences = Vec::new();
        for TableColumn { name, kind, .. } in wanted {
            match found.iter().find(|(found, _)| found == name) {
                None => differences.push(format!("`{table}` has no column `{name}` ({kind})")),
                Some((_, other)) if other != kind => {
                    differences.push(format!("column `{name}` of `{table}` is {other}, not {kind}"));
                }
                Some(_) => {}
            }
        }
        let unknown = found.iter().filter(|(name, _)| wanted.iter().all(|wanted| wanted.name != *name));
        differences
            .extend(unknown.map(|(name, kind)| format!("`{table}` has another column, `{name}` ({kind})")));
        differences
    }
}

/// A name as SQL has it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL has it, with `standard_conforming_strings` as it is by default and without.
fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\0', ""))
}

/// The statements that make a table.
pub(super) fn creation(table: &str, columns: &[TableColumn], comment: &str) -> String {
    let declared: Vec<String> =
        columns.iter().map(|column| format!("{} {}", quoted(&column.name), column.kind)).collect();
    let mut statements = vec![
        format!("CREATE TABLE {table} ({})", declared.join(", ")),
        format!("COMMENT ON TABLE {table} IS {}", literal(comment)),
    ];
    statements.extend(columns.iter().filter(|column| !column.comment.is_empty()).map(|column| {
        format!("COMMENT ON COLUMN {table}.{} IS {}", quoted(&column.name), literal(&column.comment))
    }));
    statements.join("; ")
}

/// The statement that takes the rows in.
pub(super) fn copy_in(table: &str, columns: &[TableColumn]) -> String {
    let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
    format!("COPY {table} ({}) FROM STDIN (FORMAT binary)", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: &str) -> TableColumn {
        TableColumn { name: name.to_owned(), kind: kind.to_owned(), comment: String::new() }
    }

    #[test]
    fn every_difference_of_a_table_is_named() {
        let wanted = [column("chatferry_run", INSTANT), column("sid", "text")];
        let found = |columns: &[(&str, &str)]| {
            let columns = columns.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned()));
            FoundRelation::of_kind("r", columns.collect()).differences("chat.users", &wanted)
        };
        let run = ("chatferry_run", INSTANT);
        assert!(found(&[("sid", "text"), run]).is_empty());
        assert_eq!(
            found(&[("sid", "integer"), ("mine", "text"), ("x", "date")]),
            [
                "`chat.users` has no column `chatferry_run` (timestamp with time zone)",
                "column `sid` of `chat.users` is integer, not text",
                "`chat.users` has another column, `mine` (text)",
                "`chat.users` has another column, `x` (date)",
            ]
        );
        assert_eq!(found(&[]).len(), 2, "a table without columns is one");
        assert!(FoundRelation::Nothing.differences("chat.users", &wanted).is_empty());
        let view = FoundRelation::of_kind("v", vec![("sid".to_owned(), "text".to_owned())]);
        assert_eq!(view.differences("chat.users", &wanted), ["`chat.users` is a view"]);
    }

    #[test]
    fn names_and_texts_stay_what_they_are() {
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("it's \\ so"), "E'it\\'s \\\\ so'");
        let made = creation("t", &[column("a", "text")], "it's");
        assert_eq!(made, "CREATE TABLE t (\"a\" text); COMMENT ON TABLE t IS E'it\\'s'");
        assert_eq!(copy_in("t", &[column("a", "text")]), "COPY t (\"a\") FROM STDIN (FORMAT binary)");
    }
}
