-- Payment channels: the cashier handles what differs; others look on.
INSERT INTO identity_role_perms (role, perm) VALUES
  ('cashier', 'channels.view'), ('cashier', 'channels.handle'), ('accountant', 'channels.view'), ('manager', 'channels.view'),
  ('secretary', 'channels.view'), ('supervisor', 'channels.view'), ('auditor', 'channels.view');
