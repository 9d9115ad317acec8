//! The JSON Schema that each line of a file has to follow.

use std::fmt;
use std::path::Path;

use serde_json::Value as Json;
use toml::Spanned;

use super::bundled;
use super::error::{Located, MappingProblem};
use crate::printable::cut_letters;

/// A compiled schema.
pub(crate) struct LineSchema {
    /// What the mapping calls it.
    pub(crate) name: String,
    validator: jsonschema::Validator,
}

impl fmt::Debug for LineSchema {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("LineSchema").field(&self.name).finish()
    }
}

impl LineSchema {
    /// Reads and compiles a schema: one that comes with a bundled mapping by its name, any other by its path.
    pub(super) fn load(name: &Spanned<String>, folder: Option<&Path>) -> Located<Self> {
        let failed =
            |message: String| (name.span(), MappingProblem::Schema { name: name.get_ref().clone(), message });
        let text = if let Some(text) = bundled::schema(name.get_ref()) {
            text.to_owned()
        } else {
            let path = Path::new(name.get_ref());
            let path = folder.map_or_else(|| path.to_owned(), |folder| folder.join(path));
            std::fs::read_to_string(path).map_err(|error| failed(format!("it cannot be read: {error}")))?
        };
        let json: Json =
            serde_json::from_str(&text).map_err(|error| failed(format!("it is not JSON: {error}")))?;
        let validator = jsonschema::validator_for(&json).map_err(|error| {
            failed(format!("it does not compile: {}", cut_letters(&error.to_string(), 200)))
        })?;
        Ok(Self { name: name.get_ref().clone(), validator })
    }

    /// What is wrong with a line: where in it, and what was expected.
    pub(crate) fn problem(&self, line: &[u8]) -> Option<String> {
        let json: Json = match serde_json::from_slice(line) {
            Ok(json) => json,
            Err(error) => return Some(format!("it is not JSON: {error}")),
        };
        let error = self.validator.iter_errors(&json).next()?;
        let place = error.instance_path().to_string();
        let place = if place.is_empty() { "/".to_owned() } else { place };
        Some(format!("{place}: {}", cut_letters(&error.to_string(), 200)))
    }
}
