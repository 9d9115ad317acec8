#!/usr/bin/env python3
"""Compares an export of chatferry with what Twilio's own client library reads from the same server.

It lists the users, every user's channels and, where the export has them, every channel's messages
with the `twilio` package, and compares each with the lines of `users.ndjson`, `user_channels.ndjson`
and `messages.ndjson` in the export's directory. It prints counts, and exits with 1 on any
difference, 2 on wrong usage.

The library always calls https://chat.twilio.com; its HTTP client is replaced by one that sends these
calls to the origin given. Credentials come from TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, as
`chatferry simulate` prints them.

    check_with_twilio_python.py http://127.0.0.1:PORT IS… EXPORT_DIRECTORY
"""

import datetime
import itertools
import json
import os
import pathlib
import sys

from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

TWILIO = "https://chat.twilio.com"
MOST_SHOWN = 20

USER_KEYS = (
    "sid account_sid service_sid attributes friendly_name role_sid identity is_online is_notifiable "
    "date_created date_updated joined_channels_count"
).split()
USER_CHANNEL_KEYS = (
    "account_sid service_sid channel_sid user_sid member_sid status last_consumed_message_index "
    "unread_messages_count notification_level"
).split()
MESSAGE_KEYS = (
    "sid account_sid attributes service_sid to channel_sid date_created date_updated last_updated_by was_edited "
    "from body index type media"
).split()
# The library cannot name an attribute `from`, a word of Python.
RENAMED = {"from": "_from"}


class Rebased(TwilioHttpClient):
    """Sends what is meant for Twilio's Chat host to another origin, and nothing anywhere else."""

    def __init__(self, origin):
        super().__init__(timeout=30)
        self.origin = origin.rstrip("/")
        self.session.trust_env = False
        self.requests = 0

    def request(self, method, url, *arguments, **options):
        if url != TWILIO and not url.startswith(TWILIO + "/"):
            raise RuntimeError(f"the library wants to call {url}")
        self.requests += 1
        return super().request(method, self.origin + url[len(TWILIO) :], *arguments, **options)


def plain(value):
    """A value of the library as JSON has it."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def row(resource, keys):
    return {key: plain(getattr(resource, RENAMED.get(key, key))) for key in keys}


def exported(path, keys):
    """The lines of an exported file, each checked for its keys."""
    with open(path, encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            record = json.loads(line)
            missing = [key for key in keys if key not in record]
            if missing:
                sys.exit(f"{path}:{number}: no key {', '.join(missing)}")
            yield {key: record[key] for key in keys}


def compare(name, identify, from_library, from_export):
    """Prints what differs and gives the number of differences."""
    library, export, differences = {}, {}, []
    for rows, side in ((from_library, library), (from_export, export)):
        for record in rows:
            if identify(record) in side:
                differences.append(f"{identify(record)} comes twice")
            side[identify(record)] = record
    for key in sorted(library.keys() | export.keys()):
        read, written = library.get(key), export.get(key)
        if written is None:
            differences.append(f"{key} is missing in the export")
        elif read is None:
            differences.append(f"{key} is in the export only")
        else:
            differences += [
                f"{key} {field}: the library reads {read[field]!r}, the export has {written[field]!r}"
                for field in read
                if read[field] != written[field] or type(read[field]) is not type(written[field])
            ]
    for difference in itertools.islice(differences, MOST_SHOWN):
        print(f"{name}: {difference}")
    if len(differences) > MOST_SHOWN:
        print(f"{name}: and {len(differences) - MOST_SHOWN} more")
    print(f"{name}: {len(library)} read by the library, {len(export)} exported, {len(differences)} differences")
    return len(differences)


def main(arguments):
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    origin, service_sid, directory = arguments[0], arguments[1], pathlib.Path(arguments[2])
    http = Rebased(origin)
    client = Client(os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"], http_client=http)
    service = client.chat.v2.services(service_sid)
    users = [row(user, USER_KEYS) for user in service.users.stream(page_size=100)]
    user_channels = (
        row(user_channel, USER_CHANNEL_KEYS)
        for user in users
        for user_channel in service.users(user["sid"]).user_channels.stream(page_size=50)
    )
    differences = compare(
        "users", lambda record: record["sid"], users, exported(directory / "users.ndjson", USER_KEYS)
    )
    differences += compare(
        "user_channels",
        lambda record: f"{record['user_sid']} {record['channel_sid']}",
        user_channels,
        exported(directory / "user_channels.ndjson", USER_CHANNEL_KEYS),
    )
    if (directory / "messages.ndjson").exists():
        messages = (
            row(message, MESSAGE_KEYS)
            for kind in ("public", "private")
            for channel in service.channels.stream(type=[kind], page_size=100)
            for message in service.channels(channel.sid).messages.stream(order="asc", page_size=100)
        )
        differences += compare(
            "messages", lambda record: record["sid"], messages, exported(directory / "messages.ndjson", MESSAGE_KEYS)
        )
    print(f"{http.requests} requests")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
