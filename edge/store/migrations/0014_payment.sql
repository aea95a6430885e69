-- What was paid, and what is open on invoices.

ALTER TABLE invoice ADD COLUMN settled BIGINT NOT NULL DEFAULT 0;

CREATE INDEX invoice_open ON invoice (due_on, currency, payer, total, settled) WHERE settled <> total;

CREATE TABLE payment (
  id          BIGINT PRIMARY KEY,
  invoice     TEXT NOT NULL,
  payer       TEXT NOT NULL,
  paid_on     TEXT NOT NULL,
  currency    TEXT NOT NULL,
  amount      BIGINT NOT NULL,
  reference   TEXT NOT NULL,
  recorded_at BIGINT NOT NULL,
  who         TEXT NOT NULL,
  source      TEXT NOT NULL
);

CREATE INDEX payment_invoice ON payment (invoice, id);
CREATE INDEX payment_payer ON payment (payer, id);

CREATE TABLE payment_posting (
  payment    BIGINT NOT NULL,
  posting_no BIGINT NOT NULL,
  invoice    TEXT NOT NULL,
  posted_on  TEXT NOT NULL,
  account    TEXT NOT NULL,
  currency   TEXT NOT NULL,
  amount     BIGINT NOT NULL,
  PRIMARY KEY (payment, posting_no)
);
