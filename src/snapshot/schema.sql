-- The snapshot, format 3. Tables named *_row hold compact rows; the views at the end show them as the API names them.
-- A SID column holds 16 bytes (its 32 digits), or text where what was sent is no SID. A date column holds seconds since
-- 1970, or text where what was sent is another form. An enumeration holds its number, or text where it is unknown.
--
-- Records and fields are declared in model::table. The shorthand columns(user) behind an at-sign stands for the columns that hold
-- a user's fields, fields(user) for the fields as a view shows them: schema.rs writes them out.

-- What the snapshot says about itself and the crawl: see properties.rs for the keys.
CREATE TABLE property (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- The (account_sid, service_sid) pairs that rows were sent with: one row for nearly every snapshot.
CREATE TABLE scope (id INTEGER PRIMARY KEY, account, service);

-- The frontier: every list and detail that is read, with its cursor. kind and state are numbered in frontier.rs.
CREATE TABLE unit (
  id INTEGER PRIMARY KEY,
  service INTEGER NOT NULL,          -- service_row.id; 0 for the list of services
  kind INTEGER NOT NULL,
  parent INTEGER NOT NULL DEFAULT 0, -- user_row.id or channel_row.id; 0 for lists of the service
  expected_pages INTEGER NOT NULL,   -- the order of work: most pages first
  state INTEGER NOT NULL DEFAULT 0,
  pass INTEGER NOT NULL DEFAULT 0,   -- how often it was restarted
  next TEXT,                         -- path and query of the next page
  pages INTEGER NOT NULL DEFAULT 0,  -- pages of this pass
  rows INTEGER NOT NULL DEFAULT 0,   -- rows of this pass as received, repeated ones included
  failure TEXT                       -- why it could not be read
);
CREATE UNIQUE INDEX unit_by_parent ON unit (kind, parent, service);
CREATE INDEX unit_pending ON unit (expected_pages DESC, id) WHERE state = 0;

CREATE TABLE service_row (
  id INTEGER PRIMARY KEY, sid NOT NULL UNIQUE, fetched INTEGER NOT NULL DEFAULT 0, scope INTEGER,
  @columns(service)
);

CREATE TABLE role_row (
  service INTEGER NOT NULL, sid NOT NULL, pass INTEGER NOT NULL, scope INTEGER NOT NULL,
  @columns(role),
  PRIMARY KEY (service, sid)
) WITHOUT ROWID;

CREATE TABLE user_row (
  id INTEGER PRIMARY KEY, service INTEGER NOT NULL, sid NOT NULL, pass INTEGER NOT NULL, scope INTEGER,
  listed INTEGER NOT NULL DEFAULT 1, -- 0: known by its SID alone so far
  @columns(user)
);
CREATE UNIQUE INDEX user_by_sid ON user_row (service, sid);

CREATE TABLE channel_row (
  id INTEGER PRIMARY KEY, service INTEGER NOT NULL, sid NOT NULL, pass INTEGER NOT NULL, scope INTEGER,
  listed INTEGER NOT NULL DEFAULT 1, -- 0: known by its SID alone so far
  @columns(channel)
);
CREATE UNIQUE INDEX channel_by_sid ON channel_row (service, sid);

-- Keyed by the user's number, so that the rows of a page stand together and a crawl writes in one place at a time.
CREATE TABLE membership_row (
  user INTEGER NOT NULL, channel_sid NOT NULL, pass INTEGER NOT NULL, service INTEGER NOT NULL, scope INTEGER NOT NULL,
  @columns(membership),
  PRIMARY KEY (user, channel_sid)
) WITHOUT ROWID;
-- The indexes membership_by_channel and user_sid_by_id are made once the crawl is done (reconcile.rs). Both hold all that
-- a walk by channel reads, so that it never looks a row up in a place of its own.

CREATE TABLE member_row (
  channel INTEGER NOT NULL, sid NOT NULL, pass INTEGER NOT NULL, scope INTEGER NOT NULL,
  @columns(member),
  PRIMARY KEY (channel, sid)
) WITHOUT ROWID;

CREATE TABLE invite_row (
  channel INTEGER NOT NULL, sid NOT NULL, pass INTEGER NOT NULL, scope INTEGER NOT NULL,
  @columns(invite),
  PRIMARY KEY (channel, sid)
) WITHOUT ROWID;

-- In the order of a channel's list, which is the order of its export: pages of a channel are appended, and nothing is sorted.
-- The one column that may lack a value and is part of the key, the index, is an empty text where the message has none.
CREATE TABLE message_row (
  channel INTEGER NOT NULL, sid NOT NULL, pass INTEGER NOT NULL, scope INTEGER NOT NULL,
  @columns(message),
  PRIMARY KEY (channel, position, sid)
) WITHOUT ROWID;

CREATE TABLE binding_row (
  service INTEGER NOT NULL, sid NOT NULL, pass INTEGER NOT NULL, scope INTEGER NOT NULL,
  @columns(binding),
  PRIMARY KEY (service, sid)
) WITHOUT ROWID;

-- The users that a crawl is limited to, by SID or identity.
CREATE TABLE selection (key TEXT PRIMARY KEY, found INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;

-- What a crawl of a large service is limited to, where it is: identities whose channels, and SIDs or unique names of channels
-- whose members are read. All users and channels are listed all the same.
CREATE TABLE focus (entity TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (entity, key)) WITHOUT ROWID;

-- Oddities of records, each said once.
CREATE TABLE issue (
  entity TEXT NOT NULL, subject TEXT NOT NULL, field TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (entity, subject, field, kind)
) WITHOUT ROWID;

-- Users and channels that were listed and are gone.
CREATE TABLE vanished (
  entity TEXT NOT NULL, sid TEXT NOT NULL, evidence TEXT NOT NULL, PRIMARY KEY (entity, sid)
) WITHOUT ROWID;

-- Where two sources of the same number or set do not agree.
CREATE TABLE disagreement (
  kind TEXT NOT NULL,                -- user_count, channel_count, member_list, user_list, unlisted_channel, message_count
  service INTEGER NOT NULL,
  parent INTEGER NOT NULL,           -- user_row.id or channel_row.id
  sid TEXT NOT NULL,
  first_expected INTEGER, first_received INTEGER,  -- before it was read again
  expected INTEGER, received INTEGER,              -- as it stands
  round INTEGER NOT NULL,            -- of the re-read that settles it
  outcome TEXT NOT NULL,             -- open, drift, hole, count_only
  detail TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (kind, parent)
) WITHOUT ROWID;

-- The fields of a record as the API names and writes them.
CREATE VIEW services AS SELECT @fields(service)
FROM service_row r LEFT JOIN scope s ON s.id = r.scope WHERE r.fetched;

CREATE VIEW roles AS SELECT @fields(role)
FROM role_row r LEFT JOIN scope s ON s.id = r.scope;

CREATE VIEW users AS SELECT @fields(user)
FROM user_row r LEFT JOIN scope s ON s.id = r.scope WHERE r.listed;

CREATE VIEW channels AS SELECT @fields(channel)
FROM channel_row r LEFT JOIN scope s ON s.id = r.scope WHERE r.listed;

CREATE VIEW user_channels AS SELECT @fields(membership)
FROM membership_row r JOIN user_row u ON u.id = r.user LEFT JOIN scope s ON s.id = r.scope;

CREATE VIEW members AS SELECT @fields(member)
FROM member_row r JOIN channel_row c ON c.id = r.channel LEFT JOIN scope s ON s.id = r.scope;

CREATE VIEW invites AS SELECT @fields(invite)
FROM invite_row r JOIN channel_row c ON c.id = r.channel LEFT JOIN scope s ON s.id = r.scope;

CREATE VIEW messages AS SELECT @fields(message)
FROM message_row r JOIN channel_row c ON c.id = r.channel LEFT JOIN scope s ON s.id = r.scope;

CREATE VIEW bindings AS SELECT @fields(binding)
FROM binding_row r LEFT JOIN scope s ON s.id = r.scope;
