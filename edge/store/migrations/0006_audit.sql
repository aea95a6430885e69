-- Who did what: a chain in which each record has the hash of the one before it.

CREATE TABLE audit (
  seq          BIGINT PRIMARY KEY,
  at           BIGINT NOT NULL,
  user_id      TEXT NOT NULL,
  who          TEXT NOT NULL,
  door         TEXT NOT NULL,
  came_from    TEXT NOT NULL,
  verb         TEXT NOT NULL,
  subject      TEXT NOT NULL,
  said         TEXT NOT NULL,
  outcome      TEXT NOT NULL,
  previous     TEXT NOT NULL,
  hash         TEXT NOT NULL
);

CREATE INDEX audit_who ON audit (who, seq);
CREATE INDEX audit_subject ON audit (subject, seq);

CREATE TABLE audit_head (
  id   BIGINT PRIMARY KEY CHECK (id = 1),
  seq  BIGINT NOT NULL,
  hash TEXT NOT NULL
);
