-- Gifts in kind (捐赠物资). name, phone and idno are sealed; *_index find equal values without showing them.
CREATE TABLE goods_gifts (
  id text PRIMARY KEY,
  code text NOT NULL UNIQUE,
  donor text NOT NULL CHECK (donor IN ('person', 'body')),
  shown text NOT NULL CHECK (shown IN ('real', 'masked', 'anonymous')),
  public_name text NOT NULL,
  name text NOT NULL,
  name_index text NOT NULL,
  phone text NOT NULL,
  phone_index text NOT NULL,
  idno text NOT NULL,
  campaign text NOT NULL,
  project text NOT NULL,
  fund text NOT NULL REFERENCES ledger_funds (id),
  restricted boolean NOT NULL,
  arrived_on text NOT NULL,
  warehouse text NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'counted', 'accepted', 'valued', 'stocked', 'refused', 'direct', 'returned')),
  made_by text NOT NULL,
  made_name text NOT NULL,
  made_at {{.time}} NOT NULL,
  counted_by text NOT NULL DEFAULT '',
  counted_name text NOT NULL DEFAULT '',
  accepted_by text NOT NULL DEFAULT '',
  accepted_name text NOT NULL DEFAULT '',
  valued_by text NOT NULL DEFAULT '',
  valued_name text NOT NULL DEFAULT '',
  stocked_by text NOT NULL DEFAULT '',
  stocked_name text NOT NULL DEFAULT '',
  stocked_at {{.time}},
  total bigint NOT NULL DEFAULT 0 CHECK (total >= 0),
  roll text UNIQUE,
  receipt text UNIQUE,
  number text NOT NULL DEFAULT '',
  CHECK (accepted_by = '' OR accepted_by <> counted_by),
  CHECK (stocked_by = '' OR stocked_by <> valued_by),
  CHECK ((state IN ('stocked', 'returned')) = (roll IS NOT NULL)),
  CHECK (roll IS NULL OR (receipt IS NOT NULL AND counted_by <> '' AND accepted_by <> '' AND valued_by <> '' AND stocked_by <> ''))
);
CREATE INDEX goods_gifts_state ON goods_gifts (state, id);
CREATE INDEX goods_gifts_number ON goods_gifts (number) WHERE number <> '';
CREATE INDEX goods_gifts_name ON goods_gifts (name_index);
CREATE INDEX goods_gifts_phone ON goods_gifts (phone_index) WHERE phone_index <> '';

-- Kinds of goods of one gift. Quantities are whole numbers of the smallest part of the unit: 10^-scale of it.
CREATE TABLE goods_items (
  id text PRIMARY KEY,
  gift text NOT NULL REFERENCES goods_gifts (id),
  n bigint NOT NULL CHECK (n > 0),
  name text NOT NULL,
  spec text NOT NULL,
  brand text NOT NULL,
  unit text NOT NULL,
  scale bigint NOT NULL CHECK (scale BETWEEN 0 AND 3),
  declared bigint NOT NULL CHECK (declared > 0),
  produced_on text,
  expires_on text,
  batch_no text NOT NULL,
  accepted bigint CHECK (accepted >= 0),
  refused bigint CHECK (refused >= 0),
  remark text NOT NULL DEFAULT '',
  certificate text NOT NULL DEFAULT '' CHECK (certificate IN ('', 'seen', 'not_needed')),
  basis text NOT NULL DEFAULT '' CHECK (basis IN ('', 'invoice', 'customs', 'agreement', 'market', 'appraisal', 'none')),
  grounds text NOT NULL DEFAULT '',
  total bigint NOT NULL DEFAULT 0 CHECK (total >= 0),
  UNIQUE (gift, n),
  CHECK ((accepted IS NULL) = (refused IS NULL)),
  CHECK (basis <> 'none' OR total = 0),
  CHECK (basis IN ('', 'none') OR total > 0)
);

-- Batches in store. qty and value are what is left of them; neither can fall below zero.
CREATE TABLE goods_batches (
  id text PRIMARY KEY,
  item text NOT NULL UNIQUE REFERENCES goods_items (id),
  gift text NOT NULL REFERENCES goods_gifts (id),
  fund text NOT NULL REFERENCES ledger_funds (id),
  restricted boolean NOT NULL,
  name text NOT NULL,
  unit text NOT NULL,
  scale bigint NOT NULL,
  expires_on text,
  qty bigint NOT NULL CHECK (qty >= 0),
  value bigint NOT NULL CHECK (value >= 0),
  at {{.time}} NOT NULL
);
CREATE INDEX goods_batches_gift ON goods_batches (gift);
CREATE INDEX goods_batches_expires ON goods_batches (expires_on) WHERE qty > 0;

-- What of a batch lies in which warehouse.
CREATE TABLE goods_stocks (
  batch text NOT NULL REFERENCES goods_batches (id),
  warehouse text NOT NULL,
  qty bigint NOT NULL CHECK (qty >= 0),
  PRIMARY KEY (batch, warehouse)
);

-- The quantity ledger: goods leave one place and enter another; '' is outside of our warehouses. Never changed.
CREATE TABLE goods_moves (
  id text PRIMARY KEY,
  batch text NOT NULL REFERENCES goods_batches (id),
  kind text NOT NULL CHECK (kind IN ('in', 'out', 'back', 'move', 'loss', 'sale', 'return', 'gain', 'short')),
  source text NOT NULL,
  dest text NOT NULL,
  qty bigint NOT NULL CHECK (qty > 0),
  value bigint NOT NULL CHECK (value >= 0),
  ref text NOT NULL,
  day text NOT NULL,
  at {{.time}} NOT NULL,
  made_by text NOT NULL,
  UNIQUE (kind, ref, batch, source, dest),
  CHECK (source <> dest),
  CHECK ((kind IN ('in', 'back', 'gain')) = (source = '')),
  CHECK ((kind IN ('out', 'loss', 'sale', 'return', 'short')) = (dest = ''))
);
CREATE INDEX goods_moves_batch ON goods_moves (batch, id);

-- Lists by which goods are given out (发放单). One person makes a list, another one releases its goods.
CREATE TABLE goods_lists (
  id text PRIMARY KEY,
  code text NOT NULL UNIQUE,
  title text NOT NULL,
  place text NOT NULL,
  campaign text NOT NULL,
  project text NOT NULL,
  fund text NOT NULL REFERENCES ledger_funds (id),
  warehouse text NOT NULL,
  hands_on text NOT NULL,
  state text NOT NULL CHECK (state IN ('draft', 'released', 'closed', 'void')),
  made_by text NOT NULL,
  made_name text NOT NULL,
  made_at {{.time}} NOT NULL,
  released_by text NOT NULL DEFAULT '',
  released_name text NOT NULL DEFAULT '',
  closed_by text NOT NULL DEFAULT '',
  closed_name text NOT NULL DEFAULT '',
  closed_at {{.time}},
  CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
  CHECK (released_by = '' OR released_by <> made_by),
  CHECK (state NOT IN ('released', 'closed') OR released_by <> '')
);
CREATE INDEX goods_lists_state ON goods_lists (state, id);

-- Who receives what. name and idno are sealed.
CREATE TABLE goods_lines (
  id text PRIMARY KEY,
  list text NOT NULL REFERENCES goods_lists (id),
  n bigint NOT NULL,
  name text NOT NULL,
  idno text NOT NULL,
  place text NOT NULL,
  batch text NOT NULL REFERENCES goods_batches (id),
  qty bigint NOT NULL CHECK (qty > 0),
  got boolean,
  UNIQUE (list, n)
);
CREATE INDEX goods_lines_batch ON goods_lines (batch);

-- Changes of the stock that one person asks for and another one decides: moves between warehouses, losses, sales,
-- goods that go back to their donor, stock-takings.
CREATE TABLE goods_changes (
  id text PRIMARY KEY,
  code text NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('move', 'loss', 'sale', 'return', 'take')),
  state text NOT NULL CHECK (state IN ('asked', 'done', 'declined')),
  gift text REFERENCES goods_gifts (id),
  dest text NOT NULL,
  why text NOT NULL,
  amount bigint NOT NULL CHECK (amount >= 0),
  bank_ref text NOT NULL,
  day text,
  made_by text NOT NULL,
  made_name text NOT NULL,
  made_at {{.time}} NOT NULL,
  decided_by text NOT NULL DEFAULT '',
  decided_name text NOT NULL DEFAULT '',
  decided_at {{.time}},
  remark text NOT NULL DEFAULT '',
  CHECK ((state = 'asked') = (decided_at IS NULL)),
  CHECK (state = 'asked' OR (decided_by <> '' AND decided_by <> made_by)),
  CHECK ((kind = 'return') = (gift IS NOT NULL)),
  CHECK ((kind = 'sale') = (amount > 0)),
  CHECK ((kind = 'move') = (dest <> ''))
);
CREATE INDEX goods_changes_state ON goods_changes (state, id);
CREATE UNIQUE INDEX goods_changes_gift ON goods_changes (gift) WHERE state = 'asked';
CREATE UNIQUE INDEX goods_changes_ref ON goods_changes (bank_ref) WHERE bank_ref <> '' AND state <> 'declined';

-- qty is what shall change, or what was counted; book is what the books said at the count.
CREATE TABLE goods_change_lines (
  id text PRIMARY KEY,
  change text NOT NULL REFERENCES goods_changes (id),
  n bigint NOT NULL,
  batch text NOT NULL REFERENCES goods_batches (id),
  warehouse text NOT NULL,
  qty bigint NOT NULL CHECK (qty >= 0),
  book bigint NOT NULL CHECK (book >= 0),
  UNIQUE (change, batch, warehouse)
);
CREATE INDEX goods_change_lines_batch ON goods_change_lines (batch);
{{if .pg}}
--bun:split
CREATE FUNCTION goods_refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$ LANGUAGE plpgsql;
--bun:split
CREATE TRIGGER goods_moves_append_only BEFORE UPDATE OR DELETE ON goods_moves FOR EACH ROW EXECUTE FUNCTION goods_refuse();
{{else}}
--bun:split
CREATE TRIGGER goods_moves_no_update BEFORE UPDATE ON goods_moves BEGIN SELECT RAISE(ABORT, 'goods_moves is append-only'); END;
--bun:split
CREATE TRIGGER goods_moves_no_delete BEFORE DELETE ON goods_moves BEGIN SELECT RAISE(ABORT, 'goods_moves is append-only'); END;
{{end}}
