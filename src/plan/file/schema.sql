-- A plan. `number` is the order of performance. SIDs are 16 bytes each, or the text that is no SID; the view shows them as
-- people know them.
CREATE TABLE property (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE operation (
  number INTEGER PRIMARY KEY,
  -- The place in `kinds`.
  kind INTEGER NOT NULL,
  -- The place in `states`. This and the three last columns are the journal: what applying the plan changes.
  state INTEGER NOT NULL,
  -- 1 is the source's service, 2 the target's; any other is its text.
  service, role, user, channel, member, invite,
  identity TEXT, unique_name TEXT,
  -- In the target: the two letters and the 16 bytes; the other two have the letters CH and US.
  target, conversation, target_user,
  -- Of a message: its index in the source, and in the target. Its texts are in the snapshot.
  message INTEGER, position INTEGER,
  -- JSON objects; null is the empty one.
  before TEXT, after TEXT,
  -- Why it cannot be done, as planned.
  blocked TEXT,
  -- Its outcome: Twilio's reason, when it was begun, what was made and found.
  reason TEXT, started, result TEXT,
  -- The write limit that it falls under: the channel's, or that of the entire service.
  lane AS (CASE WHEN kind IN (@service_kinds) THEN x'' ELSE channel END) VIRTUAL
);

-- SIDs of the target by those of the source: what was there when the plan was made (`planned` is 1), and what applying it made (0)
-- or found in the place of what it was to make (2).
CREATE TABLE counterpart (
  entity TEXT NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL, planned INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (entity, source)
) WITHOUT ROWID;

CREATE TABLE checks (
  number INTEGER PRIMARY KEY, code TEXT NOT NULL, severity TEXT NOT NULL, of_plan INTEGER NOT NULL,
  one TEXT NOT NULL, many TEXT NOT NULL, passes TEXT NOT NULL, meaning TEXT NOT NULL, advice TEXT NOT NULL
);
CREATE TABLE finding (
  number INTEGER PRIMARY KEY, check_number INTEGER NOT NULL, entity TEXT NOT NULL, sid TEXT NOT NULL, name TEXT,
  detail TEXT NOT NULL
);

CREATE TABLE kinds (number INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE states (number INTEGER PRIMARY KEY, name TEXT NOT NULL);

CREATE VIEW operations AS
  SELECT o.number, k.name AS kind, s.name AS state,
    CASE service
      WHEN 1 THEN (SELECT json_extract(value, '$.source.service_sid') FROM property WHERE key = 'header')
      WHEN 2 THEN (SELECT json_extract(value, '$.target.service_sid') FROM property WHERE key = 'header')
      ELSE service END AS service_sid,
    @RL(role) AS role_sid, @US(user) AS user_sid, @CH(channel) AS channel_sid, @MB(member) AS member_sid,
    @IN(invite) AS invite_sid, identity, unique_name,
    CASE typeof(target) WHEN 'blob' THEN CAST(substr(target, 1, 2) AS TEXT) || lower(hex(substr(target, 3)))
      ELSE target END AS target_sid,
    @CH(conversation) AS conversation_sid, @US(target_user) AS target_user_sid,
    message AS message_index, position AS target_index,
    coalesce(before, '{}') AS before, coalesce(after, '{}') AS after, coalesce(reason, blocked) AS reason, started, result
  FROM operation o JOIN kinds k ON k.number = o.kind JOIN states s ON s.number = o.state;

CREATE VIEW findings AS
  SELECT c.code, c.severity, f.entity, f.sid, f.name, f.detail
  FROM finding f JOIN checks c ON c.number = f.check_number;
