-- What was taken back, what takes it back, and credit notes are few among many invoices: each is found by an index that has no other.

CREATE INDEX invoice_void ON invoice (invoice_on, contract, id) WHERE voided_by <> '';
CREATE INDEX invoice_correcting ON invoice (invoice_on, contract, id) WHERE corrects <> '';
CREATE INDEX invoice_credit ON invoice (invoice_on, contract, id) WHERE kind = 'credit_note';
