-- Who can come in, how they prove themselves, and who is in.

CREATE TABLE office_user (
  id           TEXT PRIMARY KEY,
  address      TEXT NOT NULL UNIQUE,
  name         TEXT NOT NULL,
  language     TEXT NOT NULL,
  roles        TEXT NOT NULL,
  accounts     TEXT NOT NULL,
  state        TEXT NOT NULL,
  version      BIGINT NOT NULL,
  password     TEXT NOT NULL,
  made_at      BIGINT NOT NULL,
  signed_in_at BIGINT NOT NULL
);

CREATE TABLE user_subject (
  issuer  TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES office_user (id),
  made_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject)
);

CREATE TABLE user_factor (
  user_id   TEXT NOT NULL REFERENCES office_user (id),
  id        TEXT NOT NULL,
  kind      TEXT NOT NULL,
  name      TEXT NOT NULL,
  kept      TEXT NOT NULL,
  step      BIGINT NOT NULL,
  confirmed BOOLEAN NOT NULL,
  made_at   BIGINT NOT NULL,
  used_at   BIGINT NOT NULL,
  PRIMARY KEY (user_id, id)
);

CREATE TABLE user_recovery (
  user_id TEXT NOT NULL REFERENCES office_user (id),
  hash    TEXT NOT NULL,
  PRIMARY KEY (user_id, hash)
);

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

CREATE TABLE user_token (
  id      TEXT PRIMARY KEY,
  hash    TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL REFERENCES office_user (id),
  name    TEXT NOT NULL,
  hint    TEXT NOT NULL,
  scopes  TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL
);

CREATE INDEX user_token_user ON user_token (user_id);

CREATE TABLE user_welcome (
  hash    TEXT PRIMARY KEY,
  kind    TEXT NOT NULL,
  user_id TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL
);

CREATE TABLE sign_in_challenge (
  name    TEXT PRIMARY KEY,
  kept    TEXT NOT NULL,
  ends_at BIGINT NOT NULL
);

CREATE TABLE sign_in_try (
  key      TEXT PRIMARY KEY,
  failures BIGINT NOT NULL,
  last_at  BIGINT NOT NULL,
  free_at  BIGINT NOT NULL
);

CREATE INDEX sign_in_try_last ON sign_in_try (last_at);

CREATE TABLE office_choice (
  name       TEXT PRIMARY KEY,
  value      TEXT NOT NULL,
  changed_at BIGINT NOT NULL
);
