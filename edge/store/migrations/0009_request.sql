-- Requests that may arrive several times and are done once.

CREATE TABLE api_request (
  owner       TEXT NOT NULL,
  request_key TEXT NOT NULL,
  holder      TEXT NOT NULL,
  digest      TEXT NOT NULL,
  state       TEXT NOT NULL,
  taken_at    BIGINT NOT NULL,
  status      BIGINT NOT NULL,
  header      TEXT NOT NULL,
  body        TEXT NOT NULL,
  PRIMARY KEY (owner, request_key)
);

CREATE INDEX api_request_taken ON api_request (taken_at);
