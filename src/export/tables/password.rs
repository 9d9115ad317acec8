//! The password of a database: `PGPASSWORD`, else the line of the password file (`PGPASSFILE`, or `~/.pgpass`) that fits.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::address::SchemaAddress;
use crate::storage::{self, Exposure};

/// The password of this user, if one is given.
pub(super) fn password(address: &SchemaAddress) -> Option<Zeroizing<String>> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(password) = variable("PGPASSWORD") {
        return password.into_string().ok().map(Zeroizing::new);
    }
    let named = variable("PGPASSFILE").map(PathBuf::from);
    let usual = || {
        if cfg!(windows) {
            variable("APPDATA").map(|folder| PathBuf::from(folder).join("postgresql").join("pgpass.conf"))
        } else {
            variable("HOME").map(|home| PathBuf::from(home).join(".pgpass"))
        }
    };
    let is_named = named.is_some();
    let file = named.or_else(usual)?;
    match std::fs::read_to_string(&file).map(Zeroizing::new) {
        Ok(_) if is_open(&file) => {
            tracing::warn!(path = %file.display(), "others can read this password file, so it is not used: chmod 600");
            None
        }
        Ok(text) => of_file(&text, address),
        Err(error) => {
            if is_named {
                tracing::warn!(path = %file.display(), %error, "the password file of PGPASSFILE cannot be read");
            }
            None
        }
    }
}

fn is_open(file: &Path) -> bool {
    storage::exposure(file)
        .is_some_and(|exposure| matches!(exposure, Exposure::Readable | Exposure::Writable))
}

/// The password of the first line `host:port:database:user:password` that fits; `*` fits all, and `\` stands before `:` and `\`.
fn of_file(text: &str, address: &SchemaAddress) -> Option<Zeroizing<String>> {
    let port = address.port.to_string();
    let host = if address.is_socket() { "localhost" } else { &address.host };
    let wanted = [host, &port, &address.database, &address.user];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let (password, place) = fields.split_last().filter(|(_, place)| place.len() == wanted.len())?;
        let fits = place.iter().zip(wanted).all(|(field, wanted)| **field == "*" || **field == wanted);
        fits.then(|| password.clone())
    })
}

fn fields(line: &str) -> Vec<Zeroizing<String>> {
    let mut fields = vec![Zeroizing::new(String::new())];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let character = match character {
            ':' if fields.len() < 5 => {
                fields.push(Zeroizing::new(String::new()));
                continue;
            }
            '\\' => characters.next().unwrap_or('\\'),
            other => other,
        };
        if let Some(field) = fields.last_mut() {
            field.push(character);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::super::encryption::EncryptionMode;
    use super::*;

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let address = SchemaAddress {
            host: "db".to_owned(),
            port: 5432,
            user: "a:b".to_owned(),
            database: "lake".to_owned(),
            schema: "chat".to_owned(),
            encryption: EncryptionMode::Complete,
            authorities: None,
        };
        let found = |text: &str| of_file(text, &address).map(|password| password.to_string());
        let file = "# a comment\nother:5432:lake:a\\:b:no\ndb:*:lake:a\\:b:se:c\\\\ret\ndb:*:*:*:later\n";
        assert_eq!(found(file).as_deref(), Some("se:c\\ret"));
        assert_eq!(found("*:*:*:*:any").as_deref(), Some("any"));
        assert_eq!(found("db:5433:*:*:no\ndb:lake\n"), None);
        let by_socket = SchemaAddress { host: "/run/postgresql".to_owned(), ..address.clone() };
        let local = "db:*:*:*:no\nlocalhost:*:*:*:yes\r\n";
        assert_eq!(of_file(local, &by_socket).map(|password| password.to_string()).as_deref(), Some("yes"));
    }
}
