-- Counters of numbers: one row for each series and year, raised inside the act, so a failed act leaves no gap.
CREATE TABLE documents_counters (
  series text NOT NULL,
  year bigint NOT NULL,
  last bigint NOT NULL CHECK (last >= 0),
  PRIMARY KEY (series, year)
);

-- Papers: number and data are fixed when ordered, bytes are drawn later and never change.
CREATE TABLE documents_papers (
  id text PRIMARY KEY,
  number text NOT NULL UNIQUE,
  series text NOT NULL,
  year bigint NOT NULL,
  seq bigint NOT NULL,
  code text NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,
  title text NOT NULL,
  payer text NOT NULL,
  amount bigint NOT NULL,
  day text NOT NULL,
  data text NOT NULL,
  state text NOT NULL CHECK (state IN ('ordered', 'issued', 'failed', 'void', 'reversed')),
  drawn boolean NOT NULL DEFAULT false,
  reason text NOT NULL DEFAULT '',
  reverses text REFERENCES documents_papers (id),
  object text,
  size bigint,
  ordered_by text NOT NULL,
  ordered_at {{.time}} NOT NULL,
  issued_at {{.time}},
  ended_at {{.time}},
  UNIQUE (series, year, seq),
  UNIQUE (reverses)
);
CREATE INDEX documents_papers_subject ON documents_papers (subject, id);
CREATE INDEX documents_papers_state ON documents_papers (state, id);

-- Batches: many papers in a few files (volumes), made by queued work.
CREATE TABLE documents_batches (
  id text PRIMARY KEY,
  title text NOT NULL,
  kind text NOT NULL,
  format text NOT NULL CHECK (format IN ('pdf', 'zip')),
  total bigint NOT NULL CHECK (total > 0),
  ordered_by text NOT NULL,
  ordered_at {{.time}} NOT NULL,
  done_at {{.time}}
);
CREATE TABLE documents_batch_items (
  batch text NOT NULL REFERENCES documents_batches (id),
  n bigint NOT NULL,
  paper text NOT NULL REFERENCES documents_papers (id),
  PRIMARY KEY (batch, n)
);
CREATE TABLE documents_volumes (
  batch text NOT NULL REFERENCES documents_batches (id),
  n bigint NOT NULL,
  papers bigint NOT NULL,
  missing bigint NOT NULL,
  object text NOT NULL,
  size bigint NOT NULL,
  PRIMARY KEY (batch, n)
);
