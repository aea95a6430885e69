-- Who sends a mail or a message to a webhook has a lease on it, beside the time of its next try.

ALTER TABLE mail ADD COLUMN lease_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN lease_until BIGINT NOT NULL DEFAULT 0;

-- Mails that are over are forgotten in time, the oldest first.
CREATE INDEX mail_over ON mail (next_at, seq) WHERE state <> 'waiting';
