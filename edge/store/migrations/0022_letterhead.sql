-- How a seller's documents look; schema.sql beside this folder says what the table means.

CREATE TABLE letterhead (
  seller     TEXT NOT NULL,
  version    BIGINT NOT NULL,
  logo       TEXT NOT NULL,
  accent     TEXT NOT NULL,
  footer     TEXT NOT NULL,
  conditions TEXT NOT NULL,
  PRIMARY KEY (seller, version)
);
