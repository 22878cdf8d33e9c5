-- Disclosure: the project manager writes reports and proposes numbers, the secretary publishes and decides.
INSERT INTO identity_role_perms (role, perm) VALUES
  ('officer', 'disclosure.view'), ('manager', 'disclosure.view'), ('cashier', 'disclosure.view'), ('accountant', 'disclosure.view'), ('secretary', 'disclosure.view'),
  ('director', 'disclosure.view'), ('supervisor', 'disclosure.view'), ('auditor', 'disclosure.view'),
  ('manager', 'disclosure.edit'), ('accountant', 'disclosure.propose'), ('secretary', 'disclosure.publish'), ('secretary', 'disclosure.decide');
INSERT INTO identity_chains (code, title, why) VALUES
  ('disclosure', '公开两人', '编写公开报告和审核发布由两个人分别完成'),
  ('rules', '口径两人', '提出期限和比例的变更与决定变更由两个人分别完成');
INSERT INTO identity_duties (chain, fact, hand) VALUES
  ('disclosure', 'disclosure.edit', 'write'),
  ('disclosure', 'disclosure.publish', 'publish'),
  ('rules', 'disclosure.propose', 'propose'),
  ('rules', 'disclosure.decide', 'decide');
