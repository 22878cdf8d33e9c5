-- Who does what with gifts in kind. Who counts and gives out is not who checks, who values is neither.
INSERT INTO identity_role_perms (role, perm) VALUES
  ('officer', 'goods.view'), ('officer', 'goods.register'), ('officer', 'goods.accept'), ('officer', 'goods.issue'), ('officer', 'goods.reveal'),
  ('manager', 'goods.view'), ('manager', 'goods.accept'), ('manager', 'goods.check'),
  ('cashier', 'goods.view'),
  ('accountant', 'goods.view'), ('accountant', 'goods.value'),
  ('secretary', 'goods.view'), ('secretary', 'goods.approve'),
  ('director', 'goods.view'), ('supervisor', 'goods.view'), ('auditor', 'goods.view');
INSERT INTO identity_chains (code, title, why) VALUES
  ('goods', '物资分管', '登记发放、复核出库、估价和批准处置由不同的人办理（会计法：实物保管与账目、审批分开）');
INSERT INTO identity_duties (chain, fact, hand) VALUES
  ('goods', 'goods.register', 'keep'),
  ('goods', 'goods.issue', 'keep'),
  ('goods', 'goods.check', 'check'),
  ('goods', 'goods.value', 'value'),
  ('goods', 'goods.approve', 'decide');
