"""Exports a snapshot to an S3-compatible server and compares every object with the same export on disk.

usage: object_storage.py CHATFERRY SNAPSHOT
"""

import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

BUCKET, PREFIX = "exports", "nightly/chat"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "us-east-1"}


def export(chatferry: str, snapshot: str, out: str, environment: dict[str, str]) -> None:
    formats = "csv,ndjson,parquet"
    command = [chatferry, "export", "--snapshot", snapshot, "--out", out, "--format", formats, "--quiet"]
    subprocess.run(command, check=True, env={**os.environ, **environment})


def objects(client) -> dict[str, bytes]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    return {key: client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


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
    with tempfile.TemporaryDirectory() as folder:
        export(chatferry, snapshot, folder, {})
        expected = {f"{PREFIX}/{path.name}": path.read_bytes() for path in Path(folder).iterdir()}
    for run in ("first", "second, over the first"):
        export(chatferry, snapshot, f"s3://{BUCKET}/{PREFIX}", store)
        stored = objects(client)
        if stored != expected:
            different = sorted(key for key in stored.keys() | expected.keys() if stored.get(key) != expected.get(key))
            print(f"the {run} export differs: {', '.join(different)}")
            return 1
    uploads = client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    server.stop()
    if uploads:
        print(f"{len(uploads)} uploads were left unfinished")
        return 1
    size = sum(map(len, expected.values()))
    print(f"{len(expected)} objects of {size} bytes are what is on disk")
    return 0


if __name__ == "__main__":
    sys.exit(main())
