-- Numbers of batches and settlements, without gaps within a year.
CREATE TABLE intake_counters (
  series text NOT NULL,
  year bigint NOT NULL,
  n bigint NOT NULL CHECK (n > 0),
  PRIMARY KEY (series, year)
);

-- Batches (录入批次): gifts typed or uploaded at the desk, or one file of a platform's orders. want_* are the control totals.
CREATE TABLE intake_batches (
  id text PRIMARY KEY,
  number text NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('gifts', 'orders')),
  title text NOT NULL,
  platform text NOT NULL DEFAULT '',
  file text NOT NULL DEFAULT '',
  day text,
  method text NOT NULL CHECK (method IN ('transfer', 'cash', 'platform')),
  campaign text NOT NULL DEFAULT '',
  want_rows bigint NOT NULL CHECK (want_rows > 0),
  want_fen bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('draft', 'making', 'waiting', 'confirming', 'done', 'undoing', 'undone', 'dropped')),
  problem text NOT NULL DEFAULT '',
  version bigint NOT NULL CHECK (version > 0),
  made_by text NOT NULL,
  made_name text NOT NULL,
  made_at {{.time}} NOT NULL,
  sent_by text NOT NULL DEFAULT '',
  sent_name text NOT NULL DEFAULT '',
  sent_at {{.time}},
  confirmed_by text NOT NULL DEFAULT '',
  confirmed_name text NOT NULL DEFAULT '',
  confirmed_at {{.time}},
  ended_by text NOT NULL DEFAULT '',
  ended_name text NOT NULL DEFAULT '',
  ended_at {{.time}},
  why text NOT NULL DEFAULT '',
  CHECK (confirmed_by = '' OR confirmed_by <> sent_by),
  CHECK (kind <> 'orders' OR (platform <> '' AND file <> ''))
);
CREATE INDEX intake_batches_state ON intake_batches (state, id);

-- Rows of a batch. typed is sealed: what was typed or read from the file, readable or not. A gift is made of a row once.
CREATE TABLE intake_rows (
  id text PRIMARY KEY,
  batch text NOT NULL REFERENCES intake_batches (id),
  line bigint NOT NULL CHECK (line > 0),
  kind text NOT NULL CHECK (kind IN ('gift', 'refund')),
  typed text NOT NULL,
  amount bigint NOT NULL CHECK (amount >= 0),
  fee bigint NOT NULL DEFAULT 0 CHECK (fee >= 0),
  day text,
  platform text NOT NULL DEFAULT '',
  order_no text NOT NULL DEFAULT '',
  project text NOT NULL DEFAULT '',
  state text NOT NULL CHECK (state IN ('typed', 'made', 'confirmed', 'rejected', 'undone', 'same', 'netted', 'noted')),
  gift text,
  fund text NOT NULL DEFAULT '',
  problem text NOT NULL DEFAULT '',
  settlement text,
  UNIQUE (batch, line),
  CHECK (state NOT IN ('made', 'confirmed', 'rejected', 'undone') OR gift IS NOT NULL),
  CHECK (state NOT IN ('typed', 'same', 'netted', 'noted') OR gift IS NULL OR state = 'noted'),
  CHECK (kind = 'gift' OR state IN ('typed', 'same', 'netted', 'noted')),
  CHECK (settlement IS NULL OR state IN ('confirmed', 'noted'))
);
CREATE UNIQUE INDEX intake_rows_gift ON intake_rows (gift) WHERE kind = 'gift' AND gift IS NOT NULL;
CREATE UNIQUE INDEX intake_rows_order ON intake_rows (platform, order_no, kind) WHERE platform <> '' AND state NOT IN ('same', 'undone', 'rejected');
CREATE INDEX intake_rows_state ON intake_rows (batch, state, line);
CREATE INDEX intake_rows_settlement ON intake_rows (settlement) WHERE settlement IS NOT NULL;
CREATE INDEX intake_rows_open ON intake_rows (platform, day) WHERE platform <> '' AND settlement IS NULL AND state IN ('confirmed', 'noted');

-- Every change of the control totals, with its reason.
CREATE TABLE intake_totals (
  id text PRIMARY KEY,
  batch text NOT NULL REFERENCES intake_batches (id),
  old_rows bigint NOT NULL,
  old_fen bigint NOT NULL,
  new_rows bigint NOT NULL,
  new_fen bigint NOT NULL,
  why text NOT NULL,
  by_id text NOT NULL,
  by_name text NOT NULL,
  at {{.time}} NOT NULL
);
CREATE INDEX intake_totals_batch ON intake_totals (batch, id);

-- Counting sheets of donation boxes (清点单): counted by two people, each for himself; notes are numbers per denomination.
CREATE TABLE intake_sheets (
  id text PRIMARY KEY,
  batch text NOT NULL REFERENCES intake_batches (id),
  box text NOT NULL,
  place text NOT NULL,
  notes text NOT NULL,
  total bigint NOT NULL CHECK (total > 0),
  state text NOT NULL CHECK (state IN ('counted', 'agreed', 'dropped')),
  tries bigint NOT NULL DEFAULT 0,
  first_by text NOT NULL,
  first_name text NOT NULL,
  first_at {{.time}} NOT NULL,
  second_by text NOT NULL DEFAULT '',
  second_name text NOT NULL DEFAULT '',
  second_at {{.time}},
  CHECK (second_by <> first_by),
  CHECK ((state = 'agreed') = (second_at IS NOT NULL))
);
CREATE INDEX intake_sheets_batch ON intake_sheets (batch, id);

-- How a platform's order file is read. spec is JSON: the heading of each column that we want.
CREATE TABLE intake_profiles (
  id text PRIMARY KEY,
  platform text NOT NULL UNIQUE,
  title text NOT NULL,
  spec text NOT NULL,
  version bigint NOT NULL CHECK (version > 0),
  edited_by text NOT NULL DEFAULT '',
  edited_name text NOT NULL DEFAULT '',
  edited_at {{.time}}
);

-- Which of our projects a platform's project is; campaign '' is the general fund. Asked once, then remembered.
CREATE TABLE intake_projects (
  platform text NOT NULL,
  project text NOT NULL,
  campaign text NOT NULL,
  by_id text NOT NULL,
  by_name text NOT NULL,
  at {{.time}} NOT NULL,
  PRIMARY KEY (platform, project)
);

-- Settlements (平台结算): the money that the platform paid out for confirmed orders, less its fees and refunds.
CREATE TABLE intake_settlements (
  id text PRIMARY KEY,
  number text NOT NULL UNIQUE,
  platform text NOT NULL,
  from_day text NOT NULL,
  to_day text NOT NULL,
  bank_ref text NOT NULL,
  day text NOT NULL,
  orders bigint NOT NULL CHECK (orders >= 0),
  gross bigint NOT NULL CHECK (gross >= 0),
  refunds bigint NOT NULL CHECK (refunds >= 0),
  fees bigint NOT NULL CHECK (fees >= 0),
  amount bigint NOT NULL CHECK (amount > 0 AND amount = gross - refunds - fees),
  state text NOT NULL CHECK (state IN ('asked', 'done', 'dropped')),
  made_by text NOT NULL,
  made_name text NOT NULL,
  made_at {{.time}} NOT NULL,
  decided_by text NOT NULL DEFAULT '',
  decided_name text NOT NULL DEFAULT '',
  decided_at {{.time}},
  why text NOT NULL DEFAULT '',
  CHECK (state <> 'done' OR (decided_by <> '' AND decided_by <> made_by)),
  CHECK ((state = 'asked') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX intake_settlements_bank_ref ON intake_settlements (bank_ref) WHERE state <> 'dropped';
CREATE INDEX intake_settlements_platform ON intake_settlements (platform, id);

INSERT INTO intake_profiles (id, platform, title, spec, version) VALUES
  ('profile-tencent', 'TENCENT', '腾讯公益', '{"order":"订单号","time":"捐款时间","nick":"昵称","amount":"捐款金额","fee":"手续费","project":"项目名称","title":"票据抬头","phone":"手机号","email":"邮箱","status":"状态","refund":"已退款"}', 1),
  ('profile-alipay', 'ALIPAY', '支付宝公益', '{"order":"业务流水号","time":"创建时间","nick":"捐赠人","amount":"收入金额（元）","fee":"服务费（元）","project":"商品名称","title":"发票抬头","phone":"联系电话","email":"","status":"业务类型","refund":"退款"}', 1),
  ('profile-weibo', 'WEIBO', '微公益', '{"order":"订单编号","time":"支付时间","nick":"微博昵称","amount":"捐款金额(元)","fee":"渠道费(元)","project":"捐助项目","title":"","phone":"","email":"","status":"订单状态","refund":"已退款"}', 1);
