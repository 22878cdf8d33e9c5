-- The accountant asks for the journals of a month.
CREATE INDEX ledger_journals_day ON ledger_journals (day, id);
