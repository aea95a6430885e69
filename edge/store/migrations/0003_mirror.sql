-- The provider's rows that mirror contracts bill, and the holding that a subscription names; schema.sql beside this folder
-- says what each table means.

ALTER TABLE subscription ADD COLUMN holding TEXT NOT NULL DEFAULT '';
CREATE INDEX subscription_holding ON subscription (holding) WHERE holding <> '';

CREATE TABLE provider_charge (
  seq             BIGINT PRIMARY KEY,
  row_id          TEXT NOT NULL,
  contract        TEXT NOT NULL REFERENCES contract (id),
  subscription    TEXT NOT NULL,
  type            TEXT NOT NULL,
  sku             TEXT NOT NULL,
  from_on         TEXT NOT NULL,
  to_on           TEXT NOT NULL,
  quantity        TEXT NOT NULL,
  unit_price      TEXT NOT NULL,
  effective_price TEXT NOT NULL,
  cost            TEXT NOT NULL,
  currency        TEXT NOT NULL,
  known_on        TEXT NOT NULL
);

CREATE INDEX provider_charge_row ON provider_charge (row_id, seq);
CREATE INDEX provider_charge_period ON provider_charge (contract, to_on);
CREATE INDEX provider_charge_known ON provider_charge (contract, known_on);
CREATE INDEX provider_charge_sku ON provider_charge (sku) WHERE sku <> '';

DROP INDEX change_log_contract;
CREATE INDEX change_log_contract ON change_log (contract, seq) WHERE contract <> '' AND verb <> 'usage' AND verb <> 'charge';
