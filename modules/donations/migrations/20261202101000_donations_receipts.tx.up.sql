-- Whether the donor wants the receipt in hand; a waived one is issued all the same and kept (民发〔2012〕124号).
ALTER TABLE donations_gifts ADD COLUMN waived boolean NOT NULL DEFAULT false;

-- Receipts (捐赠收据): one row for each paper; which gifts it covers is in donations_receipt_lines.
CREATE TABLE donations_receipts (
  paper text PRIMARY KEY,
  number text NOT NULL UNIQUE,
  subject text NOT NULL,
  payer_index text NOT NULL,
  campaign text REFERENCES donations_campaigns (id),
  fund text NOT NULL REFERENCES ledger_funds (id),
  year bigint NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  state text NOT NULL CHECK (state IN ('valid', 'void', 'reversed')),
  disposition text NOT NULL CHECK (disposition IN ('deliver', 'waived', 'anonymous')),
  delivered_how text NOT NULL CHECK (delivered_how IN ('', 'link', 'hand', 'post')),
  delivered_at {{.time}},
  reprints bigint NOT NULL DEFAULT 0,
  handler text NOT NULL,
  checker text NOT NULL,
  made_at {{.time}} NOT NULL,
  ended_at {{.time}},
  reason text NOT NULL DEFAULT '',
  red text NOT NULL DEFAULT '',
  replaced_by text NOT NULL DEFAULT '',
  CHECK ((delivered_how = '') = (delivered_at IS NULL)),
  CHECK ((state = 'valid') = (ended_at IS NULL)),
  CHECK ((state = 'reversed') = (red <> ''))
);
CREATE INDEX donations_receipts_payer ON donations_receipts (payer_index, fund, year) WHERE state = 'valid';
CREATE INDEX donations_receipts_state ON donations_receipts (state, number);
CREATE INDEX donations_receipts_pending ON donations_receipts (number) WHERE state = 'valid' AND disposition = 'deliver' AND delivered_how = '';

CREATE TABLE donations_receipt_lines (
  paper text NOT NULL REFERENCES donations_receipts (paper),
  gift text NOT NULL REFERENCES donations_gifts (id),
  amount bigint NOT NULL CHECK (amount > 0),
  live boolean NOT NULL,
  PRIMARY KEY (paper, gift)
);
-- A gift is on one valid receipt at most.
CREATE UNIQUE INDEX donations_receipt_lines_live ON donations_receipt_lines (gift) WHERE live;
CREATE INDEX donations_receipt_lines_gift ON donations_receipt_lines (gift);

INSERT INTO donations_receipts (paper, number, subject, payer_index, campaign, fund, year, amount, state, disposition, delivered_how, delivered_at, handler, checker, made_at, ended_at, reason, red)
  SELECT d.id, d.number, d.subject, g.name_index, g.campaign, g.fund, d.year, g.amount, CASE WHEN g.state = 'refunded' THEN 'reversed' ELSE 'valid' END,
    CASE WHEN g.shown = 'anonymous' THEN 'anonymous' ELSE 'deliver' END, CASE WHEN g.source = 'web' THEN 'link' ELSE '' END, CASE WHEN g.source = 'web' THEN g.confirmed_at END,
    a.recorded_name, a.decided_name, g.confirmed_at, d.ended_at, CASE WHEN g.state = 'refunded' THEN d.reason ELSE '' END, coalesce(r.number, '')
  FROM donations_gifts AS g JOIN documents_papers AS d ON d.id = g.receipt JOIN donations_arrivals AS a ON a.gift = g.id AND a.state = 'confirmed'
  LEFT JOIN documents_papers AS r ON r.reverses = d.id;
INSERT INTO donations_receipt_lines (paper, gift, amount, live) SELECT receipt, id, amount, state <> 'refunded' FROM donations_gifts WHERE receipt IS NOT NULL;

-- Reissues (换开): one person or the donor asks, another one decides.
CREATE TABLE donations_reissues (
  id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('merge', 'split', 'retitle', 'named', 'replace')),
  payer text NOT NULL,
  payer_id text NOT NULL,
  reason text NOT NULL,
  state text NOT NULL CHECK (state IN ('asked', 'done', 'declined')),
  asked_by text NOT NULL,
  asked_name text NOT NULL,
  asked_at {{.time}} NOT NULL,
  decided_by text NOT NULL DEFAULT '',
  decided_name text NOT NULL DEFAULT '',
  decided_at {{.time}},
  remark text NOT NULL DEFAULT '',
  CHECK (decided_by <> asked_by),
  CHECK ((state = 'asked') = (decided_at IS NULL))
);
CREATE INDEX donations_reissues_asked ON donations_reissues (id) WHERE state = 'asked';
CREATE TABLE donations_reissue_papers (
  reissue text NOT NULL REFERENCES donations_reissues (id),
  paper text NOT NULL REFERENCES donations_receipts (paper),
  open boolean NOT NULL,
  PRIMARY KEY (reissue, paper)
);
-- A receipt waits for one decision at a time.
CREATE UNIQUE INDEX donations_reissue_papers_open ON donations_reissue_papers (paper) WHERE open;

-- The official receipts of the finance bureau (财政电子票据), as their system numbered them.
CREATE TABLE donations_fiscals (
  id text PRIMARY KEY,
  paper text NOT NULL REFERENCES donations_receipts (paper),
  code text NOT NULL,
  number text NOT NULL,
  check_code text NOT NULL,
  day text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  state text NOT NULL CHECK (state IN ('recorded', 'checked', 'rejected', 'reversed')),
  recorded_by text NOT NULL,
  recorded_name text NOT NULL,
  recorded_at {{.time}} NOT NULL,
  decided_by text NOT NULL DEFAULT '',
  decided_name text NOT NULL DEFAULT '',
  decided_at {{.time}},
  red_number text NOT NULL DEFAULT '',
  red_on text,
  CHECK (decided_by <> recorded_by OR state = 'recorded' OR state = 'rejected'),
  CHECK ((state = 'reversed') = (red_number <> ''))
);
CREATE UNIQUE INDEX donations_fiscals_number ON donations_fiscals (code, number) WHERE state <> 'rejected';
CREATE UNIQUE INDEX donations_fiscals_paper ON donations_fiscals (paper) WHERE state <> 'rejected';
