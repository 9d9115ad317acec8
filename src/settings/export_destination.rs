//! Where an export goes: standard output, a folder, an object store, or a database.

use std::path::PathBuf;

use url::Url;

use crate::export::ExportError;

/// Where an export goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExportDestination {
    /// Standard output.
    Stream,
    Folder(PathBuf),
    /// A prefix of a bucket.
    Store(Url),
    /// A schema of a database.
    Database(Url),
}

/// The schemes of addresses of databases.
const DATABASES: [&str; 2] = ["postgres", "postgresql"];

impl ExportDestination {
    /// What is wrong with a text that is meant to be a database's address, before any message repeats it.
    pub(super) fn check_database(text: &str) -> Result<(), ExportError> {
        let is_meant = DATABASES
            .iter()
            .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| rest.starts_with("://")));
        let wrong = |problem: &str| Err(ExportError::DatabaseAddress { problem: problem.to_owned() });
        match Url::parse(text) {
            Err(_) if is_meant => wrong("is not a URL: postgres://HOST/DATABASE/SCHEMA"),
            Ok(url) if is_meant && has_password(&url) => wrong(
                "has a password, which every user of this machine could see: use PGPASSWORD, PGPASSFILE or ~/.pgpass",
            ),
            _ => Ok(()),
        }
    }

    /// Takes `-`, a URL of an object store, or a folder's path.
    pub(super) fn of(text: &str) -> Self {
        if text == "-" {
            return Self::Stream;
        }
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "s3" | "s3a" | "gs" | "az" | "azure" | "abfs" | "abfss") => {
                Self::Store(url)
            }
            Ok(url) if DATABASES.contains(&url.scheme()) => Self::Database(url),
            _ => Self::Folder(PathBuf::from(text)),
        }
    }
}

fn has_password(url: &Url) -> bool {
    url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_a_password_is_refused_without_it() {
        for text in [
            "postgres://ann:s3cret@localhost/lake/chat",
            "postgresql://localhost/lake/chat?password=s3cret",
            "postgres://ann:s3cret@local host:x/lake",
        ] {
            let refused = ExportDestination::check_database(text).unwrap_err().to_string();
            assert!(!refused.contains("s3cret"), "{refused}");
        }
        for text in ["postgres://ann@localhost/lake/chat_{name}", "postgres", "s3://a:b@c/d", "-"] {
            assert!(ExportDestination::check_database(text).is_ok(), "{text}");
        }
    }
}
