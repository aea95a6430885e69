-- What was credited of lines of issued invoices, beside the log: a row for each line of a credit note over a part of an invoice.

CREATE TABLE credited_line (
  seq               BIGINT PRIMARY KEY,
  contract          TEXT NOT NULL REFERENCES contract (id),
  invoice           TEXT NOT NULL,
  line_no           BIGINT NOT NULL,
  note              TEXT NOT NULL,
  currency          TEXT NOT NULL,
  amount            BIGINT NOT NULL,
  invoiced_currency TEXT NOT NULL,
  invoiced_amount   BIGINT NOT NULL,
  reason            TEXT NOT NULL,
  recorded_on       TEXT NOT NULL,
  known_on          TEXT NOT NULL
);

CREATE INDEX credited_line_contract ON credited_line (contract, seq);
CREATE INDEX credited_line_invoice ON credited_line (invoice, seq);
CREATE INDEX invoice_corrects ON invoice (corrects, number) WHERE corrects <> '';
