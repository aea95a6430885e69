-- What people made of an exception: who looks after it, and until when it is out of sight. Apart from the exception itself, which is found
-- anew with every sync.
CREATE TABLE exception_care (
  exception     BIGINT PRIMARY KEY REFERENCES exception (id),
  assignee      TEXT NOT NULL,
  snoozed_until TEXT NOT NULL,
  note          TEXT NOT NULL
);

CREATE INDEX exception_waiting ON exception (id) WHERE closed_at = 0;
CREATE INDEX exception_account ON exception (account, id) WHERE account <> '';
