//! What can be wrong with a mapping, with the place in its file.

use std::fmt;
use std::path::PathBuf;

/// A place in a mapping file: both numbers count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl Place {
    /// The place of a byte offset.
    pub fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        Self { line: before.matches('\n').count() + 1, column }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// A mapping cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// The file cannot be read.
    #[error("mapping `{}` cannot be read", path.display())]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Neither a bundled mapping nor a file.
    #[error("there is no mapping `{name}`{}; the bundled ones are {}", did_you_mean(suggestion.as_deref()), bundled.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What may have been meant.
        suggestion: Option<String>,
        /// The names of the bundled mappings.
        bundled: Vec<&'static str>,
    },
    /// Something in the file is wrong.
    #[error("{file}:{place}: {problem}")]
    Invalid {
        /// The file's name, or `mapping NAME` for a bundled one.
        file: String,
        /// Where in it.
        place: Place,
        /// What is wrong.
        problem: Box<Problem>,
    },
}

/// What is wrong at a place of a mapping file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not TOML, or not of a mapping's shape.
    #[error("{message}{}", did_you_mean(suggestion.as_deref()))]
    Syntax {
        /// The parser's words.
        message: String,
        /// What may have been meant.
        suggestion: Option<String>,
    },
    /// A version that this tool does not read.
    #[error(
        "version {found} of mapping files is not known to this version of chatferry, which reads version {known}"
    )]
    Version {
        /// What the file says.
        found: i64,
        /// What is read.
        known: i64,
    },
    /// A name that is not of small letters, digits and underscores.
    #[error("{what} name `{name}` must be of a-z, 0-9 and _, and begin with a letter")]
    Name {
        /// `record`, `mapping`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The same name twice.
    #[error("{what} `{name}` is named twice")]
    Twice {
        /// `record`, `column`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A list that must not be empty.
    #[error("{what} must not be empty")]
    Empty {
        /// What is empty.
        what: &'static str,
    },
    /// An entity, record, field or column that is not known here.
    #[error("unknown {what} `{name}`{}; {known}", did_you_mean(suggestion.as_deref()))]
    Unknown {
        /// `entity`, `field`, `column`.
        what: &'static str,
        /// What was written.
        name: String,
        /// What may have been meant.
        suggestion: Option<String>,
        /// What could stand there, as a half sentence.
        known: String,
    },
    /// A column without, or with more than one, source of its value.
    #[error(
        "column `{column}` must have exactly one of `path`, `first_of`, `const` and `value`, not {found}"
    )]
    Source {
        /// The column.
        column: String,
        /// `none of them`, or the ones it has.
        found: String,
    },
    /// A key of a column that does not go with its source.
    #[error("column `{column}`: `{key}` needs {needs}")]
    Needs {
        /// The column.
        column: String,
        /// The key.
        key: &'static str,
        /// What it needs.
        needs: &'static str,
    },
    /// A column type that does not hold what the column's source gives.
    #[error("column `{column}` is of type {declared}, but {source_name} is {found}")]
    Type {
        /// The column.
        column: String,
        /// The type in the file.
        declared: &'static str,
        /// What its value comes from.
        source_name: String,
        /// The type of that.
        found: &'static str,
    },
    /// A sort order that no walk over the snapshot delivers.
    #[error("{entity} rows cannot be sorted by {}; possible keys are {known}", key.join(", "))]
    Key {
        /// The entity.
        entity: &'static str,
        /// The key in the file.
        key: Vec<String>,
        /// What a key can be, as the paths of its columns.
        known: String,
    },
    /// An expression that cannot be compiled, or that cannot work.
    #[error("{message}")]
    Expression {
        /// What is wrong with it.
        message: String,
    },
}

/// The end of a message: `, did you mean …?`
pub(crate) fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map(|suggestion| format!(" (did you mean `{suggestion}`?)")).unwrap_or_default()
}
