-- The snapshot, format 2. Tables named *_row hold compact rows; the views at the end show them as the API names them.
-- A SID column holds 16 bytes (its 32 digits), or text where what was sent is no SID. A date column holds seconds since
-- 1970, or text where what was sent is another form. An enumeration holds its number, or text where it is unknown.

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
  pass INTEGER NOT NULL DEFAULT 0,   -- how often it was begun anew
  next TEXT,                         -- path and query of the next page
  pages INTEGER NOT NULL DEFAULT 0,  -- pages of this pass
  rows INTEGER NOT NULL DEFAULT 0,   -- rows of this pass as received, repeated ones included
  failure TEXT                       -- why it could not be read
);
CREATE UNIQUE INDEX unit_by_parent ON unit (kind, parent, service);
CREATE INDEX unit_pending ON unit (expected_pages DESC, id) WHERE state = 0;

CREATE TABLE service_row (
  id INTEGER PRIMARY KEY, sid NOT NULL UNIQUE, fetched INTEGER NOT NULL DEFAULT 0, scope INTEGER,
  friendly_name TEXT, date_created, date_updated,
  default_service_role_sid, default_channel_role_sid, default_channel_creator_role_sid,
  read_status_enabled INTEGER, reachability_enabled INTEGER, typing_indicator_timeout INTEGER,
  consumption_report_interval INTEGER, limits TEXT, pre_webhook_url TEXT, post_webhook_url TEXT, webhook_method TEXT,
  webhook_filters TEXT, pre_webhook_retry_count INTEGER, post_webhook_retry_count INTEGER, notifications TEXT,
  media TEXT, configuration TEXT, extra TEXT
);

CREATE TABLE role_row (
  service INTEGER NOT NULL, sid NOT NULL, pass INTEGER NOT NULL, scope INTEGER NOT NULL,
  friendly_name TEXT, type, permissions TEXT, date_created, date_updated, extra TEXT,
  PRIMARY KEY (service, sid)
) WITHOUT ROWID;

CREATE TABLE user_row (
  id INTEGER PRIMARY KEY, service INTEGER NOT NULL, sid NOT NULL, pass INTEGER NOT NULL, scope INTEGER,
  listed INTEGER NOT NULL DEFAULT 1, -- 0: known by its SID alone so far
  attributes TEXT, friendly_name TEXT, role_sid, identity TEXT, is_online INTEGER, is_notifiable INTEGER,
  date_created, date_updated, joined_channels_count INTEGER, extra TEXT
);
CREATE UNIQUE INDEX user_by_sid ON user_row (service, sid);

CREATE TABLE channel_row (
  id INTEGER PRIMARY KEY, service INTEGER NOT NULL, sid NOT NULL, pass INTEGER NOT NULL, scope INTEGER,
  listed INTEGER NOT NULL DEFAULT 1, -- 0: known by its SID alone so far
  friendly_name TEXT, unique_name TEXT, attributes TEXT, type, date_created, date_updated, created_by TEXT,
  members_count INTEGER, messages_count INTEGER,
  state, timers TEXT, messaging_service_sid, bindings TEXT, -- of Conversations alone
  extra TEXT
);
CREATE UNIQUE INDEX channel_by_sid ON channel_row (service, sid);

-- Keyed by the user's number, so that the rows of a page stand together and a crawl writes in one place at a time.
CREATE TABLE membership_row (
  user INTEGER NOT NULL, channel_sid NOT NULL, pass INTEGER NOT NULL, service INTEGER NOT NULL, scope INTEGER NOT NULL,
  member_sid, status, last_consumed_message_index INTEGER, unread_messages_count INTEGER, notification_level,
  extra TEXT,
  PRIMARY KEY (user, channel_sid)
) WITHOUT ROWID;
-- The indexes membership_by_channel and user_sid_by_id are made once the crawl is done (reconcile.rs). Both hold all that
-- a walk by channel reads, so that it never looks a row up in a place of its own.

CREATE TABLE member_row (
  channel INTEGER NOT NULL, sid NOT NULL, pass INTEGER NOT NULL, scope INTEGER NOT NULL,
  identity TEXT, role_sid, last_consumed_message_index INTEGER, last_consumption_timestamp,
  date_created, date_updated, attributes TEXT, extra TEXT,
  PRIMARY KEY (channel, sid)
) WITHOUT ROWID;

CREATE TABLE invite_row (
  channel INTEGER NOT NULL, sid NOT NULL, pass INTEGER NOT NULL, scope INTEGER NOT NULL,
  identity TEXT, date_created, date_updated, role_sid, created_by TEXT, extra TEXT,
  PRIMARY KEY (channel, sid)
) WITHOUT ROWID;

-- In the order of a channel's list, which is the order of its export: pages of a channel are appended, and nothing is sorted.
-- The one column that may lack a value and is part of the key, the index, is an empty text where the message has none.
CREATE TABLE message_row (
  channel INTEGER NOT NULL, position NOT NULL, sid NOT NULL, pass INTEGER NOT NULL, scope INTEGER NOT NULL,
  date_created, date_updated, sender TEXT, body TEXT, attributes TEXT, type, was_edited INTEGER, last_updated_by TEXT,
  media TEXT, participant_sid, delivery TEXT, content_sid, extra TEXT,
  PRIMARY KEY (channel, position, sid)
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

-- In the views, @US(x) stands for a SID's text, @date(x) for a date's: schema.rs writes them out.
CREATE VIEW services AS SELECT
  @IS(r.sid) AS sid,
  @AC(s.account) AS account_sid,
  r.friendly_name,
  @date(r.date_created) AS date_created,
  @date(r.date_updated) AS date_updated,
  @RL(r.default_service_role_sid) AS default_service_role_sid,
  @RL(r.default_channel_role_sid) AS default_channel_role_sid,
  @RL(r.default_channel_creator_role_sid) AS default_channel_creator_role_sid,
  r.read_status_enabled, r.reachability_enabled, r.typing_indicator_timeout, r.consumption_report_interval, r.limits,
  r.pre_webhook_url, r.post_webhook_url, r.webhook_method, r.webhook_filters, r.pre_webhook_retry_count,
  r.post_webhook_retry_count, r.notifications, r.media, r.configuration, r.extra
FROM service_row r LEFT JOIN scope s ON s.id = r.scope WHERE r.fetched;

CREATE VIEW roles AS SELECT
  @RL(r.sid) AS sid,
  @AC(s.account) AS account_sid,
  @IS(s.service) AS service_sid,
  r.friendly_name,
  CASE r.type WHEN 1 THEN 'channel' WHEN 2 THEN 'deployment' WHEN 3 THEN 'conversation' WHEN 4 THEN 'service'
    ELSE r.type END AS type,
  r.permissions,
  @date(r.date_created) AS date_created,
  @date(r.date_updated) AS date_updated,
  r.extra
FROM role_row r LEFT JOIN scope s ON s.id = r.scope;

CREATE VIEW users AS SELECT
  @US(r.sid) AS sid,
  @AC(s.account) AS account_sid,
  @IS(s.service) AS service_sid,
  r.attributes, r.friendly_name,
  @RL(r.role_sid) AS role_sid,
  r.identity, r.is_online, r.is_notifiable,
  @date(r.date_created) AS date_created,
  @date(r.date_updated) AS date_updated,
  r.joined_channels_count, r.extra
FROM user_row r LEFT JOIN scope s ON s.id = r.scope WHERE r.listed;

CREATE VIEW channels AS SELECT
  @CH(r.sid) AS sid,
  @AC(s.account) AS account_sid,
  @IS(s.service) AS service_sid,
  r.friendly_name, r.unique_name, r.attributes,
  CASE r.type WHEN 1 THEN 'public' WHEN 2 THEN 'private' ELSE r.type END AS type,
  @date(r.date_created) AS date_created,
  @date(r.date_updated) AS date_updated,
  r.created_by, r.members_count, r.messages_count,
  CASE r.state WHEN 1 THEN 'active' WHEN 2 THEN 'inactive' WHEN 3 THEN 'closed' WHEN 4 THEN 'initializing'
    ELSE r.state END AS state,
  r.timers,
  @MG(r.messaging_service_sid) AS messaging_service_sid,
  r.bindings, r.extra
FROM channel_row r LEFT JOIN scope s ON s.id = r.scope WHERE r.listed;

CREATE VIEW user_channels AS SELECT
  @AC(s.account) AS account_sid,
  @IS(s.service) AS service_sid,
  @CH(r.channel_sid) AS channel_sid,
  @US(u.sid) AS user_sid,
  @MB(r.member_sid) AS member_sid,
  CASE r.status WHEN 1 THEN 'joined' WHEN 2 THEN 'invited' WHEN 3 THEN 'notParticipating'
    WHEN 4 THEN 'not_participating' ELSE r.status END AS status,
  r.last_consumed_message_index, r.unread_messages_count,
  CASE r.notification_level WHEN 1 THEN 'default' WHEN 2 THEN 'muted' ELSE r.notification_level END AS notification_level,
  r.extra
FROM membership_row r JOIN user_row u ON u.id = r.user LEFT JOIN scope s ON s.id = r.scope;

CREATE VIEW members AS SELECT
  @MB(r.sid) AS sid,
  @AC(s.account) AS account_sid,
  @CH(c.sid) AS channel_sid,
  @IS(s.service) AS service_sid,
  r.identity,
  @RL(r.role_sid) AS role_sid,
  r.last_consumed_message_index,
  @date(r.last_consumption_timestamp) AS last_consumption_timestamp,
  @date(r.date_created) AS date_created,
  @date(r.date_updated) AS date_updated,
  r.attributes, r.extra
FROM member_row r JOIN channel_row c ON c.id = r.channel LEFT JOIN scope s ON s.id = r.scope;

CREATE VIEW invites AS SELECT
  @IN(r.sid) AS sid,
  @AC(s.account) AS account_sid,
  @CH(c.sid) AS channel_sid,
  @IS(s.service) AS service_sid,
  r.identity,
  @date(r.date_created) AS date_created,
  @date(r.date_updated) AS date_updated,
  @RL(r.role_sid) AS role_sid,
  r.created_by, r.extra
FROM invite_row r JOIN channel_row c ON c.id = r.channel LEFT JOIN scope s ON s.id = r.scope;

CREATE VIEW messages AS SELECT
  @IM(r.sid) AS sid,
  @AC(s.account) AS account_sid,
  r.attributes,
  @IS(s.service) AS service_sid,
  @CH(c.sid) AS channel_sid,
  @date(r.date_created) AS date_created,
  @date(r.date_updated) AS date_updated,
  r.last_updated_by, r.was_edited, r.sender AS "from", r.body,
  CASE typeof(r.position) WHEN 'integer' THEN r.position END AS "index",
  CASE r.type WHEN 0 THEN 'text' WHEN 1 THEN 'media' ELSE r.type END AS type,
  r.media,
  @MB(r.participant_sid) AS participant_sid,
  r.delivery,
  @HX(r.content_sid) AS content_sid,
  r.extra
FROM message_row r JOIN channel_row c ON c.id = r.channel LEFT JOIN scope s ON s.id = r.scope;
