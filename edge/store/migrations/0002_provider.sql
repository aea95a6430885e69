-- What the book remembers of providers; schema.sql beside this folder says what each table means.

CREATE TABLE connection (
  id        TEXT PRIMARY KEY,
  name      TEXT NOT NULL,
  kind      TEXT NOT NULL,
  settings  TEXT NOT NULL,
  currency  TEXT NOT NULL,
  country   TEXT NOT NULL,
  list      TEXT NOT NULL,
  state     TEXT NOT NULL,
  state_why TEXT NOT NULL,
  synced_at BIGINT NOT NULL,
  events_at BIGINT NOT NULL
);

CREATE TABLE connection_secret (
  connection TEXT NOT NULL REFERENCES connection (id),
  name       TEXT NOT NULL,
  sealed     TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (connection, name)
);

CREATE TABLE customer_link (
  connection TEXT NOT NULL REFERENCES connection (id),
  customer   TEXT NOT NULL,
  account    TEXT NOT NULL,
  contract   TEXT NOT NULL,
  PRIMARY KEY (connection, customer)
);

CREATE TABLE holding_link (
  subscription TEXT PRIMARY KEY,
  connection   TEXT NOT NULL REFERENCES connection (id),
  holding      TEXT NOT NULL
);

CREATE INDEX holding_link_holding ON holding_link (connection, holding);

CREATE TABLE holding (
  connection          TEXT NOT NULL REFERENCES connection (id),
  id                  TEXT NOT NULL,
  customer            TEXT NOT NULL,
  entitlement         TEXT NOT NULL,
  sku                 TEXT NOT NULL,
  offer               TEXT NOT NULL,
  offer_name          TEXT NOT NULL,
  name                TEXT NOT NULL,
  product_type        TEXT NOT NULL,
  publisher           TEXT NOT NULL,
  quantity            TEXT NOT NULL,
  unit_type           TEXT NOT NULL,
  status              TEXT NOT NULL,
  status_text         TEXT NOT NULL,
  term_months         BIGINT NOT NULL,
  renewal_term_months BIGINT NOT NULL,
  billing             TEXT NOT NULL,
  billing_months      BIGINT NOT NULL,
  billing_text        TEXT NOT NULL,
  billing_type        TEXT NOT NULL,
  auto_renew          BOOLEAN NOT NULL,
  trial               BOOLEAN NOT NULL,
  parent              TEXT NOT NULL,
  order_id            TEXT NOT NULL,
  reseller            TEXT NOT NULL,
  promotion           TEXT NOT NULL,
  migrated_from       TEXT NOT NULL,
  created_at          BIGINT NOT NULL,
  starts_at           BIGINT NOT NULL,
  ends_at             BIGINT NOT NULL,
  billing_ends_at     BIGINT NOT NULL,
  cancellable_until   BIGINT NOT NULL,
  refunds             TEXT NOT NULL,
  refundable          TEXT NOT NULL,
  has_next            BOOLEAN NOT NULL,
  next_sku            TEXT NOT NULL,
  next_quantity       TEXT,
  next_term_months    BIGINT NOT NULL,
  next_billing        TEXT NOT NULL,
  next_billing_months BIGINT NOT NULL,
  next_promotion      TEXT NOT NULL,
  next_ends_on        TEXT NOT NULL,
  suspension_reasons  TEXT NOT NULL,
  seen_at             BIGINT NOT NULL,
  PRIMARY KEY (connection, id)
);

CREATE INDEX holding_customer ON holding (connection, customer, id);

CREATE TABLE provision (
  id                  BIGINT PRIMARY KEY,
  connection          TEXT NOT NULL REFERENCES connection (id),
  contract            TEXT NOT NULL,
  subscription        TEXT NOT NULL,
  log_seq             BIGINT NOT NULL,
  reference           TEXT NOT NULL,
  customer            TEXT NOT NULL,
  holding             TEXT NOT NULL,
  is_order            BOOLEAN NOT NULL,
  sku                 TEXT NOT NULL,
  quantity            TEXT,
  term_months         BIGINT NOT NULL,
  billing             TEXT NOT NULL,
  billing_months      BIGINT NOT NULL,
  ends_on             TEXT NOT NULL,
  promotion           TEXT NOT NULL,
  parent              TEXT NOT NULL,
  name                TEXT NOT NULL,
  cart                TEXT NOT NULL,
  number              TEXT NOT NULL,
  auto_renew          BOOLEAN,
  action              TEXT NOT NULL,
  next                TEXT NOT NULL,
  next_sku            TEXT NOT NULL,
  next_quantity       TEXT,
  next_term_months    BIGINT NOT NULL,
  next_billing        TEXT NOT NULL,
  next_billing_months BIGINT NOT NULL,
  next_promotion      TEXT NOT NULL,
  next_ends_on        TEXT NOT NULL,
  state               TEXT NOT NULL,
  attempts            BIGINT NOT NULL,
  next_at             BIGINT NOT NULL,
  code                TEXT NOT NULL,
  why                 TEXT NOT NULL,
  todo                TEXT NOT NULL,
  who                 TEXT NOT NULL,
  source              TEXT NOT NULL,
  created_at          BIGINT NOT NULL,
  changed_at          BIGINT NOT NULL
);

CREATE INDEX provision_open ON provision (connection, id) WHERE state = 'awaiting' OR state = 'sent';
CREATE INDEX provision_subscription ON provision (subscription, id);

CREATE TABLE exception (
  id           BIGINT PRIMARY KEY,
  kind         TEXT NOT NULL,
  subject      TEXT NOT NULL,
  connection   TEXT NOT NULL,
  account      TEXT NOT NULL,
  subscription TEXT NOT NULL,
  sentence     TEXT NOT NULL,
  todo         TEXT NOT NULL,
  worth        TEXT,
  currency     TEXT NOT NULL,
  opened_at    BIGINT NOT NULL,
  seen_at      BIGINT NOT NULL,
  closed_at    BIGINT NOT NULL,
  closed_by    TEXT NOT NULL
);

CREATE UNIQUE INDEX exception_open ON exception (kind, subject) WHERE closed_at = 0;

CREATE TABLE provider_invoice (
  connection     TEXT NOT NULL REFERENCES connection (id),
  id             TEXT NOT NULL,
  invoice_on     TEXT NOT NULL,
  from_on        TEXT NOT NULL,
  to_on          TEXT NOT NULL,
  currency       TEXT NOT NULL,
  total          TEXT NOT NULL,
  credit         BOOLEAN NOT NULL,
  stamp          TEXT NOT NULL,
  lines          BIGINT NOT NULL,
  lines_total    TEXT NOT NULL,
  tax_total      TEXT NOT NULL,
  imported_at    BIGINT NOT NULL,
  reconciled_at  BIGINT NOT NULL,
  PRIMARY KEY (connection, id)
);

CREATE TABLE provider_line (
  connection      TEXT NOT NULL,
  invoice         TEXT NOT NULL,
  holding         TEXT NOT NULL,
  line            TEXT NOT NULL,
  customer        TEXT NOT NULL,
  customer_name   TEXT NOT NULL,
  reseller        TEXT NOT NULL,
  sku             TEXT NOT NULL,
  type            TEXT NOT NULL,
  from_on         TEXT NOT NULL,
  to_on           TEXT NOT NULL,
  quantity        TEXT NOT NULL,
  unit_price      TEXT NOT NULL,
  effective_price TEXT NOT NULL,
  cost            TEXT NOT NULL,
  currency        TEXT NOT NULL,
  order_id        TEXT NOT NULL,
  alternate_order TEXT NOT NULL,
  reference       TEXT NOT NULL,
  ordered_at      BIGINT NOT NULL,
  product         TEXT NOT NULL,
  sku_name        TEXT NOT NULL,
  publisher       TEXT NOT NULL,
  description     TEXT NOT NULL,
  term_text       TEXT NOT NULL,
  term_months     BIGINT NOT NULL,
  billing         TEXT NOT NULL,
  billing_months  BIGINT NOT NULL,
  term_from_on    TEXT NOT NULL,
  term_to_on      TEXT NOT NULL,
  price_currency  TEXT NOT NULL,
  price_rate      TEXT,
  price_rate_on   TEXT NOT NULL,
  tax             TEXT NOT NULL,
  total           TEXT NOT NULL,
  promotion       TEXT NOT NULL,
  adjustments     TEXT NOT NULL,
  credit          TEXT NOT NULL,
  unit            TEXT NOT NULL,
  meter           TEXT NOT NULL,
  reservation     TEXT NOT NULL,
  qualifiers      TEXT NOT NULL,
  category        TEXT NOT NULL,
  source_file     TEXT NOT NULL,
  source_line     BIGINT NOT NULL,
  PRIMARY KEY (connection, invoice, holding, line)
);

CREATE TABLE provider_match (
  connection       TEXT NOT NULL,
  invoice          TEXT NOT NULL,
  holding          TEXT NOT NULL,
  line             TEXT NOT NULL,
  customer         TEXT NOT NULL,
  account          TEXT NOT NULL,
  subscription     TEXT NOT NULL,
  sku              TEXT NOT NULL,
  cost             TEXT NOT NULL,
  expected         TEXT,
  currency         TEXT NOT NULL,
  revenue          BIGINT NOT NULL,
  revenue_currency TEXT NOT NULL,
  PRIMARY KEY (connection, invoice, holding, line)
);

CREATE TABLE provider_finding (
  connection   TEXT NOT NULL,
  invoice      TEXT NOT NULL,
  finding_no   BIGINT NOT NULL,
  line         TEXT NOT NULL,
  holding      TEXT NOT NULL,
  customer     TEXT NOT NULL,
  account      TEXT NOT NULL,
  subscription TEXT NOT NULL,
  sku          TEXT NOT NULL,
  cause        TEXT NOT NULL,
  amount       TEXT NOT NULL,
  currency     TEXT NOT NULL,
  sentence     TEXT NOT NULL,
  meets_on     TEXT NOT NULL,
  PRIMARY KEY (connection, invoice, finding_no)
);

CREATE TABLE price_sheet (
  connection  TEXT NOT NULL REFERENCES connection (id),
  market      TEXT NOT NULL,
  sheet_view  TEXT NOT NULL,
  month_on    TEXT NOT NULL,
  digest      TEXT NOT NULL,
  rows_count  BIGINT NOT NULL,
  imported_at BIGINT NOT NULL,
  PRIMARY KEY (connection, market, sheet_view, month_on, digest)
);

CREATE TABLE promotion (
  connection     TEXT NOT NULL REFERENCES connection (id),
  id             TEXT NOT NULL,
  sku            TEXT NOT NULL,
  term_months    BIGINT NOT NULL,
  billing        TEXT NOT NULL,
  billing_months BIGINT NOT NULL,
  name           TEXT NOT NULL,
  percent        TEXT NOT NULL,
  from_on        TEXT NOT NULL,
  to_on          TEXT NOT NULL,
  PRIMARY KEY (connection, id, sku, term_months, billing_months)
);
