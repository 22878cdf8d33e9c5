-- Where the money of each gift went: a lot for each income, used first in, first out inside its fund.
-- rest is what is not yet used; the rests of a fund sum to what it has not disbursed.
CREATE TABLE ledger_lots (
  journal text PRIMARY KEY REFERENCES ledger_journals (id),
  fund text NOT NULL REFERENCES ledger_funds (id),
  amount bigint NOT NULL CHECK (amount > 0),
  rest bigint NOT NULL CHECK (rest BETWEEN 0 AND amount)
);
CREATE INDEX ledger_lots_open ON ledger_lots (fund, journal) WHERE rest > 0;

-- How much of a lot a journal used, and how much of that was given back since.
CREATE TABLE ledger_uses (
  journal text NOT NULL REFERENCES ledger_journals (id),
  lot text NOT NULL REFERENCES ledger_lots (journal),
  fund text NOT NULL REFERENCES ledger_funds (id),
  amount bigint NOT NULL CHECK (amount > 0),
  back bigint NOT NULL DEFAULT 0 CHECK (back BETWEEN 0 AND amount),
  PRIMARY KEY (journal, lot)
);
CREATE INDEX ledger_uses_lot ON ledger_uses (lot);
CREATE INDEX ledger_uses_open ON ledger_uses (fund, journal, lot) WHERE back < amount;

-- Which journal gave back what another one had used.
CREATE TABLE ledger_backs (
  journal text NOT NULL REFERENCES ledger_journals (id),
  used text NOT NULL,
  lot text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  PRIMARY KEY (journal, used, lot),
  FOREIGN KEY (used, lot) REFERENCES ledger_uses (journal, lot)
);

-- Books of before. Incomes and outlays are laid end to end, each fund for itself, and each outlay uses the incomes that
-- lie beside it: outlays that stand use the incomes that stand, in order; a refund uses its own income.
INSERT INTO ledger_lots (journal, fund, amount, rest)
SELECT j.id, m.fund, m.amount, m.amount FROM ledger_journals AS j JOIN ledger_moves AS m ON m.journal = j.id WHERE j.kind = 'receive';

INSERT INTO ledger_uses (journal, lot, fund, amount)
SELECT j.id, l.journal, l.fund, l.amount FROM ledger_journals AS j JOIN ledger_lots AS l ON l.journal = j.reverses WHERE j.kind = 'refund';

INSERT INTO ledger_uses (journal, lot, fund, amount)
SELECT o.id, l.journal, l.fund, (CASE WHEN o.upto < l.upto THEN o.upto ELSE l.upto END) - (CASE WHEN o.upto - o.amount > l.upto - l.amount THEN o.upto - o.amount ELSE l.upto - l.amount END)
FROM (SELECT j.id, m.fund, m.amount, CAST(sum(m.amount) OVER (PARTITION BY m.fund ORDER BY j.id) AS bigint) AS upto
      FROM ledger_journals AS j JOIN ledger_moves AS m ON m.journal = j.id
      WHERE j.kind = 'disburse' AND NOT EXISTS (SELECT 1 FROM ledger_journals AS r WHERE r.reverses = j.id)) AS o
JOIN (SELECT x.journal, x.fund, x.amount, CAST(sum(x.amount) OVER (PARTITION BY x.fund ORDER BY x.journal) AS bigint) AS upto
      FROM ledger_lots AS x WHERE NOT EXISTS (SELECT 1 FROM ledger_uses AS u WHERE u.lot = x.journal)) AS l
  ON l.fund = o.fund AND l.upto > o.upto - o.amount AND o.upto > l.upto - l.amount;

-- Outlays that came back used something for a while; what it was, nobody can tell any more. They get the first incomes.
INSERT INTO ledger_uses (journal, lot, fund, amount, back)
SELECT o.id, l.journal, l.fund, (CASE WHEN o.amount < l.upto THEN o.amount ELSE l.upto END) - (l.upto - l.amount), (CASE WHEN o.amount < l.upto THEN o.amount ELSE l.upto END) - (l.upto - l.amount)
FROM (SELECT j.id, m.fund, m.amount FROM ledger_journals AS j JOIN ledger_moves AS m ON m.journal = j.id
      WHERE j.kind = 'disburse' AND EXISTS (SELECT 1 FROM ledger_journals AS r WHERE r.reverses = j.id)) AS o
JOIN (SELECT x.journal, x.fund, x.amount, CAST(sum(x.amount) OVER (PARTITION BY x.fund ORDER BY x.journal) AS bigint) AS upto FROM ledger_lots AS x) AS l
  ON l.fund = o.fund AND o.amount > l.upto - l.amount;
INSERT INTO ledger_backs (journal, used, lot, amount)
SELECT r.id, u.journal, u.lot, u.amount FROM ledger_uses AS u JOIN ledger_journals AS r ON r.reverses = u.journal WHERE u.back > 0;

-- Aid that was paid back by its receiver is taken from the last use on.
INSERT INTO ledger_backs (journal, used, lot, amount)
SELECT o.id, u.journal, u.lot, (CASE WHEN o.upto < u.upto THEN o.upto ELSE u.upto END) - (CASE WHEN o.upto - o.amount > u.upto - u.amount THEN o.upto - o.amount ELSE u.upto - u.amount END)
FROM (SELECT j.id, m.fund, m.amount, CAST(sum(m.amount) OVER (PARTITION BY m.fund ORDER BY j.id) AS bigint) AS upto
      FROM ledger_journals AS j JOIN ledger_moves AS m ON m.journal = j.id WHERE j.kind = 'recover' AND j.reverses IS NULL) AS o
JOIN (SELECT x.journal, x.lot, x.fund, x.amount, CAST(sum(x.amount) OVER (PARTITION BY x.fund ORDER BY x.journal DESC, x.lot DESC) AS bigint) AS upto
      FROM ledger_uses AS x JOIN ledger_journals AS j ON j.id = x.journal WHERE j.kind = 'disburse' AND x.back = 0) AS u
  ON u.fund = o.fund AND u.upto > o.upto - o.amount AND o.upto > u.upto - u.amount;
UPDATE ledger_uses SET back = coalesce((SELECT sum(b.amount) FROM ledger_backs AS b WHERE b.used = ledger_uses.journal AND b.lot = ledger_uses.lot), 0);
UPDATE ledger_lots SET rest = amount - coalesce((SELECT sum(u.amount - u.back) FROM ledger_uses AS u WHERE u.lot = ledger_lots.journal), 0);
{{if .pg}}
--bun:split
CREATE TRIGGER ledger_lots_append_only BEFORE UPDATE OF journal, fund, amount OR DELETE ON ledger_lots FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
--bun:split
CREATE TRIGGER ledger_uses_append_only BEFORE UPDATE OF journal, lot, fund, amount OR DELETE ON ledger_uses FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
--bun:split
CREATE TRIGGER ledger_backs_append_only BEFORE UPDATE OR DELETE ON ledger_backs FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
{{else}}
--bun:split
CREATE TRIGGER ledger_lots_no_update BEFORE UPDATE OF journal, fund, amount ON ledger_lots BEGIN SELECT RAISE(ABORT, 'ledger_lots is append-only'); END;
--bun:split
CREATE TRIGGER ledger_lots_no_delete BEFORE DELETE ON ledger_lots BEGIN SELECT RAISE(ABORT, 'ledger_lots is append-only'); END;
--bun:split
CREATE TRIGGER ledger_uses_no_update BEFORE UPDATE OF journal, lot, fund, amount ON ledger_uses BEGIN SELECT RAISE(ABORT, 'ledger_uses is append-only'); END;
--bun:split
CREATE TRIGGER ledger_uses_no_delete BEFORE DELETE ON ledger_uses BEGIN SELECT RAISE(ABORT, 'ledger_uses is append-only'); END;
--bun:split
CREATE TRIGGER ledger_backs_no_update BEFORE UPDATE ON ledger_backs BEGIN SELECT RAISE(ABORT, 'ledger_backs is append-only'); END;
--bun:split
CREATE TRIGGER ledger_backs_no_delete BEFORE DELETE ON ledger_backs BEGIN SELECT RAISE(ABORT, 'ledger_backs is append-only'); END;
{{end}}
