-- Who works with letters.
INSERT INTO identity_role_perms (role, perm) VALUES
  ('officer', 'mail.view'), ('manager', 'mail.view'), ('manager', 'mail.manage'), ('manager', 'mail.reveal'),
  ('cashier', 'mail.view'), ('accountant', 'mail.view'), ('secretary', 'mail.view'), ('secretary', 'mail.manage'),
  ('supervisor', 'mail.view'), ('auditor', 'mail.view');
