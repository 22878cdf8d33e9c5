-- Written agreements (捐赠协议) and monthly gifts (月捐): what somebody promised to give in parts.
CREATE TABLE agreements_agreements (
  id text PRIMARY KEY,
  number text NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('written', 'monthly')),
  state text NOT NULL CHECK (state IN ('draft', 'active', 'paused', 'ended')),
  donor text NOT NULL,
  shown text NOT NULL,
  name text NOT NULL,
  name_index text NOT NULL,
  idno text NOT NULL,
  phone text NOT NULL,
  email text NOT NULL,
  campaign text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  day bigint NOT NULL CHECK (day BETWEEN 0 AND 28),
  until text,
  since text NOT NULL,
  waived boolean NOT NULL,
  terms text NOT NULL,
  scan text NOT NULL DEFAULT '',
  token text NOT NULL,
  source text NOT NULL CHECK (source IN ('web', 'desk')),
  made_by text NOT NULL,
  made_name text NOT NULL,
  made_at {{.time}} NOT NULL,
  decided_by text NOT NULL DEFAULT '',
  decided_name text NOT NULL DEFAULT '',
  decided_at {{.time}},
  ended_name text NOT NULL DEFAULT '',
  ended_at {{.time}},
  reason text NOT NULL DEFAULT '',
  CHECK ((kind = 'monthly') = (day > 0)),
  CHECK (decided_by <> made_by OR kind = 'monthly'),
  CHECK ((state = 'ended') = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX agreements_agreements_token ON agreements_agreements (token);
CREATE INDEX agreements_agreements_state ON agreements_agreements (state, id);
CREATE INDEX agreements_agreements_name ON agreements_agreements (name_index);

-- Instalments: one promise of a gift each, made some days before it is due.
CREATE TABLE agreements_instalments (
  agreement text NOT NULL REFERENCES agreements_agreements (id),
  n bigint NOT NULL CHECK (n > 0),
  due text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  gift text,
  problem text NOT NULL DEFAULT '',
  PRIMARY KEY (agreement, n)
);
CREATE UNIQUE INDEX agreements_instalments_gift ON agreements_instalments (gift);
CREATE INDEX agreements_instalments_due ON agreements_instalments (due) WHERE gift IS NULL;
