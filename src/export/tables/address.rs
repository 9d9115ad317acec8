//! The address of a schema in a database.

use std::fmt;
use std::path::PathBuf;

use url::{Host, Url, form_urlencoded};

use super::encryption::EncryptionMode;
use crate::export::error::ExportError;

/// Where the tables are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SchemaAddress {
    /// A name or an address, or the folder of a server's socket.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) database: String,
    pub(super) schema: String,
    pub(super) encryption: EncryptionMode,
    /// The file with the certificates of the authorities; without one, those of the system count.
    pub(super) authorities: Option<PathBuf>,
}

const DEFAULT_PORT: u16 = 5432;

impl SchemaAddress {
    /// Reads `postgres://[USER@]HOST[:PORT]/DATABASE/SCHEMA[?sslmode=MODE&sslrootcert=FILE]`. What is not in it is taken from `PGHOST`, `PGPORT`,
    /// `PGUSER`, `PGSSLMODE` and `PGSSLROOTCERT`.
    pub(super) fn parse(url: &Url, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, ExportError> {
        let wrong = |problem: &str| ExportError::DatabaseAddress { problem: problem.to_owned() };
        let path: Vec<String> = url.path().trim_matches('/').split('/').map(decoded).collect();
        let [database, schema] = path.as_slice() else {
            return Err(wrong("has to name a database and a schema: postgres://HOST/DATABASE/SCHEMA"));
        };
        if database.is_empty() || schema.is_empty() {
            return Err(wrong("has to name a database and a schema: postgres://HOST/DATABASE/SCHEMA"));
        }
        if schema.len() > super::columns::LONGEST_NAME {
            return Err(wrong("names a schema of more than 63 bytes, which PostgreSQL would cut off"));
        }
        let host = url.host_str().map(decoded).filter(|host| !host.is_empty()).or_else(|| variable("PGHOST"));
        let host = host.ok_or_else(|| wrong("has no host: postgres://HOST/DATABASE/SCHEMA or PGHOST"))?;
        let port = match (url.port(), variable("PGPORT")) {
            (Some(port), _) => port,
            (None, Some(text)) => {
                text.parse().map_err(|_| wrong("has no port, and PGPORT is not a number"))?
            }
            (None, None) => DEFAULT_PORT,
        };
        let user = Some(decoded(url.username())).filter(|user| !user.is_empty());
        let user = user.or_else(|| variable("PGUSER")).or_else(|| variable("USER"));
        let user =
            user.ok_or_else(|| wrong("has no user: put one and `@` before the host, or set PGUSER"))?;
        if [&host, &user, database, schema].iter().any(|text| text.contains('\0')) {
            return Err(wrong("has U+0000, which PostgreSQL cannot store"));
        }
        let (mut mode, mut authorities) = (variable("PGSSLMODE"), variable("PGSSLROOTCERT"));
        for (name, value) in url.query_pairs() {
            match &*name {
                "sslmode" => mode = Some(value.into_owned()),
                "sslrootcert" => authorities = Some(value.into_owned()),
                _ => {
                    return Err(wrong(&format!(
                        "has `{name}`, and only `sslmode` and `sslrootcert` can stand there"
                    )));
                }
            }
        }
        let of_system = authorities.as_deref() == Some("system");
        let authorities = authorities.filter(|_| !of_system).map(PathBuf::from);
        let encryption = match mode {
            _ if is_folder(&host) => EncryptionMode::Never,
            None if of_system || authorities.is_some() || !is_loopback(&host) => EncryptionMode::Complete,
            None => EncryptionMode::Preferred,
            Some(mode) => EncryptionMode::of(&mode).ok_or_else(|| {
                wrong("asks for an `sslmode` that is not `disable`, `prefer`, `require`, `verify-ca` or `verify-full`")
            })?,
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        Ok(Self {
            host,
            port,
            user,
            database: database.clone(),
            schema: schema.clone(),
            encryption,
            authorities,
        })
    }

    /// Whether the server is reached by a socket in a folder.
    pub(super) fn is_socket(&self) -> bool {
        is_folder(&self.host)
    }
}

/// A part of a URL without its percent signs.
fn decoded(text: &str) -> String {
    let escaped = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(escaped.as_bytes()).map(|(name, _)| name.into_owned()).collect()
}

fn is_folder(host: &str) -> bool {
    host.starts_with('/')
}

fn is_loopback(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => {
            name == "localhost" || name.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        }
        Ok(Host::Ipv4(ip)) => ip.is_loopback(),
        Ok(Host::Ipv6(ip)) => ip.is_loopback(),
        Err(_) => host == "::1",
    }
}

impl fmt::Display for SchemaAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, user, database, schema, .. } = self;
        let host = if host.contains(':') { format!("[{host}]") } else { host.replace('/', "%2F") };
        write!(formatter, "postgres://{user}@{host}:{port}/{database}/{schema}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)], text: &str) -> Result<SchemaAddress, String> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        SchemaAddress::parse(&Url::parse(text).unwrap(), &variable).map_err(|error| error.to_string())
    }

    fn parse(text: &str) -> Result<SchemaAddress, String> {
        with(&[("PGUSER", "ann")], text)
    }

    #[test]
    fn an_address_says_all_but_the_password() {
        let address = parse("postgres://db.example.org/lake/chat").unwrap();
        assert_eq!(address.to_string(), "postgres://ann@db.example.org:5432/lake/chat");
        let address = parse("postgresql://b%40b@127.0.0.1:5433/lake/c%C3%A9").unwrap();
        assert_eq!((address.user.as_str(), address.schema.as_str(), address.port), ("b@b", "cé", 5433));
        let address = parse("postgres://[::1]/lake/my%20%22chat%22+").unwrap();
        assert_eq!((address.host.as_str(), address.schema.as_str()), ("::1", "my \"chat\"+"));
        assert_eq!(address.to_string(), "postgres://ann@[::1]:5432/lake/my \"chat\"+");
    }

    #[test]
    fn variables_stand_in_for_what_the_address_lacks() {
        let variables = [("PGHOST", "/run/postgresql"), ("PGPORT", "5444"), ("USER", "bob")];
        let address = with(&variables, "postgres:///lake/chat?sslmode=require").unwrap();
        assert_eq!(address.to_string(), "postgres://bob@%2Frun%2Fpostgresql:5444/lake/chat");
        assert!(address.is_socket() && address.encryption == EncryptionMode::Never);
        assert_eq!(with(&variables, "postgres://%2Frun%2Fpostgresql/lake/chat").unwrap(), address);
        let address = with(&variables, "postgres://ann@db:5/lake/chat").unwrap();
        assert_eq!(address.to_string(), "postgres://ann@db:5/lake/chat");
        assert!(with(&[("USER", "bob"), ("PGPORT", "x")], "postgres://db/lake/chat").is_err());
        assert!(with(&[], "postgres://db/lake/chat").unwrap_err().contains("PGUSER"));
    }

    #[test]
    fn other_machines_are_checked_completely_unless_said_otherwise() {
        let mode = |text: &str| parse(text).unwrap().encryption;
        for host in ["db.example.org", "10.0.0.1", "[fd00::1]"] {
            assert_eq!(mode(&format!("postgres://{host}/lake/chat")), EncryptionMode::Complete);
        }
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            assert_eq!(mode(&format!("postgres://{host}/lake/chat")), EncryptionMode::Preferred);
        }
        for (name, expected) in [
            ("disable", EncryptionMode::Never),
            ("prefer", EncryptionMode::Preferred),
            ("require", EncryptionMode::Required),
            ("verify-ca", EncryptionMode::Authority),
            ("verify-full", EncryptionMode::Complete),
        ] {
            assert_eq!(mode(&format!("postgres://db/lake/chat?sslmode={name}")), expected);
            let variables = [("PGUSER", "ann"), ("PGSSLMODE", name), ("PGSSLROOTCERT", "/ca.pem")];
            let address = with(&variables, "postgres://localhost/lake/chat").unwrap();
            assert_eq!(address.encryption, expected);
            assert_eq!(address.authorities.as_deref(), Some(std::path::Path::new("/ca.pem")));
        }
        let address = parse("postgres://localhost/lake/chat?sslrootcert=system").unwrap();
        assert_eq!((address.encryption, address.authorities), (EncryptionMode::Complete, None));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for text in [
            "postgres://localhost/lake",
            "postgres://localhost/",
            "postgres://localhost/a/b/c",
            "postgres:///lake/chat",
            "postgres://localhost/lake/chat?sslmode=allow",
            "postgres://localhost/lake/chat?options=-c",
            "postgres://localhost/lake/a%00b",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&format!("postgres://db/lake/{}", "é".repeat(32))).unwrap_err().contains("63 bytes"));
    }
}
