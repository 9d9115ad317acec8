//! A connection to the database, from code that is not asynchronous.
//!
//! **Invariant:** of what the server says, messages repeat its sentence and code. Its details may be values of a row.

use std::error::Error as StdError;

use bytes::Bytes;
use futures_util::SinkExt as _;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio_postgres::config::SslMode;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, CopyInSink, Error, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::SchemaAddress;
use super::columns::FoundRelation;
use super::encryption::{self, EncryptionMode};
use super::password::password;
use crate::export::error::ExportError;

/// How long a server may take to answer at first.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// A connection. What fails names the address.
pub(super) struct DatabaseConnection {
    runtime: Handle,
    client: Client,
    shown: String,
    /// What moves its bytes; it ends with the connection.
    _driver: JoinSet<()>,
}

/// What was sent to a `COPY` that has not ended.
pub(super) struct CopyIn<'a> {
    connection: &'a DatabaseConnection,
    sink: std::pin::Pin<Box<CopyInSink<Bytes>>>,
}

impl DatabaseConnection {
    pub(super) fn open(address: &SchemaAddress) -> Result<Self, ExportError> {
        let shown = address.to_string();
        let failed = |source: Box<dyn StdError + Send + Sync>, advice| ExportError::Database {
            action: "connect to",
            address: shown.clone(),
            source,
            advice,
        };
        let refused = |source: Error| {
            let advice = advice(&source);
            failed(shortened(source), advice)
        };
        let runtime = Handle::try_current().map_err(|source| failed(source.into(), None))?;
        let mut config = Config::new();
        config
            .host(&address.host)
            .port(address.port)
            .user(&address.user)
            .dbname(&address.database)
            .application_name("chatferry")
            .connect_timeout(PATIENCE)
            .ssl_mode(match address.encryption {
                EncryptionMode::Never => SslMode::Disable,
                EncryptionMode::Preferred => SslMode::Prefer,
                EncryptionMode::Required | EncryptionMode::Authority | EncryptionMode::Complete => {
                    SslMode::Require
                }
            });
        if let Some(password) = password(address) {
            config.password(password.as_bytes());
        }
        let mut driver = JoinSet::new();
        let client = if address.encryption == EncryptionMode::Never {
            let (client, connection) = wait(&runtime, config.connect(NoTls)).map_err(refused)?;
            driver.spawn_on(async { report(connection.await) }, &runtime);
            client
        } else {
            let tls = encryption::client(address.encryption, address.authorities.as_deref());
            let tls = MakeRustlsConnect::new(tls.map_err(|source| failed(source.into(), None))?);
            let (client, connection) = wait(&runtime, config.connect(tls)).map_err(refused)?;
            driver.spawn_on(async { report(connection.await) }, &runtime);
            client
        };
        Ok(Self { runtime, client, shown, _driver: driver })
    }

    /// Performs statements that give nothing.
    pub(super) fn perform(&self, action: &'static str, statements: &str) -> Result<(), ExportError> {
        let done = wait(&self.runtime, self.client.batch_execute(statements));
        done.map_err(|source| self.error(action, source))
    }

    /// Performs a statement and says how many rows it changed.
    pub(super) fn change(
        &self,
        action: &'static str,
        statement: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<u64, ExportError> {
        let done = wait(&self.runtime, self.client.execute_typed(statement, values));
        done.map_err(|source| self.error(action, source))
    }

    /// Whether there is a schema of this name.
    pub(super) fn has_schema(&self, schema: &str) -> Result<bool, ExportError> {
        let found = "SELECT 1 FROM pg_namespace WHERE nspname = $1::text";
        let rows = wait(&self.runtime, self.client.query_typed(found, &[(&schema, Type::TEXT)]));
        rows.map(|rows| !rows.is_empty()).map_err(|source| self.error("look into", source))
    }

    /// What a name of a schema stands for.
    pub(super) fn relation(&self, schema: &str, name: &str) -> Result<FoundRelation, ExportError> {
        let columns = "SELECT c.relkind::text, a.attname::text, format_type(a.atttypid, a.atttypmod) FROM pg_class c \
                       JOIN pg_namespace n ON n.oid = c.relnamespace \
                       LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
                       WHERE n.nspname = $1::text AND c.relname = $2::text ORDER BY a.attnum";
        let failed = |source| self.error("look into", source);
        let names: [(&(dyn ToSql + Sync), Type); 2] = [(&schema, Type::TEXT), (&name, Type::TEXT)];
        let rows = wait(&self.runtime, self.client.query_typed(columns, &names)).map_err(failed)?;
        let (mut kind, mut columns) = (None, Vec::new());
        for row in &rows {
            kind = Some(row.try_get::<_, String>(0).map_err(failed)?);
            // A table without columns has one row here, without a column.
            let name: Option<String> = row.try_get(1).map_err(failed)?;
            let of_type: Option<String> = row.try_get(2).map_err(failed)?;
            columns.extend(name.zip(of_type));
        }
        Ok(kind.map_or(FoundRelation::Nothing, |kind| FoundRelation::of_kind(&kind, columns)))
    }

    pub(super) fn copy_in(&self, statement: &str) -> Result<CopyIn<'_>, ExportError> {
        let sink = wait(&self.runtime, self.client.copy_in(statement));
        let sink = sink.map_err(|source| self.error("load into", source))?;
        Ok(CopyIn { connection: self, sink: Box::pin(sink) })
    }

    fn error(&self, action: &'static str, source: Error) -> ExportError {
        let advice = advice(&source);
        ExportError::Database { action, address: self.shown.clone(), source: shortened(source), advice }
    }
}

impl CopyIn<'_> {
    pub(super) fn send(&mut self, bytes: Vec<u8>) -> Result<(), ExportError> {
        let sent = wait(&self.connection.runtime, self.sink.send(Bytes::from(bytes)));
        sent.map_err(|source| self.connection.error("load into", source))
    }

    /// Ends it, and says how many rows there are.
    pub(super) fn finish(mut self) -> Result<u64, ExportError> {
        let rows = wait(&self.connection.runtime, self.sink.as_mut().finish());
        rows.map_err(|source| self.connection.error("load into", source))
    }
}

/// Waits for a request. The runtime's other threads go on meanwhile.
fn wait<T>(runtime: &Handle, request: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| runtime.block_on(request))
}

/// What is wrong, without what the server adds to it.
fn shortened(error: Error) -> Box<dyn StdError + Send + Sync> {
    match error.as_db_error() {
        Some(refusal) => format!("{} (SQLSTATE {})", refusal.message(), refusal.code().code()).into(),
        None => error.into(),
    }
}

/// What can be done about it, where that is known.
fn advice(error: &Error) -> Option<&'static str> {
    if let Some(code) = error.code() {
        return match code.code() {
            "28000" | "28P01" => Some(PASSWORDS),
            "3D000" => Some("create the database first; chatferry makes schemas and tables only"),
            "42501" => Some(
                "grant this user CREATE on the database or its schema, and all of SELECT, INSERT and DELETE on tables that exist",
            ),
            _ => None,
        };
    }
    let mut sources = std::iter::successors(error.source(), |source| (*source).source());
    let is_certificate = sources.any(|source| {
        let within = source.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        within
            .is_some_and(|within| matches!(within.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))))
    });
    // The library keeps the kinds of its errors to itself, but not their names.
    match error.to_string().as_str() {
        _ if is_certificate => Some(
            "name the certificates of the authority that signed the server's with `?sslrootcert=FILE` or PGSSLROOTCERT, and the server as its \
             certificate does; `?sslmode=require` encrypts without checking it",
        ),
        "error performing TLS handshake" => {
            Some("`?sslmode=prefer` connects with or without encryption, `?sslmode=disable` without")
        }
        "invalid configuration" => Some(PASSWORDS),
        "error connecting to server" => {
            Some("check the host and the port, and that the server listens there")
        }
        _ => None,
    }
}

/// Where passwords are from.
const PASSWORDS: &str = "the password is taken from PGPASSWORD, or from the line of the file that PGPASSFILE names or of ~/.pgpass that fits host, port, database and user";

fn report(ended: Result<(), Error>) {
    if let Err(error) = ended {
        // The request that it broke says so too.
        tracing::debug!(%error, "the connection to the database ended");
    }
}
