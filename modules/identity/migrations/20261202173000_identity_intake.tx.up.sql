-- Batch entry: the cashier types and imports, the accountant confirms; whoever sets up a platform's format books nothing.
INSERT INTO identity_role_perms (role, perm) VALUES
  ('cashier', 'intake.view'), ('cashier', 'intake.enter'), ('accountant', 'intake.view'), ('accountant', 'intake.confirm'),
  ('manager', 'intake.view'), ('manager', 'intake.setup'), ('secretary', 'intake.view'), ('supervisor', 'intake.view'), ('auditor', 'intake.view');
INSERT INTO identity_duties (chain, fact, hand) VALUES
  ('receipt', 'intake.enter', 'record'),
  ('receipt', 'intake.confirm', 'confirm');
