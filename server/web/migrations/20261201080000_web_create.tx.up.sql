-- Sessions, so that every server knows them; rows are keyed by the hash of the cookie's token.
CREATE TABLE web_sessions (
  token text PRIMARY KEY,
  data {{.bytes}} NOT NULL,
  expires bigint NOT NULL
);
CREATE INDEX web_sessions_expires ON web_sessions (expires);

-- Facts about the installation: whether it holds demonstration data.
CREATE TABLE web_settings (
  name text PRIMARY KEY,
  value text NOT NULL
);

-- How far long work is, for progress bars.
CREATE TABLE web_progress (
  id text PRIMARY KEY,
  done bigint NOT NULL,
  total bigint NOT NULL,
  at bigint NOT NULL
);
