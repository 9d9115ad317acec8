#!/usr/bin/env python3
"""Compares an export of chatferry with what Twilio's own client library reads from the same server.

It lists the users, every user's channels and, where the export has them, every channel's messages
with the `twilio` package, and compares each with the lines of `users.ndjson`, `user_channels.ndjson`
and `messages.ndjson` in the export's directory. It reads Conversations too: its participants are to be
the members of Chat's private channels, and what it creates in the empty service (if that is named) is
to be found there. With the path of chatferry's binary it also does the three operations of the User
Channel resource (list, fetch, update), and `chatferry user-channel` must give the same values. It prints counts, and exits with 1 on any
difference, 2 on wrong usage.

The library always calls https://chat.twilio.com and https://conversations.twilio.com; its HTTP client
is replaced by one that sends these calls to the origin given. Credentials come from TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, as
`chatferry simulate` prints them.

    check_with_twilio_python.py http://127.0.0.1:PORT IS… EXPORT_DIRECTORY [EMPTY_IS… [CHATFERRY]]
"""

import datetime
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

TWILIO = ("https://chat.twilio.com", "https://conversations.twilio.com")
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
    """Sends what is meant for Twilio's two hosts to another origin, and nothing anywhere else."""

    def __init__(self, origin):
        super().__init__(timeout=30)
        self.origin = origin.rstrip("/")
        self.session.trust_env = False
        self.requests = 0

    def request(self, method, url, *arguments, **options):
        host = next((host for host in TWILIO if url == host or url.startswith(host + "/")), None)
        if host is None:
            raise RuntimeError(f"the library wants to call {url}")
        self.requests += 1
        return super().request(method, self.origin + url[len(host) :], *arguments, **options)


def plain(value):
    """A value of the library as JSON has it."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, str):
        # An export is UTF-8, which has no half of a surrogate pair.
        return re.sub("[\ud800-\udfff]", "\ufffd", value)
    return value


def row(resource, keys):
    return {key: plain(getattr(resource, RENAMED.get(key, key))) for key in keys}


# What Chat calls a member's fields, and what Conversations calls a participant's.
MEMBER_KEYS = {
    "sid": "sid",
    "channel_sid": "conversation_sid",
    "identity": "identity",
    "role_sid": "role_sid",
    "attributes": "attributes",
    "last_consumed_message_index": "last_read_message_index",
    "date_created": "date_created",
    "date_updated": "date_updated",
}


def members(client, service_sid):
    """The members of the private channels, as Chat has them."""
    service = client.chat.v2.services(service_sid)
    for channel in service.channels.stream(type=["private"], page_size=100):
        for member in service.channels(channel.sid).members.stream(page_size=100):
            yield row(member, MEMBER_KEYS)


def participants(client, service_sid):
    """The participants of the conversations, under Chat's names."""
    service = client.conversations.v1.services(service_sid)
    for conversation in service.conversations.stream(page_size=100):
        for participant in service.conversations(conversation.sid).participants.stream(page_size=100):
            # Chat does not show participants of other networks.
            if participant.identity is not None:
                yield {chat: plain(getattr(participant, name)) for chat, name in MEMBER_KEYS.items()}


def written(client, service_sid):
    """Creates a conversation with a participant, and gives what was sent and what is found."""
    service = client.conversations.v1.services(service_sid)
    service.users.create(identity="zoë/1", friendly_name="Zoë", attributes='{"a":1}')
    conversation = service.conversations.create(unique_name="from the library", friendly_name="Room")
    participant = service.conversations(conversation.sid).participants.create(identity="zoë/1")
    service.conversations(conversation.sid).participants(participant.sid).update(last_read_message_index=3)
    sent = [{"name": "Room", "identity": "zoë/1", "last_read": 3, "user": "Zoë"}]
    found = [
        {
            "name": service.conversations("from the library").fetch().friendly_name,
            "identity": one.identity,
            "last_read": one.last_read_message_index,
            "user": service.users.list()[0].friendly_name,
        }
        for one in service.conversations(conversation.sid).participants.list()
    ]
    return sent, found


def user_channel_operations(client, service_sid, user, binary):
    """The three operations of the User Channel resource: by the library, and by chatferry's verb of the same name."""

    def verb(name, *flags):
        command = [binary, "user-channel", name, "--service", service_sid, "--json", "--quiet", *flags]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def keyed(record):
        return {key: record[key] for key in USER_CHANNEL_KEYS}

    theirs = client.chat.v2.services(service_sid).users(user["identity"]).user_channels
    who = ("--user", user["identity"])
    library = [("list", row(one, USER_CHANNEL_KEYS)) for one in theirs.list()]
    ours = [("list", keyed(one)) for one in verb("list", *who)]
    channel = library[0][1]["channel_sid"]
    one = theirs(channel)
    library.append(("fetch", row(one.fetch(), USER_CHANNEL_KEYS)))
    ours.append(("fetch", keyed(verb("fetch", *who, "--channel", channel))))
    # Each updates; what the other then reads must be what was set.
    updated = one.update(notification_level="muted", last_consumed_message_index=0)
    library.append(("update by the library", row(updated, USER_CHANNEL_KEYS)))
    ours.append(("update by the library", keyed(verb("fetch", *who, "--channel", channel))))
    with tempfile.TemporaryDirectory() as folder:
        plan = os.path.join(folder, "plan.db")
        set_to = ("--notification-level", "default", "--yes", "--plan", plan)
        ours.append(("update by chatferry", keyed(verb("update", *who, "--channel", channel, *set_to))))
    library.append(("update by chatferry", row(one.fetch(), USER_CHANNEL_KEYS)))
    name = lambda pair: {"operation": f"{pair[0]} {pair[1]['channel_sid']}", **pair[1]}
    return [name(pair) for pair in library], [name(pair) for pair in ours]


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
            differences.append(f"{key} is missing on the other side")
        elif read is None:
            differences.append(f"{key} is on the other side only")
        else:
            differences += [
                f"{key} {field}: the library reads {read[field]!r}, the other side has {written[field]!r}"
                for field in read
                if read[field] != written[field] or type(read[field]) is not type(written[field])
            ]
    for difference in itertools.islice(differences, MOST_SHOWN):
        print(f"{name}: {difference}")
    if len(differences) > MOST_SHOWN:
        print(f"{name}: and {len(differences) - MOST_SHOWN} more")
    print(f"{name}: {len(library)} read by the library, {len(export)} on the other side, {len(differences)} differences")
    return len(differences)


def main(arguments):
    if len(arguments) not in (3, 4, 5):
        print(__doc__, file=sys.stderr)
        return 2
    origin, service_sid, directory = arguments[0], arguments[1], pathlib.Path(arguments[2])
    empty = arguments[3] if len(arguments) > 3 else None
    binary = arguments[4] if len(arguments) > 4 else None
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
    differences += compare(
        "participants and members",
        lambda record: record["sid"],
        participants(client, service_sid),
        members(client, service_sid),
    )
    if empty:
        sent, found = written(client, empty)
        differences += compare("written", lambda record: record["identity"], sent, found)
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
    if binary:
        # The library puts an identity into a path as it is.
        is_plain = re.compile(r"[\w-][\w.@+-]*", re.ASCII).fullmatch
        user = next(user for user in users if user["joined_channels_count"] > 1 and is_plain(user["identity"]))
        library, ours = user_channel_operations(client, service_sid, user, binary)
        differences += compare("user channel operations", lambda record: record["operation"], library, ours)
    print(f"{http.requests} requests")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
