-- Addresses of others that are told what happens.
CREATE TABLE webhook (
  id            TEXT PRIMARY KEY,
  name          TEXT NOT NULL,
  address       TEXT NOT NULL,
  types         TEXT NOT NULL, -- words with a space before and after each
  state         TEXT NOT NULL,
  failing_since BIGINT NOT NULL,
  version       BIGINT NOT NULL,
  made_at       BIGINT NOT NULL,
  made_by       TEXT NOT NULL
);

-- What their messages are signed with, sealed; the one before goes on for a time beside the newest.
CREATE TABLE webhook_secret (
  webhook   TEXT NOT NULL REFERENCES webhook (id),
  secret_no BIGINT NOT NULL,
  sealed    TEXT NOT NULL, -- base64
  made_at   BIGINT NOT NULL,
  ends_at   BIGINT NOT NULL, -- 0 for the newest
  PRIMARY KEY (webhook, secret_no)
);

-- What they are told: written in the transaction in which it happens.
CREATE TABLE message (
  id        TEXT PRIMARY KEY,
  type      TEXT NOT NULL,
  at        BIGINT NOT NULL,
  fields    TEXT NOT NULL, -- name=value, a line each
  shared_at BIGINT NOT NULL -- 0 until it was given to the webhooks that ask for it
);

CREATE INDEX message_unshared ON message (at, id) WHERE shared_at = 0;
CREATE INDEX message_at ON message (at);

-- One message on its way to one webhook.
CREATE TABLE delivery (
  seq      BIGINT PRIMARY KEY,
  message  TEXT NOT NULL REFERENCES message (id),
  webhook  TEXT NOT NULL REFERENCES webhook (id),
  state    TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  next_at  BIGINT NOT NULL,
  status   BIGINT NOT NULL,
  why      TEXT NOT NULL
);

CREATE INDEX delivery_due ON delivery (next_at, seq) WHERE state = 'waiting';
CREATE INDEX delivery_webhook ON delivery (webhook, seq);
CREATE INDEX delivery_message ON delivery (message);

-- Every try of a delivery.
CREATE TABLE delivery_attempt (
  delivery    BIGINT NOT NULL REFERENCES delivery (seq),
  attempt_no  BIGINT NOT NULL,
  at          BIGINT NOT NULL,
  took_micros BIGINT NOT NULL,
  status      BIGINT NOT NULL,
  why         TEXT NOT NULL,
  PRIMARY KEY (delivery, attempt_no)
);
