-- Figures that take too long to compute while somebody waits, and margin as it was reconciled.

CREATE TABLE report_snapshot (
  id       BIGINT PRIMARY KEY,
  day_on   TEXT NOT NULL,
  taken_at BIGINT NOT NULL,
  stamp    BIGINT NOT NULL,
  complete BOOLEAN NOT NULL
);

CREATE TABLE recurring_total (
  snapshot      BIGINT NOT NULL,
  month_on      TEXT NOT NULL,
  seller        TEXT NOT NULL,
  currency      TEXT NOT NULL,
  amount        BIGINT NOT NULL,
  new_amount    BIGINT NOT NULL,
  expansion     BIGINT NOT NULL,
  contraction   BIGINT NOT NULL,
  churn         BIGINT NOT NULL,
  price_moved   BIGINT NOT NULL,
  subscriptions BIGINT NOT NULL,
  unpriced      BIGINT NOT NULL,
  rate          TEXT,
  book_rate     TEXT,
  PRIMARY KEY (snapshot, month_on, seller, currency)
);

CREATE TABLE recurring_contract (
  snapshot      BIGINT NOT NULL,
  contract      TEXT NOT NULL,
  account       TEXT NOT NULL,
  seller        TEXT NOT NULL,
  currency      TEXT NOT NULL,
  amount        BIGINT NOT NULL,
  month_before  BIGINT NOT NULL,
  year_before   BIGINT NOT NULL,
  subscriptions BIGINT NOT NULL,
  unpriced      BIGINT NOT NULL,
  PRIMARY KEY (snapshot, contract)
);

CREATE TABLE closing_window (
  snapshot   BIGINT NOT NULL,
  window_no  BIGINT NOT NULL,
  until_at   BIGINT NOT NULL,
  kind       TEXT NOT NULL,
  connection TEXT NOT NULL,
  account    TEXT NOT NULL,
  holding    TEXT NOT NULL,
  sku        TEXT NOT NULL,
  quantity   TEXT NOT NULL,
  missed     BIGINT,
  currency   TEXT NOT NULL,
  PRIMARY KEY (snapshot, window_no)
);

CREATE INDEX closing_window_until ON closing_window (snapshot, until_at);

CREATE TABLE provider_margin (
  connection       TEXT NOT NULL,
  invoice          TEXT NOT NULL,
  grouped          TEXT NOT NULL,
  of_id            TEXT NOT NULL,
  revenue_currency TEXT NOT NULL,
  revenue          BIGINT NOT NULL,
  currency         TEXT NOT NULL,
  cost             TEXT NOT NULL,
  ahead            TEXT NOT NULL,
  PRIMARY KEY (connection, invoice, grouped, of_id, revenue_currency)
);
