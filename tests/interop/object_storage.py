"""Exports a snapshot, and the media of a simulated one, to an S3-compatible server and compares every object with the same export on disk.

usage: object_storage.py CHATFERRY SNAPSHOT
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "exports"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "us-east-1"}


def run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run([*command, "--quiet"], check=True, env={**os.environ, **environment})


def objects(client, prefix: str) -> dict[str, bytes]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{prefix}/")
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    return {key: client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def compare(client, command: list[str], place: str, prefix: str, store: dict[str, str]) -> int:
    """Runs an export to disk, and twice to the bucket. Gives how many objects there are."""
    with tempfile.TemporaryDirectory() as folder:
        run([*command, place, folder], {})
        expected = {f"{prefix}/{path.name}": path.read_bytes() for path in Path(folder).iterdir()}
    for turn in ("first", "second, over the first"):
        run([*command, place, f"s3://{BUCKET}/{prefix}"], store)
        stored = objects(client, prefix)
        if stored != expected:
            different = sorted(key for key in stored.keys() | expected.keys() if stored.get(key) != expected.get(key))
            sys.exit(f"the {turn} export differs: {', '.join(different)}")
    print(f"{len(expected)} objects of {sum(map(len, expected.values()))} bytes are what is on disk")
    return len(expected)


def check_summary(chatferry: str, client, store: dict[str, str]) -> None:
    """`summary` finds the package of the account at the place that its names stand for."""
    [package] = [json.loads(body) for key, body in objects(client, "lake").items() if key.endswith("/datapackage.json")]
    facts = package["chatferry"]
    command = [chatferry, "summary", f"s3://{BUCKET}/lake", "--json"]
    ran = subprocess.run(command, env={**os.environ, **store}, capture_output=True, text=True, check=False)
    [account] = json.loads(ran.stdout)["accounts"]
    day = facts["window"]["started"][:10]
    folder = f"lake/account={facts['account_sid']}/service={facts['services'][0]}/date={day}"
    users = next(resource["rows"] for resource in package["resources"] if resource["title"] == "users")
    found = (account["state"], account["account_sid"], account["users"], account["place"])
    wanted = (facts["verdict"], facts["account_sid"], users, f"s3://{BUCKET}/{folder}/datapackage.json")
    if found != wanted or ran.returncode not in (0, 5):
        sys.exit(f"summary of the bucket: {found}, not {wanted}; {ran.stderr}")
    print(f"summary of the bucket: {account['state']}, {users} users")


@contextmanager
def simulated(chatferry: str, folder: str) -> Iterator[str]:
    """A snapshot with messages of a simulated account, which is served meanwhile."""
    command = [chatferry, "simulate", "--users", "40", "--channels", "30"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as simulator:
        try:
            for line in simulator.stdout:
                if line.startswith("export "):
                    name, _, value = line.removeprefix("export ").strip().partition("=")
                    os.environ[name] = value
                if line.startswith("chatferry crawl "):
                    service = line.split()[-1]
                    break
            snapshot = str(Path(folder) / "snapshot.db")
            include = "roles,users,channels,user-channels,members,messages"
            run([chatferry, "crawl", "--service", service, "--include", include, "--snapshot", snapshot], {})
            yield snapshot
        finally:
            simulator.terminate()


def main() -> int:
    chatferry, snapshot = sys.argv[1:]
    os.environ.update(CREDENTIALS)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=url, region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    store = {"AWS_ENDPOINT": url, "AWS_ALLOW_HTTP": "true"}
    records = [chatferry, "export", "--snapshot", snapshot, "--format", "csv,ndjson,parquet"]
    compare(client, records, "--out", "nightly/chat", store)
    with tempfile.TemporaryDirectory() as folder, simulated(chatferry, folder) as with_messages:
        media = [chatferry, "export", "--snapshot", with_messages]
        if compare(client, media, "--media", "nightly/media", store) < 3:
            sys.exit("hardly any media were exported")
    place = f"s3://{BUCKET}/lake/account={{account}}/service={{service}}/date={{date}}"
    run([*records, "--out", place], store)
    check_summary(chatferry, client, store)
    uploads = client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    server.stop()
    if uploads:
        print(f"{len(uploads)} uploads were left unfinished")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
