-- Funds with four buckets, the chart of accounts, and journals whose lines are transfers: balanced by construction.
CREATE TABLE ledger_funds (
  id text PRIMARY KEY,
  code text NOT NULL UNIQUE,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('unrestricted', 'restricted')),
  purpose text NOT NULL,
  opened_at {{.time}} NOT NULL,
  closed_at {{.time}},
  available bigint NOT NULL DEFAULT 0 CHECK (available >= 0),
  reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  committed bigint NOT NULL DEFAULT 0 CHECK (committed >= 0),
  disbursed bigint NOT NULL DEFAULT 0 CHECK (disbursed >= 0)
){{if .pg}} WITH (fillfactor = 50){{end}};

CREATE TABLE ledger_accounts (
  code text PRIMARY KEY,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('asset', 'liability', 'net_asset', 'income', 'expense'))
);
-- 民间非营利组织会计制度: the accounts that the acts of this platform touch.
INSERT INTO ledger_accounts (code, name, kind) VALUES
  ('1001', '现金', 'asset'), ('1002', '银行存款', 'asset'), ('1009', '其他货币资金', 'asset'), ('1122', '其他应收款', 'asset'), ('1201', '存货', 'asset'),
  ('2209', '其他应付款', 'liability'), ('2601', '受托代理负债', 'liability'),
  ('3101', '非限定性净资产', 'net_asset'), ('3102', '限定性净资产', 'net_asset'),
  ('410101', '捐赠收入—非限定性收入', 'income'), ('410102', '捐赠收入—限定性收入', 'income'),
  ('5101', '业务活动成本', 'expense'), ('5201', '管理费用', 'expense'), ('5301', '筹资费用', 'expense');

CREATE TABLE ledger_journals (
  id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('receive', 'refund', 'reserve', 'unreserve', 'commit', 'uncommit', 'disburse', 'return', 'recover')),
  ref text NOT NULL,
  day text NOT NULL,
  at {{.time}} NOT NULL,
  reason text NOT NULL,
  reverses text REFERENCES ledger_journals (id),
  UNIQUE (kind, ref),
  UNIQUE (reverses)
);
CREATE INDEX ledger_journals_ref ON ledger_journals (ref);

-- What a journal does to a fund: amount leaves one bucket and enters another; '' is outside of the fund.
CREATE TABLE ledger_moves (
  id text PRIMARY KEY,
  journal text NOT NULL REFERENCES ledger_journals (id),
  fund text NOT NULL REFERENCES ledger_funds (id),
  source text NOT NULL CHECK (source IN ('', 'available', 'reserved', 'committed', 'disbursed')),
  dest text NOT NULL CHECK (dest IN ('', 'available', 'reserved', 'committed', 'disbursed')),
  amount bigint NOT NULL CHECK (amount > 0),
  CHECK (source <> dest)
);
CREATE INDEX ledger_moves_fund ON ledger_moves (fund, id);
CREATE INDEX ledger_moves_journal ON ledger_moves (journal);

-- The accounting entry of a journal: amount from the credited to the debited account (借 / 贷).
CREATE TABLE ledger_postings (
  id text PRIMARY KEY,
  journal text NOT NULL REFERENCES ledger_journals (id),
  fund text NOT NULL REFERENCES ledger_funds (id),
  debit text NOT NULL REFERENCES ledger_accounts (code),
  credit text NOT NULL REFERENCES ledger_accounts (code),
  amount bigint NOT NULL CHECK (amount > 0),
  CHECK (debit <> credit)
);
CREATE INDEX ledger_postings_journal ON ledger_postings (journal);
{{if .pg}}
--bun:split
CREATE FUNCTION ledger_refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$ LANGUAGE plpgsql;
--bun:split
CREATE TRIGGER ledger_journals_append_only BEFORE UPDATE OR DELETE ON ledger_journals FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
--bun:split
CREATE TRIGGER ledger_moves_append_only BEFORE UPDATE OR DELETE ON ledger_moves FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
--bun:split
CREATE TRIGGER ledger_postings_append_only BEFORE UPDATE OR DELETE ON ledger_postings FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
{{else}}
--bun:split
CREATE TRIGGER ledger_journals_no_update BEFORE UPDATE ON ledger_journals BEGIN SELECT RAISE(ABORT, 'ledger_journals is append-only'); END;
--bun:split
CREATE TRIGGER ledger_journals_no_delete BEFORE DELETE ON ledger_journals BEGIN SELECT RAISE(ABORT, 'ledger_journals is append-only'); END;
--bun:split
CREATE TRIGGER ledger_moves_no_update BEFORE UPDATE ON ledger_moves BEGIN SELECT RAISE(ABORT, 'ledger_moves is append-only'); END;
--bun:split
CREATE TRIGGER ledger_moves_no_delete BEFORE DELETE ON ledger_moves BEGIN SELECT RAISE(ABORT, 'ledger_moves is append-only'); END;
--bun:split
CREATE TRIGGER ledger_postings_no_update BEFORE UPDATE ON ledger_postings BEGIN SELECT RAISE(ABORT, 'ledger_postings is append-only'); END;
--bun:split
CREATE TRIGGER ledger_postings_no_delete BEFORE DELETE ON ledger_postings BEGIN SELECT RAISE(ABORT, 'ledger_postings is append-only'); END;
{{end}}
