-- Agreements: the manager writes them down, the secretary checks.
INSERT INTO identity_role_perms (role, perm) VALUES
  ('officer', 'agreements.view'), ('manager', 'agreements.view'), ('cashier', 'agreements.view'), ('accountant', 'agreements.view'), ('secretary', 'agreements.view'),
  ('director', 'agreements.view'), ('supervisor', 'agreements.view'), ('auditor', 'agreements.view'),
  ('manager', 'agreements.edit'), ('secretary', 'agreements.approve');
INSERT INTO identity_chains (code, title, why) VALUES
  ('agreement', '协议两人', '登记捐赠协议和复核生效由两个人分别完成');
INSERT INTO identity_duties (chain, fact, hand) VALUES
  ('agreement', 'agreements.edit', 'make'),
  ('agreement', 'agreements.approve', 'decide');
