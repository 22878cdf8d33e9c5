-- Who works with bank statements. Accepting a match records an arrival, so it is the same hand of the chains.
INSERT INTO identity_role_perms (role, perm) VALUES
  ('cashier', 'bank.view'), ('cashier', 'bank.work'), ('cashier', 'bank.reveal'),
  ('accountant', 'bank.view'), ('accountant', 'bank.setup'), ('accountant', 'bank.approve'), ('accountant', 'bank.reveal'),
  ('manager', 'bank.view'), ('secretary', 'bank.view'), ('supervisor', 'bank.view'), ('auditor', 'bank.view');
INSERT INTO identity_duties (chain, fact, hand) VALUES
  ('receipt', 'bank.work', 'record'),
  ('refund', 'bank.work', 'ask'),
  ('refund', 'bank.approve', 'decide'),
  ('books', 'bank.work', 'cash');
