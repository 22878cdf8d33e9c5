-- Letters: written inside the act that they tell of, sent later. Address and body are sealed.
CREATE TABLE mail_letters (
  id text PRIMARY KEY,
  kind text NOT NULL,
  ref text NOT NULL,
  way text NOT NULL CHECK (way IN ('mail', 'text')),
  address text NOT NULL,
  address_index text NOT NULL,
  masked text NOT NULL,
  body text NOT NULL,
  secret boolean NOT NULL,
  message_id text NOT NULL UNIQUE,
  state text NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'kept', 'failed', 'expired')),
  reason text NOT NULL,
  tries bigint NOT NULL CHECK (tries >= 0),
  round bigint NOT NULL CHECK (round >= 0),
  next_at {{.time}},
  until_at {{.time}},
  again_of text REFERENCES mail_letters (id),
  made_by text NOT NULL,
  made_at {{.time}} NOT NULL,
  sent_at {{.time}},
  CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
  CHECK ((state IN ('waiting', 'sending')) = (next_at IS NOT NULL)),
  CHECK (round <= tries)
);
CREATE INDEX mail_letters_due ON mail_letters (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX mail_letters_address ON mail_letters (address_index, id);
CREATE INDEX mail_letters_ref ON mail_letters (ref, id);
CREATE INDEX mail_letters_state ON mail_letters (state, id);

-- Tries: what the mail server said to each attempt. A row without an end is being made, or its server died.
CREATE TABLE mail_tries (
  letter text NOT NULL REFERENCES mail_letters (id),
  n bigint NOT NULL CHECK (n > 0),
  at {{.time}} NOT NULL,
  ended_at {{.time}},
  outcome text NOT NULL CHECK (outcome IN ('', 'sent', 'later', 'refused')),
  reason text NOT NULL,
  code bigint NOT NULL,
  said text NOT NULL,
  PRIMARY KEY (letter, n),
  CHECK ((outcome = '') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX mail_tries_once ON mail_tries (letter) WHERE outcome = 'sent';

-- Addresses that nobody has: nothing more is sent there until somebody lifts the mark.
CREATE TABLE mail_addresses (
  address_index text PRIMARY KEY,
  masked text NOT NULL,
  letter text NOT NULL REFERENCES mail_letters (id),
  reason text NOT NULL,
  at {{.time}} NOT NULL
);
