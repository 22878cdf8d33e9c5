-- More kinds of movements: money without a known giver, settlements of payment channels, expenses, goods.
-- Money without a fund is booked without one, so the fund of a posting may be NULL.
{{if .pg}}
ALTER TABLE ledger_journals DROP CONSTRAINT ledger_journals_kind_check;
ALTER TABLE ledger_journals ADD CONSTRAINT ledger_journals_kind_check CHECK (kind IN ('receive', 'refund', 'reserve', 'unreserve', 'commit', 'uncommit', 'disburse', 'return', 'recover',
  'suspend', 'send_back', 'settle', 'spend', 'unspend', 'stock_in', 'stock_out', 'stock_back'));
ALTER TABLE ledger_postings ALTER COLUMN fund DROP NOT NULL;
{{else}}
-- SQLite cannot alter a CHECK or a NOT NULL. Both only say what may be written, not how rows are stored, so their text in
-- the schema may be replaced; RESET reads the schema again. The rows, indexes, triggers and foreign keys stay untouched.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''return'', ''recover''))', '''return'', ''recover'',
  ''suspend'', ''send_back'', ''settle'', ''spend'', ''unspend'', ''stock_in'', ''stock_out'', ''stock_back''))') WHERE type = 'table' AND name = 'ledger_journals';
UPDATE sqlite_schema SET sql = replace(sql, 'fund text NOT NULL REFERENCES', 'fund text REFERENCES') WHERE type = 'table' AND name = 'ledger_postings';
PRAGMA writable_schema = RESET;
{{end}}
-- The class of an expense; '' for movements that are none and for aid paid before classes were kept.
ALTER TABLE ledger_journals ADD COLUMN class text NOT NULL DEFAULT '' CHECK (class IN ('', 'aid', 'project', 'management', 'fundraising', 'other'));
INSERT INTO ledger_accounts (code, name, kind) VALUES ('5401', '其他费用', 'expense');
