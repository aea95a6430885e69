-- What-ifs that were saved: what is tried, of whom, and how far ahead.
CREATE TABLE what_if (
  id         BIGINT PRIMARY KEY,
  version    BIGINT NOT NULL,
  name       TEXT NOT NULL,
  accounts   TEXT NOT NULL,
  months     BIGINT NOT NULL,
  changes    BIGINT NOT NULL,
  who        TEXT NOT NULL,
  made_at    BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);

CREATE INDEX what_if_changed ON what_if (changed_at, id);

CREATE TABLE what_if_field (
  what_if   BIGINT NOT NULL REFERENCES what_if (id),
  change_no BIGINT NOT NULL,
  field_no  BIGINT NOT NULL,
  name      TEXT NOT NULL,
  said      TEXT NOT NULL,
  PRIMARY KEY (what_if, change_no, field_no)
);
