-- That invoices were sent, and lists as users narrowed them; schema.sql beside this folder says what each table means.

CREATE TABLE invoice_sent (
  invoice TEXT NOT NULL REFERENCES invoice (id),
  sent_no BIGINT NOT NULL,
  at      BIGINT NOT NULL,
  who     TEXT NOT NULL,
  sent_to TEXT NOT NULL,
  PRIMARY KEY (invoice, sent_no)
);

CREATE TABLE saved_view (
  user_id TEXT NOT NULL,
  noun    TEXT NOT NULL,
  name    TEXT NOT NULL,
  query   TEXT NOT NULL,
  at      BIGINT NOT NULL,
  PRIMARY KEY (user_id, noun, name)
);
