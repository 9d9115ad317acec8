"""Reads the Parquet of forty accounts with Spark as one table of each record, which must have the rows that the accounts have.

    pip install pyspark==4.0.5
    python tests/interop/spark.py path/to/chatferry

Needs Java 17 or 21 and pyspark from PyPI. It is run by hand and is not a step of .ci/run: pyspark alone is a download of more than 400 MB. What the gate
reads the same files with is DuckDB (many_accounts.py).
"""

import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

from pyspark.sql import SparkSession, functions

from simulated import SimulatedAccount

ACCOUNTS, EMPTY = 40, 21
PLACE = "account={account}/service={service}/date={date}"
RECORDS = ("users", "user_channels")


def fetch(chatferry, folder, simulator):
    """Crawls an account, and exports it to its place in the lake."""
    snapshot = str(folder / f"{simulator.account}.db")
    environment = {"PATH": os.environ["PATH"], **simulator.environment}
    for command in (
        ["crawl", "--service", simulator.service, "--snapshot", snapshot, "--rps", "0"],
        ["export", "--snapshot", snapshot, "--format", "parquet", "--mapping", "chat", "--out", f"{folder}/lake/{PLACE}"],
    ):
        subprocess.run([chatferry, *command, "--progress", "none"], env=environment, check=True, capture_output=True)


def check(spark, lake, record, truths):
    """Every account has its rows, in its own place, and all files have one schema."""
    files = sorted(lake.glob(f"*/*/*/{record}.parquet"))
    assert len(files) == len(truths), len(files)
    schemas = {spark.read.parquet(str(file)).schema.json() for file in files}
    assert len(schemas) == 1, schemas
    table = spark.read.option("basePath", str(lake)).parquet(f"{lake}/*/*/*/{record}.parquet")
    kinds = dict(table.dtypes)
    assert (kinds["account"], kinds["service"], kinds["date"]) == ("string", "string", "date"), kinds
    counts = {row["account"]: row["count"] for row in table.groupBy("account").count().collect()}
    assert counts == {account: truth[record] for account, truth in truths.items() if truth[record]}, (counts, truths)
    assert table.where("account <> account_sid OR service <> service_sid").count() == 0
    print(f"Spark {spark.version}: {record} of all accounts is one table: {table.count()} rows in {len(files)} files; {len(counts)} accounts have any")
    return table


def main(chatferry):
    chatferry = str(pathlib.Path(chatferry).resolve())
    simulators = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        try:
            for index in range(ACCOUNTS):
                size = ("0", "0") if index == EMPTY else ("12", "8")
                flags = ["--users", size[0], "--channels", size[1], "--memberships", "4"]
                simulators.append(SimulatedAccount(chatferry, index + 1, *flags))
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                list(pool.map(lambda simulator: fetch(chatferry, folder, simulator), simulators))
            truths = {simulator.account: simulator.truth() for simulator in simulators}
        finally:
            for simulator in simulators:
                simulator.stop()
        spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1").getOrCreate()
        spark.sparkContext.setLogLevel("ERROR")
        users, memberships = (check(spark, folder / "lake", record, truths) for record in RECORDS)
        # Across accounts: each membership is of a user of its own account.
        joined = memberships.join(users, (memberships.user_sid == users.sid) & (memberships.account == users.account))
        assert joined.count() == memberships.count()
        kinds = memberships.select(functions.typeof("unread_messages_count")).distinct().collect()
        assert [kind[0] for kind in kinds] == ["bigint"], kinds
        spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
