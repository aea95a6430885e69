-- What reconciling a provider's invoice came to, kept for whoever looks at it.

CREATE TABLE provider_reckoning (
  connection  TEXT NOT NULL,
  invoice     TEXT NOT NULL,
  currency    TEXT NOT NULL,
  rows_count  BIGINT NOT NULL,
  exact       BIGINT NOT NULL,
  findings    BIGINT NOT NULL,
  charged     TEXT NOT NULL,
  expected    TEXT NOT NULL,
  unexplained TEXT NOT NULL,
  unbilled    TEXT NOT NULL,
  PRIMARY KEY (connection, invoice)
);

CREATE TABLE provider_sum (
  connection       TEXT NOT NULL,
  invoice          TEXT NOT NULL,
  grouped          TEXT NOT NULL,
  place            BIGINT NOT NULL,
  of_id            TEXT NOT NULL,
  name             TEXT NOT NULL,
  found            BIGINT NOT NULL,
  currency         TEXT NOT NULL,
  cost             TEXT NOT NULL,
  ahead            TEXT NOT NULL,
  revenue          BIGINT NOT NULL,
  revenue_currency TEXT NOT NULL,
  PRIMARY KEY (connection, invoice, grouped, place)
);

CREATE INDEX provision_failed ON provision (connection, id) WHERE state = 'failed';
