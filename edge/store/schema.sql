-- The book, as it is kept: the sum of the migrations, for reading. A test holds it to them.
--
-- One text for both engines (engine.go says what is read differently on which). Days are texts, YYYY-MM-DD, empty for
-- none; instants are microseconds UTC, 0 for none; amounts are minor units beside the currency that they are in; prices and
-- quantities are decimal texts that keep their digits. A NULL says "not given", where that differs from empty.

-- The book's own row. A recorder shares it, a run that starts takes it: no run passes a day while a fact is recorded for it.
CREATE TABLE book (
  id             BIGINT PRIMARY KEY CHECK (id = 1),
  billed_through TEXT NOT NULL
);

-- Numbers given one after another: fact (seq of the change log, of prices and of rates), stamp (raised with every change).
CREATE TABLE counter (
  name  TEXT PRIMARY KEY,
  value BIGINT NOT NULL
);

-- Who invoices. Documents print a version.
CREATE TABLE seller (
  id      TEXT PRIMARY KEY,
  seq     BIGINT NOT NULL, -- the order in which they came: the first is the book's default
  version BIGINT NOT NULL
);

CREATE TABLE seller_version (
  seller          TEXT NOT NULL REFERENCES seller (id),
  version         BIGINT NOT NULL,
  currency        TEXT NOT NULL,
  time_zone       TEXT NOT NULL,
  name            TEXT NOT NULL,
  address         TEXT NOT NULL, -- a line of it on each line
  country         TEXT NOT NULL,
  tax_id          TEXT NOT NULL,
  registration_id TEXT NOT NULL,
  email           TEXT NOT NULL,
  phone           TEXT NOT NULL,
  bank            TEXT NOT NULL,
  account_holder  TEXT NOT NULL,
  iban            TEXT NOT NULL,
  bic             TEXT NOT NULL,
  account_number  TEXT NOT NULL,
  routing_number  TEXT NOT NULL,
  note            TEXT NOT NULL,
  PRIMARY KEY (seller, version)
);

-- How a seller's documents look, from a version of the seller on.
CREATE TABLE letterhead (
  seller     TEXT NOT NULL,
  version    BIGINT NOT NULL,
  logo       TEXT NOT NULL, -- base64 of a PNG; empty for none
  accent     TEXT NOT NULL, -- #rrggbb, or empty
  footer     TEXT NOT NULL,
  conditions TEXT NOT NULL,
  PRIMARY KEY (seller, version)
);

CREATE TABLE unit (
  name   TEXT PRIMARY KEY,
  months BIGINT NOT NULL
);

CREATE TABLE tax (
  name     TEXT PRIMARY KEY,
  percent  TEXT NOT NULL,
  category TEXT NOT NULL
);

CREATE TABLE product (
  sku   TEXT PRIMARY KEY,
  name  TEXT NOT NULL,
  class TEXT NOT NULL,
  kind  TEXT NOT NULL,
  tax   TEXT NOT NULL
);

-- Price rows are only added to; of two for the same purchase the later seq wins.
CREATE TABLE price (
  seq          BIGINT PRIMARY KEY,
  sku          TEXT NOT NULL,
  list         TEXT NOT NULL,
  currency     TEXT NOT NULL,
  unit         TEXT NOT NULL,
  unit_months  BIGINT NOT NULL,
  term_months  BIGINT NOT NULL,
  model        TEXT NOT NULL,
  price        TEXT NOT NULL,
  tiers        TEXT NOT NULL, -- up to=price+flat, a comma between two, * for no bound
  rule_of      TEXT NOT NULL,
  rule_percent TEXT NOT NULL,
  rule_margin  BOOLEAN NOT NULL,
  size         TEXT NOT NULL,
  included     TEXT NOT NULL,
  from_on      TEXT NOT NULL,
  tax_included BOOLEAN NOT NULL,
  cost         TEXT,
  retail       TEXT,
  known_on     TEXT NOT NULL
);

CREATE INDEX price_purchase ON price (sku, list, from_on);

CREATE TABLE rate (
  seq           BIGINT PRIMARY KEY,
  from_currency TEXT NOT NULL,
  to_currency   TEXT NOT NULL,
  from_on       TEXT NOT NULL,
  rate          TEXT NOT NULL,
  known_on      TEXT NOT NULL
);

CREATE INDEX rate_pair ON rate (from_currency, to_currency, from_on);

-- Customers, groups, entities and resellers: here as they are now, in account_version as they were.
CREATE TABLE account (
  id                 TEXT PRIMARY KEY,
  version            BIGINT NOT NULL,
  name               TEXT NOT NULL,
  parent             TEXT NOT NULL,
  reseller           TEXT NOT NULL,
  bill_to            TEXT NOT NULL,
  country            TEXT NOT NULL,
  currency           TEXT NOT NULL,
  price_list         TEXT NOT NULL,
  consolidated       BOOLEAN NOT NULL,
  language           TEXT NOT NULL,
  purchase_order     TEXT NOT NULL,
  payment_terms_days BIGINT,
  party_name         TEXT NOT NULL,
  address            TEXT NOT NULL,
  party_country      TEXT NOT NULL,
  tax_id             TEXT NOT NULL,
  registration_id    TEXT NOT NULL,
  email              TEXT NOT NULL,
  phone              TEXT NOT NULL
);

CREATE INDEX account_name ON account (LOWER(name), id);
CREATE INDEX account_parent ON account (parent) WHERE parent <> '';
CREATE INDEX account_reseller ON account (reseller) WHERE reseller <> '';

CREATE TABLE account_version (
  id                 TEXT NOT NULL REFERENCES account (id),
  version            BIGINT NOT NULL,
  name               TEXT NOT NULL,
  parent             TEXT NOT NULL,
  reseller           TEXT NOT NULL,
  bill_to            TEXT NOT NULL,
  country            TEXT NOT NULL,
  currency           TEXT NOT NULL,
  price_list         TEXT NOT NULL,
  consolidated       BOOLEAN NOT NULL,
  language           TEXT NOT NULL,
  purchase_order     TEXT NOT NULL,
  payment_terms_days BIGINT,
  party_name         TEXT NOT NULL,
  address            TEXT NOT NULL,
  party_country      TEXT NOT NULL,
  tax_id             TEXT NOT NULL,
  registration_id    TEXT NOT NULL,
  email              TEXT NOT NULL,
  phone              TEXT NOT NULL,
  PRIMARY KEY (id, version)
);

CREATE TABLE contract (
  id               TEXT PRIMARY KEY,
  account          TEXT NOT NULL REFERENCES account (id),
  seller           TEXT NOT NULL,
  currency         TEXT NOT NULL,
  schedule         TEXT NOT NULL,
  frequency        TEXT NOT NULL,
  frequency_months BIGINT NOT NULL,
  start_on         TEXT NOT NULL,
  end_on           TEXT NOT NULL,
  timing           TEXT NOT NULL,
  next_invoice_on  TEXT NOT NULL,
  offset_days      BIGINT NOT NULL,
  collect          TEXT NOT NULL,
  proration        TEXT NOT NULL,
  changes          TEXT NOT NULL,
  changes_day      BIGINT NOT NULL,
  refunds          TEXT NOT NULL,
  refunds_days     BIGINT NOT NULL,
  reductions       TEXT NOT NULL,
  discount_percent TEXT NOT NULL,
  discount_initial BOOLEAN NOT NULL,
  discount_from_on TEXT NOT NULL,
  discount_to_on   TEXT NOT NULL,
  price_list       TEXT NOT NULL,
  rate_policy      TEXT NOT NULL,
  suspended_free   BOOLEAN NOT NULL,
  stick            BOOLEAN NOT NULL,
  purchase_order   TEXT NOT NULL
);

CREATE INDEX contract_account ON contract (account);

-- Where billing stands with a contract: derived, kept to make runs short. Only group_key is indexed, and it hardly ever changes:
-- a run that moves a cursor touches no index. The version is raised by everything that concerns the contract's billing.
CREATE TABLE contract_cursor (
  contract   TEXT PRIMARY KEY REFERENCES contract (id),
  group_key  TEXT NOT NULL,
  version    BIGINT NOT NULL,
  next_index BIGINT NOT NULL,
  through_on TEXT NOT NULL,
  due_on     TEXT NOT NULL,
  open_after TEXT NOT NULL,
  marks      TEXT NOT NULL -- a subscription on each line; see marks.go
);

CREATE INDEX contract_cursor_group ON contract_cursor (group_key, contract);

-- How many contracts are due on each day: a sum that is kept (day.go).
CREATE TABLE due_day (
  due_on    TEXT PRIMARY KEY,
  contracts BIGINT NOT NULL
);

-- The header of a subscription; what becomes of it is in the change log.
CREATE TABLE subscription (
  id                TEXT PRIMARY KEY,
  contract          TEXT NOT NULL REFERENCES contract (id),
  seq               BIGINT NOT NULL, -- of its start in the change log
  sku               TEXT NOT NULL,
  kind              TEXT NOT NULL,
  tax               TEXT NOT NULL,
  term_months       BIGINT NOT NULL,
  billing           TEXT NOT NULL,
  billing_months    BIGINT NOT NULL,
  price_unit        TEXT NOT NULL,
  price_unit_months BIGINT NOT NULL,
  ends_on           TEXT NOT NULL,
  discount_percent  TEXT NOT NULL,
  discount_initial  BOOLEAN NOT NULL,
  discount_from_on  TEXT NOT NULL,
  discount_to_on    TEXT NOT NULL,
  parent            TEXT NOT NULL,
  per_parent        TEXT NOT NULL,
  markup            TEXT,
  minimum           TEXT,
  smooth_over       TEXT NOT NULL,
  smooth_months     BIGINT NOT NULL,
  holding           TEXT NOT NULL DEFAULT '' -- the provider's id of what it is, or is a part of
);

CREATE INDEX subscription_contract ON subscription (contract);
CREATE INDEX subscription_product ON subscription (sku, id);
CREATE INDEX subscription_holding ON subscription (holding) WHERE holding <> '';

-- What happened. Nothing here is ever changed or taken out.
CREATE TABLE change_log (
  seq          BIGINT PRIMARY KEY,
  recorded_at  BIGINT NOT NULL,
  who          TEXT NOT NULL,
  source       TEXT NOT NULL,
  recorded_on  TEXT NOT NULL,
  known_on     TEXT NOT NULL,
  effective_on TEXT NOT NULL,
  verb         TEXT NOT NULL,
  event_id     TEXT NOT NULL,
  account      TEXT NOT NULL,
  contract     TEXT NOT NULL,
  subscription TEXT NOT NULL,
  voids        BIGINT NOT NULL, -- the seq of the entry that a void takes back, or 0
  quantity     TEXT,
  price        TEXT,
  auto_renew   BOOLEAN,
  waiting      BOOLEAN NOT NULL
);

CREATE UNIQUE INDEX change_log_event ON change_log (event_id) WHERE event_id <> '';
-- Usage is read from usage_record, and the provider's rows from provider_charge, so that a contract with a million of them has a short
-- log to bill by.
CREATE INDEX change_log_contract ON change_log (contract, seq) WHERE contract <> '' AND verb <> 'usage' AND verb <> 'charge';
CREATE INDEX change_log_account ON change_log (account, seq) WHERE account <> '' AND contract = '';
CREATE INDEX change_log_ending ON change_log (subscription) WHERE verb = 'cancel' OR verb = 'suspend' OR auto_renew = FALSE;

CREATE TABLE one_time_item (
  id       TEXT PRIMARY KEY,
  contract TEXT NOT NULL REFERENCES contract (id),
  seq      BIGINT NOT NULL,
  sku      TEXT NOT NULL,
  tax      TEXT NOT NULL,
  item_on  TEXT NOT NULL,
  quantity TEXT NOT NULL,
  price    TEXT,
  known_on TEXT NOT NULL
);

CREATE INDEX one_time_item_contract ON one_time_item (contract, item_on);
CREATE INDEX one_time_item_sku ON one_time_item (sku);

CREATE TABLE usage_record (
  key          TEXT PRIMARY KEY,
  contract     TEXT NOT NULL,
  subscription TEXT NOT NULL,
  seq          BIGINT NOT NULL,
  from_on      TEXT NOT NULL,
  to_on        TEXT NOT NULL,
  quantity     TEXT NOT NULL,
  currency     TEXT NOT NULL, -- empty for the contract's
  cost         TEXT,
  retail       TEXT,
  known_on     TEXT NOT NULL
);

CREATE INDEX usage_record_period ON usage_record (contract, to_on);
CREATE INDEX usage_record_known ON usage_record (contract, known_on);

-- The provider's rows as mirror contracts bill them, each telling of a row: what was told before it is void.
CREATE TABLE provider_charge (
  seq             BIGINT PRIMARY KEY, -- of its entry in the change log
  row_id          TEXT NOT NULL,      -- the same for the same row whenever it is told
  contract        TEXT NOT NULL REFERENCES contract (id),
  subscription    TEXT NOT NULL,
  type            TEXT NOT NULL,
  sku             TEXT NOT NULL,      -- empty for the subscription's
  from_on         TEXT NOT NULL,
  to_on           TEXT NOT NULL,
  quantity        TEXT NOT NULL,
  unit_price      TEXT NOT NULL,
  effective_price TEXT NOT NULL,
  cost            TEXT NOT NULL,
  currency        TEXT NOT NULL,      -- of the cost; empty for the contract's
  known_on        TEXT NOT NULL
);

CREATE INDEX provider_charge_row ON provider_charge (row_id, seq);
CREATE INDEX provider_charge_period ON provider_charge (contract, to_on);
CREATE INDEX provider_charge_known ON provider_charge (contract, known_on);
CREATE INDEX provider_charge_sku ON provider_charge (sku) WHERE sku <> '';

-- Issued invoices and credit notes. Only voided_by, void_known_on and settled are ever set afterwards.
CREATE TABLE invoice (
  id             TEXT PRIMARY KEY,
  seller         TEXT NOT NULL,
  series         TEXT NOT NULL,
  number         BIGINT NOT NULL,
  kind           TEXT NOT NULL,
  payer          TEXT NOT NULL,
  contract       TEXT NOT NULL, -- empty where the invoice is consolidated
  group_key      TEXT NOT NULL,
  invoice_on     TEXT NOT NULL,
  due_on         TEXT NOT NULL,
  currency       TEXT NOT NULL,
  net            BIGINT NOT NULL,
  tax            BIGINT NOT NULL,
  total          BIGINT NOT NULL,
  payer_version  BIGINT NOT NULL,
  seller_version BIGINT NOT NULL,
  run            BIGINT NOT NULL,
  issued_at      BIGINT NOT NULL,
  corrects       TEXT NOT NULL,
  voided_by      TEXT NOT NULL,
  void_known_on  TEXT NOT NULL,
  settled        BIGINT NOT NULL DEFAULT 0, -- what of the total was paid, or set off between an invoice and a credit note for it
  UNIQUE (seller, series, number)
);

CREATE INDEX invoice_day ON invoice (invoice_on, contract, id);
CREATE INDEX invoice_group ON invoice (group_key, invoice_on);
CREATE INDEX invoice_payer ON invoice (payer, invoice_on);
-- Few among many: each has an index of its own.
CREATE INDEX invoice_void ON invoice (invoice_on, contract, id) WHERE voided_by <> '';
CREATE INDEX invoice_correcting ON invoice (invoice_on, contract, id) WHERE corrects <> '';
CREATE INDEX invoice_credit ON invoice (invoice_on, contract, id) WHERE kind = 'credit_note';
CREATE INDEX invoice_corrects ON invoice (corrects, number) WHERE corrects <> '';
CREATE INDEX invoice_total ON invoice (total);
CREATE INDEX invoice_open ON invoice (payer, currency, due_on, total, settled) WHERE settled <> total;

-- What is open on invoices and on credit notes by the day on which it was due, and how many of them: a sum that is kept (day.go).
CREATE TABLE open_day (
  due_on   TEXT NOT NULL,
  currency TEXT NOT NULL,
  owed     BIGINT NOT NULL,
  invoices BIGINT NOT NULL,
  credit   BIGINT NOT NULL,
  credits  BIGINT NOT NULL,
  PRIMARY KEY (due_on, currency)
);

-- The lines of an invoice. The columns of a line's key are subscription, period_from_on, line_on and part.
CREATE TABLE invoice_line (
  invoice           TEXT NOT NULL,
  line_no           BIGINT NOT NULL,
  contract          TEXT NOT NULL,
  account           TEXT NOT NULL, -- the entity that it is for
  subscription      TEXT NOT NULL,
  shown_under       TEXT,          -- the subscription that it is shown under, where that is another
  period_from_on    TEXT NOT NULL,
  line_on           TEXT NOT NULL,
  part              TEXT NOT NULL,
  kind              TEXT NOT NULL,
  sku               TEXT NOT NULL,
  from_on           TEXT NOT NULL,
  to_on             TEXT NOT NULL,
  period_to_on      TEXT NOT NULL,
  quantity          TEXT NOT NULL,
  unit_price        TEXT,
  currency          TEXT NOT NULL, -- the contract's
  gross             BIGINT NOT NULL,
  discount          BIGINT NOT NULL,
  amount            BIGINT NOT NULL,
  invoiced_gross    BIGINT,        -- in the invoice's currency, where that is another
  invoiced_discount BIGINT,
  invoiced_amount   BIGINT,
  tax               TEXT NOT NULL,
  tax_included      BOOLEAN NOT NULL,
  explanation       TEXT NOT NULL,
  invoice_on        TEXT NOT NULL, -- the invoice's
  correcting        BOOLEAN NOT NULL, -- on a credit note for an invoice: no billing looks at it
  PRIMARY KEY (invoice, line_no)
);

CREATE INDEX invoice_line_open ON invoice_line (contract, period_to_on);

CREATE TABLE invoice_tax (
  invoice      TEXT NOT NULL,
  tax_no       BIGINT NOT NULL,
  account      TEXT NOT NULL,
  name         TEXT NOT NULL,
  category     TEXT NOT NULL,
  percent      TEXT NOT NULL,
  included     BOOLEAN NOT NULL,
  currency     TEXT NOT NULL,
  lines_amount BIGINT NOT NULL,
  net          BIGINT NOT NULL,
  tax          BIGINT NOT NULL,
  PRIMARY KEY (invoice, tax_no)
);

-- What was credited of lines of issued invoices: a row for each line of a credit note over a part of an invoice. With its invoice it is void.
CREATE TABLE credited_line (
  seq               BIGINT PRIMARY KEY, -- of its entry in the change log
  contract          TEXT NOT NULL REFERENCES contract (id),
  invoice           TEXT NOT NULL,      -- and line_no: what it is of
  line_no           BIGINT NOT NULL,
  note              TEXT NOT NULL,      -- the credit note
  currency          TEXT NOT NULL,      -- the contract's
  amount            BIGINT NOT NULL,    -- positive
  invoiced_currency TEXT NOT NULL,      -- the invoice's
  invoiced_amount   BIGINT NOT NULL,
  reason            TEXT NOT NULL,
  recorded_on       TEXT NOT NULL,
  known_on          TEXT NOT NULL
);

CREATE INDEX credited_line_contract ON credited_line (contract, seq);
CREATE INDEX credited_line_invoice ON credited_line (invoice, seq);

-- The invoices of a contract that were taken back.
CREATE TABLE contract_void (
  contract   TEXT NOT NULL,
  invoice    TEXT NOT NULL,
  invoice_on TEXT NOT NULL,
  known_on   TEXT NOT NULL,
  PRIMARY KEY (contract, invoice)
);

CREATE TABLE ledger_posting (
  invoice    TEXT NOT NULL,
  posting_no BIGINT NOT NULL,
  posted_on  TEXT NOT NULL,
  account    TEXT NOT NULL,
  currency   TEXT NOT NULL,
  amount     BIGINT NOT NULL,
  PRIMARY KEY (invoice, posting_no)
);

-- That somebody noted an invoice as sent, to whom and how.
CREATE TABLE invoice_sent (
  invoice TEXT NOT NULL REFERENCES invoice (id),
  sent_no BIGINT NOT NULL,
  at      BIGINT NOT NULL,
  who     TEXT NOT NULL,
  sent_to TEXT NOT NULL,
  PRIMARY KEY (invoice, sent_no)
);

-- Lists as users narrowed them, under names of theirs.
CREATE TABLE saved_view (
  user_id TEXT NOT NULL,
  noun    TEXT NOT NULL,
  name    TEXT NOT NULL,
  query   TEXT NOT NULL, -- as the address has it
  at      BIGINT NOT NULL,
  PRIMARY KEY (user_id, noun, name)
);

-- Money that came for an invoice, or went back for a credit note, and what that posted.
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

-- What usage is meant to cost between two invoices, and the percentages at which someone wants to know.
CREATE TABLE usage_budget (
  subscription TEXT PRIMARY KEY REFERENCES subscription (id),
  amount       TEXT NOT NULL,
  alert_at     TEXT NOT NULL -- whole percents, a comma between two
);

-- The numbers given of each series, without gaps: its row stays taken until the invoices that use them are written.
CREATE TABLE number_series (
  seller TEXT NOT NULL,
  series TEXT NOT NULL,
  given  BIGINT NOT NULL,
  PRIMARY KEY (seller, series)
);

CREATE TABLE billing_run (
  id         BIGINT PRIMARY KEY,
  through_on TEXT NOT NULL,
  state      TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at   BIGINT NOT NULL,
  who        TEXT NOT NULL,
  contracts  BIGINT NOT NULL,
  invoices   BIGINT NOT NULL,
  lines      BIGINT NOT NULL,
  exceptions BIGINT NOT NULL,
  last       TEXT NOT NULL,
  plan       BIGINT NOT NULL DEFAULT 0, -- the billing plan of which it bills what was approved, or 0
  expected   BIGINT NOT NULL DEFAULT 0, -- invoices that were approved
  left_due   BIGINT NOT NULL DEFAULT 0, -- groups that it left due
  told_at    BIGINT NOT NULL DEFAULT 0, -- when it was last heard of
  owner      TEXT NOT NULL DEFAULT ''   -- the process that does it: host/pid
);

CREATE TABLE run_exception (
  run      BIGINT NOT NULL REFERENCES billing_run (id),
  contract TEXT NOT NULL,
  code     TEXT NOT NULL,
  sentence TEXT NOT NULL,
  PRIMARY KEY (run, contract, code)
);

-- The groups that a run left due though they were asked for, and why.
CREATE TABLE run_left (
  run       BIGINT NOT NULL REFERENCES billing_run (id),
  group_key TEXT NOT NULL,
  code      TEXT NOT NULL,
  sentence  TEXT NOT NULL,
  PRIMARY KEY (run, group_key)
);

-- The groups that no run bills until somebody releases them.
CREATE TABLE billing_hold (
  group_key TEXT PRIMARY KEY,
  at        BIGINT NOT NULL,
  who       TEXT NOT NULL,
  reason    TEXT NOT NULL
);

-- What a run through a day would issue, worked out beforehand to be looked at and approved.
CREATE TABLE billing_plan (
  id          BIGINT PRIMARY KEY,
  through_on  TEXT NOT NULL,
  state       TEXT NOT NULL,
  stamp       BIGINT NOT NULL,
  asked_at    BIGINT NOT NULL,
  ended_at    BIGINT NOT NULL,
  who         TEXT NOT NULL,
  due         BIGINT NOT NULL, -- contracts to go through
  contracts   BIGINT NOT NULL,
  group_count BIGINT NOT NULL,
  invoices    BIGINT NOT NULL,
  lines       BIGINT NOT NULL,
  missing     BIGINT NOT NULL,
  exceptions  BIGINT NOT NULL,
  run         BIGINT NOT NULL, -- the latest that billed of it, or 0
  told_at     BIGINT NOT NULL,
  owner       TEXT NOT NULL
);

-- The rows of a plan: an invoice to come each, or a group that has none and why.
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
  compared   BOOLEAN NOT NULL, -- whether there is an invoice one billing period before
  last       TEXT NOT NULL,    -- its id; empty where it is in the plan too
  last_on    TEXT NOT NULL,
  last_net   BIGINT NOT NULL,
  last_total BIGINT NOT NULL,
  flags      BIGINT NOT NULL,  -- a bit each: 1 exception, 2 missing, 4 negative, 8 zero, 16 first, 32 unusual
  code       TEXT NOT NULL,
  sentence   TEXT NOT NULL,
  digest     TEXT NOT NULL,    -- of all that the group would be billed
  approved   BOOLEAN NOT NULL,
  run        BIGINT NOT NULL,  -- that issued it, or 0
  PRIMARY KEY (plan, row_no)
);

CREATE INDEX planned_invoice_group ON planned_invoice (plan, group_key);
CREATE INDEX planned_invoice_size ON planned_invoice (plan, net, row_no);
CREATE INDEX planned_invoice_flags ON planned_invoice (plan, row_no, flags) WHERE flags <> 0;
CREATE INDEX planned_invoice_sum ON planned_invoice (plan, currency, approved, run, net, tax, total, last_net, flags);

-- An account of ours at a provider.
CREATE TABLE connection (
  id        TEXT PRIMARY KEY,
  name      TEXT NOT NULL,
  kind      TEXT NOT NULL,
  settings  TEXT NOT NULL, -- name=value, a line each
  currency  TEXT NOT NULL,
  country   TEXT NOT NULL,
  list      TEXT NOT NULL,
  state     TEXT NOT NULL,
  state_why TEXT NOT NULL,
  synced_at BIGINT NOT NULL,
  events_at BIGINT NOT NULL
);

-- What opens it, sealed with a key that is not in here.
CREATE TABLE connection_secret (
  connection TEXT NOT NULL REFERENCES connection (id),
  name       TEXT NOT NULL,
  sealed     TEXT NOT NULL, -- base64
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (connection, name)
);

-- Which account a provider's customer is; one that has the provider's own id needs no row.
CREATE TABLE customer_link (
  connection TEXT NOT NULL REFERENCES connection (id),
  customer   TEXT NOT NULL,
  account    TEXT NOT NULL,
  contract   TEXT NOT NULL,
  PRIMARY KEY (connection, customer)
);

-- Which billed subscriptions a holding is: several are linked subscriptions. One that has the provider's own id needs no row.
CREATE TABLE holding_link (
  subscription TEXT PRIMARY KEY,
  connection   TEXT NOT NULL REFERENCES connection (id),
  holding      TEXT NOT NULL
);

CREATE INDEX holding_link_holding ON holding_link (connection, holding);

-- What providers said last. refunds and refundable are WHAT@MICROSECONDS with commas between.
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

-- A change on its way from the log to a provider: an order, or a change of a holding.
CREATE TABLE provision (
  id                  BIGINT PRIMARY KEY,
  connection          TEXT NOT NULL REFERENCES connection (id),
  contract            TEXT NOT NULL,
  subscription        TEXT NOT NULL,
  log_seq             BIGINT NOT NULL,
  reference           TEXT NOT NULL,
  customer            TEXT NOT NULL,
  holding             TEXT NOT NULL,
  is_order            BOOLEAN NOT NULL, -- else a change
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
  action              TEXT NOT NULL, -- suspend, resume, cancel or nothing
  next                TEXT NOT NULL, -- set, none, or empty where it stays
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
CREATE INDEX provision_failed ON provision (connection, id) WHERE state = 'failed';
CREATE INDEX provision_subscription ON provision (subscription, id);

-- What waits for a person. The same kind and subject is open once.
CREATE TABLE exception (
  id           BIGINT PRIMARY KEY,
  kind         TEXT NOT NULL,
  subject      TEXT NOT NULL,
  connection   TEXT NOT NULL,
  account      TEXT NOT NULL,
  subscription TEXT NOT NULL,
  sentence     TEXT NOT NULL,
  todo         TEXT NOT NULL,
  worth        TEXT,          -- the money in question
  currency     TEXT NOT NULL,
  opened_at    BIGINT NOT NULL,
  seen_at      BIGINT NOT NULL,
  closed_at    BIGINT NOT NULL,
  closed_by    TEXT NOT NULL
);

CREATE UNIQUE INDEX exception_open ON exception (kind, subject) WHERE closed_at = 0;
CREATE INDEX exception_waiting ON exception (id) WHERE closed_at = 0;
CREATE INDEX exception_account ON exception (account, id) WHERE account <> '';

-- What people made of an exception: who looks after it, and until when it is out of sight.
CREATE TABLE exception_care (
  exception     BIGINT PRIMARY KEY REFERENCES exception (id),
  assignee      TEXT NOT NULL,
  snoozed_until TEXT NOT NULL, -- the day on which it comes back; empty where it is not put off
  note          TEXT NOT NULL
);

-- What providers charged, as they said it; an empty id stands for what is not billed yet.
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

-- Its rows, never recomputed.
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

-- The short number of an invoice: two texts in each of a million keys cost as much as the rest of the row.
CREATE TABLE provider_invoice_no (
  connection TEXT NOT NULL,
  invoice    TEXT NOT NULL,
  invoice_no BIGINT NOT NULL,
  PRIMARY KEY (connection, invoice)
);

-- What became of each row when it was reconciled: what was expected, and what was billed for the same days.
CREATE TABLE provider_match (
  invoice_no       BIGINT NOT NULL,
  match_no         BIGINT NOT NULL, -- in the order of holdings and rows
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
  ahead            TEXT NOT NULL, -- of the cost, what is for days that customers are not billed for yet
  PRIMARY KEY (invoice_no, match_no)
);

-- The differences, each with its one cause.
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

-- What reconciling an invoice came to.
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

-- Its totals: by cause, and what was paid and taken by customer, product and account.
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

-- Which versions of price sheets were imported; their rows are in price.
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

-- Figures that take too long to compute while somebody waits, as they stood at an instant: the newest complete one is seen.
CREATE TABLE report_snapshot (
  id       BIGINT PRIMARY KEY,
  day_on   TEXT NOT NULL,
  taken_at BIGINT NOT NULL,
  stamp    BIGINT NOT NULL,
  complete BOOLEAN NOT NULL
);

-- Recurring revenue at the end of each month, and what moved it since the month before. rate is into the currency of the seller, book_rate
-- into that of the first one.
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

-- What each contract brings in a month: now, at the end of the month before, and a year before that.
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

-- What could still be given back to providers, and what missing it costs.
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

-- Discounts of providers for a time.
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

-- Who did what: a chain in which each record has the hash of the one before it.
CREATE TABLE audit (
  seq          BIGINT PRIMARY KEY,
  at           BIGINT NOT NULL,
  user_id      TEXT NOT NULL, -- empty for the operator of the machine, jobs, and who is not signed in
  who          TEXT NOT NULL,
  door         TEXT NOT NULL,
  came_from    TEXT NOT NULL,
  verb         TEXT NOT NULL,
  subject      TEXT NOT NULL,
  said         TEXT NOT NULL,
  outcome      TEXT NOT NULL,
  previous     TEXT NOT NULL,
  hash         TEXT NOT NULL
);

CREATE INDEX audit_who ON audit (who, seq);
CREATE INDEX audit_subject ON audit (subject, seq);

-- Its newest record: taken by whoever writes the next one, and missed where records were cut off the end.
CREATE TABLE audit_head (
  id   BIGINT PRIMARY KEY CHECK (id = 1),
  seq  BIGINT NOT NULL,
  hash TEXT NOT NULL
);

-- Who can come in.
CREATE TABLE office_user (
  id           TEXT PRIMARY KEY,
  address      TEXT NOT NULL UNIQUE,
  name         TEXT NOT NULL,
  language     TEXT NOT NULL,
  roles        TEXT NOT NULL, -- words with a space before and after each
  accounts     TEXT NOT NULL, -- a line for each
  state        TEXT NOT NULL,
  version      BIGINT NOT NULL,
  password     TEXT NOT NULL, -- hashed; empty where there is none
  made_at      BIGINT NOT NULL,
  signed_in_at BIGINT NOT NULL
);

-- Users as another identity provider knows them.
CREATE TABLE user_subject (
  issuer  TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES office_user (id),
  made_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject)
);

-- Second factors: the sealed secret of an authenticator, the public part of a passkey.
CREATE TABLE user_factor (
  user_id   TEXT NOT NULL REFERENCES office_user (id),
  id        TEXT NOT NULL,
  kind      TEXT NOT NULL,
  name      TEXT NOT NULL,
  kept      TEXT NOT NULL,
  step      BIGINT NOT NULL, -- of the last code that was taken
  confirmed BOOLEAN NOT NULL,
  made_at   BIGINT NOT NULL,
  used_at   BIGINT NOT NULL,
  PRIMARY KEY (user_id, id)
);

-- Recovery codes, hashed; one that was used is not here any more.
CREATE TABLE user_recovery (
  user_id TEXT NOT NULL REFERENCES office_user (id),
  hash    TEXT NOT NULL,
  PRIMARY KEY (user_id, hash)
);

-- Who is in, by the hash of what their browser holds.
CREATE TABLE user_session (
  id        TEXT PRIMARY KEY,
  hash      TEXT NOT NULL UNIQUE,
  user_id   TEXT NOT NULL REFERENCES office_user (id),
  came_from TEXT NOT NULL,
  agent     TEXT NOT NULL,
  came_by   TEXT NOT NULL,
  proved    BOOLEAN NOT NULL,
  made_at   BIGINT NOT NULL,
  seen_at   BIGINT NOT NULL,
  ends_at   BIGINT NOT NULL
);

CREATE INDEX user_session_user ON user_session (user_id);
CREATE INDEX user_session_ends ON user_session (ends_at);

-- API tokens, hashed; one that was made by another ends with it.
CREATE TABLE user_token (
  id      TEXT PRIMARY KEY,
  hash    TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL REFERENCES office_user (id),
  name    TEXT NOT NULL,
  hint    TEXT NOT NULL,
  scopes  TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  parent  TEXT REFERENCES user_token (id) ON DELETE CASCADE
);

CREATE INDEX user_token_user ON user_token (user_id);
CREATE INDEX user_token_parent ON user_token (parent) WHERE parent IS NOT NULL;

-- One-time links, hashed.
CREATE TABLE user_welcome (
  hash    TEXT PRIMARY KEY,
  kind    TEXT NOT NULL,
  user_id TEXT NOT NULL, -- empty for the first owner, who is nobody yet
  made_by TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL
);

-- What a browser was asked, until it answers.
CREATE TABLE sign_in_challenge (
  name    TEXT PRIMARY KEY,
  kept    TEXT NOT NULL,
  ends_at BIGINT NOT NULL
);

-- Sign-ins that failed, by the hash of what they are counted under.
CREATE TABLE sign_in_try (
  key      TEXT PRIMARY KEY,
  failures BIGINT NOT NULL,
  last_at  BIGINT NOT NULL,
  free_at  BIGINT NOT NULL
);

CREATE INDEX sign_in_try_last ON sign_in_try (last_at);

-- Settings of the office.
CREATE TABLE office_choice (
  name       TEXT PRIMARY KEY,
  value      TEXT NOT NULL,
  changed_at BIGINT NOT NULL
);

-- Requests that may arrive several times and are done once: who holds one, how far it is, and the answer, sealed.
CREATE TABLE api_request (
  owner       TEXT NOT NULL,
  request_key TEXT NOT NULL, -- what its owner named it by
  holder      TEXT NOT NULL,
  digest      TEXT NOT NULL, -- of all that was asked
  state       TEXT NOT NULL,
  taken_at    BIGINT NOT NULL,
  status      BIGINT NOT NULL,
  header      TEXT NOT NULL, -- name: value, a line each
  body        TEXT NOT NULL, -- base64
  PRIMARY KEY (owner, request_key)
);

CREATE INDEX api_request_taken ON api_request (taken_at);

-- What-ifs that were saved: what is tried, of whom, and how far ahead.
CREATE TABLE what_if (
  id         BIGINT PRIMARY KEY,
  version    BIGINT NOT NULL,
  name       TEXT NOT NULL,
  accounts   TEXT NOT NULL, -- ids, a line each; none for the whole book
  months     BIGINT NOT NULL,
  changes    BIGINT NOT NULL, -- how many
  who        TEXT NOT NULL,
  made_at    BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);

CREATE INDEX what_if_changed ON what_if (changed_at, id);

-- What their changes say, a row for each field.
CREATE TABLE what_if_field (
  what_if   BIGINT NOT NULL REFERENCES what_if (id),
  change_no BIGINT NOT NULL,
  field_no  BIGINT NOT NULL,
  name      TEXT NOT NULL,
  said      TEXT NOT NULL,
  PRIMARY KEY (what_if, change_no, field_no)
);

-- Addresses of others that are told what happens.
CREATE TABLE webhook (
  id            TEXT PRIMARY KEY,
  name          TEXT NOT NULL,
  address       TEXT NOT NULL,
  types         TEXT NOT NULL, -- words with a space before and after each
  state         TEXT NOT NULL,
  failing_since BIGINT NOT NULL,
  version       BIGINT NOT NULL,
  made_at       BIGINT NOT NULL,
  made_by       TEXT NOT NULL
);

-- What their messages are signed with, sealed; the one before goes on for a time beside the newest.
CREATE TABLE webhook_secret (
  webhook   TEXT NOT NULL REFERENCES webhook (id),
  secret_no BIGINT NOT NULL,
  sealed    TEXT NOT NULL, -- base64
  made_at   BIGINT NOT NULL,
  ends_at   BIGINT NOT NULL, -- 0 for the newest
  PRIMARY KEY (webhook, secret_no)
);

-- What they are told: written in the transaction in which it happens.
CREATE TABLE message (
  id        TEXT PRIMARY KEY,
  type      TEXT NOT NULL,
  at        BIGINT NOT NULL,
  fields    TEXT NOT NULL, -- name=value, a line each
  shared_at BIGINT NOT NULL -- 0 until it was given to the webhooks that ask for it
);

CREATE INDEX message_unshared ON message (at, id) WHERE shared_at = 0;
CREATE INDEX message_at ON message (at);

-- One message on its way to one webhook.
CREATE TABLE delivery (
  seq      BIGINT PRIMARY KEY,
  message  TEXT NOT NULL REFERENCES message (id),
  webhook  TEXT NOT NULL REFERENCES webhook (id),
  state    TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  next_at  BIGINT NOT NULL,
  status   BIGINT NOT NULL,
  why      TEXT NOT NULL,
  lease_until BIGINT NOT NULL DEFAULT 0 -- of who sends it just now
);

CREATE INDEX delivery_due ON delivery (next_at, seq) WHERE state = 'waiting';
CREATE INDEX delivery_webhook ON delivery (webhook, seq);
CREATE INDEX delivery_message ON delivery (message);

-- Every try of a delivery.
CREATE TABLE delivery_attempt (
  delivery    BIGINT NOT NULL REFERENCES delivery (seq),
  attempt_no  BIGINT NOT NULL,
  at          BIGINT NOT NULL,
  took_micros BIGINT NOT NULL,
  status      BIGINT NOT NULL,
  why         TEXT NOT NULL,
  PRIMARY KEY (delivery, attempt_no)
);

-- The outbox: what is sent to others by mail, written in the transaction of what causes it. What it says is composed when it is sent.
CREATE TABLE mail (
  seq        BIGINT PRIMARY KEY,
  message_id TEXT NOT NULL, -- the same on every try
  kind       TEXT NOT NULL,
  seller     TEXT NOT NULL,
  invoice    TEXT NOT NULL, -- empty for none
  user_id    TEXT NOT NULL, -- empty for none
  sent_to    TEXT NOT NULL, -- an address a line
  note       TEXT NOT NULL,
  sealed     TEXT NOT NULL, -- base64 of the secret of a one-time link; empty once it was sent
  made_at    BIGINT NOT NULL,
  made_by    TEXT NOT NULL,
  state      TEXT NOT NULL,
  attempts   BIGINT NOT NULL,
  next_at    BIGINT NOT NULL,
  status     BIGINT NOT NULL,
  why        TEXT NOT NULL,
  lease_until BIGINT NOT NULL DEFAULT 0 -- of who sends it just now
);

CREATE INDEX mail_due ON mail (next_at, seq) WHERE state = 'waiting';
CREATE INDEX mail_over ON mail (next_at, seq) WHERE state <> 'waiting'; -- to be forgotten
CREATE INDEX mail_failed ON mail (seq) WHERE state = 'failed';
CREATE INDEX mail_invoice ON mail (invoice, seq) WHERE invoice <> '';

-- Every try of a mail.
CREATE TABLE mail_attempt (
  mail        BIGINT NOT NULL REFERENCES mail (seq),
  attempt_no  BIGINT NOT NULL,
  at          BIGINT NOT NULL,
  took_micros BIGINT NOT NULL,
  status      BIGINT NOT NULL,
  why         TEXT NOT NULL,
  PRIMARY KEY (mail, attempt_no)
);

-- What is to be done, once or again and again, by whichever process takes its lease.
CREATE TABLE job (
  id            BIGINT PRIMARY KEY,
  kind          TEXT NOT NULL,
  connection    TEXT NOT NULL,
  subject       TEXT NOT NULL,
  rhythm        TEXT NOT NULL,
  state         TEXT NOT NULL,
  next_at       BIGINT NOT NULL,
  holder        TEXT NOT NULL,
  lease_until   BIGINT NOT NULL, -- 0 where nobody has it
  run_no        BIGINT NOT NULL,
  tries         BIGINT NOT NULL,
  failing_since BIGINT NOT NULL, -- 0 where it is not
  asked_by      TEXT NOT NULL,
  asked_at      BIGINT NOT NULL,
  asked_run     BIGINT NOT NULL, -- 0 until the run that was asked for has ended
  wanted_at     BIGINT NOT NULL,
  UNIQUE (kind, connection, subject)
);

CREATE INDEX job_due ON job (next_at, id) WHERE state = 'waiting';
CREATE INDEX job_asked ON job (connection, asked_at) WHERE asked_at > 0;

-- Each attempt at a job; the last ones are kept.
CREATE TABLE job_run (
  job        BIGINT NOT NULL REFERENCES job (id),
  run_no     BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at   BIGINT NOT NULL, -- 0 while it goes on
  outcome    TEXT NOT NULL,
  holder     TEXT NOT NULL,
  asked_by   TEXT NOT NULL,
  said       TEXT NOT NULL,
  why        TEXT NOT NULL,
  PRIMARY KEY (job, run_no)
);
