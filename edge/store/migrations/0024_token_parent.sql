-- A token can be made by another, narrower one: it ends with the one that made it.

ALTER TABLE user_token ADD COLUMN parent TEXT REFERENCES user_token (id) ON DELETE CASCADE;

CREATE INDEX user_token_parent ON user_token (parent) WHERE parent IS NOT NULL;
