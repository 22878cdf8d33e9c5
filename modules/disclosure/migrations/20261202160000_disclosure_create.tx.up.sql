-- Numbers of the law and of the foundation, each in force from a day on (依据). Proposed by one person, decided by another.
CREATE TABLE disclosure_rules (
  id text PRIMARY KEY,
  name text NOT NULL,
  value bigint NOT NULL CHECK (value >= 0),
  valid_from text NOT NULL,
  source text NOT NULL,
  state text NOT NULL CHECK (state IN ('proposed', 'in_force', 'declined')),
  proposed_by text NOT NULL,
  proposed_name text NOT NULL,
  proposed_at {{.time}} NOT NULL,
  decided_by text NOT NULL DEFAULT '',
  decided_name text NOT NULL DEFAULT '',
  decided_at {{.time}},
  CHECK (decided_by <> proposed_by),
  CHECK ((state = 'proposed') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX disclosure_rules_open ON disclosure_rules (name) WHERE state = 'proposed';
CREATE INDEX disclosure_rules_name ON disclosure_rules (name, valid_from);

-- Things that must be told within days: changes of major assets, major dealings, dealings with related parties.
CREATE TABLE disclosure_events (
  id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('asset', 'deal', 'related')),
  title text NOT NULL,
  day text NOT NULL,
  made_by text NOT NULL,
  made_name text NOT NULL,
  made_at {{.time}} NOT NULL
);

-- Reports (信息条目). What is published stands in their versions.
CREATE TABLE disclosure_items (
  id text PRIMARY KEY,
  code text NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('progress', 'final', 'annual', 'registry', 'related', 'event')),
  subject text NOT NULL,
  from_day text NOT NULL,
  to_day text NOT NULL,
  made_at {{.time}} NOT NULL,
  UNIQUE (kind, subject, from_day)
);

-- A published version is never changed. body is the exact text whose hash is published.
CREATE TABLE disclosure_versions (
  id text PRIMARY KEY,
  item text NOT NULL REFERENCES disclosure_items (id),
  n bigint NOT NULL CHECK (n > 0),
  state text NOT NULL CHECK (state IN ('draft', 'published', 'dropped')),
  title text NOT NULL,
  body text NOT NULL,
  hash text NOT NULL,
  note text NOT NULL,
  made_by text NOT NULL,
  made_name text NOT NULL,
  made_at {{.time}} NOT NULL,
  edited_by text NOT NULL,
  edited_name text NOT NULL,
  edited_at {{.time}} NOT NULL,
  published_by text NOT NULL DEFAULT '',
  published_name text NOT NULL DEFAULT '',
  published_at {{.time}},
  CHECK ((state = 'published') = (published_at IS NOT NULL)),
  CHECK (published_by <> made_by AND published_by <> edited_by),
  CHECK (n = 1 OR note <> '')
);
CREATE UNIQUE INDEX disclosure_versions_draft ON disclosure_versions (item) WHERE state = 'draft';
CREATE UNIQUE INDEX disclosure_versions_published ON disclosure_versions (item, n) WHERE state = 'published';
CREATE INDEX disclosure_versions_latest ON disclosure_versions (id) WHERE state = 'published';
{{if .pg}}
--bun:split
CREATE FUNCTION disclosure_refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION '% is frozen', TG_TABLE_NAME; END $$ LANGUAGE plpgsql;
--bun:split
CREATE TRIGGER disclosure_versions_frozen BEFORE UPDATE ON disclosure_versions FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION disclosure_refuse();
--bun:split
CREATE TRIGGER disclosure_versions_kept BEFORE DELETE ON disclosure_versions FOR EACH ROW EXECUTE FUNCTION disclosure_refuse();
{{else}}
--bun:split
CREATE TRIGGER disclosure_versions_frozen BEFORE UPDATE ON disclosure_versions WHEN OLD.state <> 'draft' BEGIN SELECT RAISE(ABORT, 'disclosure_versions is frozen'); END;
--bun:split
CREATE TRIGGER disclosure_versions_kept BEFORE DELETE ON disclosure_versions BEGIN SELECT RAISE(ABORT, 'disclosure_versions is frozen'); END;
{{end}}
