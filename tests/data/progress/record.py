#!/usr/bin/env python3
"""Turns the log of a run (--log-format json -vvv) on stdin into a recorded run on stdout; see README.md."""
import json
import sys
from datetime import datetime

start = None
last = None
count = 0


def flush():
    if last:
        moment, words = last
        print(moment, words, *([count] if words.split()[0] in ("committed", "performed") else []))


for line in sys.stdin:
    if not line.startswith("{"):
        continue
    record = json.loads(line)
    message = record.get("message")
    if message == "page committed":
        words = f"committed {record['entity']} {str(record['list_complete']).lower()}"
    elif message == "operation ended":
        words = f"performed {record['kind']} {record['state']}"
    elif message == "estimated":
        seconds = record.get("seconds_left")
        exact = str(record["exact"]).lower()
        words = f"estimated {record['requests']} {record['done']} {exact} {'-' if seconds is None else seconds}"
    elif message == "concurrency limit changed":
        words = f"limit {record['limit']}"
    elif message == "to apply":
        words = f"step {record['kind']} {record['operations']} {record['ended']} {record['seconds']:.3f}"
    else:
        continue
    at = datetime.fromisoformat(record["timestamp"].replace("Z", "+00:00"))
    start = start or at
    moment = int((at - start).total_seconds() * 1000) // 20 * 20
    if last == (moment, words):
        count += 1
        continue
    flush()
    last, count = (moment, words), 1
flush()
