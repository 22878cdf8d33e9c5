-- Campaigns (募捐项目). A restricted fund is opened when the campaign opens for the first time.
CREATE TABLE donations_campaigns (
  id text PRIMARY KEY,
  code text NOT NULL UNIQUE,
  title text NOT NULL,
  lead text NOT NULL,
  story text NOT NULL,
  purpose text NOT NULL,
  beneficiaries text NOT NULL,
  cost text NOT NULL,
  surplus text NOT NULL,
  manager text NOT NULL,
  region text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('intent', 'own', 'partner', 'directed')),
  qualification text NOT NULL,
  partner text NOT NULL,
  filing text NOT NULL,
  filed_on text,
  urgent boolean NOT NULL,
  platform text NOT NULL,
  platform_url text NOT NULL,
  circle text NOT NULL,
  target bigint NOT NULL CHECK (target >= 0),
  starts_on text,
  ends_on text,
  state text NOT NULL CHECK (state IN ('draft', 'open', 'paused', 'ended')),
  fund text UNIQUE REFERENCES ledger_funds (id),
  version bigint NOT NULL CHECK (version > 0),
  made_by text NOT NULL,
  made_name text NOT NULL,
  made_at {{.time}} NOT NULL,
  edited_by text NOT NULL,
  edited_name text NOT NULL,
  edited_at {{.time}} NOT NULL,
  opened_by text NOT NULL DEFAULT '',
  opened_name text NOT NULL DEFAULT '',
  opened_at {{.time}},
  ended_at {{.time}},
  CHECK (state = 'draft' OR fund IS NOT NULL),
  CHECK (state = 'draft' OR mode NOT IN ('own', 'partner') OR (qualification <> '' AND filing <> '' AND filed_on IS NOT NULL AND platform_url <> '' AND starts_on IS NOT NULL AND ends_on IS NOT NULL))
);
CREATE INDEX donations_campaigns_state ON donations_campaigns (state, opened_at);

-- Gifts (捐赠): first a promise, later money. name, phone, idno and message are sealed; *_index find equal values without showing them.
CREATE TABLE donations_gifts (
  id text PRIMARY KEY,
  code text NOT NULL UNIQUE,
  token text NOT NULL UNIQUE,
  source text NOT NULL CHECK (source IN ('web', 'desk')),
  donor text NOT NULL CHECK (donor IN ('person', 'body')),
  shown text NOT NULL CHECK (shown IN ('real', 'masked', 'anonymous')),
  public_name text NOT NULL,
  name text NOT NULL,
  name_index text NOT NULL,
  phone text NOT NULL,
  phone_index text NOT NULL,
  idno text NOT NULL,
  message text NOT NULL,
  campaign text REFERENCES donations_campaigns (id),
  fund text NOT NULL REFERENCES ledger_funds (id),
  promised bigint NOT NULL CHECK (promised > 0),
  consent text NOT NULL,
  state text NOT NULL CHECK (state IN ('pledged', 'arrived', 'received', 'refunding', 'refunded', 'expired', 'withdrawn')),
  made_by text NOT NULL,
  made_name text NOT NULL,
  made_at {{.time}} NOT NULL,
  amount bigint NOT NULL DEFAULT 0 CHECK (amount >= 0),
  received_on text,
  roll text UNIQUE,
  confirmed_at {{.time}},
  receipt text UNIQUE,
  number text NOT NULL DEFAULT '',
  CHECK ((state IN ('received', 'refunding', 'refunded')) = (roll IS NOT NULL)),
  CHECK (roll IS NULL OR (amount > 0 AND receipt IS NOT NULL AND number <> '' AND received_on IS NOT NULL AND confirmed_at IS NOT NULL))
);
CREATE INDEX donations_gifts_campaign ON donations_gifts (campaign, roll);
CREATE INDEX donations_gifts_state ON donations_gifts (state, id);
CREATE INDEX donations_gifts_name ON donations_gifts (name_index);
CREATE INDEX donations_gifts_phone ON donations_gifts (phone_index) WHERE phone_index <> '';
CREATE INDEX donations_gifts_promised ON donations_gifts (promised);
CREATE INDEX donations_gifts_amount ON donations_gifts (amount) WHERE amount > 0;
CREATE INDEX donations_gifts_number ON donations_gifts (number) WHERE number <> '';
CREATE INDEX donations_gifts_pledged ON donations_gifts (made_at) WHERE state = 'pledged';

-- Arrivals (到账): money as the bank's statement names it. A wrong one is rejected and recorded anew, never changed. payer is sealed.
CREATE TABLE donations_arrivals (
  id text PRIMARY KEY,
  gift text NOT NULL REFERENCES donations_gifts (id),
  bank_ref text NOT NULL,
  day text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  method text NOT NULL CHECK (method IN ('transfer', 'cash', 'platform')),
  payer text NOT NULL,
  payer_index text NOT NULL,
  state text NOT NULL CHECK (state IN ('recorded', 'confirmed', 'rejected')),
  recorded_by text NOT NULL,
  recorded_name text NOT NULL,
  recorded_at {{.time}} NOT NULL,
  decided_by text NOT NULL DEFAULT '',
  decided_name text NOT NULL DEFAULT '',
  decided_at {{.time}},
  reason text NOT NULL DEFAULT '',
  CHECK (decided_by <> recorded_by OR state <> 'confirmed'),
  CHECK ((state = 'recorded') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX donations_arrivals_bank_ref ON donations_arrivals (bank_ref) WHERE state <> 'rejected';
CREATE UNIQUE INDEX donations_arrivals_gift ON donations_arrivals (gift) WHERE state <> 'rejected';
CREATE INDEX donations_arrivals_of ON donations_arrivals (gift, id);
CREATE INDEX donations_arrivals_payer ON donations_arrivals (payer_index);
CREATE INDEX donations_arrivals_waiting ON donations_arrivals (id) WHERE state = 'recorded';

-- Refunds (退款): asked by one person, decided by another.
CREATE TABLE donations_refunds (
  id text PRIMARY KEY,
  gift text NOT NULL REFERENCES donations_gifts (id),
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
CREATE UNIQUE INDEX donations_refunds_gift ON donations_refunds (gift) WHERE state <> 'declined';
CREATE INDEX donations_refunds_of ON donations_refunds (gift, id);

-- How many gifts a fund holds, kept beside its money so that no page has to count.
CREATE TABLE donations_counts (
  fund text PRIMARY KEY REFERENCES ledger_funds (id),
  gifts bigint NOT NULL CHECK (gifts >= 0)
);
