//! What can be wrong with a mapping, with the place in its file.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use toml::Spanned;

use crate::error::{Advise, Failure};

/// A place in a mapping file: both numbers count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilePosition {
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl FilePosition {
    /// The place of a byte offset.
    pub fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        Self { line: before.matches('\n').count() + 1, column }
    }
}

impl fmt::Display for FilePosition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// A mapping cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    #[error("mapping `{}` cannot be read", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// Neither a bundled mapping nor a file.
    #[error("there is no mapping `{name}`{}; the bundled ones are {}", did_you_mean(suggestion.as_deref()), bundled.join(", "))]
    Unknown { name: String, suggestion: Option<String>, bundled: Vec<&'static str> },
    /// Something in the file is wrong.
    #[error("{file}:{place}: {problem}")]
    Invalid {
        /// The file's name, or `mapping NAME` for a bundled one.
        file: String,
        place: FilePosition,
        problem: Box<MappingProblem>,
    },
}

impl Advise for MappingError {
    fn status(&self) -> Failure {
        Failure::Usage
    }
}

/// What is wrong at a place of a mapping file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingProblem {
    /// Not TOML, or not of a mapping's shape.
    #[error("{message}{}", did_you_mean(suggestion.as_deref()))]
    Syntax { message: String, suggestion: Option<String> },
    /// A version that this tool does not read.
    #[error(
        "version {found} of mapping files is not known to this version of chatferry, which reads version {known}"
    )]
    Version { found: i64, known: i64 },
    /// A name that is not of small letters, digits and underscores.
    #[error("{what} name `{name}` must be of a-z, 0-9 and _, and begin with a letter")]
    Name {
        /// `record`, `mapping`.
        what: &'static str,
        name: String,
    },
    #[error("{what} `{name}` is named twice")]
    Twice {
        /// `record`, `column`.
        what: &'static str,
        name: String,
    },
    /// A list that must not be empty.
    #[error("{what} must not be empty")]
    Empty { what: &'static str },
    /// An entity, record, field or column that is not known here.
    #[error("unknown {what} `{name}`{}; {known}", did_you_mean(suggestion.as_deref()))]
    Unknown {
        /// `entity`, `field`, `column`.
        what: &'static str,
        name: String,
        suggestion: Option<String>,
        /// What could stand there, as a half sentence.
        known: String,
    },
    /// A column without, or with more than one, source of its value.
    #[error(
        "column `{column}` must have exactly one of `path`, `first_of`, `const`, `value` and `list`, not {found}"
    )]
    Source {
        column: String,
        /// `none of them`, or the ones it has.
        found: String,
    },
    /// A key of a column that does not go with its source.
    #[error("column `{column}`: `{key}` needs {needs}")]
    Needs { column: String, key: &'static str, needs: &'static str },
    /// A column type that does not hold what the column's source gives.
    #[error("column `{column}` is of type {declared}, but {source_name} is {found}")]
    Type {
        column: String,
        /// The type in the file.
        declared: &'static str,
        /// What its value comes from.
        source_name: String,
        found: &'static str,
    },
    /// A sort order that no walk over the snapshot delivers.
    #[error("{entity} rows cannot be sorted by {}; possible keys are {known}", key.join(", "))]
    Key {
        entity: &'static str,
        key: Vec<String>,
        /// What a key can be, as the paths of its columns.
        known: String,
    },
    /// A list of rows that have nothing in common with the row that they would stand in.
    #[error("rows of `{entity}` cannot have a list of `{listed}`; {known}")]
    NoParent {
        entity: &'static str,
        listed: &'static str,
        /// What lists there can be, as a half sentence.
        known: String,
    },
    /// Names of columns that no object can have.
    #[error("column `{column}` cannot be written with `nested`: {problem}")]
    Nested { column: String, problem: String },
    #[error("schema `{name}`: {message}")]
    Schema { name: String, message: String },
    /// Something else that a section says wrong.
    #[error("{section}: {message}")]
    Section {
        /// `safe_names.user_id`, `bundle stream`.
        section: String,
        message: String,
    },
    /// Members among rows that are not memberships in the order of channels.
    #[error("`other_members` needs the entity `membership` and a key that begins with the channel's SID")]
    OtherMembers,
    /// An expression that cannot be compiled, or that cannot work.
    #[error("{message}")]
    Expression { message: String },
}

/// A result whose problem has the bytes of the file that it is about.
pub(super) type Located<T> = Result<T, (Range<usize>, MappingProblem)>;

/// A name or a construct of an expression that cannot be.
#[derive(Debug)]
pub(super) struct ExpressionError {
    /// Where in the expression, in bytes.
    pub(super) offset: usize,
    pub(super) message: String,
}

impl ExpressionError {
    /// The problem at its place in the file, where the expression stands there without escapes.
    pub(super) fn in_file(
        self,
        file_text: &str,
        expression: &Spanned<String>,
    ) -> (Range<usize>, MappingProblem) {
        let span = expression.span();
        let written = file_text.get(span.clone()).unwrap_or_default();
        let inside = written.find(expression.get_ref().as_str()).map(|start| start + self.offset);
        let start = span.start + inside.unwrap_or(0);
        (start..span.end, MappingProblem::Expression { message: self.message })
    }
}

/// The end of a message: ` (did you mean …?)`.
pub(crate) fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map(|suggestion| format!(" (did you mean `{suggestion}`?)")).unwrap_or_default()
}
