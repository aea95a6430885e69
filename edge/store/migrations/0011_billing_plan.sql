-- Billing plans with their invoices to come, what is held, and what runs left due; schema.sql beside this folder says what each
-- table means.

ALTER TABLE billing_run ADD COLUMN plan BIGINT NOT NULL DEFAULT 0;
ALTER TABLE billing_run ADD COLUMN expected BIGINT NOT NULL DEFAULT 0;
ALTER TABLE billing_run ADD COLUMN left_due BIGINT NOT NULL DEFAULT 0;
ALTER TABLE billing_run ADD COLUMN told_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE billing_run ADD COLUMN owner TEXT NOT NULL DEFAULT '';

CREATE TABLE run_left (
  run       BIGINT NOT NULL REFERENCES billing_run (id),
  group_key TEXT NOT NULL,
  code      TEXT NOT NULL,
  sentence  TEXT NOT NULL,
  PRIMARY KEY (run, group_key)
);

CREATE TABLE billing_hold (
  group_key TEXT PRIMARY KEY,
  at        BIGINT NOT NULL,
  who       TEXT NOT NULL,
  reason    TEXT NOT NULL
);

CREATE TABLE billing_plan (
  id          BIGINT PRIMARY KEY,
  through_on  TEXT NOT NULL,
  state       TEXT NOT NULL,
  stamp       BIGINT NOT NULL,
  asked_at    BIGINT NOT NULL,
  ended_at    BIGINT NOT NULL,
  who         TEXT NOT NULL,
  due         BIGINT NOT NULL,
  contracts   BIGINT NOT NULL,
  group_count BIGINT NOT NULL,
  invoices    BIGINT NOT NULL,
  lines       BIGINT NOT NULL,
  missing     BIGINT NOT NULL,
  exceptions  BIGINT NOT NULL,
  run         BIGINT NOT NULL,
  told_at     BIGINT NOT NULL,
  owner       TEXT NOT NULL
);

CREATE TABLE planned_invoice (
  plan       BIGINT NOT NULL REFERENCES billing_plan (id),
  row_no     BIGINT NOT NULL,
  group_key  TEXT NOT NULL,
  payer      TEXT NOT NULL,
  contract   TEXT NOT NULL,
  seller     TEXT NOT NULL,
  invoice_on TEXT NOT NULL,
  currency   TEXT NOT NULL,
  contracts  BIGINT NOT NULL,
  lines      BIGINT NOT NULL,
  net        BIGINT NOT NULL,
  tax        BIGINT NOT NULL,
  total      BIGINT NOT NULL,
  compared   BOOLEAN NOT NULL,
  last       TEXT NOT NULL,
  last_on    TEXT NOT NULL,
  last_net   BIGINT NOT NULL,
  last_total BIGINT NOT NULL,
  flags      BIGINT NOT NULL,
  code       TEXT NOT NULL,
  sentence   TEXT NOT NULL,
  digest     TEXT NOT NULL,
  approved   BOOLEAN NOT NULL,
  run        BIGINT NOT NULL,
  PRIMARY KEY (plan, row_no)
);

CREATE INDEX planned_invoice_group ON planned_invoice (plan, group_key);
CREATE INDEX planned_invoice_size ON planned_invoice (plan, net, row_no);
CREATE INDEX planned_invoice_flags ON planned_invoice (plan, row_no, flags) WHERE flags <> 0;
CREATE INDEX planned_invoice_sum ON planned_invoice (plan, currency, approved, run, net, tax, total, last_net, flags);
