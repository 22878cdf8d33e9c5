-- The channel's own file of a day, read; hash is the SHA-256 of its bytes.
CREATE TABLE channels_bills (
  id text PRIMARY KEY,
  channel text NOT NULL,
  day text NOT NULL,
  lines bigint NOT NULL,
  gross bigint NOT NULL,
  refunds bigint NOT NULL,
  fee bigint NOT NULL,
  hash text NOT NULL,
  fetched_at {{.time}} NOT NULL,
  UNIQUE (channel, day)
);
CREATE TABLE channels_lines (
  id text PRIMARY KEY,
  bill text NOT NULL REFERENCES channels_bills (id),
  channel text NOT NULL,
  no text NOT NULL,
  txn text NOT NULL,
  refund_no text NOT NULL,
  refund_txn text NOT NULL,
  amount bigint NOT NULL,
  fee bigint NOT NULL,
  at {{.time}} NOT NULL
);
CREATE INDEX channels_lines_bill ON channels_lines (bill, id);
CREATE INDEX channels_lines_no ON channels_lines (channel, no);
CREATE INDEX channels_lines_refund ON channels_lines (channel, refund_no) WHERE refund_no <> '';

-- A channel's day: open until orders, bill and bank agree or two people have signed why not.
CREATE TABLE channels_days (
  id text PRIMARY KEY,
  channel text NOT NULL,
  day text NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'closed')),
  closed_by text NOT NULL,
  closed_name text NOT NULL,
  closed_at {{.time}},
  UNIQUE (channel, day),
  CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);
CREATE INDEX channels_days_day ON channels_days (day, id);

-- What the bank received of a channel for a day: entered by one person, confirmed by another, who books it.
CREATE TABLE channels_settlements (
  id text PRIMARY KEY,
  channel text NOT NULL,
  day text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  bank_ref text NOT NULL,
  bank_day text NOT NULL,
  state text NOT NULL CHECK (state IN ('recorded', 'confirmed', 'rejected')),
  recorded_by text NOT NULL,
  recorded_name text NOT NULL,
  recorded_at {{.time}} NOT NULL,
  decided_by text NOT NULL,
  decided_name text NOT NULL,
  decided_at {{.time}},
  CHECK ((state = 'recorded') = (decided_at IS NULL)),
  CHECK (decided_by <> recorded_by)
);
CREATE UNIQUE INDEX channels_settlements_day ON channels_settlements (channel, day) WHERE state <> 'rejected';

-- What does not agree on a day, by kind and number. One that went away by itself stays as "gone".
CREATE TABLE channels_differences (
  id text PRIMARY KEY,
  channel text NOT NULL,
  day text NOT NULL,
  kind text NOT NULL,
  ref text NOT NULL,
  ours bigint NOT NULL,
  theirs bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'explained', 'signed', 'gone')),
  found_at {{.time}} NOT NULL,
  why text NOT NULL,
  explained_by text NOT NULL,
  explained_name text NOT NULL,
  explained_at {{.time}},
  signed_by text NOT NULL,
  signed_name text NOT NULL,
  signed_at {{.time}},
  UNIQUE (channel, day, kind, ref),
  CHECK (state <> 'signed' OR signed_at IS NOT NULL AND explained_at IS NOT NULL AND signed_by <> explained_by)
);
CREATE INDEX channels_differences_open ON channels_differences (channel, day) WHERE state IN ('open', 'explained');
