-- What accounts, subscriptions and invoices are looked for by: names in whatever case, products, endings, amounts.

CREATE INDEX account_name ON account (LOWER(name), id);
CREATE INDEX subscription_product ON subscription (sku, id);
DROP INDEX subscription_sku;
CREATE INDEX change_log_ending ON change_log (subscription) WHERE verb = 'cancel' OR verb = 'suspend' OR auto_renew = FALSE;
CREATE INDEX invoice_total ON invoice (total);
