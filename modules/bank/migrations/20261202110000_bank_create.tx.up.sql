-- Profiles (列模板): how one bank writes its statements, as data. account '' is the foundation's own account of the settings.
CREATE TABLE bank_profiles (
  id text PRIMARY KEY,
  title text NOT NULL UNIQUE,
  account text NOT NULL,
  layout {{.json}} NOT NULL,
  active boolean NOT NULL,
  version bigint NOT NULL CHECK (version > 0),
  edited_by text NOT NULL,
  edited_at {{.time}} NOT NULL
);

-- Statements (对账单): one file of one account. Its lines are there when it is ready, and only when its sums agree.
CREATE TABLE bank_statements (
  id text PRIMARY KEY,
  account text NOT NULL,
  profile text NOT NULL,
  profile_title text NOT NULL,
  layout {{.json}} NOT NULL,
  object text NOT NULL,
  size bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('reading', 'ready', 'refused')),
  given_opening bigint,
  given_closing bigint,
  opening bigint NOT NULL DEFAULT 0,
  closing bigint NOT NULL DEFAULT 0,
  credits bigint NOT NULL DEFAULT 0 CHECK (credits >= 0),
  debits bigint NOT NULL DEFAULT 0 CHECK (debits >= 0),
  from_day text,
  to_day text,
  total bigint NOT NULL DEFAULT 0,
  done bigint NOT NULL DEFAULT 0,
  fresh bigint NOT NULL DEFAULT 0,
  problems text NOT NULL DEFAULT '',
  made_by text NOT NULL,
  made_name text NOT NULL,
  made_at {{.time}} NOT NULL,
  ready_at {{.time}},
  CHECK (state <> 'ready' OR (opening + credits - debits = closing AND done = total AND ready_at IS NOT NULL)),
  CHECK (done <= total AND fresh <= done)
);
CREATE UNIQUE INDEX bank_statements_object ON bank_statements (object) WHERE state <> 'refused';
CREATE INDEX bank_statements_state ON bank_statements (state, id);

-- Matches (匹配): some lines and some gifts whose sums are equal.
CREATE TABLE bank_matches (
  id text PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('live', 'undone')),
  pool boolean NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  score bigint NOT NULL,
  made_by text NOT NULL,
  made_name text NOT NULL,
  made_at {{.time}} NOT NULL,
  undone_by text NOT NULL DEFAULT '',
  undone_name text NOT NULL DEFAULT '',
  undone_at {{.time}},
  why text NOT NULL DEFAULT '',
  CHECK ((state = 'undone') = (undone_at IS NOT NULL))
);
CREATE TABLE bank_shares (
  match_id text NOT NULL REFERENCES bank_matches (id),
  gift text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  ref text NOT NULL,
  live boolean NOT NULL,
  PRIMARY KEY (match_id, gift)
);
CREATE UNIQUE INDEX bank_shares_gift ON bank_shares (gift) WHERE live;

-- Lines (流水): what the bank says, each kept once however many files name it. details (payer, account, bank, remark) is sealed;
-- what is shown of it is masked when the line is read.
CREATE TABLE bank_lines (
  id text PRIMARY KEY,
  statement text NOT NULL REFERENCES bank_statements (id),
  no bigint NOT NULL,
  account text NOT NULL,
  fingerprint text NOT NULL,
  dup bigint NOT NULL CHECK (dup > 0),
  day text NOT NULL,
  side text NOT NULL CHECK (side IN ('credit', 'debit')),
  amount bigint NOT NULL CHECK (amount > 0),
  balance bigint,
  ref text NOT NULL,
  payer_mask text NOT NULL,
  payer_index text NOT NULL,
  account_index text NOT NULL,
  account_tail text NOT NULL,
  note text NOT NULL,
  code text NOT NULL,
  details text NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'matched', 'pool', 'returning', 'returned', 'paid', 'other')),
  score bigint NOT NULL,
  hints text NOT NULL,
  best text NOT NULL,
  match_id text REFERENCES bank_matches (id),
  refund text NOT NULL DEFAULT '',
  twin text NOT NULL DEFAULT '',
  kind text NOT NULL DEFAULT '',
  why text NOT NULL DEFAULT '',
  journal text NOT NULL DEFAULT '',
  asked_by text NOT NULL DEFAULT '',
  asked_name text NOT NULL DEFAULT '',
  decided_by text NOT NULL DEFAULT '',
  decided_name text NOT NULL DEFAULT '',
  decided_at {{.time}},
  UNIQUE (account, fingerprint, dup),
  CHECK ((state = 'matched') = (match_id IS NOT NULL)),
  CHECK (side = 'credit' OR state IN ('open', 'paid', 'other')),
  CHECK (state NOT IN ('returned') OR decided_by <> asked_by)
);
CREATE INDEX bank_lines_statement ON bank_lines (statement, state, side, score, id);
CREATE INDEX bank_lines_state ON bank_lines (state, side, score, id);
CREATE INDEX bank_lines_best ON bank_lines (best) WHERE best <> '' AND state = 'open';
CREATE INDEX bank_lines_payer ON bank_lines (payer_index) WHERE payer_index <> '';
CREATE INDEX bank_lines_code ON bank_lines (code) WHERE code <> '';
CREATE INDEX bank_lines_ref ON bank_lines (ref);
CREATE INDEX bank_lines_match ON bank_lines (match_id) WHERE match_id IS NOT NULL;
CREATE INDEX bank_lines_amount ON bank_lines (amount);
CREATE UNIQUE INDEX bank_lines_refund ON bank_lines (refund) WHERE refund <> '';

-- Accounts from which a donor has given before, both under blind indexes.
CREATE TABLE bank_payers (
  account_index text NOT NULL,
  name_index text NOT NULL,
  seen bigint NOT NULL CHECK (seen > 0),
  PRIMARY KEY (account_index, name_index)
);

INSERT INTO bank_profiles (id, title, account, layout, active, version, edited_by, edited_at) VALUES
  ('icbc', '工商银行 企业网银（CSV）', '', '{"format":"csv","encoding":"auto","delimiter":",","sign":"two","day":"交易日期","credit":"贷方发生额","debit":"借方发生额","balance":"余额","serial":"交易流水号","payer":"对方户名","payer_account":"对方账号","payer_bank":"对方开户行","remark":"摘要+附言+用途"}', true, 1, 'system', '2026-11-01 00:00:00'),
  ('ccb', '建设银行 企业网银（CSV）', '', '{"format":"csv","encoding":"auto","delimiter":",","sign":"two","day":"交易时间","credit":"贷方发生额","debit":"借方发生额","balance":"余额","serial":"账户明细编号-交易流水号","payer":"对方户名","payer_account":"对方账号","payer_bank":"对方开户机构","remark":"摘要+备注"}', true, 1, 'system', '2026-11-01 00:00:00'),
  ('abc', '农业银行 企业网银（XLSX）', '', '{"format":"xlsx","encoding":"auto","delimiter":",","sign":"two","day":"交易时间","credit":"收入金额","debit":"支出金额","balance":"账户余额","serial":"交易流水号","payer":"对方户名","payer_account":"对方账号","payer_bank":"对方开户行","remark":"摘要+交易用途+附言"}', true, 1, 'system', '2026-11-01 00:00:00'),
  ('rcc', '云南农信 借贷标志（CSV）', '', '{"format":"csv","encoding":"auto","delimiter":",","sign":"flag","day":"交易日期","amount":"交易金额","flag":"借贷标志","credit_word":"贷","debit_word":"借","balance":"账户余额","serial":"流水号","payer":"对方户名","payer_account":"对方账号","remark":"摘要+附言"}', true, 1, 'system', '2026-11-01 00:00:00');
