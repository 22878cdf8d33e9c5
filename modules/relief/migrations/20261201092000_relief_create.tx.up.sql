-- Relief: small machines with their own tables and states. Private facts are sealed in *_sealed columns, with blind indexes and masks beside them.

-- Kinds of hardship with their caps: settings, changed by people with relief.settings; a case pins the cap of its day.
CREATE TABLE relief_kinds (
  code text PRIMARY KEY,
  title text NOT NULL,
  cap bigint NOT NULL CHECK (cap > 0),
  evidence text NOT NULL,
  place bigint NOT NULL,
  active boolean NOT NULL
);
INSERT INTO relief_kinds (code, title, cap, evidence, place, active) VALUES
  ('medical', '大病医疗', 5000000, 'id,service,diagnosis,expense', 1, {{if .pg}}true{{else}}1{{end}}),
  ('accident', '突发意外', 3000000, 'id,service,proof,photo', 2, {{if .pg}}true{{else}}1{{end}}),
  ('living', '基本生活', 1000000, 'id,service,income', 3, {{if .pg}}true{{else}}1{{end}}),
  ('housing', '住房修缮', 3000000, 'id,service,photo,proof', 4, {{if .pg}}true{{else}}1{{end}}),
  ('school', '教育助学', 1000000, 'id,service,admission', 5, {{if .pg}}true{{else}}1{{end}}),
  ('work', '就业创业扶持', 2000000, 'id,service,plan', 6, {{if .pg}}true{{else}}1{{end}}),
  ('death', '死亡抚慰', 1000000, 'id,service,death', 7, {{if .pg}}true{{else}}1{{end}}),
  ('care', '伤残护理', 2000000, 'id,service,disability', 8, {{if .pg}}true{{else}}1{{end}}),
  ('festival', '节日慰问', 200000, 'id,service', 9, {{if .pg}}true{{else}}1{{end}}),
  ('other', '其他临时困难', 500000, 'id,service,proof', 10, {{if .pg}}true{{else}}1{{end}});

-- Numbers that the foundation decides: working days of a notice, the amount above which two approvers are needed (fen).
CREATE TABLE relief_settings (
  name text PRIMARY KEY,
  value bigint NOT NULL
);
INSERT INTO relief_settings (name, value) VALUES ('notice_days', 5), ('approve_alone', 2000000);

-- Working days as the State Council announces them each year; a year that is not here refuses to post notices.
CREATE TABLE relief_calendar (
  year bigint PRIMARY KEY CHECK (year BETWEEN 2020 AND 2100),
  off_days text NOT NULL,
  work_days text NOT NULL,
  source text NOT NULL
);
INSERT INTO relief_calendar (year, off_days, work_days, source) VALUES (2026,
  '2026-01-01 2026-01-02 2026-01-03 2026-02-15 2026-02-16 2026-02-17 2026-02-18 2026-02-19 2026-02-20 2026-02-21 2026-02-22 2026-02-23 2026-04-04 2026-04-05 2026-04-06 2026-05-01 2026-05-02 2026-05-03 2026-05-04 2026-05-05 2026-06-19 2026-06-20 2026-06-21 2026-09-25 2026-09-26 2026-09-27 2026-10-01 2026-10-02 2026-10-03 2026-10-04 2026-10-05 2026-10-06 2026-10-07',
  '2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10',
  '国务院办公厅关于2026年部分节假日安排的通知');

-- Veterans and their families who asked for help.
CREATE TABLE relief_people (
  id text PRIMARY KEY,
  identity_sealed text NOT NULL,
  identity_index text NOT NULL UNIQUE,
  name_sealed text NOT NULL,
  name_mask text NOT NULL,
  identity_mask text NOT NULL,
  phone_sealed text NOT NULL,
  phone_mask text NOT NULL,
  address_sealed text NOT NULL,
  sex text NOT NULL CHECK (sex IN ('male', 'female')),
  born_year bigint NOT NULL,
  category text NOT NULL,
  created_at {{.time}} NOT NULL,
  updated_at {{.time}} NOT NULL
);

-- Forms that are not handed in yet, sealed as a whole: who fills them in is the only one who opens them.
CREATE TABLE relief_drafts (
  id text PRIMARY KEY,
  owner text NOT NULL,
  form_sealed text NOT NULL,
  name_mask text NOT NULL,
  created_at {{.time}} NOT NULL,
  updated_at {{.time}} NOT NULL
);
CREATE INDEX relief_drafts_owner ON relief_drafts (owner, id);

CREATE TABLE relief_cases (
  id text PRIMARY KEY,
  number text NOT NULL UNIQUE,
  state text NOT NULL CHECK (state IN ('village', 'township', 'county', 'publish', 'notice', 'city', 'approval', 'approved', 'returned', 'refused', 'withdrawn', 'ended')),
  back_to text NOT NULL CHECK (back_to IN ('', 'village', 'township', 'county')),
  person_id text NOT NULL REFERENCES relief_people (id),
  category text NOT NULL,
  area_path text NOT NULL CHECK (area_path LIKE '/%/'),
  place text NOT NULL,
  kind text NOT NULL REFERENCES relief_kinds (code),
  kind_title text NOT NULL,
  cap bigint NOT NULL CHECK (cap > 0),
  cause_day text NOT NULL,
  story_sealed text NOT NULL,
  requested bigint NOT NULL CHECK (requested > 0),
  other_aid bigint NOT NULL CHECK (other_aid >= 0),
  other_sealed text NOT NULL,
  proposed bigint NOT NULL CHECK (proposed >= 0),
  approved bigint NOT NULL CHECK (approved >= 0 AND approved <= proposed),
  quorum bigint NOT NULL,
  consent text NOT NULL,
  filed_by text NOT NULL,
  filed_at {{.time}} NOT NULL,
  since {{.time}} NOT NULL,
  version bigint NOT NULL,
  CHECK (proposed <= cap)
);
-- One live case for a person and a cause (事由): the same hardship is not paid twice.
CREATE UNIQUE INDEX relief_cases_live ON relief_cases (person_id, kind, cause_day) WHERE state NOT IN ('refused', 'withdrawn', 'ended');
CREATE INDEX relief_cases_area ON relief_cases (area_path, id);
CREATE INDEX relief_cases_state ON relief_cases (state, area_path, id);
CREATE INDEX relief_cases_person ON relief_cases (person_id);

-- Bank accounts of a case: a payment keeps the account it was made with; a correction is a new row, confirmed by a second person.
CREATE TABLE relief_accounts (
  id text PRIMARY KEY,
  case_id text NOT NULL REFERENCES relief_cases (id),
  bank text NOT NULL,
  card_sealed text NOT NULL,
  card_index text NOT NULL,
  card_mask text NOT NULL,
  state text NOT NULL CHECK (state IN ('proposed', 'current', 'replaced', 'refused')),
  made_by text NOT NULL,
  at {{.time}} NOT NULL
);
CREATE UNIQUE INDEX relief_accounts_current ON relief_accounts (case_id) WHERE state = 'current';
CREATE UNIQUE INDEX relief_accounts_proposed ON relief_accounts (case_id) WHERE state = 'proposed';
CREATE INDEX relief_accounts_card ON relief_accounts (card_index);

-- Who acted on a case, and at which stage: nobody acts at two stages of one case (慈善法 14).
CREATE TABLE relief_actors (
  case_id text NOT NULL REFERENCES relief_cases (id),
  person_id text NOT NULL,
  stage text NOT NULL,
  at {{.time}} NOT NULL,
  PRIMARY KEY (case_id, person_id)
);
CREATE INDEX relief_actors_person ON relief_actors (person_id, case_id);

-- Opinions are never changed; together they are the story of a case.
CREATE TABLE relief_opinions (
  id text PRIMARY KEY,
  case_id text NOT NULL REFERENCES relief_cases (id),
  stage text NOT NULL,
  verdict text NOT NULL,
  actor text NOT NULL,
  at {{.time}} NOT NULL,
  amount bigint NOT NULL CHECK (amount >= 0),
  text_sealed text NOT NULL
);
CREATE INDEX relief_opinions_case ON relief_opinions (case_id, id);
-- A double click counts once: one approval by one person.
CREATE UNIQUE INDEX relief_opinions_vote ON relief_opinions (case_id, actor) WHERE stage = 'approval' AND verdict = 'pass';

CREATE TABLE relief_visits (
  id text PRIMARY KEY,
  case_id text NOT NULL REFERENCES relief_cases (id),
  day text NOT NULL,
  visitors text NOT NULL,
  findings_sealed text NOT NULL,
  conclusion text NOT NULL CHECK (conclusion IN ('true', 'partly', 'false')),
  recorded_by text NOT NULL,
  at {{.time}} NOT NULL
);
CREATE INDEX relief_visits_case ON relief_visits (case_id, id);

-- A public notice (公示) shows these columns and no others.
CREATE TABLE relief_notices (
  id text PRIMARY KEY,
  case_id text NOT NULL REFERENCES relief_cases (id),
  state text NOT NULL CHECK (state IN ('open', 'paused', 'closed', 'cancelled')),
  name_mask text NOT NULL,
  place text NOT NULL,
  area_path text NOT NULL,
  kind_title text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  fund text NOT NULL,
  from_day text NOT NULL,
  to_day text NOT NULL,
  days bigint NOT NULL CHECK (days > 0),
  left_days bigint NOT NULL CHECK (left_days >= 0),
  phone text NOT NULL,
  posted_by text NOT NULL,
  posted_at {{.time}} NOT NULL,
  closed_at {{.time}}
);
CREATE UNIQUE INDEX relief_notices_live ON relief_notices (case_id) WHERE state IN ('open', 'paused');
CREATE INDEX relief_notices_state ON relief_notices (state, to_day);
CREATE INDEX relief_notices_case ON relief_notices (case_id);

CREATE TABLE relief_objections (
  id text PRIMARY KEY,
  number text NOT NULL UNIQUE,
  notice_id text NOT NULL REFERENCES relief_notices (id),
  case_id text NOT NULL REFERENCES relief_cases (id),
  state text NOT NULL CHECK (state IN ('open', 'dismissed', 'upheld')),
  name_sealed text NOT NULL,
  phone_sealed text NOT NULL,
  facts_sealed text NOT NULL,
  reason_sealed text NOT NULL,
  at {{.time}} NOT NULL,
  decided_by text NOT NULL,
  decided_at {{.time}}
);
CREATE INDEX relief_objections_notice ON relief_objections (notice_id, state);
CREATE INDEX relief_objections_case ON relief_objections (case_id);

CREATE TABLE relief_awards (
  id text PRIMARY KEY,
  case_id text NOT NULL UNIQUE REFERENCES relief_cases (id),
  fund text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  state text NOT NULL CHECK (state IN ('reserved', 'committed', 'paid', 'cancelled')),
  held boolean NOT NULL,
  at {{.time}} NOT NULL
);
CREATE INDEX relief_awards_state ON relief_awards (state, id);

CREATE TABLE relief_batches (
  id text PRIMARY KEY,
  number text NOT NULL UNIQUE,
  state text NOT NULL CHECK (state IN ('open', 'locked', 'checked', 'signed', 'released', 'reconciling', 'reconciled', 'void')),
  lines bigint NOT NULL CHECK (lines >= 0),
  total bigint NOT NULL CHECK (total >= 0),
  maker text NOT NULL,
  checker text NOT NULL,
  signatory text NOT NULL,
  releaser text NOT NULL,
  file_name text NOT NULL,
  file_hash text NOT NULL,
  made_at {{.time}} NOT NULL,
  since {{.time}} NOT NULL,
  CHECK (checker = '' OR checker <> maker),
  CHECK (signatory = '' OR (signatory <> maker AND signatory <> checker))
);

CREATE TABLE relief_payments (
  id text PRIMARY KEY,
  award_id text NOT NULL REFERENCES relief_awards (id),
  case_id text NOT NULL REFERENCES relief_cases (id),
  batch_id text NOT NULL REFERENCES relief_batches (id),
  line bigint NOT NULL CHECK (line > 0),
  attempt bigint NOT NULL CHECK (attempt > 0),
  account_id text NOT NULL REFERENCES relief_accounts (id),
  amount bigint NOT NULL CHECK (amount > 0),
  state text NOT NULL CHECK (state IN ('batched', 'sent', 'unknown', 'succeeded', 'failed', 'returned', 'cancelled')),
  reason text NOT NULL,
  bank_ref text NOT NULL,
  paid_on text,
  voucher text NOT NULL,
  at {{.time}} NOT NULL,
  since {{.time}} NOT NULL,
  UNIQUE (batch_id, line),
  UNIQUE (award_id, attempt)
);
-- At most one payment of an award is alive.
CREATE UNIQUE INDEX relief_payments_live ON relief_payments (award_id) WHERE state IN ('batched', 'sent', 'unknown', 'succeeded');
CREATE INDEX relief_payments_case ON relief_payments (case_id);

-- Each download of a bank file: the first is free, a repeat is asked for by one person and allowed by another.
CREATE TABLE relief_downloads (
  id text PRIMARY KEY,
  batch_id text NOT NULL REFERENCES relief_batches (id),
  state text NOT NULL CHECK (state IN ('asked', 'allowed', 'used')),
  asked_by text NOT NULL,
  allowed_by text NOT NULL,
  reason text NOT NULL,
  at {{.time}} NOT NULL,
  CHECK (allowed_by = '' OR allowed_by <> asked_by)
);
CREATE UNIQUE INDEX relief_downloads_pending ON relief_downloads (batch_id) WHERE state IN ('asked', 'allowed');
CREATE UNIQUE INDEX relief_downloads_first ON relief_downloads (batch_id) WHERE state = 'used' AND allowed_by = '';

-- Result files of the bank; the same bytes are taken once.
CREATE TABLE relief_results (
  id text PRIMARY KEY,
  batch_id text NOT NULL REFERENCES relief_batches (id),
  kind text NOT NULL CHECK (kind IN ('result', 'return')),
  state text NOT NULL CHECK (state IN ('staged', 'confirmed', 'refused')),
  file_name text NOT NULL,
  file_hash text NOT NULL,
  imported_by text NOT NULL,
  confirmed_by text NOT NULL,
  day text NOT NULL,
  at {{.time}} NOT NULL,
  CHECK (confirmed_by = '' OR confirmed_by <> imported_by)
);
CREATE UNIQUE INDEX relief_results_hash ON relief_results (file_hash) WHERE state <> 'refused';
CREATE UNIQUE INDEX relief_results_staged ON relief_results (batch_id) WHERE state = 'staged';

CREATE TABLE relief_result_lines (
  result_id text NOT NULL REFERENCES relief_results (id),
  payment_id text NOT NULL REFERENCES relief_payments (id),
  line bigint NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('succeeded', 'failed', 'returned')),
  reason text NOT NULL,
  bank_ref text NOT NULL,
  PRIMARY KEY (result_id, line)
);

-- What happens after a failed or returned payment: the account is mended, or the award is given up; two persons each time.
CREATE TABLE relief_remedies (
  id text PRIMARY KEY,
  award_id text NOT NULL REFERENCES relief_awards (id),
  kind text NOT NULL CHECK (kind IN ('account', 'give_up')),
  account_id text NOT NULL,
  state text NOT NULL CHECK (state IN ('proposed', 'confirmed', 'refused')),
  reason_sealed text NOT NULL,
  proposed_by text NOT NULL,
  confirmed_by text NOT NULL,
  at {{.time}} NOT NULL,
  CHECK (confirmed_by = '' OR confirmed_by <> proposed_by)
);
CREATE UNIQUE INDEX relief_remedies_open ON relief_remedies (award_id) WHERE state = 'proposed';
{{if .pg}}
--bun:split
CREATE FUNCTION relief_refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$ LANGUAGE plpgsql;
--bun:split
CREATE TRIGGER relief_opinions_append_only BEFORE UPDATE OR DELETE ON relief_opinions FOR EACH ROW EXECUTE FUNCTION relief_refuse();
--bun:split
CREATE TRIGGER relief_actors_append_only BEFORE UPDATE OR DELETE ON relief_actors FOR EACH ROW EXECUTE FUNCTION relief_refuse();
{{else}}
--bun:split
CREATE TRIGGER relief_opinions_no_update BEFORE UPDATE ON relief_opinions BEGIN SELECT RAISE(ABORT, 'relief_opinions is append-only'); END;
--bun:split
CREATE TRIGGER relief_opinions_no_delete BEFORE DELETE ON relief_opinions BEGIN SELECT RAISE(ABORT, 'relief_opinions is append-only'); END;
--bun:split
CREATE TRIGGER relief_actors_no_update BEFORE UPDATE ON relief_actors BEGIN SELECT RAISE(ABORT, 'relief_actors is append-only'); END;
--bun:split
CREATE TRIGGER relief_actors_no_delete BEFORE DELETE ON relief_actors BEGIN SELECT RAISE(ABORT, 'relief_actors is append-only'); END;
{{end}}
