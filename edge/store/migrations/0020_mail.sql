-- The outbox; schema.sql beside this folder says what each table means.

CREATE TABLE mail (
  seq        BIGINT PRIMARY KEY,
  message_id TEXT NOT NULL,
  kind       TEXT NOT NULL,
  seller     TEXT NOT NULL,
  invoice    TEXT NOT NULL,
  user_id    TEXT NOT NULL,
  sent_to    TEXT NOT NULL,
  note       TEXT NOT NULL,
  sealed     TEXT NOT NULL,
  made_at    BIGINT NOT NULL,
  made_by    TEXT NOT NULL,
  state      TEXT NOT NULL,
  attempts   BIGINT NOT NULL,
  next_at    BIGINT NOT NULL,
  status     BIGINT NOT NULL,
  why        TEXT NOT NULL
);

CREATE INDEX mail_due ON mail (next_at, seq) WHERE state = 'waiting';
CREATE INDEX mail_failed ON mail (seq) WHERE state = 'failed';
CREATE INDEX mail_invoice ON mail (invoice, seq) WHERE invoice <> '';

CREATE TABLE mail_attempt (
  mail        BIGINT NOT NULL REFERENCES mail (seq),
  attempt_no  BIGINT NOT NULL,
  at          BIGINT NOT NULL,
  took_micros BIGINT NOT NULL,
  status      BIGINT NOT NULL,
  why         TEXT NOT NULL,
  PRIMARY KEY (mail, attempt_no)
);
