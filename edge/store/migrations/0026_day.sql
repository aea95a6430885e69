-- What the first page shows of the whole book is kept added up by day; what is open is looked up by who owes it.

CREATE TABLE due_day (
  due_on    TEXT PRIMARY KEY,
  contracts BIGINT NOT NULL
);

CREATE TABLE open_day (
  due_on   TEXT NOT NULL,
  currency TEXT NOT NULL,
  owed     BIGINT NOT NULL,
  invoices BIGINT NOT NULL,
  credit   BIGINT NOT NULL,
  credits  BIGINT NOT NULL,
  PRIMARY KEY (due_on, currency)
);

INSERT INTO due_day (due_on, contracts) SELECT due_on, COUNT(*) FROM contract_cursor GROUP BY due_on;
INSERT INTO open_day (due_on, currency, owed, invoices, credit, credits)
  SELECT due_on, currency, SUM(CASE WHEN total > 0 THEN total - settled ELSE 0 END), COUNT(CASE WHEN total > 0 THEN 1 END),
    SUM(CASE WHEN total < 0 THEN total - settled ELSE 0 END), COUNT(CASE WHEN total < 0 THEN 1 END)
  FROM invoice WHERE settled <> total GROUP BY due_on, currency;

DELETE FROM counter WHERE name = 'due';

DROP INDEX invoice_open;
CREATE INDEX invoice_open ON invoice (payer, currency, due_on, total, settled) WHERE settled <> total;
