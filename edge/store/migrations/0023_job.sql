-- What is to be done, once or again and again, by whichever process takes its lease.
CREATE TABLE job (
  id            BIGINT PRIMARY KEY,
  kind          TEXT NOT NULL,
  connection    TEXT NOT NULL,
  subject       TEXT NOT NULL,
  rhythm        TEXT NOT NULL,
  state         TEXT NOT NULL,
  next_at       BIGINT NOT NULL,
  holder        TEXT NOT NULL,
  lease_until   BIGINT NOT NULL, -- 0 where nobody has it
  run_no        BIGINT NOT NULL,
  tries         BIGINT NOT NULL,
  failing_since BIGINT NOT NULL, -- 0 where it is not
  asked_by      TEXT NOT NULL,
  asked_at      BIGINT NOT NULL,
  asked_run     BIGINT NOT NULL, -- 0 until the run that was asked for has ended
  wanted_at     BIGINT NOT NULL,
  UNIQUE (kind, connection, subject)
);

CREATE INDEX job_due ON job (next_at, id) WHERE state = 'waiting';
CREATE INDEX job_asked ON job (connection, asked_at) WHERE asked_at > 0;

-- Each attempt at a job; the last ones are kept.
CREATE TABLE job_run (
  job        BIGINT NOT NULL REFERENCES job (id),
  run_no     BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at   BIGINT NOT NULL, -- 0 while it goes on
  outcome    TEXT NOT NULL,
  holder     TEXT NOT NULL,
  asked_by   TEXT NOT NULL,
  said       TEXT NOT NULL,
  why        TEXT NOT NULL,
  PRIMARY KEY (job, run_no)
);
