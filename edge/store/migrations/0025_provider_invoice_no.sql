-- A match is kept under a short number of its invoice: two texts in each of a million keys cost as much as the rest of the row.

CREATE TABLE provider_invoice_no (
  connection TEXT NOT NULL,
  invoice    TEXT NOT NULL,
  invoice_no BIGINT NOT NULL,
  PRIMARY KEY (connection, invoice)
);

CREATE TABLE provider_match_kept AS SELECT * FROM provider_match;
DROP TABLE provider_match;

CREATE TABLE provider_match (
  invoice_no       BIGINT NOT NULL,
  match_no         BIGINT NOT NULL,
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
  ahead            TEXT NOT NULL,
  PRIMARY KEY (invoice_no, match_no)
);

INSERT INTO provider_invoice_no (connection, invoice, invoice_no)
  SELECT connection, invoice, ROW_NUMBER() OVER (ORDER BY connection, invoice) FROM (SELECT DISTINCT connection, invoice FROM provider_match_kept) AS matched;
INSERT INTO provider_match (invoice_no, match_no, holding, line, customer, account, subscription, sku, cost, expected, currency, revenue, revenue_currency, ahead)
  SELECT n.invoice_no, k.match_no, k.holding, k.line, k.customer, k.account, k.subscription, k.sku, k.cost, k.expected, k.currency, k.revenue, k.revenue_currency, k.ahead
  FROM provider_match_kept k JOIN provider_invoice_no n ON n.connection = k.connection AND n.invoice = k.invoice;
INSERT INTO counter (name, value) SELECT 'provider_invoice', invoice_no FROM provider_invoice_no ORDER BY invoice_no DESC LIMIT 1;
DROP TABLE provider_match_kept;
