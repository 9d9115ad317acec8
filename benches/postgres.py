"""How many memberships a second `export` loads into PostgreSQL, compared with psql's \\copy of the same rows from a CSV file.

    python benches/postgres.py path/to/chatferry path/to/snapshot.db [RUNS]

Needs what tests/interop/postgres.py needs, and starts the same server, which syncs its files here. chatferry's time is that of the program, from its start
until it ends: it reads the snapshot, makes the rows and loads them. psql reads a file that is there. Both load into a new table without an index, in turn.
"""

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/interop"))

import postgres

RECORD = "user_channels"


def timed(command, environment):
    """Seconds, and the seconds of CPU of the program itself."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(chatferry, snapshot, runs="5"):
    scratch = Path(tempfile.mkdtemp(prefix="chatferry-postgres-", dir="/tmp"))
    scratch.chmod(0o711)
    server = None
    try:
        (scratch / "server").mkdir()
        server = postgres.Server(scratch / "server", fsync="on")
        exports = postgres.Exports(chatferry, snapshot, server.password, scratch)
        exports.run(scratch / "files", "--records", RECORD, "--format", "csv")
        environment = exports.environment({}) | {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "ferry"}
        place = f"postgres://ferry@127.0.0.1:{server.port}/postgres/chat?sslmode=disable"
        psql = [server.programs / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "postgres", "-c"]
        ours, theirs = [], []
        with server.connect() as connection:
            for _ in range(int(runs)):
                connection.execute("DROP SCHEMA IF EXISTS chat CASCADE; CHECKPOINT")
                ours.append(timed(exports.command(place, "--records", RECORD), environment))
                [(rows,)] = connection.execute(f"SELECT count(*) FROM chat.{RECORD}").fetchall()
                connection.execute(f"DROP TABLE IF EXISTS copied; CREATE TABLE copied (LIKE chat.{RECORD}); ALTER TABLE copied DROP COLUMN chatferry_run; CHECKPOINT")
                copy = f"\\copy copied FROM '{scratch}/files/{RECORD}.csv' (FORMAT csv, HEADER)"
                theirs.append(timed([*psql, copy], {**environment, "PGSSLMODE": "disable"}))
                assert connection.execute("SELECT count(*) FROM copied").fetchone() == (rows,)
            replaced = timed(exports.command(place, "--records", RECORD), environment)
    finally:
        if server:
            server.stop()
        shutil.rmtree(scratch, ignore_errors=True)
    seconds = [statistics.median(seconds for seconds, _ in times) for times in (ours, theirs)]
    cpu = [statistics.median(cpu for _, cpu in times) for times in (ours, theirs)]
    for name, taken, of_cpu in zip(("chatferry export", "psql \\copy"), seconds, cpu):
        print(f"{name}: {rows} rows in {taken:.2f} s, {rows / taken:,.0f} rows a second; {of_cpu:.2f} s of CPU of its own")
    print(f"chatferry takes {seconds[0] / seconds[1]:.2f} times as long (medians of {runs}); replacing all rows: {replaced[0]:.2f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
