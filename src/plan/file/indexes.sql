-- Created after all operations, which is faster than before.
CREATE INDEX operation_by_state ON operation (state, kind, lane);
-- What was begun and has no end: empty unless a run was killed.
CREATE INDEX operation_begun ON operation (number) WHERE started IS NOT NULL AND state = 0;
