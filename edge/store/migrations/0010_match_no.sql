-- What became of a provider's row has a number within its invoice, as a finding has: in the order of holdings and rows, in which
-- they are written. A key of four texts cost more than the row itself.

CREATE TABLE provider_match_kept AS SELECT * FROM provider_match;
DROP TABLE provider_match;

CREATE TABLE provider_match (
  connection       TEXT NOT NULL,
  invoice          TEXT NOT NULL,
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
  PRIMARY KEY (connection, invoice, match_no)
);

INSERT INTO provider_match (connection, invoice, match_no, holding, line, customer, account, subscription, sku, cost, expected, currency, revenue, revenue_currency, ahead)
  SELECT connection, invoice, ROW_NUMBER() OVER (PARTITION BY connection, invoice ORDER BY holding, line), holding, line, customer, account, subscription, sku, cost, expected,
    currency, revenue, revenue_currency, ahead FROM provider_match_kept;
DROP TABLE provider_match_kept;
