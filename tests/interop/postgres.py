"""Exports a snapshot into a PostgreSQL server and compares what is there with the same export on disk.

    python tests/interop/postgres.py path/to/chatferry path/to/snapshot.db

Needs psycopg from PyPI, and Debian's packages postgresql and openssl. It starts a server of its own, which does not run as root: where this script
does, the server runs as `nobody`. Rows are replaced or appended, tables with other columns refused, an export is killed in the middle of a COPY,
connections are encrypted with certificates of an authority made for this, and no output may have a password.
"""

import contextlib
import csv
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

csv.field_size_limit(1 << 30)

# A mapping whose values databases do not take easily. Apostrophes and backslashes are in its comments, and a column has quotes in its name.
ODD = r"""
version = 1
name = "odd"
description = "Values that databases do not take easily"

[[records]]
name = "odd_values"
description = "It's \"odd\" \\ here'); DROP SCHEMA chat; --"
entity = "user"
key = ["sid"]
columns = [
  { name = "sid", path = "user.sid", description = "The user's SID: \\ ' \"" },
  { name = "nul", const = "a\u0000b" },
  { name = "Two \"words\"", const = "x" },
  { name = "half", type = "number", const = 0.5 },
  { name = "huge", type = "number", const = 1e300 },
  { name = "least", type = "integer", const = -9223372036854775808 },
  { name = "yes", type = "boolean", const = true },
  { name = "list", type = "array", value = "[1, 'two\u0000', none]" },
  { name = "no_json", type = "json", value = "'no JSON {'" },
  { name = "deep", type = "json", value = "'[' * 20000 ~ ']' * 20000" },
  { name = "made", path = "user.date_created" },
  { name = "empty", const = "" },
  { name = "nothing", value = "none" },
]
"""


class Server:
    """A server on a port of its own, with passwords for all who connect."""

    def __init__(self, folder, fsync="off"):
        self.folder, self.password, self.log = folder, "pw-" + secrets.token_hex(8), folder / "log"
        [*_, self.programs] = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.owner = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.owner = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        given = self.give("password", self.password)
        self.authority("known")
        self.authority("other")
        self.certificate()
        self.give(".", None)
        common = {"cwd": folder, "env": {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8"}, **self.owner}
        data = folder / "data"
        initdb = [self.programs / "initdb", "-D", data, "-U", "ferry", "-A", "scram-sha-256", f"--pwfile={given}", "-E", "UTF8", "-N"]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, **common)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": folder,
            "fsync": fsync,
            "log_connections": "on",
            "ssl": "on",
            "ssl_cert_file": folder / "server.pem",
            "ssl_key_file": folder / "server.key",
        }
        with open(data / "postgresql.conf", "a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        command = [self.programs / "postgres", "-D", data]
        with open(self.log, "wb") as log:
            self.running = subprocess.Popen(command, stdout=log, stderr=log, **common)
        for _ in range(300):
            if b"ready to accept connections" in self.log.read_bytes():
                return
            if self.running.poll() is not None:
                break
            time.sleep(0.1)
        sys.exit(f"the server did not start: {self.log.read_text()}")

    def give(self, name, text):
        """A file of the server's user that no one else can read."""
        path = self.folder / name
        if text is not None:
            path.write_text(text)
            path.chmod(0o600)
        if self.owner:
            os.chown(path, self.owner["user"], self.owner["group"])
        return path

    def openssl(self, *arguments):
        command = ["openssl", *[str(argument) for argument in arguments]]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def authority(self, name):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                     f"/CN=authority {name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")

    def certificate(self):
        """The server's: of the known authority, for `localhost` and no address."""
        extensions = self.folder / "extensions"
        extensions.write_text("subjectAltName = DNS:localhost\nbasicConstraints = CA:FALSE\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout", "server.key", "-out",
                     "server.csr")
        self.openssl("x509", "-req", "-in", "server.csr", "-CA", "known.pem", "-CAkey", "known.key", "-CAcreateserial", "-days", "2", "-extfile",
                     extensions, "-out", "server.pem")
        self.give("server.key", (self.folder / "server.key").read_text())
        self.give("server.pem", (self.folder / "server.pem").read_text())

    def connect(self):
        return psycopg.connect(host="127.0.0.1", port=self.port, user="ferry", dbname="postgres", password=self.password, autocommit=True)

    def stop(self):
        self.running.terminate()
        self.running.wait()


class Exports:
    """Runs exports, and keeps all that they print."""

    def __init__(self, chatferry, snapshot, password, scratch):
        self.chatferry, self.snapshot, self.password, self.scratch = chatferry, snapshot, password, scratch
        self.printed = ""

    def environment(self, changes):
        known = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        known |= {"PGPASSWORD": self.password, "HOME": str(self.scratch)} | changes
        return {name: value for name, value in known.items() if value is not None}

    def command(self, out, *flags):
        return [self.chatferry, "export", "--snapshot", self.snapshot, "--out", str(out), *flags]

    def run(self, out, *flags, code=0, **changes):
        command = self.command(out, *flags)
        ran = subprocess.run(command, env=self.environment(changes), capture_output=True, text=True, check=False)
        printed = ran.stdout + ran.stderr
        self.printed += printed
        if ran.returncode != code:
            sys.exit(f"{command} ended with {ran.returncode}, not {code}: {printed}")
        return printed

    def refused(self, expected, out, *flags, code=1, **changes):
        printed = self.run(out, *flags, code=code, **changes)
        for part in expected:
            assert part in printed, (part, printed)


def expected_rows(folder):
    """The rows of each record of an export on disk, and its columns."""
    package = json.loads((Path(folder) / "datapackage.json").read_text())
    records = {}
    for resource in package["resources"]:
        with open(Path(folder) / resource["path"], encoding="utf-8", newline="") as file:
            records[Path(resource["path"]).stem] = (list(csv.DictReader(file)), resource["schema"]["fields"])
    return records, package


TYPES = {"string": "text", "integer": "bigint", "number": "double precision", "boolean": "boolean", "datetime": "timestamp with time zone"}


def compare(connection, schema, folder):
    """Each table has the rows that the file has, and says what it is."""
    rows = 0
    records, package = expected_rows(folder)
    for record, (expected, fields) in records.items():
        table = psycopg.sql.Identifier(schema, record)
        names = [field["name"] for field in fields]
        columns = connection.execute(
            "SELECT attname::text, format_type(atttypid, -1), col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0",
            (table.as_string(connection),),
        ).fetchall()
        wanted = [(field["name"], TYPES.get(field["type"], "json"), field.get("description")) for field in fields]
        assert columns[0][:2] == ("chatferry_run", "timestamp with time zone"), columns[0]
        assert columns[1:] == wanted, (record, columns, wanted)
        # As texts, so that a difference is seen whatever the type; instants as files spell them.
        spelled = psycopg.sql.SQL(", ").join(
            psycopg.sql.SQL("""to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""" if kind.startswith("timestamp") else "{}::text").format(
                psycopg.sql.Identifier(name)
            )
            for name, kind, _ in columns[1:]
        )
        found = connection.execute(psycopg.sql.SQL("SELECT {} FROM {}").format(spelled, table)).fetchall()
        # CSV does not tell the empty text from null, and PostgreSQL has no U+0000.
        wanted = [tuple(row[name].replace("\0", "\ufffd") or None for name in names) for row in expected]
        found = [tuple(value or None for value in row) for row in found]
        key = lambda row: tuple(value or "" for value in row)
        found.sort(key=key)
        wanted.sort(key=key)
        if found != wanted:
            pairs = [pair for pair in zip(found, wanted) if pair[0] != pair[1]]
            sys.exit(f"{record}: {len(found)} rows, not {len(wanted)}; the first that differ: {pairs[:1]}")
        noted = psycopg.sql.SQL("SELECT rows, verdict, snapshot_id FROM {} WHERE record = %s").format(psycopg.sql.Identifier(schema, "chatferry_runs"))
        [(count, verdict, _)] = connection.execute(noted, (record,)).fetchall()
        assert (count, verdict) == (len(wanted), package["chatferry"]["verdict"]), (record, count, verdict)
        rows += len(found)
    return rows, len(records)


def check_rows(server, exports, connection, place, scratch):
    folder = scratch / "export"
    exports.run(folder, "--format", "csv", "--quiet")
    exports.run(f"{place}/chat", "-vv")
    rows, tables = compare(connection, "chat", folder)
    print(f"PostgreSQL {connection.info.server_version // 10000}: {rows} rows of {tables} tables are those on disk, with types and comments")

    # Again, with the password from files: replaced, not doubled.
    passwords = scratch / "pgpass"
    passwords.write_text(f"127.0.0.1:{server.port}:*:ferry:{server.password}\n")
    passwords.chmod(0o600)
    result = scratch / "result.json"
    exports.run(f"{place}/chat", "--json", "--result", str(result), PGPASSWORD=None, PGPASSFILE=str(passwords))
    exports.printed += result.read_text()
    passwords.rename(scratch / ".pgpass")
    exports.run(f"{place}/chat", "--append", PGPASSWORD=None)
    # Others can read it: not used.
    (scratch / ".pgpass").chmod(0o644)
    exports.refused(["others can read this password file", "password missing"], f"{place}/chat", PGPASSWORD=None)
    compare(connection, "chat", folder)
    # By variables and by the socket.
    exports.run("postgres:///postgres/chat", PGHOST=str(server.folder), PGPORT=str(server.port), PGUSER="ferry")
    compare(connection, "chat", folder)

    # Rows of another crawl stay with --append, and go without.
    connection.execute("UPDATE chat.users SET chatferry_run = chatferry_run - interval '1 day'")
    connection.execute("UPDATE chat.chatferry_runs SET chatferry_run = chatferry_run - interval '1 day', verdict = 'incomplete'")
    exports.run(f"{place}/chat", "--append", "--records", "users")
    [(count, runs)] = connection.execute("SELECT count(*), count(DISTINCT chatferry_run) FROM chat.users").fetchall()
    users = len(expected_rows(folder)[0]["users"][0])
    assert (count, runs) == (2 * users, 2), (count, runs)
    complete = "SELECT count(*) FROM chat.users JOIN chat.chatferry_runs USING (chatferry_run) WHERE record = 'users' AND verdict <> 'incomplete'"
    assert connection.execute(complete).fetchone() == (users,)
    exports.run(f"{place}/chat")
    compare(connection, "chat", folder)
    print("PostgreSQL: rows are replaced, or with --append those of the same crawl only; chatferry_runs has the verdict of each")

    # A schema whose name has to be quoted, and columns that are left out.
    exports.run(folder, "--format", "csv", "--quiet", "--pii", "drop")
    exports.run(f"{place}/My%20%22caf%C3%A9%22", "--pii", "drop")
    compare(connection, 'My "café"', folder)
    assert not connection.execute("SELECT count(*) FROM information_schema.columns WHERE column_name IN ('identity', 'friendly_name') "
                                  "AND table_schema = 'My \"café\"' AND table_name = 'users'").fetchone()[0]
    exports.refused(['`My "café".users` has no column `identity` (text)', "nothing was written"], f"{place}/My%20%22caf%C3%A9%22", code=2)
    print("PostgreSQL: `--pii drop` goes to a schema of its own, whose name has a space and quotes")


def check_values(exports, connection, place, scratch):
    mapping = scratch / "odd.toml"
    mapping.write_text(ODD)
    printed = exports.run(f"{place}/odd", "--mapping", str(mapping), TZ="Asia/Tokyo", PGTZ="Asia/Tokyo")
    assert "texts had U+0000, which PostgreSQL cannot store" in printed, printed
    found = connection.execute("SELECT DISTINCT nul, \"Two \"\"words\"\"\", half, huge, least, yes, list::text, no_json::text, length(deep::text), empty, nothing "
                               "FROM odd.odd_values").fetchall()
    assert len(found) == 1, found
    nul, words, half, huge, least, yes, items, no_json, deep, empty, nothing = found[0]
    assert (nul, words, half, huge, least, yes, empty, nothing) == ("a\ufffdb", "x", 0.5, 1e300, -(2**63), True, "", None), found
    assert json.loads(items) == [1, "two\0", None] and json.loads(no_json) == "no JSON {" and deep in (40000, 40002), found
    comment = connection.execute("SELECT obj_description('odd.odd_values'::regclass), col_description('odd.odd_values'::regclass, 2)").fetchone()
    assert comment == ("It's \"odd\" \\ here'); DROP SCHEMA chat; --", "The user's SID: \\ ' \""), comment
    files = {row["sid"]: row["date_created"] for row in expected_rows(scratch / "export")[0]["users"][0]}
    for sid, made in connection.execute("SELECT sid, made FROM odd.odd_values").fetchall():
        assert made.timestamp() == psycopg.types.datetime.datetime.fromisoformat(files[sid].replace("Z", "+00:00")).timestamp(), (sid, made)
    print("PostgreSQL: U+0000, quotes, numbers at their limits, deep and broken JSON, the empty text and null stay what they are, or are reported")


def check_other_columns(exports, connection, place, scratch):
    connection.execute("DROP TABLE chat.users; CREATE VIEW chat.users AS SELECT 1 AS sid; ALTER TABLE chat.channels ADD COLUMN mine text; "
                       "ALTER TABLE chat.roles ALTER COLUMN date_created TYPE text; ALTER TABLE chat.members DROP COLUMN identity; DROP TABLE chat.services")
    before = connection.execute("SELECT count(*) FROM chat.channels").fetchone()
    connection.execute("UPDATE chat.channels SET mine = 'kept'")
    differences = [
        "`chat.users` is a view",
        "`chat.channels` has another column, `mine` (text)",
        "column `date_created` of `chat.roles` is text, not timestamp with time zone",
        "`chat.members` has no column `identity` (text)",
        "nothing was written",
        "chatferry changes no columns",
    ]
    for flags in ([], ["--append"]):
        exports.refused(differences, f"{place}/chat", *flags, code=2)
    assert connection.execute("SELECT to_regclass('chat.services')").fetchone() == (None,)
    assert connection.execute("SELECT count(*) FROM chat.channels WHERE mine = 'kept'").fetchone() == before
    connection.execute("DROP SCHEMA chat CASCADE")
    exports.run(f"{place}/chat")
    exports.run(scratch / "export", "--format", "csv", "--quiet")
    compare(connection, "chat", scratch / "export")
    print("PostgreSQL: tables with other columns are refused with every difference, before anything is written")


def check_kill(exports, server, connection, place, scratch):
    """An export that is killed in the middle of a COPY, held there by a trigger that waits for a lock."""
    connection.execute("UPDATE chat.users SET friendly_name = 'former'")
    former = connection.execute("SELECT md5(string_agg(u::text, '' ORDER BY sid)), count(*) FROM chat.users u").fetchone()
    connection.execute("CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(22); RETURN NEW; END'")
    connection.execute("CREATE TRIGGER wait BEFORE INSERT ON chat.users FOR EACH ROW EXECUTE FUNCTION wait()")
    with server.connect() as holder:
        holder.execute("SELECT pg_advisory_lock(22)")
        killed = subprocess.Popen(exports.command(f"{place}/chat"), env=exports.environment({}), stderr=subprocess.DEVNULL)
        waiting = "SELECT query FROM pg_stat_activity WHERE application_name = 'chatferry' AND wait_event = 'advisory'"
        for _ in range(600):
            queries = connection.execute(waiting).fetchall()
            if queries:
                break
            time.sleep(0.1)
        assert queries and queries[0][0].startswith('COPY "chat"."users"'), queries
        # Meanwhile, a reader sees the former rows.
        assert connection.execute("SELECT md5(string_agg(u::text, '' ORDER BY sid)), count(*) FROM chat.users u").fetchone() == former
        killed.kill()
        assert killed.wait() == -9
        holder.execute("SELECT pg_advisory_unlock(22)")
    for _ in range(600):
        if connection.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'chatferry'").fetchone() == (0,):
            break
        time.sleep(0.1)
    assert connection.execute("SELECT md5(string_agg(u::text, '' ORDER BY sid)), count(*) FROM chat.users u").fetchone() == former
    connection.execute("DROP FUNCTION wait CASCADE")
    exports.run(f"{place}/chat")
    compare(connection, "chat", scratch / "export")
    print(f"PostgreSQL: an export killed in the middle of a COPY leaves the {former[1]} former rows; the same command again replaces them")


def check_connections(exports, server, connection, place):
    local = f"postgres://ferry@localhost:{server.port}/postgres/chat"
    known, other = server.folder / "known.pem", server.folder / "other.pem"
    few = ["--records", "roles"]

    def encrypted(out, **changes):
        seen = server.log.stat().st_size
        exports.run(out, *few, **changes)
        lines = server.log.read_bytes()[seen:].decode().splitlines()
        [line] = [line for line in lines if "connection authorized" in line and "application_name=chatferry" in line]
        return "SSL enabled (protocol=TLSv1.3" in line

    assert encrypted(f"{local}?sslmode=verify-full&sslrootcert={known}")
    assert encrypted(local, PGSSLMODE="verify-full", PGSSLROOTCERT=str(known))
    assert encrypted(f"{local}?sslmode=verify-full", SSL_CERT_FILE=str(known))
    assert encrypted(f"{local}?sslrootcert={known}")
    assert encrypted(f"{place}/chat?sslmode=verify-ca&sslrootcert={known}")
    assert encrypted(f"{place}/chat?sslmode=require")
    assert encrypted(f"{place}/chat?sslmode=require&sslrootcert={known}")
    assert encrypted(f"{place}/chat")
    assert not encrypted(f"{place}/chat?sslmode=disable")
    unknown = ["invalid peer certificate: UnknownIssuer", "sslrootcert"]
    exports.refused(unknown, f"{local}?sslmode=verify-full&sslrootcert={other}", *few)
    exports.refused(unknown, f"{local}?sslmode=verify-full", *few)
    exports.refused(unknown, f"{local}?sslmode=verify-ca&sslrootcert={other}", *few)
    exports.refused(unknown, f"{local}?sslmode=require&sslrootcert={other}", *few)
    exports.refused(["not valid for name", "localhost"], f"{place}/chat?sslmode=verify-full&sslrootcert={known}", *few)
    exports.refused(["sslrootcert"], f"{local}?sslmode=verify-ca", *few)
    exports.refused(["gone.pem"], f"{local}?sslrootcert=gone.pem", *few)
    connection.execute("ALTER SYSTEM SET ssl = off")
    connection.execute("SELECT pg_reload_conf()")
    for _ in range(100):
        with server.connect() as later:
            if later.execute("SHOW ssl").fetchone() == ("off",):
                break
        time.sleep(0.1)
    assert not encrypted(f"{place}/chat?sslmode=prefer")
    exports.refused(["server does not support TLS", "?sslmode=prefer"], f"{place}/chat?sslmode=require", *few)
    print("PostgreSQL: encrypted as sslmode says, and refused where the certificate is of another authority or for another name")

    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        exports.refused(["error connecting to server", "Connection refused", "check the host and the port"],
                        f"postgres://ferry@127.0.0.1:{free.getsockname()[1]}/postgres/chat")
    exports.refused(["error connecting to server"], "postgres://ferry@no-such-host.invalid/postgres/chat")
    exports.refused(["password authentication failed", "PGPASSFILE"], f"{place}/chat", PGPASSWORD="wrong-" + server.password)
    exports.refused(["password missing", "PGPASSFILE"], f"{place}/chat", PGPASSWORD=None)
    exports.refused(["database \"nowhere\" does not exist"], f"{place.removesuffix('postgres')}nowhere/chat")
    connection.execute(f"CREATE ROLE reader LOGIN PASSWORD '{server.password}'; GRANT USAGE ON SCHEMA chat TO reader")
    exports.refused(["permission denied", "grant this user"], f"{place.replace('ferry@', 'reader@')}/chat")
    connection.execute(f"CREATE ROLE loader LOGIN PASSWORD '{server.password}'; CREATE SCHEMA loaded AUTHORIZATION loader")
    exports.run(f"{place.replace('ferry@', 'loader@')}/loaded", *few)  # though it may make no schema
    exports.refused(["has a password"], place.replace("ferry@", f"ferry:{server.password}@") + "/chat", code=2)
    exports.refused(["has a password"], f"{place}/chat?password={server.password}", code=2)
    print("PostgreSQL: hosts, passwords, databases and permissions that are wrong are named; who may make no schema can load into one")


def main(chatferry, snapshot):
    scratch = Path(tempfile.mkdtemp(prefix="chatferry-postgres-", dir="/tmp"))
    server = None
    try:
        scratch.chmod(0o711)
        (scratch / "server").mkdir()
        server = Server(scratch / "server")
        exports = Exports(chatferry, snapshot, server.password, scratch)
        place = f"postgres://ferry@127.0.0.1:{server.port}/postgres"
        with server.connect() as connection:
            check_rows(server, exports, connection, place, scratch)
            check_other_columns(exports, connection, place, scratch)
            check_values(exports, connection, place, scratch)
            check_kill(exports, server, connection, place, scratch)
            check_connections(exports, server, connection, place)
        assert server.password not in exports.printed, "a password was printed"
        print(f"PostgreSQL: the password is not in the {len(exports.printed)} characters that were printed")
    finally:
        if server:
            server.stop()
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
