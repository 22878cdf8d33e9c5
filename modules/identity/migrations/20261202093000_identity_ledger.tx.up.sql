-- The books in detail: vouchers, balances of accounts, and their files.
INSERT INTO identity_role_perms (role, perm) VALUES
  ('accountant', 'ledger.books_view'), ('manager', 'ledger.books_view'), ('secretary', 'ledger.books_view'), ('supervisor', 'ledger.books_view'), ('auditor', 'ledger.books_view');
